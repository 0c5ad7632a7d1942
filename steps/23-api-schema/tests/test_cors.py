import pytest

pytestmark = pytest.mark.django_db

FRONT_END = "https://app.example.com"


def test_a_preflight_allows_named_origins_only(client, settings):
    """A browser asks with `OPTIONS` first. Only an origin in `CORS_ALLOWED_ORIGINS` gets a yes."""
    settings.CORS_ALLOWED_ORIGINS = [FRONT_END]

    def ask(origin, path="/api/me"):
        return client.options(
            path,
            headers={
                "Origin": origin,
                "Access-Control-Request-Method": "GET",
                "Access-Control-Request-Headers": "authorization",
            },
        )

    allowed = ask(FRONT_END)
    assert allowed.status_code == 200
    assert cors(allowed) == {
        "access-control-allow-headers": "accept, authorization, content-type, user-agent, "
        "x-csrftoken, x-requested-with",
        "access-control-allow-methods": "DELETE, GET, OPTIONS, PATCH, POST, PUT",
        "access-control-allow-origin": FRONT_END,
        "access-control-expose-headers": "Retry-After",
        "access-control-max-age": "86400",
    }
    assert allowed["Vary"] == "origin"
    for origin in ["https://evil.example.com", "http://app.example.com", "null"]:
        assert cors(ask(origin)) == {}
    assert cors(ask(FRONT_END, "/admin/login/")) == {}


def test_a_named_origin_can_read_every_response(client, token, settings):
    """Responses and errors name the origin, and never allow cookies."""
    settings.CORS_ALLOWED_ORIGINS = [FRONT_END]
    expected = {
        "access-control-allow-origin": FRONT_END,
        "access-control-expose-headers": "Retry-After",
    }
    headers = {"Origin": FRONT_END}

    for path, authorization, status in [
        ("me", f"Bearer {token}", 200),
        ("me", "", 401),
        ("nothing", "", 404),
    ]:
        response = client.get(f"/api/{path}", headers=headers | {"Authorization": authorization})
        assert (response.status_code, cors(response)) == (status, expected)
    too_long = client.post("/api/login", b" " * 200_000, "application/json", headers=headers)
    assert (too_long.status_code, cors(too_long)) == (413, expected)
    assert cors(client.get("/api/me", headers={"Origin": "https://evil.example.com"})) == {}


def cors(response):
    """The headers of a response that are about CORS."""
    headers = {name.lower(): value for name, value in response.items()}
    return {k: v for k, v in sorted(headers.items()) if k.startswith("access-control-")}
