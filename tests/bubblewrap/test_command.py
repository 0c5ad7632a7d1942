"""Grades a class of submissions: each gets exactly one result, and none is graded twice."""

import errno
import json
import os
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import zipfile
from concurrent.futures import Executor, Future
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import pytest

from companion.chain.stages import ROOT, find
from companion.cli import main
from companion.grading import command as grade_command
from companion.grading import grade
from companion.grading.journal import Journal
from companion.grading.submissions import Kind, Submission, submissions
from companion.grading.testing import suite_of
from companion.grading.verdicts import Grade, Verdict
from companion.sandbox.bubblewrap import Limits


@pytest.fixture
def classroom(tmp_path, project):
    """A folder with a submission of every kind."""
    folder = tmp_path / "class"
    folder.mkdir()
    project("08-urls", name="class/ada")
    project("07-views", name="class/bob")
    project("08-urls", {"config/settings.py": "import os\nos._exit(0)"}, name="class/cyd")
    project("08-urls", {"config/settings.py": "while True: pass"}, name="class/dan")
    right = project("08-urls", name="right")
    with zipfile.ZipFile(folder / "eve_LATE_5_10_work.zip", "w") as archive:
        for path in right.rglob("*"):
            archive.write(path, f"work/{path.relative_to(right)}")
    shutil.rmtree(right)
    (folder / "fay.zip").write_bytes(b"PK")
    (folder / "gil").mkdir()
    (folder / "hal.pdf").write_bytes(b"%PDF")
    git = project("08-urls", name="class/ida")
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "work"]):
        subprocess.run(["git", "-c", "user.name=I", "-c", "user.email=i@example.com", *command], cwd=git, check=True)
    return folder


def verdicts(out: Path) -> dict[str, str]:
    return {r["submission"]: r["verdict"] for r in json.loads((out / "results.json").read_text())["results"]}


ALL = {
    "ada": "passed",
    "bob": "failed",
    "cyd": "does not start",
    "dan": "time-out",
    "eve_LATE_5_10_work.zip": "passed",
    "fay.zip": "not readable",
    "gil": "no manage.py found",
    "hal.pdf": "not readable",
    "ida": "passed",
}


def test_every_submission_gets_a_result(classroom, capsys):
    status = main(["grade", str(classroom), "--timeout", "8"])

    out = classroom.with_name("class-grades")
    printed = capsys.readouterr()
    assert status == 0
    assert verdicts(out) == ALL
    assert printed.out.splitlines()[0] == (
        "9 submissions: 3 passed, 1 failed, 1 time-out, 1 does not start, 1 no manage.py found, 2 not readable"
    )
    assert printed.out.splitlines()[1:4] == [
        "9 submissions = 1 in canvas.csv + 0 in moodle.csv + 8 not exported",
        "  ada: Its name is not one that Canvas or Moodle gives to a download.",
        "  bob: Its name is not one that Canvas or Moodle gives to a download.",
    ]
    assert len(printed.err.splitlines()) == 9
    assert sorted(path.name for path in out.iterdir()) == [
        "canvas.csv", "index.html", "journal.jsonl", "moodle.csv", "not-exported.csv", "results.json"
    ]  # fmt: skip
    assert "eve,5,,,,100" in (out / "canvas.csv").read_text()
    assert {r["where"] for r in json.loads((out / "results.json").read_text())["results"]} == {
        "",
        "07-views",
        "08-urls",
    }

    (classroom / "fay.zip").unlink()
    shutil.copytree(classroom / "bob", classroom / "fay")
    settings = classroom / "dan" / "config" / "settings.py"
    shutil.copy2(find("08-urls").path / "config" / "settings.py", settings)
    status = main(["grade", str(classroom), "--resume"])

    printed = capsys.readouterr()
    assert status == 0
    assert verdicts(out) == {n: v for n, v in ALL.items() if n != "fay.zip"} | {"fay": "failed", "dan": "passed"}
    assert sorted(re.findall(r"of 9: (.*):", printed.err)) == ["dan", "fay"]  # and no other


