"""Submissions that try to pass without the work, or to reach the instructor's secrets or the machine. All fail.

Each cheat is in a project without URLs (stage 07), which passes no test without cheating.
"""

import os
import socket
import time
from contextlib import suppress
from pathlib import Path

import pytest

from companion.chain.stages import ROOT, find
from companion.grading.verdicts import Verdict
from tests.bubblewrap.cheats import CHEATS, code, files, middleware, raw

HTTP = "tests/test_http.py"
FAKE = CHEATS["words"]["FAKE"].replace("\\n", "\n")
PACKAGES = {path.relative_to(ROOT).as_posix(): "" for path in sorted((ROOT / "companion").rglob("__init__.py"))}
assert "companion/running/child/__init__.py" in PACKAGES  # the server in the sandbox imports from there


@pytest.mark.parametrize("how", CHEATS["looks"])
def test_what_does_not_touch_the_tests_changes_nothing(tried, how):
    result = tried(files("looks", how) | (PACKAGES if how == "a companion of its own" else {}))

    assert result.verdict is Verdict.FAILED
    assert result.passed < 10, [id_ for id_, outcome in result.outcomes.items() if outcome.outcome == "passed"]
    assert len(result.outcomes) == result.expected


@pytest.mark.parametrize("how", CHEATS["ends"])
def test_a_project_that_ends_has_not_started(tried, how):
    result = tried(code("ends", how))

    assert (result.verdict, result.why) == (Verdict.NOT_STARTED, "The project ended while it was started.")
    assert result.passed == 0


@pytest.mark.parametrize("code", ["import sys\nsys.exit(0)", "raise SystemExit(0)"])
def test_a_project_that_exits_has_not_started(tried, code):
    result = tried({"config/settings.py": code})

    assert result.verdict is Verdict.NOT_STARTED
    assert result.why.startswith("config/settings.py, line ") and result.why.endswith(": SystemExit: 0")


@pytest.mark.parametrize("told", [FAKE, "{}\n" * 100, '{"event": "finding"}\n', "[" * 100_000 + "\n", "x" * 300_000])
def test_writing_into_every_descriptor_gives_no_result(tried, told):
    written = code("one", "writes into every descriptor", TOLD=repr(told))
    result = tried(written)

    assert result.verdict in (Verdict.FAILED, Verdict.NOT_STARTED)
    assert result.passed == 0


def test_a_server_without_accounts_fails(tried):
    """It stores no accounts and decides by the request alone, but each test has another password."""
    result = tried(middleware(code("one", "knows the password of the tests")))

    assert result.verdict is Verdict.FAILED
    assert result.outcomes[f"{HTTP}::test_register_log_in_and_fetch_the_user"].outcome == "failed"


def test_nothing_can_be_written_into_the_stage(tried):
    before = {path: path.read_bytes() for path in find("08-urls").path.rglob("*.py")}
    result = tried(code("one", "writes into the stage", TARGET=repr(str(find("08-urls").path / HTTP))))

    assert "WRITTEN" not in result.output and "refused" in result.output
    assert {path: path.read_bytes() for path in find("08-urls").path.rglob("*.py")} == before


def test_nothing_of_the_instructor_can_be_read(tried, tmp_path):
    secret = tmp_path / "answers.txt"
    secret.write_text("the instructor's answers")
    other = tmp_path / "other" / "manage.py"
    other.parent.mkdir()
    other.write_text("somebody else's work")
    closed = ["/etc/shadow", "/root", "/home", "/proc/1/environ", "/proc/1/root" + "/etc/shadow"]
    result = tried(code("one", "reads the instructor's files", TARGETS=repr([str(secret), str(other), *closed])))

    assert "instructor's answers" not in result.output and "else's work" not in result.output
    assert result.output.count("refused") >= 6
    environment = "'HOME', 'LANG', 'PATH', 'PWD', 'PYTHONDONTWRITEBYTECODE', 'TMPDIR'"
    assert f"ENVIRONMENT [{environment}]" in result.output.replace("'DJANGO_SETTINGS_MODULE', ", "")
    assert "USER False" in result.output
    assert "TESTS []" in result.output


@pytest.fixture
def neighbours(tmp_path):
    """Servers of this machine that the sandbox must not reach: on loopback, in a file, in the abstract namespace."""
    found = [socket.socket(), socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX)]
    addresses = [("127.0.0.1", 0), str(tmp_path / "neighbour"), f"\0neighbour-{os.getpid()}"]
    for server, address in zip(found, addresses, strict=True):
        server.bind(address)
        server.listen()
        server.setblocking(False)
    yield found
    for server in found:
        server.close()


def nobody_came(servers) -> bool:
    for server in servers:
        with pytest.raises(BlockingIOError):
            server.accept()
    return True


def test_no_network_is_reached(tried, neighbours):
    addresses = [server.getsockname() for server in neighbours]
    result = tried(code("one", "reaches the network", ADDRESSES=repr(addresses)))

    assert "CONNECTED" not in result.output and "RESOLVED" not in result.output
    assert result.output.count("refused") >= 5 and "no name" in result.output
    assert nobody_came(neighbours)


