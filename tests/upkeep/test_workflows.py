"""GitHub's workflows run the commands in README, with minimal permissions."""

import re

import pytest
import yaml

from companion import SUPPORTED
from companion.chain.stages import ROOT

FOLDER = ROOT / ".github/workflows"
FILES = {path.stem: yaml.safe_load(path.read_text(encoding="utf-8")) for path in FOLDER.glob("*.yml")}
README = (ROOT / "README.md").read_text(encoding="utf-8")


def steps(name):
    """Returns all steps of a workflow."""
    return [step for job in FILES[name]["jobs"].values() for step in job["steps"]]


def test_the_tests_run_on_every_system_and_on_the_oldest_and_the_newest_python():
    matrix = FILES["test"]["jobs"]["tests"]["strategy"]["matrix"]

    assert matrix == {
        "system": ["ubuntu-latest", "macos-latest", "windows-latest"],
        "python": [SUPPORTED[0], SUPPORTED[-1]],
    }


def test_the_tests_are_the_command_of_readme():
    """On Windows, it runs README's PowerShell lines without `-s serve`, with the job's Python instead of `py`."""
    posix, windows = [step for step in steps("test") if "run" in step]
    (command,) = re.findall(r"^python3 -m venv .*-m nox$", README, re.MULTILINE)
    powershell = re.search(r"```powershell\n(.*?)```", README, re.DOTALL)[1]

    assert (posix["if"], posix["run"]) == ("runner.os != 'Windows'", command)
    assert windows["if"] == "runner.os == 'Windows'"
    assert windows["run"] == powershell.replace("py -m venv", "python -m venv").replace(" -s serve", "")


def test_the_site_is_built_with_both_addresses_from_github():
    """The site's URL comes from Pages, and the repository's URL from the run itself."""
    (build,) = [step for step in steps("site") if "nox -s docs" in step.get("run", "")]

    assert build["env"] == {
        "SITE_URL": "${{ steps.pages.outputs.base_url }}",
        "REPO_URL": "${{ github.server_url }}/${{ github.repository }}",
    }
    assert [step["id"] for step in steps("site") if "configure-pages" in step.get("uses", "")] == ["pages"]
    assert [step["with"] for step in steps("site") if "upload-pages" in step.get("uses", "")] == [{"path": "site"}]


def test_a_workflow_may_do_no_more_than_it_has_to():
    """Everything is read-only, except the job that publishes: it may write pages and request an identity token."""
    jobs = FILES["site"]["jobs"]

    assert [workflow["permissions"] for workflow in FILES.values()] == [{"contents": "read"}] * 2
    assert "permissions" not in FILES["test"]["jobs"]["tests"]
    assert jobs["build"]["permissions"] == {"contents": "read", "pages": "read"}
    assert jobs["publish"]["permissions"] == {"pages": "write", "id-token": "write"}


@pytest.mark.parametrize("name", FILES)
def test_only_official_actions_are_used_each_with_a_major_version(name):
    used = [step["uses"] for step in steps(name) if "uses" in step]

    assert used != []
    assert [action for action in used if not re.fullmatch(r"actions/[a-z-]+@v\d+", action)] == []


def test_lint_validates_the_workflows_without_the_network():
    """The schema comes with check-jsonschema."""
    lint = (ROOT / "noxfile.py").read_text(encoding="utf-8").partition("def lint(")[2].partition("\n\n\n")[0]

    assert '"check-jsonschema", "--builtin-schema", "vendor.github-workflows"' in lint
    assert "check-jsonschema==" in (ROOT / "pyproject.toml").read_text(encoding="utf-8")
