"""Fixtures for the tests of explaining: the recorded results of projects."""

import pytest

from tests.explaining.recording import Recording

RECORDING = pytest.StashKey[Recording]()


@pytest.fixture(scope="session")
def recording(pytestconfig):
    """Replays the recorded results of projects; a project that must run is recorded."""
    return pytestconfig.stash.setdefault(RECORDING, Recording())


def pytest_terminal_summary(terminalreporter, config):
    """Reminds you to commit new recordings."""
    recording = config.stash.get(RECORDING, None)
    if recording and recording.ran:
        terminalreporter.write_line(f"{recording.ran} runs were recorded again: commit tests/explaining/recorded.")
