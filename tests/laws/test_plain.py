"""Law 8: the stages are plain Django that is easy to read, without a trace of our tools."""

import ast
import re
import subprocess

from companion.chain.stages import ROOT, files

TRACES = re.compile(
    r"noqa|type: ignore|pragma:|fmt: (off|on|skip)|isort:|pylint|--8<--|\bregion\b|companion|nox\b|mkdocs|TODO|FIXME",
    re.I,
)


def test_a_stage_has_no_marker_of_a_tool(stage):
    """No file of a stage has a marker, a tag, a comment for a tool, or a word about the companion."""
    found = [
        f"{name}: {line.strip()}"
        for name, path in files(stage).items()
        for line in path.read_text().splitlines()
        if TRACES.search(line)
    ]
    assert found == []


def test_every_test_is_a_sentence_to_the_learner(stage):
    """Every test of a stage has a docstring whose first line is a whole sentence."""
    mute = [
        f"{name}: {node.name}"
        for name, path in files(stage).items()
        if name.startswith("tests/") and name.endswith(".py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
        if not re.match(r".+[.:?]$", (ast.get_docstring(node) or "").split("\n\n")[0].replace("\n", " "))
    ]
    assert mute == []


def _tracked():
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout.decode()
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def test_nothing_built_and_nothing_large_is_tracked():
    """Pictures and fonts under docs/assets are the only binary files, each at most 300 KB."""
    pictures = {".png", ".svg", ".woff2", ".ico"}
    binary = [p for p in _tracked() if b"\0" in p.read_bytes()]

    assert [p for p in binary if not p.is_relative_to(ROOT / "docs/assets") or p.suffix not in pictures] == []
    assert [p for p in _tracked() if p.stat().st_size > 300_000] == []


def test_no_path_of_a_machine_is_in_the_tree():
    """No tracked file names a folder of the machine that it was written on."""
    path = re.compile(rb"/(home|root|Users|work)/[a-z]|/tmp/[a-z]")  # two that any machine has are not meant
    found = [p.name for p in _tracked() if p.suffix not in {".png", ".woff2"} and p != ROOT / "tests/laws/test_plain.py"
             and path.search(p.read_bytes())]  # fmt: skip
    assert found == []
