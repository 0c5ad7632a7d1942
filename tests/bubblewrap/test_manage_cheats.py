"""Submissions that attack the process that serves them: their manage.py and their settings run inside it.

Each sits in a project without URLs (stage 06), of which an honest run passes no test.
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
