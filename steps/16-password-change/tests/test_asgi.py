import asyncio

import pytest

from config.asgi import application

pytestmark = pytest.mark.django_db


async def ask(content_type, accept="application/json"):
    """The status of a login with an empty body, called as uvicorn calls `application`."""
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/api/login",
        "query_string": b"a=%ff",
        "headers": [
            (b"host", b"testserver"),
            (b"content-length", b"2"),
            (b"content-type", content_type.encode()),
            (b"accept", accept.encode()),
        ],
    }
    body, statuses = asyncio.Queue(), []
    body.put_nowait({"type": "http.request", "body": b"{}"})

    async def send(message):
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    await application(scope, body.get, send)
    return statuses


def answer(content_type, **more):
    return asyncio.run(ask(content_type, **more))


def test_an_unknown_encoding_is_rejected_over_asgi():
    """Over ASGI, a header that names an unknown encoding gets the same 400 as over WSGI.

    `application` in `config/asgi.py` removes the parameter before Django reads the request.
    """
    assert answer("application/json; a*=nonsense''b") == [400]
    accept = "text/plain; a*=nonsense''b, application/json"
    assert answer("application/json", accept=accept) == [400]


def test_the_rest_of_a_header_reaches_django_over_asgi():
    """Only the unsafe parameter is removed, so a client still chooses what it accepts."""
    unsafe = "; a*=nonsense''b"
    assert answer("application/json", accept="application/json; indent=4" + unsafe) == [400]
    assert answer("application/json", accept="image/png" + unsafe) == [406]
