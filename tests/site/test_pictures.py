"""Checks the pictures of the pages: their text for screen readers, and the facts that they share with a stage."""

import re

import pytest

from companion.chain.stages import ROOT, find

PICTURES = sorted(path for path in (ROOT / "docs/assets").glob("*.svg") if 'class="jr"' in path.read_text())
PAGES = [path.read_text() for path in sorted((ROOT / "docs").rglob("*.md"))]


def drawn(name, kind):
    """Returns the words of a picture that have this class."""
    words = re.findall(r'<text(?: class="(.*?)")? [^>]*>(.*)</text>', (ROOT / f"docs/assets/{name}.svg").read_text())
    return [text for of, text in words if of == kind]


@pytest.mark.parametrize("path", PICTURES, ids=lambda path: path.stem)
def test_a_picture_has_a_name_and_a_description(path):
    """It is one image with a text alternative, its ids are unique on the page, and one page shows it."""
    svg, name = path.read_text(), path.stem
    title, meaning = re.search(r'<title id="(.+?)">.+</title>\n<desc id="(.+?)">.{80,}\.</desc>', svg).groups()

    assert f'role="img" aria-labelledby="{title} {meaning}"' in svg
    assert re.findall(r'id="(.+?)"', svg) == [title, meaning]
    assert sum(other.read_text().count(f'id="{title}"') for other in PICTURES) == 1
    assert sum(page.count(f"\n/// picture | {name}\n") for page in PAGES) == 1


def test_the_layers_are_the_lines_of_the_dockerfile():
    """The picture has each instruction of chapter 1's Dockerfile, in order."""
    dockerfile = (find("01-dockerfile").path / "Dockerfile").read_text().replace("\\\n", "")
    lines = [re.escape(line).replace("…", ".+") for line in drawn("layers", "jr-code")]

    assert re.fullmatch("\n+".join(lines), dockerfile.strip())


def test_the_counters_have_the_limits_of_the_stage():
    """The limits are the settings' defaults, and the names are classes of the stage."""
    stage = find("11-throttles").path
    settings = (stage / "config/settings.py").read_text()
    rates = re.findall(r"'(?:login|guess)': env\('\w+', default='(\d+)/(\w+)'\)", settings)
    shown = [re.fullmatch(r"\d+ of (\d+) an? (\w+)", text) for text in drawn("counters", "")]
    code = "".join((stage / f"authentication/{name}.py").read_text() for name in ("throttles", "serializers"))
    names = [text for text in drawn("counters", "jr-ends") if text.isalpha()]

    assert [match.groups() for match in shown if match] == rates
    assert names == ["LoginThrottle", "LoginSerializer", "GuessThrottle", "authenticate"]
    assert [name for name in names if name not in code] == []


def test_the_outbox_has_the_names_of_the_stage():
    """The picture has the model, kind and command of chapter 17."""
    stage = find("17-outbox").path / "authentication"

    assert drawn("outbox", "jr-ends") == ["User", "Mail", "200", "sendmail"]
    assert (stage / "management/commands/sendmail.py").is_file()
    assert [kind in (stage / "mail.py").read_text() for kind in drawn("outbox", "jr-code")] == [True]
