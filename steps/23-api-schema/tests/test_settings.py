import os
from importlib import import_module, reload

import pytest
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from django.utils.module_loading import import_string


def test_runserver_can_start():
    """If DEBUG is off, ALLOWED_HOSTS names the hosts. Otherwise `runserver` doesn't start."""
    written = import_module(os.environ["DJANGO_SETTINGS_MODULE"])

    assert written.DEBUG or written.ALLOWED_HOSTS


def test_gunicorn_finds_the_settings_by_itself(monkeypatch):
    """`config/wsgi.py` names the settings, so a server needs no option for them."""
    name = os.environ["DJANGO_SETTINGS_MODULE"]
    monkeypatch.delenv("DJANGO_SETTINGS_MODULE")
    reload(import_module("config.wsgi"))

    assert os.environ["DJANGO_SETTINGS_MODULE"] == name


def test_runserver_serves_what_gunicorn_serves():
    """WSGI_APPLICATION names the application of `config/wsgi.py`."""
    from config.wsgi import application

    assert import_string(settings.WSGI_APPLICATION) is application


def test_a_page_sends_security_headers(client):
    """Pages have headers that forbid framing and guessing the content type.

    MIDDLEWARE has `XFrameOptionsMiddleware` and `SecurityMiddleware`, as `startproject` wrote it.
    """
    response = client.get("/admin/login/")

    assert response["X-Frame-Options"] == "DENY"
    assert response["X-Content-Type-Options"] == "nosniff"


def test_a_form_from_another_site_is_rejected():
    """A form without the CSRF token of its page is rejected.

    MIDDLEWARE has `CsrfViewMiddleware`, as `startproject` wrote it.
    """
    response = Client(enforce_csrf_checks=True).post("/admin/login/", {"username": "ada"})

    assert response.status_code == 403


def test_a_missing_slash_is_added(client):
    """`/admin` redirects to `/admin/`.

    MIDDLEWARE has `CommonMiddleware`, as `startproject` wrote it.
    """
    response = client.get("/admin")

    assert response.status_code == 301
    assert response["Location"] == "/admin/"


@pytest.mark.django_db
def test_session_data_is_kept_between_requests(client):
    """The data of a session is stored in the database, from one request to the next.

    INSTALLED_APPS has `django.contrib.sessions`, and DATABASES names a database.
    """
    session = client.session
    session["seen"] = True
    session.save()

    assert client.session["seen"]


def test_style_sheets_are_found(capsys):
    """Django finds the admin's style sheets, so that `runserver` can serve them.

    INSTALLED_APPS has `django.contrib.staticfiles`.
    """
    call_command("findstatic", "admin/css/base.css")

    assert "admin/css/base.css" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("ada-lovelace", "password_too_similar"),
        ("x7-qz", "password_too_short"),
        ("password1234", "password_too_common"),
        ("830517294618", "password_entirely_numeric"),
    ],
)
def test_a_password_that_is_easy_to_guess_is_rejected(password, reason):
    """A password that is like the username, short, common or numeric is rejected.

    AUTH_PASSWORD_VALIDATORS has four validators, as `startproject` wrote them.
    """
    with pytest.raises(ValidationError) as refused:
        validate_password(password, get_user_model()(username="ada.lovelace"))

    assert [error.code for error in refused.value.error_list] == [reason]


def test_times_have_a_time_zone():
    """USE_TZ is on, so each time has a time zone, wherever the server is."""
    assert timezone.is_aware(timezone.now())
