"""The API as its clients see it: nothing here depends on Django."""

import base64
import json
import re
import threading
import time
import urllib.error
import urllib.request
import uuid

import pytest

PASSWORD = "correct horse battery staple"
CHALLENGE = 'Bearer realm="api"'
TOKENS = ["access_token", "token_type", "expires_in", "refresh_token"]
ACCEPTED = {"detail": "If there is something to send, an email is on its way."}
DEAD_LINK = {"token": ["The link is wrong, or used, or too old. Ask for another."]}


class Answer:
    """A response: its `status`, `headers` and `body`, which is read as JSON."""

    def __init__(self, response):
        with response:
            self.status = response.status
            self.headers = response.headers
            text = response.read()
            self.body = json.loads(text) if text else None


@pytest.fixture
def call(base_url):
    """Send a request to the API and return the response."""

    def call(method, path, body=None, authorization=None):
        request = urllib.request.Request(base_url + path, method=method)
        request.add_header("Content-Type", "application/json")
        if body is not None:
            request.data = body if isinstance(body, bytes) else json.dumps(body).encode()
        if authorization is not None:
            request.add_header("Authorization", authorization)
        try:
            return Answer(urllib.request.urlopen(request, timeout=60))
        except urllib.error.HTTPError as error:
            return Answer(error)

    return call


@pytest.fixture
def person():
    """A user who has not registered yet, with an email and a username that no other user has."""
    name = uuid.uuid4().hex
    return {"email": f"{name}@example.com", "username": name, "password": PASSWORD}


@pytest.fixture
def invite(call, mail_to):
    """Ask for an account, and return the token of the link in the email."""

    def invite(email, slash=""):
        answer = call("POST", f"/registration{slash}", {"email": email})
        assert (answer.status, answer.body) == (202, ACCEPTED)
        return re.search(r"#token=(\S+)", mail_to(email))[1]

    return invite


@pytest.fixture
def register(call, invite):
    """Ask for an account, and use the link in the email."""

    def register(person, **more):
        token = invite(person["email"])
        return call("POST", "/registration/confirm", details(person, token), **more)

    return register


@pytest.fixture
def token(register, person):
    """The token of a user who has registered."""
    return register(person).body["access_token"]


def details(person, token):
    """The data of a request with the token of a link."""
    return {"token": token, "username": person["username"], "password": person["password"]}


def credentials(person):
    return {"email": person["email"], "password": person["password"]}


def test_register_log_in_and_fetch_the_user(call, register, person):
    """A user registers by email, logs in, and fetches their own data with the token."""
    registered = register(person)
    assert registered.status == 201
    assert list(registered.body) == TOKENS

    logged_in = call("POST", "/login", credentials(person))
    assert logged_in.status == 200
    assert list(logged_in.body) == TOKENS

    for token in registered.body["access_token"], logged_in.body["access_token"]:
        me = call("GET", "/me", authorization=f"Bearer {token}")
        assert me.status == 200
        assert list(me.body) == ["id", "email", "username"]
        assert me.body["email"] == person["email"]
        assert me.body["username"] == person["username"]


def test_a_slash_at_the_end_is_allowed(call, invite, person):
    """Paths work with a slash at the end, too."""
    token = invite(person["email"], slash="/")
    assert call("POST", "/registration/confirm/", details(person, token)).status == 201

    for path in ["/registration", "/login"]:
        assert call("POST", path, {}).body == call("POST", f"{path}/", {}).body
    assert call("POST", "/login/", credentials(person)).status == 200


def test_responses_with_a_token_are_not_cached(call, register, person):
    """A response with a token has headers that forbid caching."""
    assert register(person).headers["Cache-Control"] == "no-store"
    assert call("POST", "/login", credentials(person)).headers["Cache-Control"] == "no-store"


def test_an_email_is_registered_once(call, invite, mail_to, person):
    """A link works once. A request for a taken email gets the usual response."""
    data = details(person, invite(person["email"]))
    assert call("POST", "/registration/confirm", data).status == 201
    again = call("POST", "/registration/confirm", data)
    asked = call("POST", "/registration", {"email": person["email"].upper()})

    assert (again.status, again.body) == (400, DEAD_LINK)
    assert (asked.status, asked.body) == (202, ACCEPTED)
    assert "#token=" not in mail_to(person["email"])


