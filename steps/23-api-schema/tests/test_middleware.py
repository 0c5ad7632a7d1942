import io

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.test import Client

from authentication.links import make_registration_link
from authentication.models import User

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery staple"
MOST = 128 * 1024


class Body(io.BytesIO):
    """A body that is generated while it is read, so it takes no memory."""

    def __init__(self, length):
        super().__init__()
        self.length, self.taken = length, 0

    def read(self, size=-1):
        size = min(size, self.length - self.taken)
        self.taken += size
        return b" " * size


@pytest.fixture
def remote_client():
    """A client that gets error responses, as over HTTP, and not exceptions."""
    return Client(raise_request_exception=False)


def send(path, body, length=None):
    """The status of a POST with this body, called as gunicorn calls `application`."""
    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": path,
        "SERVER_NAME": "testserver",
        "SERVER_PORT": "80",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(body.length) if length is None else length,
        "wsgi.input": body,
        "wsgi.url_scheme": "http",
    }
    statuses = []
    answer = WSGIHandler()(environ, lambda status, headers: statuses.append(status))
    return statuses[0], b"".join(answer)


def assert_json(response, status, detail):
    assert response.status_code == status
    assert response["Content-Type"] == "application/json"
    assert response["Content-Length"] == str(len(response.content))
    assert response.json() == {"detail": detail}


def test_an_unknown_path_returns_json(remote_client, settings):
    """A path that does not exist returns 404 in JSON, in development too."""
    for debug in [True, False]:
        settings.DEBUG = debug

        for path in ["/nothing", "/api/login/x", "/%ff"]:
            assert_json(remote_client.get(path, headers={"Accept": "text/html"}), 404, "Not Found.")


def test_a_wrong_host_returns_json(remote_client, settings):
    """An unknown host name in `Host` returns 400 in JSON."""
    for debug in [True, False]:
        settings.DEBUG = debug

        for host in ["evil.example.com", "[::1", ""]:
            assert_json(remote_client.get("/api/me", headers={"Host": host}), 400, "Bad Request.")


def test_the_admin_keeps_its_own_errors(admin_client, settings):
    """The admin is for people, so its errors stay pages in HTML. Only the API's are JSON."""
    for debug in [True, False]:
        settings.DEBUG = debug
        assert_json(admin_client.get("/api/nothing"), 404, "Not Found.")

        nothing = admin_client.get("/admin/nothing/")
        forged = Client(enforce_csrf_checks=True).post("/admin/login/")

        for page, status in [(nothing, 404), (forged, 403)]:
            assert page.status_code == status
            assert page["Content-Type"].startswith("text/html")


@pytest.mark.parametrize(("debug", "shown"), [(True, True), (False, False)])
def test_a_crash_outside_the_api_returns_html(
    client, admin_user, settings, monkeypatch, debug, shown
):
    """In development, Django's own page shows where the admin crashed."""
    settings.DEBUG = debug

    def broken(*arguments, **options):
        raise RuntimeError("on purpose")

    client.force_login(admin_user)
    client.raise_request_exception = False
    monkeypatch.setattr("django.contrib.admin.sites.AdminSite.each_context", broken)
    page = client.get("/admin/")

    assert_json(client.get("/api/nothing"), 404, "Not Found.")
    assert page.status_code == 500
    assert page["Content-Type"].startswith("text/html")
    assert ("RuntimeError" in page.content.decode()) is shown


def test_too_many_parameters_return_json(remote_client):
    """A URL with more than a thousand parameters returns 400 in JSON."""
    query = "&".join(f"name{number}=1" for number in range(1001))

    assert_json(remote_client.get(f"/api/me?{query}"), 400, "Bad Request.")


@pytest.mark.parametrize("debug", [True, False])
def test_a_crash_shows_no_password(remote_client, settings, monkeypatch, debug):
    """An error in our code returns 500 in JSON, without any data that the client has sent."""
    settings.DEBUG = debug

    def broken(**data):
        raise RuntimeError(f"no user for {data}")

    monkeypatch.setattr(User.objects, "create_user", broken)
    token = make_registration_link("ada@example.com").split("=")[1]
    data = {"token": token, "username": "ada", "password": PASSWORD}
    answer = remote_client.post(
        "/api/registration/confirm",
        data,
        content_type="application/json",
        headers={"Accept": "text/html"},
    )

    assert_json(answer, 500, "Internal Server Error.")


def test_a_body_that_is_too_large_is_rejected():
    """A body of 10 MB returns 413 at every path, and is not read."""
    for path in ["/api/login", "/nothing", "/admin/login/"]:
        body = Body(10_000_000)

        assert send(path, body) == ("413 Content Too Large", b'{"detail": "Content Too Large."}')
        assert body.taken == 0


def test_the_limit_is_128_kib(settings):
    """A body of 128 KiB is read, and one byte more is rejected."""
    assert settings.DATA_UPLOAD_MAX_MEMORY_SIZE == MOST
    assert send("/api/login", Body(MOST))[0] == "400 Bad Request"
    assert send("/api/login", Body(MOST + 1))[0] == "413 Content Too Large"


def test_an_invalid_content_length_means_no_body():
    """A body whose length is not a valid number counts as empty."""
    for length in ["", "x", "-1"]:
        assert send("/nothing", Body(10), length) == ("404 Not Found", b'{"detail": "Not Found."}')


def test_a_cookie_with_a_nul_is_rejected(remote_client):
    """A cookie with a NUL returns 400, because PostgreSQL would raise an error."""
    remote_client.cookies.load(r'sessionid="\000\000\000\000\000\000\000\000"')

    assert_json(remote_client.get("/api/me"), 400, "Bad Request.")
