"""Tests the page of stage 22 in browsers: what users do on it, and what an attacker's script gets out of it."""

import json
import re
import shutil
import subprocess
import sys
import threading
import urllib.request
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.error import HTTPError

import pytest

from companion.chain.chapters import source
from companion.chain.stages import ROOT, copy, find, previous
from companion.running.environment import environment

STAGE = find("22-browser-client")
AXE = ROOT / "tests/browser/node_modules/axe-core/axe.min.js"
PERSON = {"email": "ada@example.com", "password": "correct horse battery staple"}
MAKE_ADA = f"from authentication.models import User; User.objects.create_user('ada', **{PERSON})"
# What the chapter has its reader paste into the console of the browser: a login, and a malicious comment.
LOG_IN, COMMENT = re.findall(r"^```js\n(.*?)^```", source(STAGE).read_text(), re.MULTILINE | re.DOTALL)
VIEWS = "authentication/browser_views.py"
# Shows in the title of the page what the policy has refused.
ON_REFUSAL = "addEventListener('securitypolicyviolation', (event) => { document.title = event.effectiveDirective })"
# Loses the first response to a refresh, as a phone in a tunnel does: the server has done its work by then.
LOSING = """
from pathlib import Path
from config.wsgi import application as complete

def application(environ, start_response):
    started = []
    body = list(complete(environ, lambda *arguments: started.append(arguments)))
    if environ["PATH_INFO"] == "/api/browser/refresh" and Path("lose").exists():
        Path("lose").unlink()
        raise ConnectionResetError
    start_response(*started[0])
    return body
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """Returns the folder of stage 22 with a database in which Ada has an account. It is copied for each test."""
    folder = copy(STAGE, tmp_path_factory.mktemp("project") / "project")
    for command in (["migrate", "-v0"], ["shell", "-v0", "-c", MAKE_ADA]):
        subprocess.run([sys.executable, "manage.py", *command], cwd=folder, env=environment(), check=True)
    return folder


@pytest.fixture
def folder(project, tmp_path):
    """Returns a copy of the project that a test may edit before it is served."""
    return shutil.copytree(project, tmp_path / "project")


@contextmanager
def served(folder, **variables):
    """Yields the URL of a project, served by `runserver` on a free port. Its emails are files in the folder `mails`."""
    command = [sys.executable, "-u", "manage.py", "runserver", "--noreload", "--skip-checks", "127.0.0.1:0"]
    env = environment() | {"EMAIL_URL": "filemail:///mails"} | variables
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, cwd=folder, env=env, text=True, **pipes) as server:
        printed = (re.search(r"http://127\.0\.0\.1:\d+", line) for line in server.stdout)
        try:
            yield next(found for found in printed if found)[0]
        finally:
            server.kill()


@pytest.fixture
def api(folder):
    """Yields the URL of the stage."""
    with served(folder) as url:
        yield url


class Mallory(BaseHTTPRequestHandler):
    """The attacker's server: keeps the paths that are requested, and has a page that uses the API of `target`."""

    def do_GET(self):
        self.server.paths.append(self.path)
        body = self.server.page.encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        """Prints nothing."""


@pytest.fixture
def mallory():
    """Yields the attacker's server: another origin, on the same host."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Mallory) as server:
        server.paths, server.page = [], "<!doctype html><title>Free cats</title>"
        server.url = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def tab(browser, api):
    """Opens a tab of Ada's browser, which shows the page; all tabs of a test share their cookies."""
    context = browser.new_context()

    def tab(path="/", state="#start"):
        page = context.new_page()
        page.goto(api + path)
        page.locator(state).wait_for()
        return page

    yield tab
    context.close()


def edit(path, old, new):
    """Replaces a text that a file has, wherever it has it."""
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def log_in(page):
    page.locator("#start [name=email]").first.fill(PERSON["email"])
    page.locator("#start [name=password]").fill(PERSON["password"])
    page.get_by_role("button", name="Log in").click()
    page.locator("#account").wait_for()


