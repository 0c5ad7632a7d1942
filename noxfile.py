"""Run a session with `python -m nox -s NAME`. To read the tutorial and type along, you need the first four.

`python -m nox` alone runs the sessions with a star, which check that everything works on your machine. Maintainers use
the others.
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - this message is for older versions of Python
    sys.exit("This project needs Python 3.11 or newer, and this is Python %d.%d." % sys.version_info[:2])

import atexit
import hashlib
import logging
import os
import random
import shutil
import tempfile
from pathlib import Path

import nox

from companion import SUPPORTED
from companion.chain.stages import ROOT, copy, files, find, stages
from companion.running.environment import environment
from companion.upkeep.readme import write as write_table

nox.needs_version = ">=2026.10.20"
nox.options.default_venv_backend = "none"  # learners run everything in their own environment
nox.options.parallel = "auto"
nox.options.sessions = ["companion", "tests"]  # the longest first, so that no processor waits for it
# nox logs these two lines in nearly every run. They look like errors, but nothing is wrong.
NOISE = ("No selected session allows parallel execution", "uv binary not found")
logging.getLogger("nox").addFilter(lambda record: not record.getMessage().startswith(NOISE))

PYTHON = sys.executable  # a bare `python` or `pytest` could be that of another Python
GROUPS = nox.project.load_toml(ROOT / "pyproject.toml")["dependency-groups"]
ROOMS = "cli chain grading sandbox site upkeep running/test_environment.py mutants/test_mutating.py"
COMPANION = [f"tests/{room}" for room in ROOMS.split()]
ENDS = ("08-urls", "12-hardening", "20-email-change", "final")  # the last stages of the parts, and one between
CLUSTER = ("-c", "--locale=C.UTF-8", "-o", "fsync=off", "-o", "max_connections=200")  # a temporary PostgreSQL
TRUST = "--system-certs"  # uv uses this machine's certificates, because company networks have their own


def run(session, *command, **variables):
    """Runs a command with these environment variables, and otherwise only with those that the system needs."""
    env = environment() | variables
    session.run(*command, env=env, include_outer_env=False, external=True)


@nox.session
def serve(session):
    """Read the tutorial in your browser. Begin with this one."""
    # Seconds that the server gets after Ctrl+C, to remove the file with its URL.
    patience = {"interrupt_timeout": 5, "terminate_timeout": 5}
    session.run(PYTHON, "-m", "companion", "serve", *session.posargs, external=True, **patience)


# Each stage is a session. `nox -l` lists all stages as one line.
STAGES = [nox.param(stage.name, id=stage.name) for stage in stages()]
LISTED = bool({"-l", "--list", "--list-sessions"} & set(sys.argv)) and "--json" not in sys.argv
each_stage = (lambda session: session) if LISTED else nox.parametrize("stage", STAGES)


@nox.session(allow_parallel=True)
@each_stage
def tests(session, stage):
    """Run the tests of all stages; those of one stage: `-s "tests(05-authentication-backend)"`."""
    session.chdir(find(stage).path)
    with name_failures(session):
        run(session, PYTHON, "-m", "pytest", "-q", *session.posargs)


@nox.session
def zips(session):
    """Pack each stage into dist/, for people without git."""
    target = Path(*session.posargs or [ROOT / "dist"])
    with tempfile.TemporaryDirectory() as folder:
        for stage in stages():
            copy(stage, Path(folder, stage.name))
            print(shutil.make_archive(str(target / stage.name), "zip", folder, stage.name))


@nox.session
def offline(session):
    """Pack the site into dist/, to be read without a server or a network."""
    env = {"NO_MKDOCS_2_WARNING": "1"}
    folder = Path(session.create_tmp()).absolute() / "jwt-login-in-stages"
    shutil.rmtree(folder, ignore_errors=True)
    command = ("mkdocs", "build", "--strict", "-f", "mkdocs-offline.yml", "-d", str(folder))
    session.run(PYTHON, "-m", *command, *session.posargs, env=env, external=True)
    print(shutil.make_archive(str(ROOT / "dist" / folder.name), "zip", folder.parent, folder.name))


@nox.session(allow_parallel=True)
def companion(session):
    """Run the tests of the companion: the site, the grader and the tools for maintainers."""
    run_tests(session, *COMPANION)


@nox.session(allow_parallel=True)
def laws(session):
    """Check the rules that all stages, chapters and exercises keep."""
    run_tests(session, "tests/laws")


@nox.session
def prose(session):
    """Find sentences in the docs that are hard to read; `-- -k NN-name` looks at one page."""
    run_tests(session, "tests/laws/test_prose.py")


@nox.session(allow_parallel=True)
def checking(session):
    """Check correct projects and projects with mistakes, as a learner does."""
    run_tests(session, "tests/project", "tests/running", "tests/explaining", "tests/learner")


@nox.session
def mistakes(session):
    """Check every project with a mistake again, and record the results, which `checking` replays."""
    shutil.rmtree(ROOT / "tests/explaining/recorded", ignore_errors=True)
    run_tests(session, "tests/explaining")


def run_tests(session, *folders):
    """Runs the tests in these folders, in the current environment."""
    with name_failures(session):
        session.run(PYTHON, "-m", "pytest", "--durations=10", *folders, *session.posargs, external=True)


@nox.session
def docs(session):
    """Build the site into site/; a changed line that no chapter shows is an error."""
    env = {"NO_MKDOCS_2_WARNING": "1"}  # without -q, which would hide the warnings that --strict counts
    session.run(PYTHON, "-m", "mkdocs", "build", "--strict", *session.posargs, env=env, external=True)


@nox.session(allow_parallel=True)
def pages(session):
    """Build the site with and without its URL, and check every link and the size of every page."""
    run_tests(session, "tests/pages")


@nox.session(venv_backend="venv", reuse_venv=True, allow_parallel=True)
def transcripts(session):
    """Run every command that the docs show, and compare its output; `-- --update` rewrites the outputs."""
    session.install("-q", "-r", "requirements.txt", *GROUPS["transcripts"])
    session.run("python", "-m", "pytest", "-q", "tests/transcripts")
    session.run("python", "-m", "companion", "transcripts", *session.posargs)


@nox.session(venv_backend="venv", reuse_venv=True, allow_parallel=True)
def browser(session):
    """Test the site in real browsers: layout, keyboard, copying, accessibility. Needs Chromium, Firefox, npm."""
    session.install("-q", "-r", "requirements.txt", *GROUPS["browser"])
    session.run("npm", "ci", "--silent", "--prefix", "tests/browser", external=True)
    session.run("python", "-m", "pytest", "-q", "--durations=10", "tests/browser", *session.posargs)


@nox.session(venv_backend="venv", reuse_venv=True, allow_parallel=True)
def order(session):
    """Run test files alone, and four suites in a random order; `-- --randomly-seed=N` repeats an order."""
    session.install("-q", "-r", "requirements.txt", *GROUPS["order"])
    seed = f"--randomly-seed={random.randrange(2**32)}"
    session.run("python", "-m", "pytest", "-q", "tests/order")
    plugin = ("-p", "no:cacheprovider", "-p", "each_alone")
    for stage in map(find, ENDS):  # later stages contain the tests of earlier ones
        session.chdir(stage.path)
        command = ("python", "-m", "pytest", "-q", *plugin, seed, *session.posargs)
        run(session, *command, PYTHONPATH=str(ROOT / "tests/order"))
    session.chdir(ROOT)
    session.run("python", "-m", "pytest", "-q", *COMPANION, seed, *session.posargs)


@nox.session(venv_backend="venv", reuse_venv=True, allow_parallel=True)
def properties(session):
    """Test the last stage with random headers, claims and bodies, which Hypothesis generates."""
    session.install("-q", "-r", "requirements.txt", *GROUPS["properties"])
    session.chdir(find("final").path)
    folder = ROOT / "tests/properties"
    # The pytest plugin of schemathesis does not know this pytest. The tests call its library.
    options = ("-q", "-p", "no:schemathesis", "-p", "no:cacheprovider", "-c", "pytest.ini", "--rootdir=.")
    options += (f"--confcutdir={folder}", str(folder))
    run(session, "python", "-m", "pytest", *options, *session.posargs)


@nox.session(allow_parallel=True)
def postgres(session):
    """Run the tests of stages with a migration on PostgreSQL: yours (DATABASE_URL), or a temporary one (Debian)."""
    if address := os.environ.get("DATABASE_URL"):
        for stage in on_postgres():
            session.chdir(stage.path)
            run(session, PYTHON, "-m", "pytest", "-q", *session.posargs, DATABASE_URL=address)
    elif shutil.which("pg_virtualenv"):
        again = 'DATABASE_URL="postgres://$PGUSER:$PGPASSWORD@$PGHOST:$PGPORT/postgres" exec "$@"'
        command = ("sh", "-c", again, "sh", PYTHON, "-m", "nox", "-s", "postgres", "--", *session.posargs)
        session.run("pg_virtualenv", *CLUSTER, *command, external=True)
    else:
        session.error("Set DATABASE_URL to your PostgreSQL server. On Debian: sudo apt install postgresql")


def on_postgres():
    """Returns the stages from 09 on, where PostgreSQL can be used, that change migrations; and the last stage."""
    chain = stages()[find("09-settings").number - 1 :]
    migrations = [{name for name in files(stage) if "/migrations/" in name} for stage in chain]
    changed = [stage for stage, old, new in zip(chain[1:], migrations, migrations[1:], strict=False) if old != new]
    return [*changed, *(stage for stage in chain[-1:] if stage not in changed)]


@nox.session
def faults(session):
    """Stop, freeze and kill what the last stage needs in production, under load (Debian's packages; as root)."""
    programs = ("pg_virtualenv", "redis-server", "nginx", "faketime")
    if not all(shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin") for name in programs):
        session.error("On Debian: sudo apt install postgresql redis-server nginx faketime")
    command = (PYTHON, "-m", "pytest", "-q", "tests/faults", *session.posargs)
    session.run("pg_virtualenv", *CLUSTER, *command, external=True)


@nox.session(venv_backend="venv", reuse_venv=True, allow_parallel=True)
def isolated(session):
    """Run the last stage of each requirements.txt with only that, on the oldest Python found; four on the newest."""
    session.install("-q", *GROUPS["lock"])
    pythons = oldest_and_newest()
    session.log(f"Python found: {', '.join(pythons)}")
    folder = Path(session.create_tmp()).absolute()
    for number, (version, command) in enumerate(pythons.items()):
        for stage in last_of_each_list() if number == 0 else map(find, ENDS):
            python = isolated_python(session, version, command, stage.path / "requirements.txt")
            target = folder / version / stage.name
            shutil.rmtree(target, ignore_errors=True)
            session.chdir(copy(stage, target))
            run(session, python, "-m", "pytest", "-q", "-p", "no:cacheprovider")
            run(session, python, "manage.py", "check", "--fail-level=DEBUG")
            if stage.number > 1:  # the first stage has no user model, so nothing to migrate
                run(session, python, "manage.py", "makemigrations", "--check", "--dry-run")
                run(session, python, "manage.py", "migrate", "-v0")
            session.log(f"{stage} passed on Python {version}")


def last_of_each_list():
    """Returns the last stage of each requirements.txt, which has the tests of those before it.

    For every stage, tests/laws/test_alone.py checks that the list has what the stage imports.
    """
    return {(stage.path / "requirements.txt").read_bytes(): stage for stage in stages()}.values()


def oldest_and_newest():
    """Returns the commands of the oldest and the newest supported Python, by version; the running one counts."""
    commands = {version: command for version in SUPPORTED if (command := shutil.which(f"python{version}"))}
    commands["%d.%d" % sys.version_info[:2]] = sys.executable
    versions = sorted(commands, key=lambda version: int(version.partition(".")[2]))
    return {version: commands[version] for version in (versions[0], versions[-1])}


def isolated_python(session, version, command, requirements):
    """Returns the Python of an environment with only these requirements; stages with the same list share it."""
    name = f"{version}-{hashlib.sha256(requirements.read_bytes()).hexdigest()[:12]}"
    folder = Path(session.virtualenv.location, "isolated", name)
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    if not python.exists():
        session.run("uv", "venv", "-q", "--no-python-downloads", f"--python={command}", str(folder))
    options = ("--compile-bytecode", f"--python={python}", "-r", str(requirements))
    session.run("uv", "pip", "install", "-q", TRUST, *options)
    return str(python)


@nox.session(venv_backend="venv", reuse_venv=True, allow_parallel=True)
def grading(session):
    """Grade correct, wrong and cheating submissions in the sandbox (bubblewrap, on Linux)."""
    session.install("-q", "-r", "requirements.txt", *GROUPS["parallel"])
    session.run("python", "-m", "pytest", "-q", "-n", "auto", "tests/bubblewrap", *session.posargs)


@nox.session(venv_backend="venv", reuse_venv=True, allow_parallel=True)
def dask(session):
    """Grade on a Dask cluster of two workers, one of which is killed during the run."""
    session.install("-q", "-r", "requirements.txt", *GROUPS["dask"])
    session.run("python", "-m", "pytest", "-q", "tests/dask", *session.posargs)


@nox.session(allow_parallel=True)
def images(session):
    """Build and run the Dockerfiles that differ (docker, podman or buildah), and test them; `-- -k NN-name` for one."""
    run_tests(session, "tests/images")


@nox.session(venv_backend="venv", reuse_venv=True, allow_parallel=True)
def lint(session):
    """Check style (ruff), types (mypy), imports (import-linter), workflows and compose.yaml (check-jsonschema)."""
    session.install("-q", "-r", "requirements.txt", *GROUPS["lint"])
    for paths in (["steps", "final", "exercises", "--line-length=100"], ["companion", "tests", "noxfile.py"]):
        session.run("ruff", "check", *paths)
        session.run("ruff", "format", "--check", *paths)
    session.run("mypy", "companion")
    session.run("lint-imports", "--no-logo", "--no-cache")
    # The package contains its schema, so nothing is downloaded.
    workflows = [str(path.relative_to(ROOT)) for path in sorted((ROOT / ".github/workflows").glob("*.yml"))]
    session.run("check-jsonschema", "--builtin-schema", "vendor.github-workflows", *workflows)
    session.run("check-jsonschema", "--builtin-schema", "vendor.compose-spec", "final/compose.yaml")


@nox.session(venv_backend="venv", reuse_venv=True)
def mutants(session):
    """Change each declaration of the stages once, and check that a test fails; `-- -k NN-name` tries one stage."""
    session.install("-q", "-r", "requirements.txt", *GROUPS["parallel"])
    session.run("python", "-m", "pytest", "-q", "-n", "auto", "tests/mutants/test_stages.py", *session.posargs)


@nox.session
def readme(session):
    """Rewrite the table of stages in README.md from the chapters' titles."""
    print("README.md is updated." if write_table() else "README.md is up to date.")


@nox.session(venv_backend="venv", reuse_venv=True)
def lock(session):
    """Resolve requirements.txt again from the pins in pyproject.toml."""
    session.install("-q", *GROUPS["lock"])
    wanted = Path(session.create_tmp(), "learn.in")
    wanted.write_text("\n".join(GROUPS["learn"]) + "\n")
    options = (TRUST, "--universal", "--python-version=3.11.0", "--no-annotate", "--no-emit-index-url")
    header = "--custom-compile-command=python -m nox -s lock"
    session.run("uv", "pip", "compile", "-q", *options, header, str(wanted), "-o", str(ROOT / "requirements.txt"))


@nox.session(venv_backend="venv", reuse_venv=True)
def card(session):
    """Redraw the PNG files of docs/assets with Chromium: the card, the icon, and the admin of chapter 3."""
    session.install("-q", "-r", "requirements.txt", *GROUPS["browser"])
    session.run("python", "-m", "tests.browser.pictures")


@nox.session
def recording(session):
    """Record the terminal of the start page again: a real check in real time, so use a quiet machine."""
    session.run(PYTHON, "-m", "tests.learner.recording", *session.posargs, external=True)


@nox.session
def lighthouse(session):
    """Print the Lighthouse scores of each page, on desktop and phone; `-- PAGE` for one. Needs Chromium and npm."""
    session.run(PYTHON, "benchmarks/lighthouse.py", *session.posargs, external=True)


@nox.session(venv_backend="venv", reuse_venv=True)
def speed(session):
    """Compare GET /api/me with other libraries; `-- --postgres`, `--http`, `--attacks` or `--load` measure more."""
    session.install("-q", "-r", "requirements.txt", *GROUPS["speed"])
    scripts = {"--attacks": "attacks.py", "--load": "load.py"}
    script = next((scripts[option] for option in session.posargs if option in scripts), "auth.py")
    session.run("python", f"benchmarks/{script}", *(option for option in session.posargs if option not in scripts))


@nox.session(venv_backend="venv", reuse_venv=True)
def zensical(session):
    """Build the site with Zensical, the theme's successor, and check that every chapter has its panes."""
    session.install("-q", "-r", "requirements.txt", *GROUPS["zensical"])
    session.run("python", "-m", "pytest", "-q", "tests/zensical", *session.posargs)


class name_failures:
    """Records failed sessions, so that the last lines of the run name them and the command to run each alone."""

    folder = os.environ.get("NOX_FAILURES")

    def __init__(self, session):
        self.name = session.name

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if isinstance(error, nox.command.CommandFailed):
            Path(self.folder, self.name).touch()

    @classmethod
    def report(cls):
        failed = sorted(path.name for path in Path(cls.folder).iterdir())
        shutil.rmtree(cls.folder)
        for name in failed:
            print(f'\n{name} failed. To see it alone:\n    python -m nox -s "{name}"', file=sys.stderr)


if name_failures.folder is None:  # the main process; its parallel runs inherit the folder
    name_failures.folder = os.environ["NOX_FAILURES"] = tempfile.mkdtemp()
    atexit.register(name_failures.report)
