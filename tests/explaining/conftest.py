"""What the tests of explaining share: the recording of what projects do."""

import pytest

from tests.explaining.recording import Recording


@pytest.fixture(scope="session")
def recording():
    """Replays what was found in the projects; what has to run is recorded for the next time."""
    return Recording()
