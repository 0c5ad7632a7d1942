"""A learner types stage by stage, from `start` until stage 08 passes, with a mistake in each."""

import subprocess
import sys

from click import unstyle

from companion.chain.stages import copy, find, stages
from companion.learner import output
from companion.running.environment import environment
from tests.project.projects import edit

MODELS = "authentication/models.py"

# The stage, the mistake in it (a file, and its wrong text), and what `check` then prints.
WAY = [
    (
        "01-dockerfile",
        ("Dockerfile", {"USER app\n": ""}),
        "Missing: The image creates a user, and runs the server as this user, not as root.",
        "/Dockerfile",
    ),
    (
        "02-user-model",
        ("config/settings.py", {"    'authentication',\n": ""}),
        "authentication is not in INSTALLED_APPS (config/settings.py, line ",
        "/config/settings.py:",
    ),
    (
        "03-user-manager",
        (MODELS, {"from .managers import UserManager\n": ""}),
        ", uses UserManager without importing it.\nAdd at the top of the file: from .managers import UserManager",
        f"/{MODELS}:",
    ),
    (
        "04-tokens",
        ("authentication/tokens.py", {"    return jwt.encode(": "    jwt.encode("}),
        ", lacks return, which the stage has there.",
        "/authentication/tokens.py:",
    ),
    (
        "05-authentication-backend",
        (
            "authentication/backends.py",
            {"    def authenticate_header(self, request):": "    def header(self, request):"},
        ),
        ", has header, where the stage has authenticate_header.",
        "/authentication/backends.py:",
    ),
    (
        "06-serializers",
        ("authentication/serializers.py", {"class LoginSerializer(": "class LogInSerializer("}),
        ", has LogInSerializer, where the stage has LoginSerializer.",
        "/authentication/serializers.py:",
    ),
    (
        "07-views",
        ("authentication/views.py", {"    authentication_classes = []\n": ""}),
        "Missing: A user can register and log in, whatever the `Authorization` header contains.",
        "/authentication/views.py:",
    ),
    (
        "08-urls",
        ("config/urls.py", {"    path('api/', include('authentication.urls')),\n": ""}),
        ": below it, path('api/', include('authentication.urls')) is missing.",
        "/config/urls.py:",
    ),
]


def test_a_learner_types_every_stage(tmp_path, run):
    """Each stage fails with the mistake, names its place, passes when it is fixed, and names the next stage."""
    folder = tmp_path / "mine"
    assert run("start", folder)[0] == 0

    for number, (stage, (file, mistake), words, opened) in enumerate(WAY, 1):
        copy(find(stage), folder, "(?!tests/|pytest.ini)")
        right = (folder / file).read_text()
        edit(folder / file, mistake)
        status, out, _ = run("check", folder)
        assert status == 1
        assert words in out
        assert f"  Open: {folder}{opened}" in out
        assert f"  Read: http://127.0.0.1:8001/chapters/{stage}/" in out
        assert f"Stage {stage}: " in out

        (folder / file).write_text(right)
        status, out, _ = run("check", folder)
        assert status == 0, out
        assert f"  stages {unstyle(output.bar(number, len(stages())))} {number} of {len(stages())}\n" in out
        if stage != "08-urls":
            assert f"Done. Next comes {WAY[number][0]}: " in out

    command = [sys.executable, "manage.py", "migrate", "-v0"]
    subprocess.run(command, cwd=folder, env=environment(), check=True)  # it is a project that runs
    assert run("check", folder, "--stage", "8")[0] == 0