def test_a_redirect_leads_nowhere_else(tried, neighbours):
    host, port = neighbours[0].getsockname()
    result = tried(middleware(f"response = HttpResponseRedirect('http://{host}:{port}/api/me')"))

    assert result.verdict is Verdict.FAILED and result.passed == 0
    assert f"the tests talk to the submission only, and not to {host}" in str(result.outcomes)
    assert nobody_came(neighbours)


@pytest.mark.parametrize(
    "where", ["file:///etc/passwd", "ftp://127.0.0.1/", "http://submission/api/me", "//127.0.0.1/", "x:"]
)
def test_a_redirect_to_another_place_fails(tried, where):
    result = tried(middleware(f"response = HttpResponse(status=302)\nresponse['Location'] = {where!r}"))

    assert result.verdict is Verdict.FAILED and result.passed == 0
    assert "root:" not in str(result.outcomes)


@pytest.mark.parametrize("how", CHEATS["answers"])
def test_invalid_responses_fail_quickly(tried, how):
    result = tried(raw(code("answers", how)))

    assert result.verdict is Verdict.FAILED
    assert result.passed < 3  # `{}` from two addresses is the same answer, as one test asks
    assert len(result.outcomes) == result.expected


@pytest.mark.parametrize("how", CHEATS["late"])
def test_a_time_out_is_called_one(tried, how):
    result = tried(files("late", how), seconds=3)

    assert (result.verdict, result.why) == (Verdict.TIMEOUT, "The project did not answer within 3 seconds.")
    assert result.passed == 0
    assert len(result.output) <= 4000


def test_nothing_outlives_a_run(tried):
    """Children that leave the process group and the session end with the sandbox too."""
    mark = f"outlives-{os.getpid()}"
    tried(code("one", "outlives the run", MARK=repr(mark)))

    # The kernel ends the processes of the sandbox one after another, and on a busy machine not at once.
    end = time.monotonic() + 10
    while left := [command for command in _commands() if mark.encode() in command]:
        assert time.monotonic() < end, left


def _commands():
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):  # the process has ended
            yield path.read_bytes()


@pytest.mark.parametrize("how", CHEATS["memory"])
def test_memory_ends_somewhere(tried, how):
    facts = CHEATS["memory"][how]
    result = tried(facts["code"], memory=512 * 2**20, seconds=20)

    assert (result.verdict, result.why.endswith(facts["why"])) == (facts["verdict"], True), result
    assert "NO LIMIT" not in result.output + result.why


@pytest.mark.parametrize("call", [
    "unshare(0x10000000)", "unshare(0x20000)", "mount(b'none', b'/tmp', b'tmpfs', 0, 0)", "ptrace(16, 1, 0, 0)", "setuid(0)",
])  # fmt: skip
def test_dangerous_system_calls_are_blocked(tried, call):
    result = tried({"config/settings.py": f"import ctypes\nprint('ANSWER', ctypes.CDLL(None).{call})"})

    assert "ANSWER -1" in result.output


def test_a_link_to_the_solution_is_no_solution(grade, project, tmp_path):
    folder = project("07-views")
    for path in ("config/urls.py", "authentication/urls.py"):
        (folder / path).unlink(missing_ok=True)
        (folder / path).symlink_to(find("08-urls").path / path)

    result = grade(folder)

    assert result.verdict is Verdict.NOT_STARTED
    assert result.why.startswith("ModuleNotFoundError: No module named 'config.urls'")


def test_a_link_for_a_database_is_not_written_to(grade, project, tmp_path):
    precious = tmp_path / "precious.sqlite3"
    precious.write_text("grades of last year")
    folder = project("08-urls")
    (folder / "db.sqlite3").symlink_to(precious)

    assert grade(folder).verdict is Verdict.PASSED
    assert precious.read_text() == "grades of last year"


def test_in_process_an_early_exit_cannot_pass(grade, project):
    folder = project("02-user-model")
    with (folder / "authentication" / "models.py").open("a") as file:
        file.write("\nimport os\nos._exit(0)\n")

    result = grade(folder, "03-user-manager")

    assert (result.verdict, result.passed, result.proof) == (Verdict.NOT_STARTED, 0, False)


def test_in_process_a_cheat_can_win_and_the_result_says_that_it_proves_nothing(grade, project):
    """No result from a process that runs the project can be trusted, which is why 08 and later are tested over HTTP."""
    folder = project("03-user-manager")
    managers = folder / "authentication" / "managers.py"
    broken = managers.read_text().replace("normalize_email(email)", "normalize_email(email).upper()")
    managers.write_text(broken)
    assert grade(folder, "03-user-manager").verdict is Verdict.FAILED

    managers.write_text(f"{broken}\nimport _pytest.python\n_pytest.python.Function.runtest = lambda self: None\n")
    result = grade(folder, "03-user-manager")

    assert (result.verdict, result.proof) == (Verdict.PASSED, False)
