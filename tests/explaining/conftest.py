"""What the tests of explaining share: the recording of what projects do."""

import pytest

from tests.explaining.recording import Recording

RECORDING = pytest.StashKey[Recording]()


@pytest.fixture(scope="session")
def recording(pytestconfig):
    """Replays what was found in the projects; what has to run is recorded for the next time."""
    return pytestconfig.stash.setdefault(RECORDING, Recording())


def pytest_terminal_summary(terminalreporter, config):
    """Say that there is something to commit."""
    recording = config.stash.get(RECORDING, None)
    if recording and recording.ran:
        terminalreporter.write_line(f"{recording.ran} runs were recorded again: commit tests/explaining/recorded.")
