"""Submissions that attack the process which serves them, in their manage.py or settings.

Each is in a project without URLs (stage 06), which passes no test without cheating.
"""

import pytest

from companion.grading.verdicts import Verdict
from tests.bubblewrap.cheats import CHEATS, code


@pytest.mark.parametrize("file", ["manage.py", "config/settings.py"])
@pytest.mark.parametrize("how", CHEATS["serving"])
def test_code_in_the_serving_process_cannot_pass(tried, how, file):
    result = tried({file: code("serving", how)}, seconds=20)

    assert result.verdict in (Verdict.FAILED, Verdict.NOT_STARTED, Verdict.TIMEOUT), result
    assert result.points() < 50
