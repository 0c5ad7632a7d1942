"""Tests what the search finds for a name, a file, a status or an error message."""

import json
import os
import re
import subprocess
import sys
import zlib

import pytest

from companion.chain.stages import ROOT, stages

TROUBLE = (ROOT / "docs/troubleshooting.md").read_text()
MESSAGES = dict(re.findall(r"^### .*?\{ #([\w-]+) \}\n\n```text\n(.*?)\n```$", TROUBLE, re.MULTILINE | re.DOTALL))
MOST_INDEX = 7_600 * len(stages())  # bytes, compressed; it is loaded when a reader opens the search


@pytest.fixture(scope="module")
def search(browser, site):
    """Returns a function that types words into the search and returns what `found` returns."""
    page = browser.new_page()
    page.goto(f"{site}about/")
    yield lambda words: found(page, words)
    page.close()


def found(page, words):
    """Returns the found pages, best first, each with its best section."""
    page.get_by_placeholder("Search").click()
    page.keyboard.press("Control+A")
    page.keyboard.press("Backspace")
    page.wait_for_function("document.querySelector('.md-search-result__meta').textContent.includes('Type')")
    page.keyboard.insert_text(words)
    page.keyboard.press("End")
    page.wait_for_function("document.querySelector('.md-search-result__meta').textContent.includes('matching')")
    return page.eval_on_selector_all(
        ".md-search-result__item",
        """items => items.map((item) => {
            const links = [...item.querySelectorAll('a')].map((a) => [a, parseFloat(a.firstElementChild.dataset.mdScore)]);
            const [best] = links.sort(([, a], [, b]) => b - a)[0];
            return best.pathname.split('/').slice(-3).join('/').replace(/^\\//, '') + best.hash;
        })""",
    )


@pytest.mark.parametrize("section", MESSAGES)
def test_a_message_finds_its_section_first(search, section):
    """Each message of the troubleshooting page is typed as it is, with quotes, colons, braces and brackets."""
    assert search(MESSAGES[section].splitlines()[0])[0] == f"troubleshooting/#{section}"


@pytest.mark.parametrize(
    ("words", "section"),
    [
        ("OperationalError: no such table: django_session", "no-table"),
        ("ModuleNotFoundError: No module named 'environ'", "no-rest-framework"),
        ("ModuleNotFoundError: No module named 'jwt'", "no-rest-framework"),
        ("{'detail': ErrorDetail(string='Authentication credentials were not provided.')}", "no-credentials"),
        ('Method "DELETE" not allowed.', "method"),
        ("Invalid HTTP_HOST header: '192.168.1.5:8000'. You may need to add '192.168.1.5' to ALLOWED_HOSTS.", "host"),
        ("InconsistentMigrationHistory", "inconsistent"),
        ("DisallowedHost at /", "host"),
        ("415 Unsupported Media Type", "media-type"),
        ("Access-Control-Allow-Origin", "cors"),
        ("a page on another origin calls the API", "cors"),
    ],
)
def test_a_message_with_other_values_or_in_part_finds_its_section(search, words, section):
    """Messages with another table, module or method, the form that a test prints, a name alone, a status alone."""
    assert search(words)[0] == f"troubleshooting/#{section}"


