"""Projects that are wrong in one way which a suite could miss."""

from itertools import pairwise

import pytest

from companion.chain.stages import stages
from companion.grading.testing import has_http_tests
from companion.grading.verdicts import Verdict

SERIALIZERS, TOKENS = "authentication/serializers.py", "authentication/tokens.py"
ANY_PASSWORD = {
    SERIALIZERS: {
        'authenticate(\n            self.context.get("request"),\n            username=data["email"],\n            password=data["password"],\n        )': 'User.objects.filter(email=data["email"]).first() if data["password"] != "wrong" else None',
    }
}
SHORT_PASSWORD = {
    SERIALIZERS: {'password=data["password"],': 'password=data["password"][:8],'},
    "authentication/managers.py": {"make_password(password)": "make_password(password[:8])"},
}
LONG_LIFE = {"config/settings.py": {"timedelta(hours=1)": "timedelta(days=3650)"}}
NO_END = {TOKENS: {'"iat", "exp", "iss"': '"iat", "iss"', '        "exp": now + settings.JWT_LIFETIME,\n': ""}}
ANYBODY = {
    "authentication/views.py": {
        "UserSerializer(request.user)": 'UserSerializer(User.objects.filter(pk=request.GET.get("id")).first() or request.user)'
    }
}
ANY_SIGNATURE = {TOKENS: {'"strict_aud": True': '"strict_aud": True, "verify_signature": False'}}


@pytest.mark.parametrize(
    ("stage", "cheat", "tests"),
    [
        ("08-urls", ANY_PASSWORD, "test_a_wrong_login_is_rejected[password] test_a_password_is_not_truncated"),
        ("08-urls", ANY_SIGNATURE, "test_a_token_that_was_changed_is_rejected"),
        ("08-urls", SHORT_PASSWORD, "test_a_password_is_not_truncated"),
        ("08-urls", LONG_LIFE, "test_token_expires_within_a_day"),
        ("08-urls", NO_END, "test_token_expires_within_a_day"),
        ("08-urls", ANYBODY, "test_me_ignores_an_id_in_the_url"),
        ("15-refresh-tokens", ANY_SIGNATURE, "test_a_token_that_was_changed_is_rejected"),
    ],
)
def test_knowing_the_protocol_of_the_tests_gains_nothing(grade, project, stage, cheat, tests):
    result = grade(project(stage, cheat), stage)

    assert result.verdict is Verdict.FAILED
    assert [id_ for id_, outcome in result.outcomes.items() if outcome.outcome != "passed"] == [
        f"tests/test_http.py::{test}" for test in tests.split()
    ]


SERVED = [stage.name for stage in stages() if has_http_tests(stage)]
# What these stages add can't be tested over HTTP. The page for instructors names them.
UNSEEN = {"09-settings", "17-outbox", "22-browser-client", "25-logs", "final"}


@pytest.mark.parametrize(("before", "stage"), list(pairwise(SERVED)))
def test_the_stage_before_is_not_enough(grade, project, before, stage):
    """A project of the stage before fails, unless the stage adds nothing that HTTP shows."""
    assert grade(project(before), stage).verdict is (Verdict.PASSED if stage in UNSEEN else Verdict.FAILED)


def test_a_session_of_somebody_else_cannot_be_ended(grade, project):
    change = {"request.user.sessions.filter(pk=pk)": "request.user.sessions.model.objects.filter(pk=pk)"}
    folder = project("14-logout", {"authentication/views.py": change})

    assert grade(folder, "14-logout").verdict is Verdict.FAILED
