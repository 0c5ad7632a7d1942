"""Checks what import-linter cannot: its own contracts, programs started by path, files that git ignores."""

import ast
import re
import subprocess
import tomllib

from companion.chain.stages import ROOT
from companion.running.processes import CHILD

COMPANION = ROOT / "companion"
MODULES = {path.relative_to(COMPANION).as_posix(): path for path in sorted(COMPANION.rglob("*.py"))}
ROOMS = {name.split("/")[0] for name in MODULES if "/" in name}
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]


def contract(name):
    """Returns a contract of pyproject.toml."""
    return next(contract for contract in CONTRACTS if contract["name"] == name)


def sources(name):
    """Returns the modules that a contract is about, without the package's name."""
    return {module.removeprefix("companion.") for module in contract(name)["source_modules"]}


def test_every_room_says_in_one_sentence_what_it_is_for():
    """The docstring of each package is one line and one whole sentence."""
    packages = {name: ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "" for name, path in MODULES.items()
                if name.endswith("__init__.py")}  # fmt: skip

    assert len(packages) > len(ROOMS) > 5
    assert [name for name, sentence in packages.items() if not re.fullmatch(r"[A-Z][^.\n]+\.", sentence)] == []


def test_contracts_leave_no_room_out():
    """A contract lists every room, except the rooms that may do what it forbids."""
    neighbours = {"learner", "grading", "site", "upkeep"}
    running = {
        name.split("/")[1].removesuffix(".py") for name in MODULES if re.fullmatch(r"running/(?!__init__)\w+\.py", name)
    }

    assert sources("Only the site knows Markdown") == ROOMS - {"site"}
    assert sources("Only learners get explanations") == neighbours - {"learner"}
    assert sources("Only what runs in a project's process knows Django") == (
        ROOMS - {"running"} | {"cli"} | {f"running.{module}" for module in running}
    )


def test_every_program_is_started_from_where_it_is():
    """A module that runs as a program is started by its path, so no linter notices if the file moves."""
    programs = {
        name for name, path in MODULES.items() if '\nif __name__ == "__main__":' in path.read_text(encoding="utf-8")
    }
    started = {CHILD.relative_to(COMPANION).as_posix()}
    for name, path in MODULES.items():
        text = path.read_text(encoding="utf-8")
        started |= set(re.findall(r'f"\{COMPANION\}/([\w/]+\.py)"', text))
        started |= {f"{name.rpartition('/')[0]}/{script}" for script in re.findall(r'HERE / "(\w+\.py)"', text)}
    by_module = re.findall(r'"-m", "companion\.([\w.]+)"', (ROOT / "noxfile.py").read_text(encoding="utf-8"))
    started |= {f"{module.replace('.', '/')}.py" for module in by_module}

    assert len(started) > 4
    assert started == programs


def test_no_file_of_the_companion_is_ignored_by_git(tmp_path):
    """Git ignores the built site, but not companion/site/ and tests/site/. An ignored file is never committed."""
    (tmp_path / ".gitignore").write_bytes((ROOT / ".gitignore").read_bytes())
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    paths = ["site/index.html", *(f"companion/{name}" for name in MODULES), "tests/site/test_site.py"]
    command = ["git", "-C", tmp_path, "check-ignore", "--stdin"]
    done = subprocess.run(command, input="\n".join(paths), capture_output=True, text=True)

    assert done.stdout.split() == ["site/index.html"]
