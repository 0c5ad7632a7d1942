"""Sends the attack in a chapter's front matter to the stage before, where it succeeds, and to the chapter's stage."""

import json

import pytest

from companion.chain.chapters import chapter
from companion.chain.stages import previous
from tests.laws.conftest import LATER

ATTACKED = [stage for stage in LATER if chapter(stage).attack]
KEYS = {"what", "send", "body", "before", "after"}
# `times` sends the request more than once, and `copies` repeats its body. Ada has an account.
SEND = """
import json, logging, sys
import django
django.setup()
logging.disable()
from django.test import Client
from django.test.runner import DiscoverRunner
from authentication.models import User
attack = json.loads(sys.argv[1])
runner = DiscoverRunner(verbosity=0, interactive=False)
runner.setup_test_environment()
databases = runner.setup_databases()
User.objects.create_user(username="ada", email="ada@example.com", password="correct horse battery staple")
method, path = attack["send"].split()
body = attack["body"] * attack.get("copies", 1)
client = Client(raise_request_exception=False)
for _ in range(attack.get("times", 1)):
    answer = client.generic(method, path, body, content_type="application/json")
runner.teardown_databases(databases)
print(answer.status_code)
"""


@pytest.mark.parametrize("attacked", ATTACKED, ids=str)
def test_an_attack_succeeds_before_its_chapter_and_fails_after_it(attacked, run):
    """Both stages return the status that the chapter's front matter says."""
    attack = chapter(attacked).attack
    sent = [
        run(stage.path, "-W", "ignore", "-c", SEND, json.dumps(attack), DJANGO_SETTINGS_MODULE="config.settings").stdout
        for stage in (previous(attacked), attacked)
    ]

    assert KEYS <= attack.keys() <= KEYS | {"times", "copies"}
    assert sent == [f"{attack['before']}\n", f"{attack['after']}\n"]


def test_there_are_attacks():
    """An attack is one request, so not every chapter of Part 2 has one."""
    assert len(ATTACKED) >= 3
