"""The description of the API is true: requests made from it find nothing, and a client generated from it works."""

import importlib
import subprocess
import sys

import pytest
import schemathesis
from hypothesis import given, settings
from schemathesis import GenerationMode
from schemathesis.config import SchemathesisConfig

CREDENTIALS = ("ada@example.com", "correct horse battery staple")
CSRF = "a" * 32
CONFIG = """
# No description can say which password is right and which token has been sent.
[checks.positive_data_acceptance]
expected-statuses = ["2xx", 400, 401, 404]

# An empty `page` is the first one.
[[operations]]
include-name = "GET /api/sessions"
checks.negative_data_rejection.expected-statuses = [200, 401, 404]
"""
API = schemathesis.openapi.from_path("openapi.yaml", config=SchemathesisConfig.from_str(CONFIG))
OPERATIONS = [result.ok() for result in API.get_all_operations()]


@pytest.fixture
def user(transactional_db, django_user_model):
    return django_user_model.objects.create_user("ada", *CREDENTIALS)


@pytest.mark.parametrize("mode", GenerationMode)
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.label)
def test_every_response_is_as_described(operation, mode, live_server, user):
    """Whatever is sent, the status, the headers and the body of the response are in the description."""
    from authentication.models import Session
    from authentication.tokens import issue_token

    @settings(max_examples=20)
    @given(case=operation.as_strategy(generation_mode=mode))
    def responses(case):
        token = issue_token(Session.objects.create(user=user))
        headers = {"Authorization": f"Bearer {token}", "X-CSRFToken": CSRF}
        case.call_and_validate(base_url=live_server.url, headers=headers, cookies={"csrftoken": CSRF})

    responses()


def test_a_generated_client_logs_in(live_server, user, tmp_path, monkeypatch):
    """A typed client made from the description logs in, reads the account, and gets errors as objects."""
    command = (sys.executable, "-m", "openapi_python_client", "generate", "--path", "openapi.yaml", "--meta", "none")
    subprocess.run([*command, "--output-path", tmp_path / "api_client"], check=True, capture_output=True)
    monkeypatch.syspath_prepend(tmp_path)
    client, models, login, me = (
        importlib.import_module(f"api_client.{name}")
        for name in ("client", "models", "api.login.post_login", "api.me.get_me")
    )
    email, password = CREDENTIALS

    with client.Client(base_url=live_server.url) as public:
        tokens = login.sync(client=public, body=models.Login(email=email, password=password))
        refused = login.sync(client=public, body=models.Login(email=email, password="wrong"))
        invalid = login.sync(client=public, body=models.Login(email="ada", password="wrong"))
    with client.AuthenticatedClient(base_url=live_server.url, token=tokens.access_token) as known:
        account = me.sync(client=known)

    assert account == models.User(id=user.pk, email=email, username="ada")
    assert refused == models.Detail(detail="The email or the password is wrong.", code="wrong_credentials")
    assert invalid.to_dict() == {"email": ["Enter a valid email address."]}
