"""A check in the process that calls it, as in a browser, where there are no other processes."""

import json
import subprocess
import sys

import pytest

from companion.chain.stages import ROOT, find
from companion.project.locate import locate
from companion.running import processes, run_suite, suite
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
    """What a process of its own tells, with its exit status."""
    started = processes.take()
    found = list(run_suite._lines(started.process, job))
    started.process.wait()
    started.end()
    return [started.process.returncode, found]


def in_process(job):
    """What `run` returns, and tells the process that calls it. That process is one that only this test uses."""
    command = [sys.executable, "-I", "-X", "utf8", "-c", HERE, str(ROOT), json.dumps(job)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment())
    return json.loads(done.stdout.splitlines()[-1])


def timeless(found):
    """The status and all that was told, without how long it took."""
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
def test_both_ways_find_the_same(project, tmp_path, edits, status, outcomes):
    """A right project, one with a wrong line, and one that does not start: every fact is equal, tracebacks included."""
    where = locate(project(STAGE, edits))
    told = []
    for number, way in enumerate((over_the_pipe, in_process)):
        folder = tmp_path / str(number)
        folder.mkdir()
        told.append(timeless(way(suite.child_job(find(STAGE), where, folder))))

    assert told[0] == told[1]
    assert told[0][0] == status
    assert told[0][1][-1] == {"event": "end", "status": status}
    assert {each["outcome"] for each in told[0][1] if each["event"] == "result"} == outcomes