def refresh_cookies(page):
    """Returns the cookies of Ada's browser that have a refresh token."""
    return [cookie for cookie in page.context.cookies() if cookie["name"] == "refresh_token"]


def refresh_with(api, token):
    """Returns the status of a refresh by a client that isn't a browser."""
    body = json.dumps({"refresh_token": token}).encode()
    request = urllib.request.Request(f"{api}/api/refresh", body, {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request) as response:
            return response.status
    except HTTPError as error:
        with error:
            return error.code


def pasted(block, api, mallory):
    """Returns a block of the chapter for the addresses of this test."""
    block = block.replace("http://127.0.0.1:9000", mallory.url)
    return re.sub(r'email: "[^"]+"', f'email: "{PERSON["email"]}"', block)


def test_a_user_registers_stays_logged_in_and_logs_out(tab, api, folder):
    """The link of the email leads to the page. The access token is gone after a reload, and the cookie brings another."""
    page = tab()
    page.locator("#start [name=email]").last.fill("grace@example.com")
    page.get_by_role("button", name="Create an account").click()
    page.get_by_text("If there is something to send, an email is on its way.").wait_for()
    (mail,) = (folder / "mails").iterdir()
    page = tab(re.search(r"http://127\.0\.0\.1:8000(\S+)", mail.read_text())[1], "#register")
    page.get_by_label("Username").fill("grace")
    page.get_by_label("Password").locator("visible=true").fill(PERSON["password"])
    page.get_by_role("button", name="Create my account").click()
    page.locator("#user >> text=grace@example.com").wait_for()
    assert page.url == f"{api}/"
    assert page.locator("#claims dt").all_inner_texts() == ["sub", "sid", "iat", "exp", "iss", "aud"]

    page.reload()
    page.locator("#user >> text=grace@example.com").wait_for()
    (cookie,) = refresh_cookies(page)
    assert (cookie["httpOnly"], cookie["sameSite"], cookie["path"]) == (True, "Strict", "/")
    assert re.fullmatch(r"csrftoken=\w+", page.evaluate("document.cookie"))
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0

    page.get_by_role("button", name="Log out").click()
    page.locator("#start").wait_for()
    assert refresh_cookies(page) == []
    page.reload()
    page.locator("#start").wait_for()


def test_an_expired_access_token_is_refreshed_by_itself(tab):
    """If the API answers 401, the page refreshes once, and the user sees no error."""
    page = tab()
    log_in(page)
    answered = []

    def expire(route):
        if answered:
            return route.continue_()
        answered.append(route.request)
        return route.fulfill(status=401, json={"detail": "The token has expired.", "code": "token_expired"})

    page.route("**/api/me", expire)
    with page.expect_response("**/api/browser/refresh") as refreshed:
        page.get_by_role("button", name="End the session of").click(trial=True)
        page.evaluate("document.querySelector('#refresh').click()")
    assert refreshed.value.status == 200
    with page.expect_response(lambda response: response.url.endswith("/api/sessions")) as listed:
        pass
    assert listed.value.status == 200
    assert page.locator("#message").inner_text() == ""


def test_ending_the_current_session_logs_out(tab):
    """The list has a button for each session."""
    page = tab()
    log_in(page)
    page.get_by_role("button", name="End the session of").click()

    page.locator("#start").wait_for()
    assert page.locator("#message").inner_text() == "You are logged out."


def test_two_tabs_refresh_one_after_the_other(tab):
    """The second tab waits for the lock, and then sends the cookie that the first tab has got."""
    first = tab()
    log_in(first)
    second = tab(state="#account")
    held = []
    first.context.route("**/api/browser/refresh", lambda route: held.append(route))
    first.locator("#refresh").click()
    while len(held) < 1:
        first.title()  # lets Playwright call the function of the route
    second.locator("#refresh").click()
    waiting = second.evaluate("navigator.locks.query().then(({ pending }) => pending.map(({ name }) => name))")
    assert (waiting, len(held)) == (["refresh"], 1)

    held[0].continue_()
    while len(held) < 2:
        second.title()
    with second.expect_response("**/api/sessions"):
        held[1].continue_()
    cookies = [route.request.all_headers()["cookie"].partition("refresh_token=")[2] for route in held]
    assert cookies[0] != cookies[1]
    first.context.unroute_all()
    for page in (first, second):
        page.reload()
        page.locator("#account").wait_for()


def test_a_lost_response_logs_nobody_out(browser, folder):
    """The server has spent the token of the cookie, but the browser has no other. It asks again, and gets the next."""
    (folder / "losing.py").write_text(LOSING)
    edit(folder / "config/settings.py", "'config.wsgi.application'", "'losing.application'")
    with served(folder) as api:
        page = browser.new_page()
        page.goto(api)
        page.locator("#start").wait_for()
        log_in(page)
        (folder / "lose").touch()
        page.reload()
        page.locator("#account").wait_for()
        assert not (folder / "lose").exists()
        page.reload()
        page.locator("#account").wait_for()
        page.close()


def test_localstorage_is_robbed(browser, tmp_path, mallory):
    """In the project before this stage, a comment with a script sends the token to Mallory, and she can use it."""
    folder = copy(previous(STAGE), tmp_path / "before")
    for command in (["migrate", "-v0"], ["shell", "-v0", "-c", MAKE_ADA]):
        subprocess.run([sys.executable, "manage.py", *command], cwd=folder, env=environment(), check=True)
    with served(folder) as api:
        page = browser.new_page()
        page.goto(f"{api}/admin/")
        page.evaluate(f"(async () => {{ {pasted(LOG_IN, api, mallory)} }})()")
        with page.expect_response(lambda response: response.url.startswith(mallory.url)):
            page.evaluate(f"(() => {{ {pasted(COMMENT, api, mallory)} }})()")
        page.close()
        (path,) = mallory.paths

        assert path.startswith("/eyJ")
        assert refresh_with(api, path.removeprefix("/")) == 200


@pytest.mark.parametrize("policy", [True, False], ids=["with a policy", "without a policy"])
def test_the_cookie_is_not_robbed(browser, folder, mallory, policy):
    """The policy stops the script of the comment. Without the policy it runs, and finds no token."""
    if not policy:
        edit(folder / "config/settings.py", "    'csp.middleware.CSPMiddleware',\n", "")
    with served(folder) as api:
        page = browser.new_page()
        page.goto(api)
        page.locator("#start").wait_for()
        log_in(page)
        assert len(refresh_cookies(page)) == 1
        inject = f"(() => {{ {ON_REFUSAL}; {pasted(COMMENT, api, mallory)} }})()"
        if policy:
            page.evaluate(inject)
            page.wait_for_function("document.title === 'script-src-attr'")
            assert mallory.paths == []
        else:
            with page.expect_response(lambda response: response.url.startswith(mallory.url)):
                page.evaluate(inject)
            assert mallory.paths == ["/null"]
            assert "refresh_token" not in page.evaluate("document.cookie")
        page.close()


@pytest.mark.parametrize("protected", [True, False], ids=["protected", "unprotected"])
def test_another_origin_cannot_log_out(browser, folder, mallory, protected):
    """`SameSite` doesn't stop a page on another port of the same host: it sends the cookie. `csrf_protect` stops it."""
    if not protected:
        edit(folder / VIEWS, 'method_decorator(csrf_protect, name="dispatch")', "lambda view: view")
    with served(folder) as api:
        context = browser.new_context()
        page = context.new_page()
        page.goto(api)
        page.locator("#start").wait_for()
        log_in(page)
        mallory.page = (
            f'<!doctype html><form method="post" action="{api}/api/browser/logout"><button>Cats</button></form>'
        )
        cats = context.new_page()
        cats.goto(mallory.url)
        with cats.expect_response(f"{api}/api/browser/logout") as answered:
            cats.get_by_role("button").click(no_wait_after=True)
        assert (answered.value.status == 403) is protected
        page.reload()
        page.locator("#account" if protected else "#start").wait_for()
        context.close()


@pytest.mark.parametrize("named", [True, False], ids=["named", "not named"])
def test_only_a_named_origin_calls_the_api(browser, folder, mallory, named):
    """A front end on another origin reads the API if `CORS_ALLOWED_ORIGINS` names it."""
    with served(folder, **({"CORS_ALLOWED_ORIGINS": mallory.url} if named else {})) as api:
        page = browser.new_page()
        page.goto(mallory.url)
        answer = page.evaluate(
            """([url, body]) => fetch(url, {
                method: "POST", headers: {"Content-Type": "application/json"}, body: JSON.stringify(body)
            }).then((response) => response.status, (error) => String(error))""",
            [f"{api}/api/login", PERSON],
        )
        page.close()
    assert answer == (200 if named else "TypeError: Failed to fetch")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_axe_finds_no_violation_on_the_page(browser, api, scheme, width):
    """The page is accessible before the login, in the form of a link, and after the login."""
    # The policy of the page would refuse axe too.
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, bypass_csp=True)
    page = context.new_page()
    found = {}
    for state, path in {"#start": "/", "#register": "/register#token=x", "#account": "/"}.items():
        page.goto("about:blank")
        page.goto(api + path)
        page.locator("#start" if state == "#account" else state).wait_for()
        if state == "#account":
            log_in(page)
        page.add_script_tag(path=AXE)
        result = page.evaluate("axe.run({ resultTypes: ['violations'] })")
        assert len(result["passes"]) > 15
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        found |= {f"{state} {violation['id']}": violation["nodes"] for violation in result["violations"]}
    context.close()
    assert found == {}