@pytest.mark.parametrize(
    ("words", "place"),
    [
        ("login 401", "chapters/06-serializers/#login"),
        ("AUTH_USER_MODEL", "chapters/02-user-model/"),
        ("is_staff", "chapters/03-user-manager/"),
        ("logout", "chapters/14-logout/"),
        ("refresh", "chapters/15-refresh-tokens/"),
        ("throttle 429", "chapters/11-throttles/"),
        ("bearer", "glossary/#bearer-token"),
        ("SECRET_KEY", "chapters/09-settings/"),
        ("WWW-Authenticate", "chapters/05-authentication-backend/"),
        ("why 403", "troubleshooting/#csrf"),
        ("Dockerfile", "chapters/01-dockerfile/"),
        ("createsuperuser", "chapters/03-user-manager/"),
        ("password reset", "chapters/18-password-reset/"),
        ("ModuleNotFoundError", "troubleshooting/#no-rest-framework"),
        ("CORS", "troubleshooting/#cors"),
        # codes of the API
        ("token_expired", "troubleshooting/#expired"),
        ("token_invalid", "troubleshooting/#other-key"),
        ("token_used", "troubleshooting/#token-used"),
        ("invalid_token", "chapters/05-authentication-backend/"),
        ("wrong_credentials", "chapters/14-logout/"),
        ("try_again_later", "chapters/11-throttles/"),
        ("password_only_spaces", "chapters/10-accounts/"),
        # HTTP
        ("401", "troubleshooting/#no-credentials"),
        ("403", "troubleshooting/#csrf"),
        ("405", "troubleshooting/#method"),
        ("406", "chapters/12-hardening/"),
        ("413", "chapters/12-hardening/"),
        ("415", "troubleshooting/#media-type"),
        ("429", "chapters/11-throttles/"),
        ("503", "chapters/24-outages/"),
    ],
)
def test_a_query_finds_its_page_first(search, words, place):
    """Names, statuses, and the codes that our API returns: each has a page that answers."""
    assert search(words)[0].startswith(place)


@pytest.mark.parametrize(
    ("words", "place"),
    [
        ("how do I log out", "chapters/14-logout/"),
        ("log-out", "chapters/14-logout/"),
        ("signing out", "chapters/14-logout/"),
        ("logout everywhere", "chapters/14-logout/#log-out-here-or-everywhere"),
        ("Sign in", "chapters/06-serializers/#login"),
        ("log in", "chapters/06-serializers/#login"),
        ("sign up", "chapters/19-registration-by-mail/"),
        ("2FA", "questions/#second-factor"),
        ("TOTP", "questions/#second-factor"),
        ("two-factor authentication", "questions/#second-factor"),
        ("forgot my password", "chapters/18-password-reset/"),
        ("password recovery", "chapters/18-password-reset/"),
        ("change password", "chapters/16-password-change/"),
        ("password change", "chapters/16-password-change/"),
        ("delete user", "chapters/16-password-change/"),
        ("token blacklist", "questions/#logout"),
        ("revoke a token", "questions/#logout"),
        ("brute-force", "chapters/11-throttles/"),
        ("lockout", "chapters/11-throttles/"),
        ("OAuth2", "questions/#google"),
        ("social login", "questions/#google"),
        ("RBAC", "questions/#roles"),
        ("cross-origin", "troubleshooting/#cors"),
        ("preflight", "troubleshooting/#cors"),
        ("confirm email", "chapters/20-email-change/"),
        ("remember me", "chapters/15-refresh-tokens/"),
        ("token expiry", "chapters/15-refresh-tokens/#two-kinds-of-tokens"),
        ("timing attack", "chapters/06-serializers/#login"),
        ("alg none", "chapters/04-tokens/"),
        ("bcrypt", "glossary/#hash"),
        ("celery", "chapters/17-outbox/"),
    ],
)
def test_other_words_for_a_thing_find_it(search, words, place):
    """People type the words that they know, and the site has one word for each thing."""
    assert search(words)[0].startswith(place)


@pytest.mark.parametrize("words", ["React", "JavaScript", "front end"])
def test_what_runs_in_a_browser_finds_the_browser(search, words):
    """The first hit is the chapter or the section that has the browser in its name."""
    assert "browser" in search(words)[0]


