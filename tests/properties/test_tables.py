"""Tables of unusual values. The stages' own suites have two or three of each."""

import json

import jwt
import pytest
from django.test import Client, RequestFactory
from signing import sign

from authentication.links import RESET_PASSWORD
from authentication.models import Session, User
from authentication.outbox import send_later
from authentication.sessions import tokens_of
from config.wsgi import application

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery staple"
NOT_A_TEXT = [None, "", [], {}, True, "x\0", "x\ud800", "x" * 5000]
NO_TOKEN = ["a", "a.b", "a.b.c", "..", "::", "a:b:c", "null", "[1]", "\u20ac", "\xff.\xff.\xff", "." * 100, "x" * 4096]
FIELDS = [
    ("registration", "email"),
    ("registration/confirm", "token"),
    ("login", "email"),
    ("login", "password"),
    ("refresh", "refresh_token"),
    ("email/verify", "token"),
    ("email/confirm", "token"),
    ("password/reset", "email"),
    ("password/confirm", "token"),
    ("password/change", "password"),
    ("password/change", "new_password"),
    ("email/change", "email"),
    ("email/change", "password"),
    ("me/delete", "password"),
]
GOOD = {
    "email": "ada@example.com",
    "username": "ada",
    "password": PASSWORD,
    "new_password": PASSWORD,
    "refresh_token": "x",
    "token": "x",
}
# Another spelling of an id: Python or PostgreSQL could read it as the same id.
SPELLINGS = [" {}", "{} ", "{}\n", "0{}", "+{}", "{}.0", "{{{}}}", "urn:uuid:{}", "\u0660{}", "{}\0"]
NO_ID = ["", "ada", "None", "\0", "\ud800", "-1", "9" * 30, "9" * 5000, 1, 1.5, True, None, [], {}]
PARAMETERS = [
    "; charset=base64",
    "; charset=undefined",
    "; charset=utf-16",
    "; charset=nonsense",
    ';charset="base64"',
    "; CharSet = idna",
    "; charset*=utf-8''base64",
    "; charset*0=base64",
    "; a*=nonsense''b",
    "; a*0*=x; a*=y",
]
WRONG_HOSTS = ["evil.example.com", "testserver:port", "[::1", "a b", "", "testserver\0"]


@pytest.fixture
def session():
    """Ada has logged in."""
    return Session.objects.create(user=User.objects.create_user("ada", "ada@example.com", PASSWORD))


@pytest.fixture
def token(session):
    """Her access token."""
    return tokens_of(session)["access_token"]


def post(path, data, token=None):
    """Sends JSON to a path of the API, with or without an access token."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return Client(headers=headers).post(f"/api/{path}", json.dumps(data), content_type="application/json")


@pytest.mark.parametrize(("path", "field"), FIELDS)
def test_a_field_accepts_only_a_string(token, path, field):
    """A value that is not text, is empty, too long or can't be stored gets a 400 that names its field."""
    for value in NOT_A_TEXT:
        answer = post(path, GOOD | {field: value}, token)

        assert (answer.status_code, list(answer.json())) == (400, [field]), value
    assert post(path, {name: text for name, text in GOOD.items() if name != field}, token).status_code == 400


@pytest.mark.parametrize(("path", "field"), [pair for pair in FIELDS if "token" in pair[1]])
def test_an_invalid_token_gives_no_access(session, path, field):
    """A refresh token or link that we have not issued is rejected, and revokes no session."""
    for text in NO_TOKEN:
        answer = post(path, GOOD | {field: text})

        assert answer.status_code == (401 if path == "refresh" else 400), text
        assert list(answer.json()) == (["detail", "code"] if path == "refresh" else ["token"])
    assert Session.objects.get() == session


@pytest.mark.parametrize("claim", ["sub", "sid"])
@pytest.mark.parametrize("value", [*SPELLINGS, *NO_ID], ids=ascii)
def test_a_claim_in_another_spelling_is_rejected(session, token, claim, value):
    """Only the exact text that we put into a claim finds the user and the session."""
    claims = jwt.decode(token, options={"verify_signature": False})
    wrong = value.format(claims[claim]) if isinstance(value, str) else value
    payload = json.dumps(claims | {claim: wrong}).encode()
    forged = sign(payload, "at+jwt")
    answer = Client(headers={"Authorization": f"Bearer {forged}"}).get("/api/me")

    assert (answer.status_code, answer.json()["code"]) == (401, "token_invalid")


@pytest.mark.parametrize("parameter", PARAMETERS)
@pytest.mark.parametrize("header", ["CONTENT_TYPE", "HTTP_ACCEPT"])
def test_no_parameter_of_a_header_makes_the_server_crash(parameter, header):
    """The response to an empty login is a 400, whatever charset a client names."""
    environ = RequestFactory().post("/api/login", content_type="application/json").environ
    environ[header] = f"application/json{parameter}"
    statuses = []
    application(environ, lambda status, headers: statuses.append(status))

    assert statuses == ["400 Bad Request"]


@pytest.mark.parametrize("host", WRONG_HOSTS)
def test_a_host_that_is_not_ours_gets_json(host):
    """A host that is not in ALLOWED_HOSTS gets a 400 in JSON."""
    answer = Client(headers={"Host": host}).get("/api/me")

    assert (answer.status_code, answer.json()) == (400, {"detail": "Bad Request."})


@pytest.mark.parametrize("spelling", ["ada@stra\u00dfe.example", "ada@exam\u00adple.com", "ada@exam\u2028ple.com"])
@pytest.mark.parametrize("path", ["registration", "password/reset", "email/change"])
def test_no_mail_goes_to_another_address_than_it_says(token, mailoutbox, path, spelling):
    """Messages to these email addresses would reach another person."""
    answer = post(path, {"email": spelling, "password": PASSWORD}, token)

    assert (answer.status_code, answer.json()) == (400, {"email": ["We cannot send an email to this address."]})
    assert mailoutbox == []


def test_a_mail_has_no_headers_of_strangers(session, mailoutbox):
    """An email address with a line break never becomes a message, even if it is in the outbox."""
    User.objects.filter(pk=session.user_id).update(email="ada@example.com\nBcc: x@example.com")
    send_later(RESET_PASSWORD, "ada@example.com\nBcc: x@example.com")

    assert mailoutbox == []
