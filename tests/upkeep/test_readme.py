import re

import pytest

from companion import SUPPORTED
from companion.chain.chapters import NoFrontMatter, chapter
from companion.chain.stages import ROOT, find, stages
from companion.upkeep import readme

README = (ROOT / "README.md").read_text()


def test_the_table_of_stages_is_up_to_date():
    """README's table matches the chapters. If not, run: python -m nox -s readme."""
    assert readme.with_table(README) == README, "run: python -m nox -s readme"


def test_the_table_names_every_stage_and_its_chapter():
    """Each stage has a row, and its links lead to existing files."""
    rows = readme.table().splitlines()[2:]
    links = re.findall(r"\]\(([^)]+)\)", "\n".join(rows))

    assert len(rows) == len(stages())
    assert [link for link in links if not (ROOT / link).exists()] == []


@pytest.mark.parametrize("text", ["# No front matter", "---\ntitle: x\n---\n", "---\ntitle: x", "---\n- a\n---\n"])
def test_a_chapter_without_a_title_is_named(chain, text):
    """Title and description are required, and the error names the file."""
    root = chain({"01-a": {"x": ""}})
    (root / "docs/chapters").mkdir(parents=True)
    (root / "docs/chapters/01-a.md").write_text(text)

    with pytest.raises(NoFrontMatter, match="01-a.md has to begin with"):
        chapter(find("01-a", root), root)


def test_links_in_readme_and_contributing_lead_somewhere():
    """Every link to a file of the repository leads to an existing file."""
    for name in ("README.md", "CONTRIBUTING.md"):
        links = re.findall(r"\]\(([^)#]+)\)", (ROOT / name).read_text())
        assert [link for link in links if "://" not in link and not (ROOT / link).exists()] == []


def test_quick_start_has_the_two_commands():
    """There are two commands, each with its set-up, and with `-m`: an environment's scripts break if it is moved."""
    commands = re.findall(r"^```sh\n(.+)\n```$", README.split("<details>")[0], re.MULTILINE)
    setup = "python3 -m venv .venv && .venv/bin/python -m pip install -q -r requirements.txt && .venv/bin/python -m nox"

    assert commands == [f"{setup} -s serve", setup]


def test_a_current_table_is_not_changed(chain):
    """Writing returns whether the table has changed; a second time, it has not. Without its place, an error says so."""
    root = chain({"01-a": {"f.py": ""}})
    (root / "docs/chapters").mkdir(parents=True)
    (root / "docs/chapters/01-a.md").write_text("---\ntitle: A\ndescription: It begins.\n---\n")
    (root / "README.md").write_text(f"# Hello\n\n{readme.BEGIN}{readme.END}")

    assert [readme.write(root), readme.write(root)] == [True, False]
    row = "| [`steps/01-a`](steps/01-a) | [A](docs/chapters/01-a.md) | It begins. |"
    assert row in (root / "README.md").read_text()
    with pytest.raises(ValueError, match="needs these two lines"):
        readme.with_table("# Nothing here")


def test_readme_names_the_pythons_that_are_supported():
    """All supported Pythons are named before the first command, and where their tests run."""
    assert f"You need Python {', '.join(SUPPORTED[:-1])} or {SUPPORTED[-1]}." in README
    assert f"have run on Linux, with Python {SUPPORTED[0]} to {SUPPORTED[-1]} and" in README