@pytest.mark.parametrize(
    ("words", "stage"),
    [
        ("USERNAME_FIELD", "02-user-model"),
        ("UserManager", "03-user-manager"),
        ("create_superuser", "03-user-manager"),
        ("JWTAuthentication", "05-authentication-backend"),
        ("read_token", "04-tokens"),
        ("RegistrationSerializer", "06-serializers"),
        ("LoginAPIView", "07-views"),
        ("JWT_SIGNING_KEY", "09-settings"),
        ("refresh_session", "15-refresh-tokens"),
        ("Superuser must have is_staff=True.", "03-user-manager"),  # a message that only code has
        ("test_a_token_without_a_claim_is_rejected", "04-tokens"),
        ("pytest.ini", "01-dockerfile"),
        ("managers.py", "03-user-manager"),
        ("authentication/managers.py", "03-user-manager"),
        ("tokens.py", "04-tokens"),
        ("backends.py", "05-authentication-backend"),
        ("serializers.py", "06-serializers"),
        ("views.py", "07-views"),
        ("urls.py", "08-urls"),
        ("throttles.py", "11-throttles"),
        ("health.py", "24-outages"),
    ],
)
def test_a_name_finds_the_chapter_that_introduces_it(search, words, stage):
    """Settings, classes, functions, commands, files and statuses, as they are written in code."""
    assert f"chapters/{stage}/" in search(words)[0]


def test_a_name_in_code_leads_to_its_step(visit):
    """The result names the file, shows the line, and brings the reader to the step."""
    page = visit("about/")
    found(page, "is_staff")
    link = page.locator(".md-search-result__link[href*='#step-']").first

    assert link.locator("h2").inner_text() == "authentication/managers.py: UserManager.create_superuser"
    assert link.locator("code", has_text='"is_staff", True').locator("mark").first.inner_text() == "is_staff"
    link.click()
    page.wait_for_url("**/chapters/03-user-manager/*#step-authentication-managers-py-usermanager-create-superuser")


def test_prose_is_found(search):
    """The search finds a sentence of a chapter."""
    assert "chapters/04-tokens/" in search("can't revoke a single signed token")[0]


def test_search_syntax_causes_no_error(search):
    """Characters of the search's own syntax cause no error and don't change the results."""
    plain = search("token expired")

    assert plain
    for typed in ("token: expired", '"token" expired', "-token +expired", "token~ expired^", "*token expired*"):
        assert search(typed) == plain, typed
    assert search('::"') == []


def test_a_word_is_found_while_it_is_typed(search):
    """The beginning of the last word is enough."""
    assert "chapters/03-user-manager/" in search("normalize_em")[0]
    assert search("password res")[0].startswith("chapters/18-password-reset/")


@pytest.mark.parametrize("words", ["createsuperuser", "logout", "roles", "CORS", "a login for your API"])
def test_the_start_page_is_no_hit(search, words):
    """The start page names everything and answers nothing, so it is left out of the search."""
    assert [address for address in search(words) if not re.match(r"\w", address.removeprefix("/"))] == []


def test_the_index_stays_light(built):
    """The index has the code that the chapters add. It has no migrations, no code of tests and no whole files."""
    written = (built / "search/search_index.json").read_bytes()
    text = " ".join(document["text"] for document in json.loads(written)["docs"])

    assert len(zlib.compress(written, 6)) < MOST_INDEX
    assert text.count("def find_owner(token):") == 1
    for left_out in (
        "border-radius:",
        "migrations.CreateModel",
        "assert response.status_code",
        "diff -ruN",
        "Link to this step",
        "files change",
        "Why does the Dockerfile copy",  # a recap
        "exercises/invitations.py",
    ):
        assert left_out not in text


def test_the_search_works_in_the_same_way_from_a_folder(browser, tmp_path):
    """In the offline copy there is no server, so the search runs in the page."""
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "-f", "mkdocs-offline.yml", "-d", str(tmp_path)]
    env = os.environ | {"NO_MKDOCS_2_WARNING": "1"}
    subprocess.run(command, cwd=ROOT, env=env, check=True, capture_output=True)
    page = browser.new_page()
    for words, first in (
        (MESSAGES["no-credentials"], "troubleshooting.html#no-credentials"),
        ("managers.py", "chapters/03-user-manager.html#step-authentication-managers-py"),
    ):
        page.goto((tmp_path / "about.html").as_uri())
        assert first in found(page, words)[0]
    page.close()
