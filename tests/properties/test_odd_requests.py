"""Headers, tokens and bodies that the stages' own suites leave out, because two or three examples suffice."""

import json
import time

import jwt
import pytest
from django.core.cache import cache
from django.test import Client
from redis.exceptions import ConnectionError as RedisConnectionError
from signing import sign

from authentication.models import Session, User
from authentication.sessions import tokens_of
from authentication.tokens import ACCESS, REFRESH, read_token

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery staple"
PUBLIC = ["/api/registration", "/api/registration/confirm", "/api/login"]


@pytest.fixture
def session():
    """Ada has logged in."""
    return Session.objects.create(user=User.objects.create_user("ada", "ada@example.com", PASSWORD))


@pytest.fixture
def client(session):
    """A client with her access token."""
    return Client(headers={"Authorization": f"Bearer {tokens_of(session)['access_token']}"})


def post(path, data, **headers):
    """Sends JSON, with these headers."""
    return Client(headers=headers).post(path, json.dumps(data), content_type="application/json")


def forge(session, typ, header=None, **changes):
    """Signs a token of this type with other claims (`...` removes one) or another type in its header."""
    token = tokens_of(session)["access_token" if typ == ACCESS else "refresh_token"]
    claims = jwt.decode(token, options={"verify_signature": False}) | changes
    payload = json.dumps({name: value for name, value in claims.items() if value is not ...}).encode()
    return sign(payload, header or typ)


@pytest.mark.parametrize("authorization", ["", " ", "Token abc", "Basic YWRhOnB3", "Bearerx y", "\xff\xfe x"])
def test_a_header_of_another_scheme_is_not_a_token(authorization):
    """The response is a 401 with the plain challenge."""
    answer = Client(headers={"Authorization": authorization}).get("/api/me")

    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, 'Bearer realm="api"')
    assert answer.json() == {"detail": "Authentication credentials were not provided."}


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "bEARER"])
def test_the_case_of_the_scheme_does_not_matter(session, scheme):
    """A valid token is accepted, and anything else gets a 401 with the error."""
    token = tokens_of(session)["access_token"]
    assert Client(headers={"Authorization": f"{scheme} {token}"}).get("/api/me").status_code == 200
    for rest in ["", " ", " a b", " a b c", " null", " a.b.c", " \xff.\xff.\xff", f" {token} {token}"]:
        answer = Client(headers={"Authorization": scheme + rest}).get("/api/me")

        assert (answer.status_code, answer.json()["code"]) == (401, "token_invalid"), rest
        assert answer["WWW-Authenticate"] == 'Bearer realm="api", error="invalid_token"'


@pytest.mark.parametrize("authorization", ["Bearer old", "Basic x", "Token abc", "\xff"])
@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize("path", [*PUBLIC, "/api/refresh", "/api/password/reset", "/api/email/verify"])
def test_no_public_endpoint_reads_the_authorization_header(path, slash, authorization):
    """The response to an empty object is the same with any header."""
    answer = post(path + slash, {}, Authorization=authorization)

    assert (answer.status_code, answer.json()) == (400, post(path, {}).json())


@pytest.mark.parametrize("method", ["get", "put", "patch", "delete", "options", "head", "trace"])
@pytest.mark.parametrize("path", PUBLIC)
def test_only_post_is_allowed(path, method):
    """Every other method gets a 405."""
    answer = getattr(Client(), method)(path)

    assert (answer.status_code, answer["Allow"]) == (405, "POST, OPTIONS")


@pytest.mark.parametrize("typ", [ACCESS, REFRESH])
@pytest.mark.parametrize("claim", ["sub", "sid", "iat", "exp", "iss", "aud"])
def test_every_claim_is_required(session, typ, claim):
    """A token without one of its claims is rejected."""
    with pytest.raises(jwt.MissingRequiredClaimError, match=claim):
        read_token(forge(session, typ, **{claim: ...}), typ)


@pytest.mark.parametrize("typ", [ACCESS, REFRESH])
@pytest.mark.parametrize(
    "changes",
    [
        {"sub": 1},
        {"iat": True},
        {"iat": int(time.time()) + 10**9},
        {"iat": "1799999999"},
        {"exp": 9999999999.5},
        {"exp": "9999999999"},
        {"iss": "somebody-else"},
        {"aud": "another-api"},
        {"aud": ["tutorial-api"]},
        {"header": "JWT"},
        {"header": "AT+JWT"},
        {"header": "application/at+jwt"},
    ],
    ids=str,
)
def test_a_claim_with_another_value_is_rejected(session, typ, changes):
    """A token that we would not issue is rejected, even with our signature."""
    with pytest.raises(jwt.InvalidTokenError):
        read_token(forge(session, typ, **changes), typ)


@pytest.mark.parametrize("jti", ["1", "\0", None, "", 1, []], ids=ascii)
def test_a_refresh_id_that_is_not_a_uuid_ends_no_session(session, jti):
    """The response is a 401, and the session continues."""
    answer = post("/api/refresh", {"refresh_token": forge(session, REFRESH, jti=jti)})

    assert (answer.status_code, answer.json()["code"]) == (401, "token_invalid")
    assert Session.objects.get() == session


@pytest.mark.parametrize("authorization", [None, "Bearer expired", "Basic YTpi", "\xff"])
def test_a_refresh_token_logs_out_with_any_header(session, authorization):
    """The header is not read when the body has a refresh token."""
    headers = {"Authorization": authorization} if authorization else {}
    answer = post("/api/logout", {"refresh_token": tokens_of(session)["refresh_token"]}, **headers)

    assert (answer.status_code, Session.objects.count()) == (204, 0)


@pytest.mark.parametrize(
    ("body", "status"),
    [("[]", 400), ("null", 400), ('{"refresh_token": ""}', 400), ("{", 400), ("{}", 401), ('{"token": "x"}', 401)],
)
def test_a_logout_without_a_refresh_token_ends_nothing(session, body, status):
    """A malformed body gets a 400, and a body without a token a 401."""
    answer = Client().post("/api/logout", body, content_type="application/json")

    assert (answer.status_code, Session.objects.get()) == (status, session)


@pytest.mark.parametrize("page", ["2", "x", "%00", "-1", "0", "9" * 5000, "%ff"])
def test_a_page_that_does_not_exist_is_a_404(client, page):
    """Only pages of the list of sessions are found."""
    answer = client.get(f"/api/sessions?page={page}")

    assert (answer.status_code, answer.json()) == (404, {"detail": "Invalid page."})


@pytest.mark.parametrize("pk", ["1", "x" * 36, "\0", "%00", "urn:uuid:", "{}"])
def test_a_path_without_a_uuid_is_a_404(client, pk):
    """A text that is not a UUID revokes no session."""
    assert client.delete(f"/api/sessions/{pk}").status_code == 404
    assert Session.objects.count() == 1


@pytest.mark.parametrize("error", [RedisConnectionError("refused"), ValueError("no such key")], ids=repr)
@pytest.mark.parametrize(
    ("scope", "path"),
    [("login", "login"), ("guess", "login"), ("registration", "registration"), ("mail", "registration")],
)
def test_without_the_cache_the_response_is_503(monkeypatch, scope, path, error):
    """If the cache can't count for a rate limit, the response says when to try again."""
    incr = cache.incr

    def broken(key):
        if f"throttle:{scope}:" in key:
            raise error
        return incr(key)

    monkeypatch.setattr(cache, "incr", broken)
    answer = post(f"/api/{path}", {"email": "ada@example.com", "password": PASSWORD})

    assert (answer.status_code, answer["Retry-After"]) == (503, "10")
    assert answer.json()["code"] == "try_again_later"
