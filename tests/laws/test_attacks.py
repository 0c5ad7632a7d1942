"""Sends the attack in a chapter's front matter to the stage before, where it succeeds, and to the chapter's stage."""

import json

import pytest

from companion.chain.chapters import chapter
from companion.chain.stages import previous
from tests.laws.conftest import LATER

ATTACKED = [stage for stage in LATER if chapter(stage).attack]
KEYS = {"what", "send", "before", "after"}
REQUEST = {"send", "body", "token", "times", "copies", "minutes_ago"}
# Ada has an account. Each value of a response is known to the requests after it, unless an earlier one has its name.
SEND = """
import json, logging, sys
from datetime import timedelta
from string import Template
from unittest.mock import patch
import django
django.setup()
logging.disable()
from django.core.management import call_command, get_commands
from django.test import Client
from django.test.runner import DiscoverRunner
from django.utils import timezone
from authentication.models import User

def send(request):
    method, path = request["send"].split()
    body = Template(request.get("body", "")).safe_substitute(known) * request.get("copies", 1)
    headers = {"Authorization": f"Bearer {known[request['token']]}"} if "token" in request else {}
    now = timezone.now() - timedelta(minutes=request.get("minutes_ago", 0))
    for _ in range(request.get("times", 1)):
        with patch("django.utils.timezone.now", lambda: now):
            answer = client.generic(method, path, body, content_type="application/json", headers=headers)
    if answer.headers.get("Content-Type") == "application/json" and answer.status_code < 300:
        known.update(answer.json() | known)
    return answer.status_code

attack = json.loads(sys.argv[1])
runner = DiscoverRunner(verbosity=0, interactive=False)
runner.setup_test_environment()
databases = runner.setup_databases()
ada = User.objects.create_user(username="ada", email="ada@example.com", password="correct horse battery staple")
if "makesigningkey" in get_commands():
    call_command("makesigningkey", stdout=sys.stderr)
client = Client(raise_request_exception=False)
known = {}
for step in attack.get("first", []):
    exec(step["shell"]) if "shell" in step else send(step)
status = send(attack)
runner.teardown_databases(databases)
print(status)
"""


@pytest.mark.parametrize("attacked", ATTACKED, ids=str)
def test_an_attack_succeeds_before_its_chapter_and_fails_after_it(attacked, run, tmp_path):
    """Both stages return the status that the chapter's front matter says."""
    attack = chapter(attacked).attack
    settings = {"DJANGO_SETTINGS_MODULE": "config.settings", "JWT_KEYS_DIR": str(tmp_path)}
    sent = [
        run(stage.path, "-W", "ignore", "-c", SEND, json.dumps(attack), **settings).stdout
        for stage in (previous(attacked), attacked)
    ]

    assert KEYS <= attack.keys() <= KEYS | REQUEST | {"first"}
    assert all(step.keys() <= REQUEST or step.keys() == {"shell"} for step in attack.get("first", []))
    assert sent == [f"{attack['before']}\n", f"{attack['after']}\n"]


def test_there_are_attacks():
    """A chapter that adds endpoints, such as the one on the outbox, has no attack that succeeds before it."""
    assert len(ATTACKED) >= 9