def test_no_submission_ends_the_run(tmp_path, project, capsys, monkeypatch):
    """Endless folders, an invalid name, a link to itself, a file that vanishes: each gets its result."""
    latin = os.fsdecode(b"Ren\xe9")
    project("08-urls", name="class/ada")
    project("08-urls", {os.fsdecode(b"notes\xff.txt"): "x"}, name=f"class/{latin}")
    inside = "course-main/week 3/project-main/project/"
    with zipfile.ZipFile(tmp_path / "class" / "deep_26_917_p.zip", "w") as archive:
        for path in (tmp_path / "class" / "ada").rglob("*"):
            archive.write(path, inside + str(path.relative_to(tmp_path / "class" / "ada")))
    project("08-urls", name="class/Die Pythons_17_assignsubmission_file")
    (tmp_path / "class" / "circle").symlink_to(tmp_path / "class" / "circle")
    folder = str(tmp_path / "class" / "folders")
    os.mkdir(folder)
    for _ in range(1500):
        folder += "/a"
        os.mkdir(folder)
    Path(folder, "manage.py").touch()

    def and_one_that_vanishes(*arguments):
        return [*submissions(*arguments), Submission(tmp_path / "class" / "zoe.zip", Kind.ZIP)]

    monkeypatch.setattr(grade_command, "submissions", and_one_that_vanishes)
    status = main(["grade", str(tmp_path / "class"), "--teams"])
    subprocess.run(["rm", "-r", tmp_path / "class" / "folders"], check=True)  # pytest would remove it recursively

    out = tmp_path / "class-grades"
    assert status == 0
    assert verdicts(out) == {
        "ada": "passed",
        "circle": "not readable",
        "deep_26_917_p.zip": "passed",
        "Die Pythons_17_assignsubmission_file": "passed",
        "folders": "not readable",
        latin: "passed",
        "zoe.zip": "not readable",
    }
    whys = {r["submission"]: r["why"] for r in json.loads((out / "results.json").read_text())["results"]}
    assert whys["folders"].startswith("It holds more than 32 folders inside each other: 'a/a/a/")
    assert whys["zoe.zip"] == "It cannot be read: No such file or directory."
    printed = capsys.readouterr().out
    assert "Ren?: Its name is not one that Canvas or Moodle gives" in printed
    assert "Die Pythons_17_assignsubmission_file: This is a team's submission, and 17 is the team's number." in printed


@pytest.fixture
def refused(tmp_path, project, capsys, monkeypatch):
    """Runs `grade` in `tmp_path` on a class of one submission, which fails; returns the message."""
    project("08-urls", name="class/ada")
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").touch()
    (tmp_path / "old").mkdir()
    (tmp_path / "old/journal.jsonl").touch()

    monkeypatch.chdir(tmp_path)

    def refused(*arguments):
        assert main(["grade", *arguments]) == 2
        return capsys.readouterr().err

    return refused


@pytest.mark.parametrize(("arguments", "said"), [
    ("/nowhere", "/nowhere is no folder: name the one that holds the submissions."),
    ("empty", "put one folder or zip for each student in it."),
    ("class/ada", "is one project: name the folder that holds it with the others."),
    ("class --out class", "the results need a folder of their own."),
    ("class --out file", "the results need a folder of their own."),
    ("class --out file/x", "What has been graded is kept: --resume goes on."),
    ("class --out old", "/old holds the results of an earlier run. Add --resume to go on with it, or --out OTHER.\n"),
    ("class --stage nonsense", "there is no stage 'nonsense'"),
    ("class --executor nonsense", "--executor nonsense: say processes, dask://HOST:PORT, or MODULE:CALLABLE, which returns"),
    ("class --points nan", "nan is not a number of points: give one above 0."),
    ("class --points=-5", "-5 is not a number of points: give one above 0."),
    ("class --timeout abc", "'abc' is not a valid integer range."),
    ("class --jobs 0", "0 is not in the range x>=1."),
    ("class --again late", "'late' is not one of 'passed', 'failed', 'time-out'"),
])  # fmt: skip
def test_what_cannot_be_graded_is_said(refused, arguments, said):
    assert said in refused(*arguments.split())


def test_without_a_sandbox_it_refuses(refused, tmp_path, monkeypatch):
    monkeypatch.setattr(grade_command.bubblewrap.shutil, "which", lambda name: None)

    assert "bubblewrap is not installed" in refused("class")
    assert not (tmp_path / "class-grades" / "results.json").exists()


