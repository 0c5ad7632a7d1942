"""A pytest plugin: runs each test file alone, then all tests in one random order (pytest-randomly gives the seed).

pytest-django sorts the tests after pytest-randomly has shuffled them: those that need no database come last. Part of a
suite runs in other orders, so this plugin shuffles once more, after the sorting.

A file alone runs in a fork of this process. All forks share one collection, and none sees what another has left behind.
A fork ends without cleaning up at its exit, because that would remove the temporary folders of this process.
"""

import os
import random
import sys

import pytest

failed_alone = []
statuses = []  # of a fork: its exit status


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config, items):
    random.Random(config.getoption("randomly_seed")).shuffle(items)


@pytest.hookimpl(wrapper=True)
def pytest_runtestloop(session):
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    for path in sorted({item.path for item in session.items}):
        reporter.write_line(f"{path.name} alone", flush=True)
        child = os.fork()
        if child == 0:  # from here on this process is a run of pytest with one file
            failed_alone.clear()
            statuses.append(1)
            session.items = [item for item in session.items if item.path == path]
            session.testscollected = len(session.items)
            return (yield)
        if os.waitpid(child, 0)[1]:
            failed_alone.append(path.name)
    reporter.write_line("all together", flush=True)
    result = yield
    if failed_alone:
        raise session.Failed
    return result


def pytest_sessionfinish(exitstatus):
    if statuses:
        statuses.append(int(exitstatus))


@pytest.hookimpl(trylast=True)
def pytest_unconfigure():
    if statuses:
        sys.stdout.flush()
        os._exit(statuses[-1])


def pytest_terminal_summary(terminalreporter):
    for name in failed_alone:
        terminalreporter.write_line(f"{name} fails when it runs alone", red=True)