def test_firefox_logs_in_refreshes_and_keeps_the_cookie(firefox, api, mallory):
    """The same in Firefox: a login, a reload, two tabs, a script that is refused, and a logout."""
    shown = "return [...document.querySelectorAll('section')].filter((s) => !s.hidden).map((s) => s.id)"
    firefox("WebDriver:Navigate", url=api)
    firefox.wait(shown, ["start"])
    for name, value in PERSON.items():
        firefox.run(f"document.querySelector('#start [name={name}]').value = '{value}'")
    firefox.run("document.querySelector('#start button').click()")
    firefox.wait(shown, ["account"])

    firefox("WebDriver:Refresh")
    firefox.wait(shown, ["account"])
    assert re.fullmatch(r"csrftoken=\w+", firefox.run("return document.cookie"))
    firefox.run(f"{ON_REFUSAL}; {pasted(COMMENT, api, mallory)}")
    firefox.wait("return document.title", "script-src-attr")
    assert mallory.paths == []

    tabs = [firefox("WebDriver:GetWindowHandle")["value"], firefox("WebDriver:NewWindow", type="tab")["handle"]]
    firefox("WebDriver:SwitchToWindow", handle=tabs[1])
    firefox("WebDriver:Navigate", url=api)
    firefox.wait(shown, ["account"])
    for handle in tabs:
        firefox("WebDriver:SwitchToWindow", handle=handle)
        firefox.run("document.querySelector('#refresh').click()")
    for handle in tabs:
        firefox("WebDriver:SwitchToWindow", handle=handle)
        firefox("WebDriver:Refresh")
        firefox.wait(shown, ["account"])
    firefox.run("document.querySelector('#logout').click()")
    firefox.wait(shown, ["start"])
    firefox("WebDriver:CloseWindow")
    firefox("WebDriver:SwitchToWindow", handle=tabs[0])
