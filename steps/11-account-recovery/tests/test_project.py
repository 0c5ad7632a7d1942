from pathlib import Path

from django.core.management import call_command

PROJECT = Path(__file__).parent.parent


def test_the_project_has_no_faults_that_django_can_see():
    """`python manage.py check` finds nothing wrong with the project."""
    call_command("check", "--fail-level", "WARNING")


def test_the_project_answers(client):
    """The server answers: the admin's login page is there.

    `config/urls.py` sends `admin/` to Django's admin, as `startproject` wrote it.
    """
    response = client.get("/admin/login/")

    assert response.status_code == 200
    assert response["Content-Type"] == "text/html; charset=utf-8"


def test_gunicorn_can_load_the_project():
    """`config.wsgi` holds the `application` that gunicorn serves."""
    from config.wsgi import application

    assert callable(application)


def test_every_requirement_is_pinned():
    """Every line of requirements.txt names one exact version.

    Write `package==1.2.3`. Without a version, two people who install on two days get two projects.
    """
    lines = (PROJECT / "requirements.txt").read_text().splitlines()

    assert lines
    assert [line for line in lines if "==" not in line] == []
