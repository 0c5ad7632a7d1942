"""A check in the current process, as in a browser, which has no other processes."""

import json
import subprocess
import sys
from contextlib import closing

import pytest

from companion.chain.stages import ROOT, find
from companion.project.locate import locate
from companion.running import processes, run_suite
from companion.running.environment import environment

STAGE = "03-user-manager"
HERE = """
import json, sys
sys.path.insert(0, sys.argv[1])
from companion.running.child.check import run
found = []
status = run(json.loads(sys.argv[2]), found.append)
print("\\n" + json.dumps([status, found]))
"""


def over_the_pipe(job):
    """Returns what a separate process sends, and its exit status."""
    with closing(processes.take()) as started:
        found = list(started.events(job))
    return [started.process.returncode, found]


def in_process(job):
    """Returns what `run` returns and sends, in a process that only this test uses."""
    command = [sys.executable, "-I", "-X", "utf8", "-c", HERE, str(ROOT), json.dumps(job)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment())
    return json.loads(done.stdout.splitlines()[-1])


def timeless(found):
    """Returns the status and all events, without durations."""
    status, told = found
    return status, [{name: value for name, value in each.items() if name != "seconds"} for each in told]


@pytest.mark.parametrize(
    ("edits", "status", "outcomes"),
    [
        ({}, 0, {"passed"}),
        ({"authentication/managers.py": {"        if not username:": "        if username:"}}, 1, {"passed", "failed"}),
        ({"authentication/models.py": {"from .managers import UserManager\n": ""}}, 90, set()),
    ],
    ids=["right", "wrong", "broken"],
)
def test_both_ways_have_the_same_result(project, tmp_path, edits, status, outcomes):
    """Every event is equal, tracebacks included, for a correct project, a wrong line, and one that does not start."""
    where = locate(project(STAGE, edits))
    told = []
    for number, way in enumerate((over_the_pipe, in_process)):
        folder = tmp_path / str(number)
        folder.mkdir()
        told.append(timeless(way(run_suite.job(find(STAGE), where, folder))))

    assert told[0] == told[1]
    assert told[0][0] == status
    assert told[0][1][-1] == {"event": "state", "status": status}
    assert {each["outcome"] for each in told[0][1] if each["event"] == "result"} == outcomes
