import io
from wsgiref.util import setup_testing_defaults

import pytest

from config.wsgi import application

# Every request closes old connections to the database, even a request that doesn't use them.
pytestmark = pytest.mark.django_db


def answer(**environ):
    """The status of a login with an empty body, as a server such as gunicorn asks for it."""
    environ |= {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/api/login",
        "QUERY_STRING": "a=%ff",
        "CONTENT_LENGTH": "2",
        "wsgi.input": io.BytesIO(b"{}"),
        "SERVER_NAME": "testserver",
    }
    setup_testing_defaults(environ)
    statuses = []
    application(environ, lambda status, headers: statuses.append(status)).close()
    return statuses


def test_no_parameter_of_the_content_type_makes_the_project_crash():
    """Whatever charset a client names for its JSON, and however, the response is a 400.

    `application` in `config/wsgi.py` takes the parameter away before Django reads the request.
    """
    for parameter in ["; CharSet = idna", "; a*=nonsense''b"]:
        assert answer(CONTENT_TYPE=f"application/json{parameter}") == ["400 Bad Request"]


def test_no_parameter_of_the_accept_header_makes_the_project_crash():
    """What a client wants to read may come with such a parameter too, and the answer is a 400."""
    accept = "text/plain; a*=nonsense''b, application/json; a*=nonsense''b"

    assert answer(CONTENT_TYPE="application/json", HTTP_ACCEPT=accept) == ["400 Bad Request"]


def test_a_header_of_many_spaces_is_read_once():
    """Two million spaces are read once, and not once more for each of them.

    `UNSAFE_PARAMETER` has one way to match them. With two ways this test would not end today.
    """
    spaces = ";" + " " * 2_000_000
    environ = {"HTTP_ACCEPT": f"text/html{spaces}charset=x{spaces}y"}
    setup_testing_defaults(environ)
    application(environ, lambda status, headers: None).close()

    assert environ["HTTP_ACCEPT"] == f"text/html{spaces}y"


def test_other_parameters_are_left_alone():
    """The rest of a header stays: an upload names the boundary between its parts there."""
    environ = {
        "CONTENT_TYPE": "multipart/form-data; charset=base64; boundary=x",
        "HTTP_ACCEPT": "text/html; q=0.5; a*=b, application/json",
    }
    setup_testing_defaults(environ)
    application(environ, lambda status, headers: None).close()

    assert environ["CONTENT_TYPE"] == "multipart/form-data; boundary=x"
    assert environ["HTTP_ACCEPT"] == "text/html; q=0.5, application/json"
