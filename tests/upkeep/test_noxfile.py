import json
import os
import re
import subprocess
import sys
import zipfile

import pytest

from companion.chain.stages import ROOT, files, stages

NOXFILE = (ROOT / "noxfile.py").read_text()
CI = (ROOT / ".ci/run").read_text()


def nox(*arguments, **options):
    """Runs nox on our noxfile, as a person would from a shell."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("NOX")}
    command = [sys.executable, "-m", "nox", *arguments]
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, **options)


@pytest.fixture(scope="module")
def sessions():
    """All sessions by name."""
    return {session["session"]: session for session in json.loads(nox("-l", "--json").stdout)}


@pytest.fixture(scope="module")
def listing():
    """What `nox -l` prints."""
    return nox("-l").stdout


def test_there_is_a_session_for_every_stage(sessions):
    """`nox -s "tests(05-authentication-backend)"` reads as English, for every stage there is."""
    assert [name for name in sessions if name.startswith("tests(")] == [f"tests({stage})" for stage in stages()]


def test_the_list_is_a_table_of_contents(sessions, listing):
    """What a learner needs comes first. The line of all stages shows how to run one, and each line is a sentence."""
    listed = re.findall(r"^[*-] (\S+) -> (.*\.)$", listing, re.MULTILINE)
    names = [name for name, _ in listed]

    assert names[:4] == ["serve", "tests", "zips", "offline"]
    assert sorted(names) == sorted(re.findall(r"^@nox\.session.*\n(?:@.*\n)?def (\w+)", NOXFILE, re.MULTILINE))
    assert re.search(r'`-s "(.*)"`', dict(listed)["tests"])[1] in sessions
    assert listing.startswith("What you can run here, as `python -m nox -s NAME`. ")


def test_nox_alone_runs_the_companion_and_every_stage(listing):
    """Without arguments: the companion's own tests, which take longest, then all suites. The slower ones are asked for."""
    assert re.findall(r"^\* (\S+)", listing, re.MULTILINE) == ["tests", "companion"]
    options = NOXFILE.partition("nox.options.sessions = ")[2].partition("  #")[0]
    assert options == '["companion", "tests"]'


def test_nox_prints_no_warning_before_it_begins():
    """Neither about sessions that do not run in parallel nor about uv: both read like errors, and are none."""
    done = nox("-s", "readme")

    assert done.returncode == 0
    assert done.stderr.splitlines()[0] == "nox > Running session readme"
    assert "uv binary" not in done.stderr


def test_stages_run_side_by_side_without_the_settings_of_the_shell(monkeypatch):
    """The parallel runner prints a line for each that begins. What a learner has exported for another project is unset."""
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "nowhere.settings")
    monkeypatch.setenv("PYTEST_ADDOPTS", "--nonsense")
    done = nox("-s", "tests(01-dockerfile)", "tests(02-user-model)", "--parallel", "2")

    assert done.returncode == 0, done.stdout
    assert "Starting session tests(01-dockerfile)" in done.stdout
    assert 'nox.options.parallel = "auto"' in NOXFILE


def test_no_session_runs_a_bare_command():
    """A bare `python` or `pytest` is another Python's: sessions without an environment of their own run PYTHON."""
    outside = re.sub(r'@nox\.session\(venv_backend="venv".*?(?=\n@|\nclass )', "", NOXFILE, flags=re.DOTALL)

    commands = re.findall(r"run\((?:session, )?\s*(\S+),", outside)
    assert len(commands) == outside.count("run(")
    assert set(commands) == {"PYTHON", "*command", '"pg_virtualenv"'}


def test_a_failure_ends_with_the_command_that_shows_it_alone(tmp_path):
    """The last lines of a run name what failed, and how to see it alone."""
    broken = nox("-s", "tests(01-dockerfile)", "--", "-k", "nothing-has-this-name")

    assert broken.returncode != 0
    assert broken.stderr.splitlines()[-2:] == [
        "tests(01-dockerfile) failed. To see it alone:",
        '    python -m nox -s "tests(01-dockerfile)"',
    ]


@pytest.mark.parametrize(
    ("session", "advice"),
    [
        ("postgres", "Set DATABASE_URL to your PostgreSQL server. On Debian: sudo apt install postgresql.\n"),
        ("faults", "On Debian: sudo apt install postgresql redis-server nginx faketime.\n"),
    ],
)
def test_without_its_programs_a_session_says_what_to_do(monkeypatch, tmp_path, session, advice):
    """A session that needs a server that is not here prints one sentence: what to set or to install."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    done = nox("-s", session)

    assert done.returncode != 0
    assert advice in done.stderr


def test_serve_passes_its_options_on():
    """The session runs the companion's own verb, which tells its address when it answers."""
    done = nox("-s", "serve", "--", "--no-such-option")

    assert done.returncode != 0
    assert "-m companion serve --no-such-option" in done.stderr
    assert "No such option" in done.stdout


def test_a_zip_holds_the_stage_and_nothing_else(tmp_path):
    """One zip for each stage: its files are in a folder of its name."""
    done = nox("-s", "zips", "--", str(tmp_path))

    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(f"{stage}.zip" for stage in stages())
    with zipfile.ZipFile(tmp_path / f"{stages()[0]}.zip") as content:
        packed = [name for name in content.namelist() if not name.endswith("/")]
    assert sorted(packed) == sorted(f"{stages()[0]}/{path}" for path in files(stages()[0]))


def test_a_python_that_is_too_old_gets_one_sentence():
    """The check of the version comes before anything that an old Python could stumble over."""
    first_lines = NOXFILE.partition("import atexit")[0].replace("sys.version_info < (3, 11)", "True")
    done = subprocess.run([sys.executable, "-c", first_lines], capture_output=True, text=True)

    assert done.returncode == 1
    assert re.fullmatch(r"This project needs Python 3\.11 or newer, and this is Python 3\.\d+\.\n", done.stderr)


def test_ci_runs_the_command_of_readme_first():
    """The first thing that CI runs is what README tells people to run, taken from there."""
    readme = (ROOT / "README.md").read_text()
    pattern = re.search(r"grep -m1 -E '([^']+)' README\.md", CI)[1]
    found = [line for line in readme.splitlines() if re.search(pattern, line)]

    assert len(found) == 1 and found[0].endswith(".venv/bin/python -m nox")
    assert CI.index('(cd "$copy/Übung 1" && clean bash -c "$command")') < CI.index("-s docs") < CI.index("-s lint")
    assert subprocess.run(["bash", "-n", ROOT / ".ci/run"]).returncode == 0
