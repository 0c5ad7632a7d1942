import io
from wsgiref.util import setup_testing_defaults

import pytest

from config.wsgi import application

# Every request closes old connections to the database, even a request that doesn't use them.
pytestmark = pytest.mark.django_db


def answer(**environ):
    """The status of a login with an empty body, called as gunicorn calls `application`."""
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
    """A content type with an encoding that Django can't decode returns 400, and never 500.

    `application` in `config/wsgi.py` removes the parameter before Django reads the request.
    """
    for parameter in ["; CharSet = idna", "; a*=nonsense''b"]:
        assert answer(CONTENT_TYPE=f"application/json{parameter}") == ["400 Bad Request"]


def test_no_parameter_of_the_accept_header_makes_the_project_crash():
    """In the Accept header, such a parameter is removed too: the response is 400, not 406."""
    accept = "text/plain; a*=nonsense''b, application/json; a*=nonsense''b"

    assert answer(CONTENT_TYPE="application/json", HTTP_ACCEPT=accept) == ["400 Bad Request"]


def test_a_header_of_many_spaces_is_read_once():
    """A header with two million spaces is read once, not once for each space.

    `UNSAFE_PARAMETER` can match them in only one way. With two ways, this test would take hours.
    """
    spaces = ";" + " " * 2_000_000
    environ = {"HTTP_ACCEPT": f"text/html{spaces}charset=x{spaces}y"}
    setup_testing_defaults(environ)
    application(environ, lambda status, headers: None).close()

    assert environ["HTTP_ACCEPT"] == f"text/html{spaces}y"


def test_other_parameters_are_left_alone():
    """Other parameters stay, such as the boundary between the parts of an upload."""
    environ = {
        "CONTENT_TYPE": "multipart/form-data; charset=base64; boundary=x",
        "HTTP_ACCEPT": "text/html; q=0.5; a*=b, application/json",
    }
    setup_testing_defaults(environ)
    application(environ, lambda status, headers: None).close()

    assert environ["CONTENT_TYPE"] == "multipart/form-data; boundary=x"
    assert environ["HTTP_ACCEPT"] == "text/html; q=0.5, application/json"
