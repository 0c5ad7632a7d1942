import io
from wsgiref.util import setup_testing_defaults

import pytest

from config.wsgi import application


def post(content_type):
    """The status of a login with an empty body, as a server such as gunicorn asks for it."""
    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/api/login",
        "QUERY_STRING": "a=%ff",
        "CONTENT_TYPE": content_type,
        "CONTENT_LENGTH": "2",
        "wsgi.input": io.BytesIO(b"{}"),
        "SERVER_NAME": "testserver",
    }
    setup_testing_defaults(environ)
    statuses = []
    application(environ, lambda status, headers: statuses.append(status)).close()
    return statuses


@pytest.mark.parametrize("charset", ["base64", "undefined", "utf-16", "nonsense"])
@pytest.mark.parametrize(
    "parameter", ["; charset={}", ';charset="{}"', "; CharSet = {}", "; charset*=utf-8''{}"]
)
def test_no_charset_makes_the_project_crash(charset, parameter):
    """Whatever charset a client names, and however it writes it, the answer is a 400.

    `application` in `config/wsgi.py` takes the charset away before Django reads the request.
    """
    assert post("application/json" + parameter.format(charset)) == ["400 Bad Request"]


def test_other_parameters_are_left_alone():
    """The rest of the Content-Type stays: an upload names the boundary between its parts there."""
    environ = {"CONTENT_TYPE": "multipart/form-data; charset=base64; boundary=x"}
    setup_testing_defaults(environ)
    application(environ, lambda status, headers: None).close()

    assert environ["CONTENT_TYPE"] == "multipart/form-data; boundary=x"
