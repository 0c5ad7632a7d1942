"""A pytest plugin that runs each test file alone, then all tests in a random order with pytest-randomly's seed.

pytest-django sorts the tests after pytest-randomly has shuffled them, so that tests without a database come last. So
this plugin shuffles again after the sorting.

Each file runs alone in a fork of this process. All forks share one collection, but none sees what another leaves
behind. A fork skips its clean-up at exit, which would remove the temporary folders of this process.
"""

import os
import random
import sys

import pytest

failed_alone = []
statuses = []  # exit statuses of the forks


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config, items):
    random.Random(config.getoption("randomly_seed")).shuffle(items)


@pytest.hookimpl(wrapper=True)
def pytest_runtestloop(session):
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    for path in sorted({item.path for item in session.items}):
        reporter.write_line(f"{path.name} alone", flush=True)
        child = os.fork()
        if child == 0:  # the child runs pytest with one file
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
