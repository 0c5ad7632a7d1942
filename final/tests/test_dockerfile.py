import json
import re
import runpy
from pathlib import Path

import pytest

PROJECT = Path(__file__).parent.parent


@pytest.fixture
def instructions():
    """The Dockerfile as a list of pairs: an instruction and the text after it."""
    text = (PROJECT / "Dockerfile").read_text()
    lines = re.sub(r"\\\n\s*", "", text).splitlines()
    return [line.split(maxsplit=1) for line in lines if line.strip() and not line.startswith("#")]


def position(instructions, instruction, rest):
    """The position of the instruction that contains `rest` in the Dockerfile."""
    found = [
        number
        for number, (name, text) in enumerate(instructions)
        if name == instruction and rest in text
    ]
    assert found, f"the Dockerfile has no line `{instruction} … {rest} …`"
    return found[0]


def last(instructions, instruction):
    """The text after the last instruction with this name."""
    found = [text for name, text in instructions if name == instruction]

    assert found, f"the Dockerfile has no line `{instruction} …`"
    return found[-1]


def test_the_image_starts_from_a_slim_supported_python(instructions):
    """The image starts from `python:3.11-slim` or a newer slim image.

    Python 3.6, which the article used, has had no security fixes since December 2021.
    """
    name, base = instructions[0]
    version = re.search(r"^(?:--platform=\S+ )?python:3\.(\d+)(?:\.\d+)?-slim(?![a-z])", base)

    assert name == "FROM"
    assert version, f"{base} is not a slim image of Python 3"
    assert 11 <= int(version[1]) <= 14


def test_logs_are_not_buffered(instructions):
    """PYTHONUNBUFFERED is set, so that log lines appear at once."""
    assert position(instructions, "ENV", "PYTHONUNBUFFERED=1")


def test_requirements_are_installed_before_the_code_is_copied(instructions):
    """The requirements are copied and installed before the rest of the project.

    Docker caches the result of each step. In this order, an edit to your code doesn't install
    everything again.
    """
    requirements = position(instructions, "COPY", "requirements.txt")
    install = position(instructions, "RUN", "pip install")
    code = position(instructions, "COPY", ". .")

    assert requirements < install < code


def test_the_image_does_not_run_as_root(instructions):
    """The image creates a user, and runs the server as this user, not as root."""
    user = last(instructions, "USER")

    assert user not in ("root", "0")
    assert position(instructions, "RUN", "useradd") < position(instructions, "USER", user)


def test_the_user_owns_a_data_directory(instructions):
    """The image's user owns `/data`, the only folder that the server writes to."""
    line = instructions[position(instructions, "RUN", "/data")][1]

    assert f"--owner={last(instructions, 'USER')}" in line


def test_a_production_server_serves_the_project(instructions):
    """The image starts gunicorn, on all addresses of the container, and never runserver."""
    command = " ".join(json.loads(last(instructions, "CMD")))

    assert "gunicorn config.wsgi --bind 0.0.0.0:8000" in command
    assert "runserver" not in command


def test_private_files_stay_out_of_the_image():
    """Secrets, databases and generated files are listed in .dockerignore."""
    ignored = (PROJECT / ".dockerignore").read_text().split()

    assert {".git", ".venv", ".env", "db.sqlite3", "keys", "**/__pycache__"} <= set(ignored)
    # Backups, and the private key of HTTPS.
    assert {"*.dump", "certificates"} <= set(ignored)


def test_the_image_migrates_before_it_serves(instructions):
    """The image runs the migrations, and then starts the server."""
    command = " ".join(json.loads(last(instructions, "CMD")))

    assert "python manage.py migrate --noinput && exec gunicorn" in command


def test_the_database_is_in_the_data_directory(instructions):
    """`DATABASE_PATH` puts the database into `/data`, where the image's user may write."""
    assert position(instructions, "ENV", "DATABASE_PATH=/data/db.sqlite3")


def test_the_keys_are_in_the_data_directory(instructions):
    """`JWT_KEYS_DIR` puts the keys into `/data`, so that a new container still has them."""
    assert position(instructions, "ENV", "JWT_KEYS_DIR=/data/keys")


def test_the_image_uses_the_production_settings(instructions):
    """The image uses the settings in `config/production.py`."""
    assert position(instructions, "ENV", "DJANGO_SETTINGS_MODULE=config.production")


def test_the_image_has_no_packages_for_tests(instructions):
    """The image installs the packages above the line "For the tests" of requirements.txt."""
    assert position(instructions, "RUN", "sed '/^# For the tests/,$d' requirements.txt")
    assert "production.txt" in instructions[position(instructions, "RUN", "pip install")][1]

    text = (PROJECT / "requirements.txt").read_text()
    installed, tests = text.split("\n# For the tests")
    assert "Django==" in installed
    assert "pytest" not in installed + "".join(tests.splitlines()[:1])


def test_the_image_has_a_health_check(instructions):
    """`HEALTHCHECK` asks the server in the container for `/health/ready`."""
    check = instructions[position(instructions, "HEALTHCHECK", "CMD")][1]

    assert "urlopen('http://127.0.0.1:8000/health/ready')" in check


def test_gunicorn_ends_before_docker_kills_it():
    """`docker stop` waits for 10 seconds, so requests have 7 to finish."""
    assert runpy.run_path(str(PROJECT / "gunicorn.conf.py"))["graceful_timeout"] == 7