def test_unsafe_grades_without_a_sandbox_and_says_so(tmp_path, project, capsys, monkeypatch):
    monkeypatch.setattr(grade_command.bubblewrap.shutil, "which", lambda name: None)
    project("08-urls", name="class/ada")
    project("07-views", name="class/bob")

    assert main(["grade", str(tmp_path / "class"), "--unsafe"]) == 0

    out = tmp_path / "class-grades"
    assert verdicts(out) == {"ada": "passed", "bob": "failed"}
    assert [r["proof"] for r in json.loads((out / "results.json").read_text())["results"]] == [False, False]
    assert "not proof against cheating" in (out / "index.html").read_text()


def test_unsafe_grades_a_stage_without_urls(tmp_path, project):
    project("03-user-manager", name="class/ada")

    assert main(["grade", str(tmp_path / "class"), "--unsafe", "--stage", "3"]) == 0
    assert verdicts(tmp_path / "class-grades") == {"ada": "passed"}


def descendants(process: int) -> dict[int, str]:
    """Returns pidfds, which stay valid, of the process and all that it has started, and the command of each."""
    waiting, found = [process], {}
    while waiting:
        number = waiting.pop()
        folder = Path("/proc", str(number))
        try:
            found[os.pidfd_open(number)] = (folder / "cmdline").read_text()
            for thread in (folder / "task").iterdir():
                waiting += map(int, (thread / "children").read_text().split())
        except OSError:
            continue
    return found


def busy(process: int, asked: int) -> list[int]:
    """Waits until `asked` submissions are being tested; returns pidfds of all processes below."""
    while True:
        found = descendants(process)
        assert len(found) > 1, "the run has ended"
        if sum("http_tester.py" in command for command in found.values()) >= asked:
            return list(found)
        for handle in found:
            os.close(handle)
        select.select([], [], [], 0.1)


