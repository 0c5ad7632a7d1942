"""Writes README's table of stages from the chapters' front matter."""

from pathlib import Path

from companion.chain.chapters import chapter
from companion.chain.stages import ROOT, stages

BEGIN = "<!-- The table of stages is written by `python -m nox -s readme`. -->\n"
END = "<!-- End of the table of stages. -->\n"


def table(root: Path = ROOT) -> str:
    """Returns the table of stages as Markdown: folder, chapter, and what the stage adds."""
    rows = ["| Stage | Chapter | What it adds |", "| --- | --- | --- |"]
    for stage in stages(root):
        page = chapter(stage, root)
        source = page.path.relative_to(root).as_posix()
        rows.append(f"| [`{stage.folder}`]({stage.folder}) | [{page.title}]({source}) | {page.description} |")
    return "\n".join(rows) + "\n"


def with_table(readme: str, root: Path = ROOT) -> str:
    """Returns the text of README.md with a current table. Raises ValueError if its markers are missing."""
    before, begin, rest = readme.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"README.md needs these two lines around the table:\n{BEGIN}{END}")
    return f"{before}{begin}\n{table(root)}\n{end}{after}"


def write(root: Path = ROOT) -> bool:
    """Updates README.md; returns whether it changed."""
    path = root / "README.md"
    old = path.read_text(encoding="utf-8")
    path.write_text(with_table(old, root), encoding="utf-8")
    return path.read_text(encoding="utf-8") != old
