"""The command line: the greeting, the help, names of stages, exit statuses, colours and encodings."""

import importlib
import os
import pty
import re
import runpy
import subprocess
import sys
from importlib.metadata import PackageNotFoundError
from types import SimpleNamespace

import click
import pytest

from companion import cli
from companion.chain.command_line import line
from companion.chain.stages import ROOT, UnknownStage, find, stages, wanted
from companion.cli import COMMANDS, companion, main

USAGE = "Usage: python -m companion {0}\nTry 'python -m companion{1} --help' for help.\n\nError: {2}\n"
SHORT = [pair for commands in COMMANDS.values() for pair in commands.items()]  # each command with its short help
ROOMS = {"learner", "explaining", "running", "project", "grading", "site", "upkeep"}
# A script in which `diff` does something else.
REPLACED = """import click, runpy, sys
import companion.learner.commands as c
def stand(*a, **k): {}
c.COMMANDS['diff'].callback = stand
"""


def wrong(command, said, arguments="[OPTIONS] DIR"):
    """Checks that a wrong command exits with 2, with the error on stderr."""
    return 2, "", USAGE.format(f"{command} {arguments}", f" {command}", said)


def test_without_a_command_it_names_the_three_things_you_can_do(run):
    """The greeting shows how to read, type along and grade, each with a command that runs from any folder."""
    assert run() == (
        0,
        f"A Django login with JSON Web Tokens, in {len(stages())} stages. You can\n"
        "\n"
        "  read the tutorial in your browser:\n"
        f"    {line('serve')}\n"
        "  type along in your own project, which is checked while you write:\n"
        f"    {line('start', '../mine')}\n"
        "  grade a folder of submissions:\n"
        f"    {line('grade', 'submissions')}\n"
        "\n"
        "All commands:\n"
        f"    {line('--help')}\n",
        "",
    )


def test_the_help_lists_learners_commands_first(run):
    """Maintainers' commands come last, and each command has one line."""
    status, out, err = run("--help")
    listed = re.findall(r"^  (\w+)  +([A-Z].*\.)$", out, re.MULTILINE)

    assert (status, err) == (0, "")
    assert list(COMMANDS) == ["Read, and type along", "Teach", "Maintain the tutorial"]
    assert listed == SHORT


@pytest.mark.parametrize(("name", "short"), SHORT)
def test_the_list_has_the_help_of_every_command(name, short):
    """The list has the first sentence of each command's help, without importing the command."""
    command = companion.get_command(click.Context(companion), name)

    assert command.name == name
    assert command.get_short_help_str(100) == short


@pytest.mark.parametrize(
    ("arguments", "loaded"),
    [((), set()), (("--help",), set()), (("check", "--help"), {"learner", "explaining", "running", "project"})],
)
def test_a_command_imports_only_its_own_room(arguments, loaded):
    """The help imports no room, and `check` imports neither the grader nor MkDocs."""
    code = f"import sys\nfrom companion.cli import main\nmain({list(arguments)})\nprint(*sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    modules = done.stderr.split()

    assert {name.split(".")[1] for name in modules if name.startswith("companion.")} & ROOMS == loaded
    assert {"mkdocs", "django", "watchdog", "jinja2"}.isdisjoint(modules)


def test_an_unknown_command_lists_the_commands(run):
    """All commands are listed, learners' first."""
    said = f"There is no command 'chekc'; there are: {', '.join(name for name, _ in SHORT)}"

    assert run("chekc") == (2, "", USAGE.format("[OPTIONS] [COMMAND] [ARGS]...", "", said))


@pytest.mark.parametrize("text", ["5", "05", "05-authentication-backend", "backend"])
def test_a_stage_can_be_given_by_number_or_part_of_its_name(text):
    """A stage can be given by its number, or by a part of its name that no other stage has."""
    assert wanted(text) == find("05-authentication-backend")


@pytest.mark.parametrize("text", ["99", "user", "nonsense", ""])
def test_an_unknown_stage_lists_the_names_of_stages(text):
    """A text that matches no stage, or several, is rejected with a list of names."""
    with pytest.raises(UnknownStage, match="there is no stage .*; there are: 01-dockerfile, "):
        wanted(text)