@pytest.fixture
def short_tmp():
    """A folder whose path is short enough for a Unix socket."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


HANGING = """
import time
from authentication import views
views.RegistrationAPIView.post = lambda *arguments: time.sleep(1000)
"""


@pytest.fixture
def half_done(tmp_path, project, short_tmp):
    """Starts a run that has graded three submissions of six, and waits for two that hang.

    Yields its process, the command, its environment, and pidfds of all processes below it.
    """
    hanging = (find("08-urls").path / "config" / "urls.py").read_text() + HANGING
    for n in range(6):
        project("08-urls", {"config/urls.py": hanging} if n > 2 else {}, name=f"class/s{n}")
    command = [sys.executable, "-m", "companion", "grade", str(tmp_path / "class"), "--jobs", "2", "--timeout", "9999"]
    place = os.environ | {"TMPDIR": str(short_tmp)}
    run = subprocess.Popen(
        command,
        cwd=ROOT,
        env=place,
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # SIGINT may be ignored where these tests run
    )
    assert sorted(run.stderr.readline().split(": ")[1] for _ in range(3)) == ["s0", "s1", "s2"]
    yield run, command, place, busy(run.pid, 2)
    run.kill()
    run.wait()


def ended(handles: list[int]) -> None:
    """Checks that all these processes end."""
    for handle in handles:
        assert select.select([handle], [], [], 30)[0], "a process outlives the run"
        os.close(handle)


def test_a_run_that_is_killed_loses_nothing_and_leaves_nothing(half_done, tmp_path, short_tmp):
    run, command, place, handles = half_done
    run.send_signal(signal.SIGKILL)
    run.communicate()
    ended(handles)
    assert list(short_tmp.iterdir()) == []

    journal = tmp_path / "class-grades" / "journal.jsonl"
    before = journal.read_text()
    assert sorted(json.loads(line)["name"] for line in before.splitlines()) == ["s0", "s1", "s2"]
    for n in range(3, 6):
        shutil.copy2(find("08-urls").path / "config" / "urls.py", tmp_path / "class" / f"s{n}" / "config" / "urls.py")
    again = subprocess.run([*command, "--resume"], cwd=ROOT, env=place, capture_output=True, text=True, check=True)

    assert list(short_tmp.iterdir()) == []
    assert sorted(re.findall(r"of 6: (.*):", again.stderr)) == ["s3", "s4", "s5"]
    assert verdicts(tmp_path / "class-grades") == dict.fromkeys([f"s{n}" for n in range(6)], "passed")
    assert journal.read_text().startswith(before)


def test_an_interrupted_run_writes_what_it_has_and_says_how_to_go_on(half_done, tmp_path, short_tmp):
    """It does not wait for the submissions that are running."""
    run, _, _, handles = half_done
    os.killpg(run.pid, signal.SIGINT)
    printed, said = run.communicate(timeout=120)
    ended(handles)

    out = tmp_path / "class-grades"
    assert run.returncode == 130
    assert "Interrupted with 3 to go." in printed
    assert f"python -m companion grade {tmp_path}/class --out {out} --resume" in printed
    assert verdicts(out) == dict.fromkeys(["s0", "s1", "s2"], "passed")
    assert "Traceback" not in said
    assert list(short_tmp.iterdir()) == []


def test_an_interrupt_before_the_first_result_prints_no_traceback():
    code = "import sys, companion.cli as c\nc.main = lambda: (_ for _ in ()).throw(KeyboardInterrupt)\n"
    code += "import runpy; runpy.run_module('companion', run_name='__main__')"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)

    assert (done.returncode, done.stderr) == (130, "Interrupted.\n")


def test_a_full_disk_is_reported_and_loses_nothing(tmp_path, project, capsys, monkeypatch):
    """The journal is kept. A report that could not be written completely leaves no file behind."""
    project("08-urls", name="class/ada")
    real, count = os.fsync, []

    def full(number):
        count.append(number)
        if len(count) > 2:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(number)

    monkeypatch.setattr(os, "fsync", full)
    status = main(["grade", str(tmp_path / "class"), "--jobs", "1"])

    assert status == 2
    said = "No space left on device. What has been graded is kept: --resume goes on.\n"
    assert capsys.readouterr().err.endswith(said)
    assert sorted(path.name for path in (tmp_path / "class-grades").iterdir()) == ["index.html", "journal.jsonl"]
    monkeypatch.undo()
    assert main(["grade", str(tmp_path / "class"), "--resume"]) == 0
    assert verdicts(tmp_path / "class-grades") == {"ada": "passed"}


@pytest.fixture
def one_suite():
    return suite_of(find("08-urls"), Limits(seconds=20))


class Worst(Executor):
    """Runs tasks at once, and fails in each way that an executor can."""

    def submit(self, function, submission, suite):
        future: Future[Grade] = Future()
        if submission.name == "unsubmitted":
            raise BrokenProcessPool("it has ended")
        if submission.name == "cancelled":
            future.cancel()
            future.set_running_or_notify_cancel()
        elif submission.name == "killer":
            future.set_exception(BrokenProcessPool("a worker died"))
        else:
            future.set_result(Grade(Verdict.PASSED))
        return future


def test_a_failed_task_loses_no_other_result(tmp_path, one_suite):
    for name in ("ada", "cancelled", "killer", "unsubmitted", "zoe"):
        (tmp_path / "class" / name).mkdir(parents=True)
    with Journal(tmp_path / "journal") as journal:
        found = list(grade.grade_all(submissions(tmp_path / "class"), one_suite, Worst(), journal))

    assert {s.name: (r.verdict, r.why) for s, r, _ in found} == {
        "ada": (Verdict.PASSED, ""),
        "cancelled": (Verdict.GRADER_FAILED, "CancelledError: "),
        "killer": (Verdict.GRADER_FAILED, "BrokenProcessPool: a worker died"),
        "unsubmitted": (Verdict.GRADER_FAILED, "BrokenProcessPool: it has ended"),
        "zoe": (Verdict.PASSED, ""),
    }


def test_when_the_grader_itself_fails_the_result_says_so(project, one_suite, monkeypatch):
    def full(*arguments):
        raise OSError("No space left on device")

    monkeypatch.setattr(grade, "unpack", full)
    folder = project("08-urls")
    submission = submissions(folder.parent)[0]

    result = grade.grade_one(submission, one_suite)

    assert (result.verdict, result.why, result.points()) == (
        Verdict.GRADER_FAILED,
        "OSError: No space left on device",
        0,
    )


def test_grader_failures_show_in_the_exit_status(tmp_path, project, monkeypatch, capsys):
    project("08-urls", name="class/ada")
    monkeypatch.setattr(
        grade_command, "grade_all", lambda found, *rest: ((s, Grade(Verdict.GRADER_FAILED, "why"), True) for s in found)
    )

    assert main(["grade", str(tmp_path / "class")]) == 1
