"""Cheats that were found after the sandbox was built; those that worked were fixed."""

import pytest

from companion.chain.stages import find
from companion.grading import reports
from companion.grading.submissions import Kind, Submission
from companion.grading.testing import suite_of
from companion.grading.verdicts import Verdict
from companion.sandbox.bubblewrap import Limits
from tests.bubblewrap.cheats import CHEATS, code


def test_empty_files_count_as_memory(tried):
    """An empty file takes memory of the kernel, which no limit of bash or Python counts."""
    code = "n = 0\nwhile True:\n    open(f'/tmp/{n}', 'w').close()\n    n += 1"
    result = tried(code, memory=128 * 2**20, seconds=30)

    assert (result.verdict, result.why) == (Verdict.MEMORY, "The project took more than 128 MB of memory.")


def test_text_that_no_file_can_hold_does_not_stop_the_reports(tried, tmp_path):
    """A lone surrogate can't be written as UTF-8, so it would have broken the reports of the whole class."""
    result = tried("raise ValueError('half \\ud800 a pair \\0 \\x1b[31m')")
    submission = Submission(tmp_path / "ada\udcff.zip", Kind.ZIP)

    assert result.why.startswith("config/settings.py, line 153: ValueError: half ? a pair")
    paths = reports.write({submission: result}, suite_of(find("08-urls"), Limits()), 100, "JWT \ud800", tmp_path)
    assert [path.stat().st_size > 50 for path in paths] == [True] * 5


def test_nothing_in_the_instructors_environment_changes_a_result(grade, project, monkeypatch):
    for name in ("PYTEST_ADDOPTS", "PYTEST_PLUGINS", "PYTHONPATH", "http_proxy"):
        monkeypatch.setenv(name, "--collect-only")

    assert grade(project("08-urls")).verdict is Verdict.PASSED
    assert grade(project("07-views", name="bad")).verdict is Verdict.FAILED


def test_only_what_is_needed_is_inherited(tried):
    result = tried("import os\nprint('OPEN', sorted(map(int, os.listdir('/proc/self/fd'))))")

    numbers = [int(n) for n in result.output.partition("OPEN [")[2].partition("]")[0].split(",")]
    assert len(numbers) <= 6  # the three of every process, the channel, the socket, and the folder that it lists


@pytest.mark.parametrize(("numbers", "sign"), [("1, 2, os.getppid()", "SIGKILL"), ("1, 2", "SIGSTOP")])
def test_a_submission_that_kills_the_sandbox_kills_itself(tried, numbers, sign):
    kill = f"for number in ({numbers}):\n    try: os.kill(number, signal.{sign})\n    except OSError: print('refused')"
    result = tried(f"import os, signal\n{kill}", seconds=5)

    assert result.verdict in (Verdict.FAILED, Verdict.NOT_STARTED, Verdict.TIMEOUT)
    assert result.passed == 0


@pytest.mark.parametrize("target", ["/proc/sys/kernel/core_pattern", "/proc/sysrq-trigger", "/proc/self/oom_score_adj", "/dev/kmsg",
                                    "/proc/1/oom_score_adj", "/sys/kernel/uevent_helper", "/dev/mem"])  # fmt: skip
def test_the_kernels_own_files_are_closed(tried, target):
    result = tried(code("one", "writes to the kernel's files", TARGET=repr(target)))

    assert "refused" in result.output and "WRITTEN" not in result.output


def test_no_program_of_the_system_gives_rights(tried):
    result = tried(code("one", "runs programs that give rights"))

    assert "ANSWER 0" not in result.output
    assert result.verdict is Verdict.NOT_STARTED
    assert result.why.endswith("PermissionError: [Errno 13] Permission denied")


def test_the_log_can_be_spoilt_and_nothing_else(tried):
    """The submission writes the file behind stdout: the instructor sees it as text, and it is never a result."""
    result = tried(code("one", "spoils the log"))

    assert "refused" in result.output and "File too large" in result.output


@pytest.mark.parametrize("how", CHEATS["strange"])
def test_strange_answers_are_wrong_answers(grade, project, how):
    """A server that sends every client the same bytes, and file descriptors that no client accepts, fail."""
    cheat = code("one", "sends file descriptors", ANSWER=CHEATS["strange"][how])
    folder = project("07-views", {"config/cheat.py": cheat})
    with (folder / "config" / "settings.py").open("a") as file:
        file.write("\nfrom . import cheat\n")
    result = grade(folder)

    assert result.verdict is Verdict.FAILED
    assert result.passed < 3
    assert len(result.outcomes) == result.expected


@pytest.mark.parametrize(("then", "verdict"), [("os._exit(0)", Verdict.FAILED), ("while True: pass", Verdict.TIMEOUT)])
def test_a_submission_that_reports_ready_itself_passes_nothing(tried, then, verdict):
    """If it exits, it fails at once. If it never responds, its time is over."""
    ready = """for n in range(3, 99):\n    try: os.write(n, b'{"event": "ready"}\\n')\n    except OSError: pass"""
    result = tried(f"import os\n{ready}\n{then}", seconds=4)

    assert (result.verdict, result.passed) == (verdict, 0)


@pytest.mark.parametrize("value", ["companion.grading.http_tester", "os", "settings_as_served", "__main__"])
def test_settings_of_somebody_else_are_no_settings(grade, project, value):
    folder = project("07-views", {"manage.py": f"x = 'DJANGO_SETTINGS_MODULE', '{value}'"})

    assert grade(folder).passed == 0


def test_settings_that_are_traps_pass_nothing(tried):
    result = tried(code("one", "has traps for settings"))

    assert (result.verdict, result.passed) == (Verdict.FAILED, 0)


def test_many_processes_and_sockets_end_somewhere(tried):
    result = tried(code("one", "takes processes and sockets"))

    numbers = {line.split()[0]: int(line.split()[1]) for line in result.output.splitlines() if line[:1] in "SC"}
    assert 10 < numbers["SOCKETS"] < Limits().open_files / 2
    assert 10 < numbers["CHILDREN"] < Limits().processes


def test_a_neighbour_is_not_there(tried, project):
    """Another submission is next to it on the disk. The cheat searches everything visible for the other's file."""
    project("08-urls", {"mark-of-the-neighbour.txt": ""}, name="neighbour")
    result = tried(code("one", "looks for a neighbour"))

    assert "FOUND \n" in result.output


@pytest.mark.parametrize("file", ["manage.py", "config/settings.py"])
@pytest.mark.parametrize("how", CHEATS["serving"])
def test_code_in_the_serving_process_cannot_pass(tried, how, file):
    """Submissions attack the process that serves them, in their manage.py or settings."""
    result = tried({file: code("serving", how)}, seconds=20)

    assert result.verdict in (Verdict.FAILED, Verdict.NOT_STARTED, Verdict.TIMEOUT), result
    assert result.points() < 50