def test_one_of_eight_registrations_at_once_succeeds(call, invite, person, eight_at_once):
    """Eight clients use one link at once: one gets a 201, seven get a 400."""
    data = details(person, invite(person["email"]))
    answers = []
    threads = [
        threading.Thread(target=lambda: answers.append(call("POST", "/registration/confirm", data)))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(answer.status for answer in answers) == [201] + [400] * 7
    assert [answer.body for answer in answers if answer.status == 400] == [DEAD_LINK] * 7
    assert call("POST", "/login", credentials(person)).status == 200


def test_one_of_eight_registrations_in_upper_and_lower_case_succeeds(
    call, invite, person, eight_at_once
):
    """Eight links have one email in upper and lower case: one of them creates an account."""
    answers = []
    tokens = {
        number: invite(person["email"][:number].upper() + person["email"][number:])
        for number in range(20, 28)
    }

    def confirm(number):
        data = details(person, tokens[number]) | {"username": f"{person['username']}{number}"}
        answers.append(call("POST", "/registration/confirm", data))

    threads = [threading.Thread(target=confirm, args=(number,)) for number in tokens]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(answer.status for answer in answers) == [201] + [400] * 7
    assert [answer.body for answer in answers if answer.status == 400] == [DEAD_LINK] * 7
    assert call("POST", "/login", credentials(person)).status == 200


def test_repeated_guesses_are_rate_limited(call, person):
    """A client that tries many passwords soon gets a 429."""
    wrong = credentials(person) | {"password": "wrong"}
    answers = [call("POST", "/login", wrong) for _ in range(21)]

    assert {answer.status for answer in answers} == {401, 429}
    last = answers[-1]
    assert last.headers["Content-Type"] == "application/json"
    assert 0 < int(last.headers["Retry-After"]) <= 3600


def test_an_unknown_path_returns_json(call):
    """A path that does not exist returns 404 in JSON."""
    for path in ["", "/login/nothing"]:
        answer = call("GET", path)

        assert answer.status == 404
        assert answer.headers["Content-Type"] == "application/json"
        assert answer.body == {"detail": "Not Found."}


def test_a_body_of_10_mb_is_rejected(call):
    """A body of 10 MB returns 413 in JSON."""
    for path in ["/login", "/nothing"]:
        answer = call("POST", path, b" " * 10_000_000)

        assert answer.status == 413
        assert answer.headers["Content-Type"] == "application/json"
        assert answer.body == {"detail": "Content Too Large."}


def test_a_weak_password_is_rejected(register, person):
    """A common password returns 400."""
    answer = register(person | {"password": "password"})

    assert answer.status == 400
    assert answer.body == {"password": ["This password is too common."]}


def test_a_response_never_contains_the_password(register, person):
    """The response to an invalid registration does not contain the password."""
    answer = register(person | {"username": "two words"})

    assert answer.status == 400
    assert PASSWORD not in json.dumps(answer.body)


@pytest.mark.parametrize("field", ["email", "password"])
def test_a_wrong_login_is_rejected(call, register, person, field):
    """A wrong password and an unknown email get the same 401."""
    register(person)
    # These look like the right values: only a look into the database can tell them apart.
    wrong = {"email": f"{uuid.uuid4().hex}@example.com", "password": person["password"][::-1]}
    answer = call("POST", "/login", credentials(person) | {field: wrong[field]})

    assert answer.status == 401
    assert answer.body == {
        "detail": "The email or the password is wrong.",
        "code": "wrong_credentials",
    }
    assert answer.headers["WWW-Authenticate"] == CHALLENGE


def test_a_password_is_not_truncated(call, person, token):
    """A password without its last character is wrong."""
    shorter = credentials(person) | {"password": person["password"][:-1]}

    assert call("POST", "/login", shorter).status == 401


def test_registration_and_login_ignore_an_old_token(call, register, person):
    """A client that sends an invalid token can still register and log in."""
    email = {"email": f"other-{person['email']}"}
    assert call("POST", "/registration", email, authorization="Bearer old").status == 202
    assert register(person, authorization="Bearer old").status == 201

    answer = call("POST", "/login", credentials(person), authorization="Bearer old")
    assert answer.status == 200


def test_me_requires_a_token(call):
    """Without a token, the response is a 401 that names the scheme to use."""
    answer = call("GET", "/me")

    assert answer.status == 401
    assert answer.body == {"detail": "Authentication credentials were not provided."}
    assert answer.headers["WWW-Authenticate"] == CHALLENGE


def test_a_token_works_until_the_logout(call, person, token):
    """A logout ends one session at once. The other session goes on."""
    other = call("POST", "/login", credentials(person)).body["access_token"]
    answer = call("POST", "/logout", authorization=f"Bearer {token}")

    assert (answer.status, answer.body) == (204, None)
    assert call("GET", "/me", authorization=f"Bearer {token}").status == 401
    assert call("GET", "/me", authorization=f"Bearer {other}").status == 200


def test_a_user_ends_the_session_of_another_device(call, person, token):
    """The list marks the current session, and each session can be ended."""
    other = call("POST", "/login", credentials(person)).body["access_token"]
    listed = call("GET", "/sessions", authorization=f"Bearer {other}")

    assert listed.status == 200
    assert list(listed.body) == ["count", "next", "previous", "results"]
    newest, oldest = listed.body["results"]
    assert (newest["current"], oldest["current"]) == (True, False)
    path = f"/sessions/{oldest['id']}"
    assert call("DELETE", path, authorization=f"Bearer {other}").status == 204
    assert call("GET", "/me", authorization=f"Bearer {token}").status == 401
    assert call("DELETE", "/sessions", authorization=f"Bearer {other}").status == 204
    assert call("GET", "/me", authorization=f"Bearer {other}").status == 401


def test_a_session_of_another_user_is_not_found(call, register, token):
    """Ending a session of another user returns 404, and the session goes on."""
    name = uuid.uuid4().hex
    other = {"email": f"{name}@example.com", "username": name, "password": PASSWORD}
    theirs = register(other).body["access_token"]
    (session,) = call("GET", "/sessions", authorization=f"Bearer {token}").body["results"]
    answer = call("DELETE", f"/sessions/{session['id']}", authorization=f"Bearer {theirs}")

    assert answer.status == 404
    assert call("GET", "/me", authorization=f"Bearer {token}").status == 200


def test_a_refresh_token_is_exchanged_for_new_tokens(call, register, person):
    """A refresh returns the next refresh token. Repeated at once, it returns the same token."""
    first = register(person).body["refresh_token"]
    refreshed = call("POST", "/refresh", {"refresh_token": first})

    assert refreshed.status == 200
    assert list(refreshed.body) == TOKENS
    assert refreshed.headers["Cache-Control"] == "no-store"
    authorization = f"Bearer {refreshed.body['access_token']}"
    assert call("GET", "/me", authorization=authorization).body["email"] == person["email"]
    again = call("POST", "/refresh", {"refresh_token": first})
    second = refreshed.body["refresh_token"]
    assert (again.status, again.body["refresh_token"]) == (200, second)
    assert second != first
    assert call("POST", "/refresh", {"refresh_token": second}).status == 200


def test_an_older_refresh_token_ends_the_session(call, register, person):
    """A token that is two refreshes old must be a copy, so it ends the session."""
    first = register(person).body["refresh_token"]
    second = call("POST", "/refresh", {"refresh_token": first}).body["refresh_token"]
    third = call("POST", "/refresh", {"refresh_token": second}).body

    answer = call("POST", "/refresh", {"refresh_token": first})
    assert answer.status == 401
    assert answer.body == {"detail": "The token has been used already.", "code": "token_used"}
    assert answer.headers["WWW-Authenticate"] == CHALLENGE
    authorization = f"Bearer {third['access_token']}"
    assert call("GET", "/me", authorization=authorization).status == 401
    answer = call("POST", "/refresh", {"refresh_token": third["refresh_token"]})
    assert answer.status == 401
    assert answer.body == {"detail": "The token is invalid.", "code": "token_invalid"}


def test_eight_refreshes_at_once_get_one_refresh_token(call, register, person):
    """Eight requests use one refresh token at once. It is rotated once, and all get the result."""
    refresh_token = register(person).body["refresh_token"]
    together = threading.Barrier(8)
    answers = []

    def refresh():
        together.wait(timeout=30)
        answers.append(call("POST", "/refresh", {"refresh_token": refresh_token}))

    threads = [threading.Thread(target=refresh) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [answer.status for answer in answers] == [200] * 8
    (present,) = {answer.body["refresh_token"] for answer in answers}
    assert call("POST", "/refresh", {"refresh_token": present}).status == 200


def test_a_logout_accepts_a_refresh_token(call, register, person):
    """A client whose access token has expired can still log out, with its refresh token."""
    tokens = register(person).body
    answer = call("POST", "/logout", {"refresh_token": tokens["refresh_token"]}, "Bearer expired")

    assert (answer.status, answer.body) == (204, None)
    authorization = f"Bearer {tokens['access_token']}"
    assert call("GET", "/me", authorization=authorization).status == 401


def test_access_and_refresh_tokens_are_not_interchangeable(call, register, person):
    """A refresh token gives no access, and an access token can't refresh."""
    tokens = register(person).body

    assert call("GET", "/me", authorization=f"Bearer {tokens['refresh_token']}").status == 401
    answer = call("POST", "/refresh", {"refresh_token": tokens["access_token"]})
    assert answer.status == 401
    assert answer.body == {"detail": "The token is invalid.", "code": "token_invalid"}


def test_a_new_password_ends_all_sessions(call, person, token):
    """A change of the password returns the tokens of a new session, and ends all others."""
    other = call("POST", "/login", credentials(person)).body["access_token"]
    passwords = {"password": person["password"], "new_password": person["password"][::-1]}
    changed = call("POST", "/password/change", passwords, authorization=f"Bearer {token}")

    assert (changed.status, list(changed.body)) == (200, TOKENS)
    assert changed.headers["Cache-Control"] == "no-store"
    new_token = changed.body["access_token"]
    assert call("GET", "/me", authorization=f"Bearer {new_token}").status == 200
    assert call("GET", "/me", authorization=f"Bearer {token}").status == 401
    assert call("GET", "/me", authorization=f"Bearer {other}").status == 401
    assert call("POST", "/login", credentials(person)).status == 401
    new = credentials(person) | {"password": passwords["new_password"]}
    assert call("POST", "/login", new).status == 200


def test_deleting_an_account_requires_the_password(call, register, mail_to, person, token):
    """A token alone deletes nothing. The password deletes the account and its sessions."""
    wrong = {"password": person["password"][::-1]}
    answer = call("POST", "/me/delete", wrong, authorization=f"Bearer {token}")
    assert answer.status == 400
    assert answer.body == {"password": ["The password is wrong."]}
    assert call("GET", "/me", authorization=f"Bearer {token}").status == 200

    right = {"password": person["password"]}
    assert call("POST", "/me/delete", right, authorization=f"Bearer {token}").status == 204
    assert call("GET", "/me", authorization=f"Bearer {token}").status == 401
    assert call("POST", "/login", credentials(person)).status == 401
    assert "Your account has been deleted" in mail_to(person["email"])
    assert register(person).status == 201


def test_a_request_for_an_email_reveals_nothing(call, person, token):
    """A request for a new password gets the same 202, whether there is such an account or not."""
    known = call("POST", "/password/reset", {"email": person["email"]})
    unknown = call("POST", "/password/reset", {"email": f"{uuid.uuid4().hex}@example.com"})

    assert known.status == unknown.status == 202
    assert known.body == unknown.body


def test_a_forged_link_is_dead(call, person):
    """A client can't forge the token of a link."""
    body = {"token": uuid.uuid4().hex, "new_password": person["password"]}
    answer = call("POST", "/password/confirm", body)

    assert answer.status == 400
    assert list(answer.body) == ["token"]


def test_an_email_is_changed_by_a_link(call, mail_to, person, token):
    """The new email gets the link, and the old one a warning. Then only the new one logs in."""
    new = person | {"email": f"new-{person['email']}"}
    assert call("POST", "/email/change", credentials(new)).status == 401
    asked = call("POST", "/email/change", credentials(new), authorization=f"Bearer {token}")
    assert (asked.status, asked.body) == (202, ACCEPTED)
    assert "#token=" not in mail_to(person["email"])
    link = re.search(r"#token=(\S+)", mail_to(new["email"]))[1]

    assert call("POST", "/email/confirm", {"token": link}).status == 204
    assert call("POST", "/email/confirm", {"token": link}).body == DEAD_LINK
    assert call("GET", "/me", authorization=f"Bearer {token}").status == 401
    assert call("POST", "/login", credentials(person)).status == 401
    assert call("POST", "/login", credentials(new)).status == 200


def test_a_link_to_verify_cannot_be_forged(call, token):
    """The response to a resend contains no token, and a client can't forge one."""
    answer = call("POST", "/email/resend", {}, authorization=f"Bearer {token}")

    assert (answer.status, answer.body) == (202, ACCEPTED)
    assert call("POST", "/email/verify", {"token": uuid.uuid4().hex}).body == DEAD_LINK


def test_health_requires_no_token(base_url):
    """`/health/ready` is next to the API, and responds without a token."""
    url = base_url.removesuffix("/api") + "/health/ready"

    with urllib.request.urlopen(url, timeout=60) as response:
        assert json.loads(response.read()) == {"status": "ok"}


def test_the_scheme_may_be_in_any_case(call, token):
    """`bearer` and `BEARER` work like `Bearer` (RFC 9110, section 11.1)."""
    assert call("GET", "/me", authorization=f"bearer {token}").status == 200
    assert call("GET", "/me", authorization=f"BEARER {token}").status == 200


def test_me_ignores_an_id_in_the_url(call, token):
    """`/me` shows the user of the token, whatever id the URL has."""
    authorization = f"Bearer {token}"
    me = call("GET", "/me", authorization=authorization)
    other = call("GET", f"/me?id={me.body['id'] - 1}", authorization=authorization)

    assert other.status == 200
    assert other.body == me.body


def test_token_expires_within_a_day(token):
    """A token expires within a day. Anybody can read its `exp`, without the key."""
    claims = json.loads(base64.urlsafe_b64decode(f"{token.split('.')[1]}=="))

    assert time.time() < claims["exp"] <= time.time() + 24 * 60 * 60


@pytest.mark.parametrize(
    ("authorization", "detail"),
    [
        ("Bearer a b", "The Authorization header must be 'Bearer <token>'."),
        ("Bearer \xff\xfe", "The token is invalid."),
        ("Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.", "The token is invalid."),
    ],
)
def test_a_bad_token_is_rejected(call, authorization, detail):
    """A bad header or token returns a 401 whose challenge says that the token is invalid."""
    answer = call("GET", "/me", authorization=authorization)

    assert answer.status == 401
    assert answer.body == {"detail": detail, "code": "token_invalid"}
    assert answer.headers["WWW-Authenticate"] == f'{CHALLENGE}, error="invalid_token"'


def test_a_token_that_was_changed_is_rejected(call, token):
    """A token whose claims were changed is rejected."""
    header, claims, signature = token.split(".")
    changed = json.loads(base64.urlsafe_b64decode(f"{claims}==")) | {"exp": int(time.time()) + 9999}
    text = json.dumps(changed, separators=(",", ":")).encode()
    forged = base64.urlsafe_b64encode(text).decode().rstrip("=")

    authorization = f"Bearer {header}.{forged}.{signature}"
    assert call("GET", "/me", authorization=authorization).status == 401


def test_a_token_names_a_published_key(base_url, token):
    """`/.well-known/jwks.json` has the key that a token names, and only its public half."""
    kid = json.loads(base64.urlsafe_b64decode(f"{token.split('.')[0]}=="))["kid"]
    url = base_url.removesuffix("/api") + "/.well-known/jwks.json"

    with urllib.request.urlopen(url, timeout=60) as response:
        keys = {key["kid"]: key for key in json.loads(response.read())["keys"]}
    assert keys[kid]["crv"] == "Ed25519"
    assert keys[kid].keys() == {"kty", "crv", "x", "kid", "alg", "use"}


def test_a_number_is_not_a_token(call):
    """A refresh token is text, so a number is rejected."""
    answer = call("POST", "/logout", {"refresh_token": 5})

    assert (answer.status, answer.body) == (400, {"refresh_token": ["Not a valid string."]})


def test_an_invalid_body_is_rejected(call):
    """An invalid body returns 400 in JSON."""
    for body in [b"{", b"\xff"]:
        for path in ["/registration", "/registration/confirm", "/login"]:
            answer = call("POST", path, body)

            assert answer.status == 400
            assert answer.headers["Content-Type"] == "application/json"
