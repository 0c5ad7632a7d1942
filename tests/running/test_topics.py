"""Finds the line to open and the step to read for a test."""

import pytest

from companion.chain.aims import Aim, link, step_number
from companion.chain.stages import find, stages
from companion.chain.steps import steps
from companion.project.locate import locate
from companion.project.reading import compared
from companion.project.results import Place
from companion.running import suite
from companion.running.run_suite import expected
from companion.running.topics import aim, aim_at

TESTS = "tests/test_"


def about(stage, ident):
    found = aim(f"{TESTS}{ident}", suite.until(find(stage)))
    return f"{found.stage}/{found.file}#{found.symbol}"


@pytest.mark.parametrize(
    ("stage", "ident", "symbol"),
    [
        ("01-dockerfile", "dockerfile.py::test_logs_are_not_buffered", "01-dockerfile/Dockerfile#"),
        ("final", "project.py::test_gunicorn_can_load_the_project", "01-dockerfile/config/wsgi.py#application"),
        ("final", "user_model.py::test_str_returns_the_username", "02-user-model/authentication/models.py#User.__str__"),
        ("08-urls", "user_manager.py::test_create_user_hashes_the_password", "03-user-manager/authentication/managers.py#UserManager.create_user"),
        ("07-views", "tokens.py::test_a_token_without_a_claim_is_rejected[sub]", "04-tokens/authentication/tokens.py#read_token"),
        ("06-serializers", "authentication.py::test_a_forged_token_is_rejected", "05-authentication-backend/authentication/backends.py#JWTAuthentication"),
        ("06-serializers", "login_serializer.py::test_a_wrong_password_is_rejected", "06-serializers/authentication/serializers.py#LoginSerializer.password"),
        ("final", "views.py::test_me_returns_the_user_of_the_token", "07-views/authentication/views.py#CurrentUserAPIView"),
        ("final", "http.py::test_an_email_is_registered_once", "08-urls/authentication/urls.py#urlpatterns"),
        ("final", "health.py::test_a_running_process_is_live", "24-outages/config/health.py#live"),
    ],
)  # fmt: skip
def test_a_test_is_about_what_its_own_stage_brings(stage, ident, symbol):
    """At every stage, a test leads to the symbol that it tests, in the stage that added both."""
    assert about(stage, ident) == symbol


@pytest.mark.parametrize("stage", stages(), ids=str)
def test_every_link_leads_to_a_step_that_is_there(stage):
    """A link with a step leads to a step of the stage's chapter, and most links have one.

    tests/laws/test_growth.py compares the ids of the steps with the page.
    """
    ids = {step.ident for step in steps(stage)}
    chain, names = suite.until(stage), {ident.partition("[")[0] for ident in expected(stage)}
    aims = [found for name in names if (found := aim(name, chain)) and found.stage == stage]
    links = {link(found, "https://site/") for found in aims}

    assert {address.partition("#")[0] for address in links} == {f"https://site/chapters/{stage}/"}
    fragments = {address.partition("#")[2] for address in links} - {""}
    assert fragments
    assert fragments - ids == set()
    assert sum(step_number(found) is not None for found in aims) > 0.8 * len(aims)


def test_a_link_begins_with_the_address_of_the_site():
    """If no site is served or published, that is the URL of the next `serve`."""
    found = Aim(find("02-user-model"), "authentication/models.py", "User.email")

    assert link(found).startswith("http://127.0.0.1:8001/chapters/02-user-model/#step-authentication-models-py-user")


def test_without_a_step_the_chapter_is_named():
    """A file that the stage does not change has no step."""
    assert link(Aim(find("08-urls"), "authentication/admin.py"), "/") == "/chapters/08-urls/"


@pytest.fixture
def known(project):
    folder = project("05-authentication-backend", {"authentication/tokens.py": {"def read_token": "def reed_token"}})
    return compared(find("05-authentication-backend"), locate(folder))


def test_a_place_of_the_project_leads_back_to_the_stage(known):
    """A line inside a symbol belongs to the last stage that changes the symbol, any other line to that of its file."""
    chain = suite.until(find("05-authentication-backend"))
    line = next(symbol for _, symbol in known.definitions if symbol.name == "AUTH_USER_MODEL").first

    found = aim_at(Place("config/settings.py", line), known, chain)
    assert (str(found.stage), found.symbol) == ("02-user-model", "AUTH_USER_MODEL")
    assert str(aim_at(Place("config/settings.py", 1), known, chain).stage) == "05-authentication-backend"
    assert aim_at(Place("elsewhere.py", 1), known, chain) is None
    assert aim_at(None, known, chain) is None
