from pathlib import Path

from django.core.management import call_command

PROJECT = Path(__file__).parent.parent


def test_the_system_check_finds_no_errors():
    """`python manage.py check` finds no errors in the project."""
    call_command("check", "--fail-level", "WARNING")


def test_the_admin_login_page_is_served(client):
    """The server returns the admin's login page.

    `config/urls.py` sends `admin/` to Django's admin, as `startproject` wrote it.
    """
    response = client.get("/admin/login/")

    assert response.status_code == 200
    assert response["Content-Type"] == "text/html; charset=utf-8"


def test_gunicorn_can_load_the_project():
    """`config.wsgi` has the `application` that gunicorn serves."""
    from config.wsgi import application

    assert callable(application)


def test_every_requirement_is_pinned():
    """Every line of requirements.txt names one exact version.

    Write `package==1.2.3`. Without a version, a later installation can get other packages.
    """
    text = (PROJECT / "requirements.txt").read_text()
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]

    assert lines
    assert [line for line in lines if "==" not in line] == []
