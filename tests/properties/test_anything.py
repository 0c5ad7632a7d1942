import json

import jwt
import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.test import APIRequestFactory
from signing import sign

from authentication.backends import JWTAuthentication
from authentication.models import Session, User
from authentication.sessions import find_session, tokens_of
from authentication.throttles import AddressThrottle, GuessThrottle
from authentication.tokens import ACCESS, REFRESH

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery staple"
OPEN = ["/api/registration", "/api/login", "/api/refresh", "/api/email/verify", "/api/email/confirm"]
OPEN += ["/api/password/reset", "/api/password/confirm", "/api/registration/confirm"]

texts = st.text(st.characters(exclude_categories=()))  # half surrogate pairs too
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=5,
)
headers = st.binary(max_size=60).map(lambda raw: raw.decode("latin-1"))
schemes = st.sampled_from(["", "Bearer", "bearer ", "BEARER\t", "Basic ", "\xff "])


@pytest.fixture
def people(session):
    """Ada, who has an account, and a user who was deactivated."""
    User.objects.create_user("gone", "gone@example.com", PASSWORD, is_active=False)


@pytest.fixture
def hashed(monkeypatch):
    """Collects the passwords that are hashed."""
    hashed = []
    encode = MD5PasswordHasher.encode
    monkeypatch.setattr(
        MD5PasswordHasher, "encode", lambda hasher, text, salt: hashed.append(text) or encode(hasher, text, salt)
    )
    return hashed


def answer_of(function, *arguments):
    """Returns what a function returns, or the code of the error that it raises."""
    try:
        return function(*arguments)
    except AuthenticationFailed as refused:
        return refused.detail["code"]


@pytest.fixture
def session():
    user = User.objects.create_user("ada", "ada@example.com", PASSWORD)
    return Session.objects.create(user=user)


@given(scheme=schemes, rest=headers)
def test_any_authorization_header_is_rejected_or_ignored(django_assert_num_queries, scheme, rest):
    """No header without a token that we signed gives access, causes a crash, or queries the database."""
    request = APIRequestFactory().get("/", headers={"Authorization": scheme + rest})
    with django_assert_num_queries(0):
        answer = answer_of(JWTAuthentication().authenticate, request)

    assert answer in (None, "token_invalid")
    assert JWTAuthentication().authenticate_header(request).startswith('Bearer realm="api"')


@given(
    name=st.sampled_from(["sub", "sid", "jti", "iat", "exp", "nbf", "iss", "aud"]),
    value=values | st.sampled_from([True, 1.5, 9999999999.5, "9999999999", "0", "1"]),
    typ=st.sampled_from([ACCESS, REFRESH]),
)
def test_any_claim_that_we_do_not_issue_is_rejected(session, name, value, typ):
    """With any value of a claim, a token signed with our key belongs to its session, or is rejected."""
    issued = tokens_of(session)["access_token" if typ == ACCESS else "refresh_token"]
    claims = jwt.decode(issued, options={"verify_signature": False})
    payload = json.dumps(claims | {name: value}).encode()
    forged = sign(payload, typ)
    answer = answer_of(find_session, forged, typ)

    if answer not in ("token_invalid", "token_expired"):
        found, read = answer
        assert found == session
        assert (read["sub"], read["sid"]) == (claims["sub"], claims["sid"])
        assert (type(read["iat"]), type(read["exp"])) == (int, int)


@given(header=values)
def test_any_other_header_of_a_token_is_rejected(session, header):
    """Whatever type the header names, a token works only as the type that we issued."""
    claims = jwt.decode(tokens_of(session)["access_token"], options={"verify_signature": False})
    forged = sign(json.dumps(claims).encode(), json.dumps(header))
    with pytest.raises(AuthenticationFailed):
        find_session(forged)


@given(
    path=st.sampled_from([*OPEN, "/api/logout", "/api/me", "/api/email/change", "/api/password/change"]),
    data=st.dictionaries(
        st.sampled_from(["email", "username", "password", "new_password", "token", "refresh_token"]),
        values | st.sampled_from(["ada@example.com", "ada", PASSWORD]),
    )
    | values,
)
def test_any_json_is_answered_in_json(session, path, data):
    """Any JSON gets one of a few responses in JSON, and never a crash."""
    answer = Client().post(path, json.dumps(data), content_type="application/json")

    if answer.status_code == 204:  # a logout with any refresh token, also with a wrong one (RFC 7009)
        assert (path, answer.content) == ("/api/logout", b"")
        return
    assert answer.status_code in (200, 201, 202, 400, 401, 405)
    assert answer["Content-Type"] == "application/json"
    assert answer.json()


@given(path=st.sampled_from(OPEN), body=st.binary())
def test_any_body_is_answered_in_json(path, body):
    """Without a token, no body gets a success response."""
    answer = Client().post(path, body, content_type="application/json")

    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/json"


@given(password=texts | st.sampled_from(["wrong", "", " ", "\0", "x" * 4097, "\ud800"]))
def test_a_failed_login_does_not_reveal_who_has_an_account(people, hashed, password):
    """Known, unknown and deactivated users get the same status, body and number of hashes, with any password."""
    answers = []
    for email in ("ada@example.com", "nobody@example.com", "gone@example.com"):
        hashed.clear()
        data = json.dumps({"email": email, "password": password})
        answer = Client().post("/api/login", data, content_type="application/json")
        answers.append((answer.status_code, answer.content, answer["Content-Type"], len(hashed)))

    assert answers[0][0] in (400, 401)
    assert len(set(answers)) == 1


@given(more=st.dictionaries(st.sampled_from(["username", "password", "token", "is_staff"]), values))
def test_a_registration_does_not_reveal_who_has_an_account(people, hashed, more):
    """Known, unknown and deactivated users get the same response without a hash, whatever else is sent."""
    hashed.clear()
    answers = []
    for email in ("ada@example.com", "nobody@example.com", "gone@example.com"):
        data = json.dumps(more | {"email": email})
        answer = Client().post("/api/registration", data, content_type="application/json")
        answers.append((answer.status_code, answer.content, sorted(answer.items())))

    assert answers[0][0] in (202, 400)  # 400 if the rest is not JSON, such as NaN
    assert answers == answers[:1] * 3
    assert (hashed, User.objects.count()) == ([], 2)


@given(text=texts)
def test_one_spelling_is_one_spelling(text):
    """Normalizing a normalized text changes nothing."""
    email = User.objects.normalize_email(text)
    username = User.normalize_username(text)

    assert User.objects.normalize_email(email) == email
    assert User.normalize_username(username) == username


@given(email=texts, address=headers)
def test_the_key_of_a_counter_is_short(email, address):
    """The key of a counter is short and plain, so any cache accepts it."""
    request = APIRequestFactory().post("/", REMOTE_ADDR=address)
    for key in (
        GuessThrottle(email).get_cache_key(request, None),
        type("Any", (AddressThrottle,), {"scope": "login"})().get_cache_key(request, None),
    ):
        assert len(key) < 200
        assert key.isascii() and key.isprintable() and " " not in key