@pytest.mark.parametrize("command", ["start", "check", "watch", "diff", "grade"])
def test_an_unknown_stage_lists_the_stages(run, tmp_path, command):
    """The sentence is the same for each command that takes a stage."""
    names = ", ".join(map(str, stages()))
    said = f"Invalid value for '--stage': there is no stage '99'; there are: {names}"

    folder = "FOLDER" if command == "grade" else "DIR"
    assert run(command, tmp_path, "--stage", "99") == wrong(command, said, f"[OPTIONS] {folder}")


@pytest.mark.parametrize("command", ["start", "check", "watch", "diff", "grade"])
@pytest.mark.parametrize(
    ("typed", "folder", "stage"),
    [
        (["8"], None, "8"),
        (["08-urls"], None, "08-urls"),
        (["8", "mine"], "mine", "8"),
        (["mine", "8"], "mine", "8"),
        (["urls", "mine"], "mine", "urls"),
    ],
)
def test_a_stage_without_its_option_gets_the_right_command(run, tmp_path, monkeypatch, command, typed, folder, stage):
    """A number is not a folder, and the argument order of an earlier version gets the right command."""
    monkeypatch.chdir(tmp_path)
    name = "FOLDER" if command == "grade" else "DIR"
    said = f"A stage is named with --stage: {line(command, folder or name, '--stage', stage)}"

    assert run(command, *typed) == wrong(command, said, f"[OPTIONS] {name}")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_may_be_called_like_a_stage(run, tmp_path, monkeypatch):
    """A project can be in a folder called `7`, and `start urls` creates a folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "7").mkdir()

    assert f"{tmp_path}/7 is empty." in run("diff", "7")[1]
    assert run("start", "urls")[0] == 0
    assert (tmp_path / "urls/manage.py").is_file()


def test_one_folder_is_enough(run):
    """Two folders, or none, are rejected."""
    assert run("check", "one", "two") == wrong("check", "Name one folder, not 2: one, two")
    assert run("check") == wrong("check", "Missing argument 'DIR'.")


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("return 0", 0),
        ("return 1", 1),
        ("raise click.ClickException('no')", 1),
        ("raise click.UsageError('no')", 2),
        ("raise KeyboardInterrupt", 130),
        ("raise BrokenPipeError(32, 'gone')", 1),
    ],
)
def test_the_exit_status_of_a_command_is_the_one_of_the_process(code, status):
    """0 if all is well, 1 if something is missing, 2 for a wrong command, 130 after Ctrl+C."""
    script = f"{REPLACED.format(code)}sys.argv = ['companion', 'diff', '.']\n"
    script += "runpy.run_module('companion', run_name='__main__')"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True)

    assert (done.returncode, done.stdout) == (status, "")
    assert "Traceback" not in done.stderr
    assert done.stderr.endswith("Interrupted.\n") is (status == 130)


def test_a_pipe_can_be_closed_early(project):
    """`check … | head` ends without a traceback."""
    command = [sys.executable, str(ROOT / "companion"), "check", "--json", str(project("01-dockerfile"))]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdout.close()
    errors = process.stderr.read().decode()
    process.stderr.close()

    assert process.wait() == 1
    assert errors == ""


def test_names_of_folders_are_not_expanded_on_windows(monkeypatch, tmp_path, capsys):
    """On Windows, click would expand `*`, `%` and `~`, as a POSIX shell does before it starts a program."""
    monkeypatch.setattr(click.core, "os", SimpleNamespace(**(vars(os) | {"name": "nt"})))
    monkeypatch.setattr(sys, "argv", ["companion", "diff", "my*"])
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mystery").mkdir()

    assert main() == 0
    assert "There is no folder my*" in capsys.readouterr().out


def test_a_name_that_is_too_long_is_no_folder(monkeypatch, capsys):
    """A file system limits the length of a name. A longer one gets a sentence, and no traceback."""
    monkeypatch.setattr(sys, "argv", ["companion", "diff", "a" * 300])

    assert main() == 0
    assert f"There is no folder\n{'a' * 300}.\nName the folder" in capsys.readouterr().out


RED = "\x1b[31mMissing:\x1b[0m"


@pytest.fixture
def shown(monkeypatch):
    """Returns the output of a command that prints `Missing:` in red, in a terminal or a pipe, with these variables."""

    def shown(terminal, **variables):
        for name in ("NO_COLOR", "FORCE_COLOR", "TERM"):
            monkeypatch.delenv(name, raising=False)
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        code = f"{REPLACED.format(f'click.echo({RED!r})')}from companion.cli import main\nmain(['diff', '.'])"
        ours, theirs = pty.openpty() if terminal else os.pipe()
        with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=theirs):
            os.close(theirs)
            text = os.read(ours, 1000).decode().strip()
        os.close(ours)
        return text

    return shown


@pytest.mark.parametrize(
    ("terminal", "variables", "coloured"),
    [
        (True, {"TERM": "xterm"}, True),
        (True, {"TERM": "xterm", "NO_COLOR": "1"}, False),
        (True, {"TERM": "xterm", "NO_COLOR": ""}, True),
        (True, {"TERM": "dumb"}, False),
        (False, {"TERM": "xterm"}, False),
        (False, {"TERM": "xterm", "FORCE_COLOR": "1"}, True),
        (False, {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
    ],
)
def test_colours_depend_on_the_terminal_and_variables(shown, terminal, variables, coloured):
    """Colours are printed in a terminal that has them, without NO_COLOR; with FORCE_COLOR in a pipe too."""
    assert shown(terminal, **variables) == (RED if coloured else "Missing:")


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "utf-8"])
def test_characters_that_cannot_be_encoded_are_question_marks(encoding):
    """A pipe on Windows can't encode every folder's name."""
    env = os.environ | {"PYTHONIOENCODING": encoding}
    command = [sys.executable, str(ROOT / "companion"), "diff", "日本"]
    done = subprocess.run(command, env=env, capture_output=True)

    assert (done.returncode, done.stderr) == (0, b"")
    assert f"There is no folder {'日本' if encoding == 'utf-8' else '??'}." in done.stdout.decode(encoding)


def test_another_python_is_sent_to_the_right_one(tmp_path):
    """A Python without our packages prints one sentence, which names the Python that has them."""
    command = [sys.executable, "-I", "-S", str(ROOT / "companion"), "check", "."]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)

    has = ROOT / ".venv/bin/python"
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"This Python has no package click. The companion's own has it: {has}\n"


@pytest.mark.parametrize("error", [PackageNotFoundError("pytest-django"), ModuleNotFoundError("", name="yaml")])
def test_a_package_that_is_missing_later_ends_with_a_sentence(monkeypatch, error):
    """Also if only one command needs the package, or if the companion's own environment lacks it."""

    def main():
        raise error

    monkeypatch.setattr(cli, "main", main)
    monkeypatch.setattr(sys, "prefix", str(ROOT / ".venv"))
    with pytest.raises(SystemExit) as ended:
        runpy.run_module("companion", run_name="__main__")

    install = f"{sys.executable} -m pip install -r {ROOT / 'requirements.txt'}"
    assert ended.value.code == f"This Python has no package {error.name}. Install what the companion needs: {install}"


def test_a_bug_of_ours_is_not_reported_as_a_missing_package(monkeypatch):
    """A missing module of the companion itself is shown with its traceback."""
    monkeypatch.setattr(cli, "main", lambda: importlib.import_module("companion.x"))

    with pytest.raises(ModuleNotFoundError, match=r"companion\.x"):
        runpy.run_module("companion", run_name="__main__")


def test_a_python_that_is_too_old_is_rejected_first():
    """The version is checked before any syntax or import that an old Python can't handle."""
    code = (ROOT / "companion/__main__.py").read_text()
    first_lines = code.partition("if not __package__")[0].replace("sys.version_info < (3, 11)", "True")
    done = subprocess.run([sys.executable, "-c", f"__file__ = ''\n{first_lines}"], capture_output=True, text=True)

    assert done.returncode == 1
    assert done.stderr.startswith("The companion needs Python 3.11 or newer, and this is Python 3.")
    assert "from companion" not in first_lines
