"""The API as its clients see it: nothing here depends on Django."""

import base64
import json
import threading
import time
import urllib.error
import urllib.request
import uuid

import pytest

PASSWORD = "correct horse battery staple"
CHALLENGE = 'Bearer realm="api"'


class Answer:
    """A response: its `status`, `headers` and `body`, which is read as JSON."""

    def __init__(self, response):
        with response:
            self.status = response.status
            self.headers = response.headers
            self.body = json.loads(response.read())


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
def token(call, person):
    """The token of a user who has registered."""
    return call("POST", "/registration", person).body["token"]


def credentials(person):
    return {"email": person["email"], "password": person["password"]}


def test_register_log_in_and_fetch_the_user(call, person):
    """A user registers, logs in, and fetches their own data with the token."""
    registered = call("POST", "/registration", person)
    assert registered.status == 201
    assert list(registered.body) == ["token"]

    logged_in = call("POST", "/login", credentials(person))
    assert logged_in.status == 200
    assert list(logged_in.body) == ["token"]

    for token in registered.body["token"], logged_in.body["token"]:
        me = call("GET", "/me", authorization=f"Bearer {token}")
        assert me.status == 200
        assert list(me.body) == ["id", "email", "username"]
        assert me.body["email"] == person["email"]
        assert me.body["username"] == person["username"]


def test_a_slash_at_the_end_is_allowed(call, person):
    """Paths work with a slash at the end, too."""
    call("POST", "/registration/", person)

    for path in ["/registration", "/login"]:
        assert call("POST", path, {}).body == call("POST", f"{path}/", {}).body
    assert call("POST", "/login/", credentials(person)).status == 200


def test_responses_with_a_token_are_not_cached(call, person):
    """A response with a token has headers that forbid caching."""
    assert call("POST", "/registration", person).headers["Cache-Control"] == "no-store"
    assert call("POST", "/login", credentials(person)).headers["Cache-Control"] == "no-store"


def test_an_email_is_registered_once(call, person):
    """A second registration with the same email and username returns 400."""
    call("POST", "/registration", person)
    again = call("POST", "/registration", person)

    assert again.status == 400
    assert again.body == {
        "email": ["This email is already taken."],
        "username": ["This username is already taken."],
    }


def test_one_of_eight_registrations_at_once_succeeds(call, person, eight_at_once):
    """Eight clients register one email at once: one gets a 201, seven get a 400."""
    answers = []
    threads = [
        threading.Thread(target=lambda: answers.append(call("POST", "/registration", person)))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(answer.status for answer in answers) == [201] + [400] * 7
    assert call("POST", "/login", credentials(person)).status == 200


def test_one_of_eight_registrations_in_upper_and_lower_case_succeeds(call, person, eight_at_once):
    """Eight clients register one email in upper and lower case: one of them succeeds."""
    answers = []

    def register(number):
        email = person["email"][:number].upper() + person["email"][number:]
        username = f"{person['username']}{number}"
        answers.append(
            call("POST", "/registration", person | {"email": email, "username": username})
        )

    threads = [threading.Thread(target=register, args=(number,)) for number in range(20, 28)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(answer.status for answer in answers) == [201] + [400] * 7
    assert call("POST", "/login", credentials(person)).status == 200


def test_repeated_guesses_are_rate_limited(call, person):
    """A client that tries many passwords soon gets a 429."""
    wrong = credentials(person) | {"password": "wrong"}
    answers = [call("POST", "/login", wrong) for _ in range(21)]

    assert {answer.status for answer in answers} == {401, 429}
    last = answers[-1]
    assert last.headers["Content-Type"] == "application/json"
    assert 0 < int(last.headers["Retry-After"]) <= 3600


def test_a_weak_password_is_rejected(call, person):
    """A common password returns 400."""
    answer = call("POST", "/registration", person | {"password": "password"})

    assert answer.status == 400
    assert answer.body == {"password": ["This password is too common."]}


def test_a_response_never_contains_the_password(call, person):
    """The response to an invalid registration does not contain the password."""
    answer = call("POST", "/registration", person | {"email": "nonsense"})

    assert answer.status == 400
    assert PASSWORD not in json.dumps(answer.body)


@pytest.mark.parametrize("field", ["email", "password"])
def test_a_wrong_login_is_rejected(call, person, field):
    """A wrong password and an unknown email get the same 401."""
    call("POST", "/registration", person)
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


def test_registration_and_login_ignore_an_old_token(call, person):
    """A client that sends an invalid token can still register and log in."""
    answer = call("POST", "/registration", person, authorization="Bearer old")
    assert answer.status == 201

    answer = call("POST", "/login", credentials(person), authorization="Bearer old")
    assert answer.status == 200


def test_me_requires_a_token(call):
    """Without a token, the response is a 401 that names the scheme to use."""
    answer = call("GET", "/me")

    assert answer.status == 401
    assert answer.body == {"detail": "Authentication credentials were not provided."}
    assert answer.headers["WWW-Authenticate"] == CHALLENGE


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


def test_an_invalid_body_is_rejected(call):
    """An invalid body returns 400 in JSON."""
    for body in [b"{", b"\xff"]:
        for path in ["/registration", "/login"]:
            answer = call("POST", path, body)

            assert answer.status == 400
            assert answer.headers["Content-Type"] == "application/json"
