"""The blocks of all pages but chapters: errata, glossary, start page, versions, tokens."""

import json
import re
from base64 import urlsafe_b64encode

import markdown
import pytest
from pymdownx.snippets import SnippetMissingError

from companion.chain.chapters import chapter
from companion.chain.faults import Fault, Location
from companion.chain.stages import ROOT, find, stages
from companion.chain.steps import step_showing, steps
from companion.site import overview, token_figures
from companion.site.glossary import entries
from tests.site.errata import read_all

SAME = {"same.py": "def same():\n    pass\n"}
STAGE = SAME | {
    "app.py": "import os\n\n\ndef sign():\n    return os\n\n\nLIMIT = 1\n",
    "Dockerfile": "USER app\n",
    "tests/test_app.py": 'def test_it():\n    """It signs\n    with the key.\n\n    A hint.\n    """\n',
}
CHAPTER = """---
title: New
description: What is new.
---
# New

/// chapter | 02-new
///

/// beside | app.py#sign, app.py#imports
Sign it.

!!! fixed "2018 · faults 1, 2"

    Wrong.
///

/// beside | app.py#LIMIT, Dockerfile, tests/test_app.py
The rest.

!!! fixed "2018 · fault 3"

    Wrong too.
///
"""
ERRATA = """# Faults

/// tally | faults
///

## Tokens

/// fault | 1
    title: 'One `<b>`: "a"'
    severity: high
    area: tokens
    fixed: 02-new app.py#sign, Dockerfile#"USER app"
    tested: tests/test_app.py::test_it

**Article:** `x`
///

/// fault | 3
    title: Two
    severity: low
    area: login
    kept: 02-new Dockerfile#"USER app"
    tested: tests/test_app.py::test_it

**Article:** `y`
///
"""
GLOSSARY = """# Words

## Bearer token { data-also="bearer" }

It works for *any client*
that has `it` ([RFC](x)).

More.

## Hash { data-also="hashes, hashed" }

A number.
"""


@pytest.fixture
def root(chain):
    """A chain of two stages with a chapter, an errata page and a glossary."""
    root = chain({"01-old": SAME, "02-new": STAGE})
    (root / "docs/chapters").mkdir(parents=True)
    (root / "docs/chapters/02-new.md").write_text(CHAPTER)
    (root / "docs/errata.md").write_text(ERRATA)
    (root / "docs/glossary.md").write_text(GLOSSARY)
    return root


@pytest.fixture
def render(root, caplog):
    """Renders a page; returns its HTML and the problems that were logged."""

    def render(text):
        caplog.clear()
        names = ["companion.site.extension"]
        extensions = ["admonition", "pymdownx.details", "attr_list", "toc", "pymdownx.superfences", *names]
        configs = {name: {"root": str(root)} for name in names}
        return markdown.markdown(text, extensions=extensions, extension_configs=configs), list(caplog.messages)

    return render


def test_a_file_of_an_exercise_is_shown(render, root, tmp_path, monkeypatch):
    """The file is found wherever the build runs, and keeps its indentation. A missing file is an error."""
    (root / "exercises/02-new").mkdir(parents=True)
    (root / "exercises/02-new/mine.py").write_text("if 1:\n    pass\n")
    monkeypatch.chdir(tmp_path)
    html, problems = render('```text\n--8<-- "02-new/mine.py"\n```\n')

    assert (re.sub("<[^>]+>", "", html).strip(), problems) == ("if 1:\n    pass", [])
    with pytest.raises(SnippetMissingError, match="02-new/none.py"):
        render('```text\n--8<-- "02-new/none.py"\n```\n')


def test_a_fault_is_read_from_its_block():
    """A fault has its stage and selectors, tests, state and the rest, as written."""
    first, second = read_all(ERRATA)
    places = (Location("02-new", "app.py", "sign"), Location("02-new", "Dockerfile", '"USER app"'))

    assert first == Fault(1, 'One `<b>`: "a"', "high", "tokens", "fixed", places, ("tests/test_app.py::test_it",))
    assert (second.number, second.state, second.places) == (3, "kept", places[1:])


def test_a_place_leads_to_the_step_that_shows_it(root):
    """Returns the step of the chapter, or None if the stage does not change the place."""

    def ident(path, symbol):
        step = step_showing(steps(find("02-new", root), root), path, symbol)
        return step and step.ident

    assert ident("app.py", "sign") == ident("app.py", "imports") == "step-app-py-sign"
    assert ident("Dockerfile", '"USER"') == ident("Dockerfile", "") == "step-app-py-limit"
    assert ident("app.py", "nothing") is None
    (root / "steps/02-new/app.py").write_text("def (:\n")
    assert ident("app.py", "sign") is None
    assert steps(find("01-old", root), root) == []


def test_a_fault_is_shown_with_where_and_by_what(render):
    """A fault has a heading with an anchor, its state, a link to the step, and the first paragraph of its test."""
    page, found = render(ERRATA)

    assert found == []
    for part in (
        'id="fault-1"',
        '1. One <code>&lt;b&gt;</code>: "a"',
        '<details class="er er-high er-fixed er-tokens"',
        'Fixed in <a href="chapters/02-new.md#step-app-py-sign">stage 02-new, <code>app.py</code> › <code>sign</code></a>',
        "Tested by <code>tests/test_app.py::test_it</code>: It signs with the key.</li>",
    ):
        assert part in page
    state = '<span class="er-severity">High</span><span class="er-state">Fixed in 02</span></span></summary>'
    assert state in page.replace("\n", "")


def test_a_spread_shows_a_step_of_a_chapter_on_another_page(render):
    """It has the lines of the step with links from the text, but no place, link to the whole file or footer."""
    page, found = render("/// spread | 02-new app.py#sign\n\nIt has `os`, and `return os`.\n\n///\n")

    assert found == []
    assert page.count("<figure") == page.count('class="rd-step rd-spread"') == page.count('class="rd-ref"') == 1
    assert [css for css in ("rd-place", "rd-whole", "rd-foot") if css in page] == []


@pytest.mark.parametrize(
    ("argument", "problem"),
    [
        ("02-nwe app.py#sign", "02-nwe"),
        ("02-new app.py#sing", "/// spread | 02-new app.py#sing: no step of 02-new shows app.py#sing"),
    ],
)
def test_a_spread_that_shows_nothing_is_named(render, argument, problem):
    """An unknown stage or symbol is a problem of the build."""
    _, found = render(f"/// spread | {argument}\n\nProse.\n\n///\n")
    assert any(problem in message for message in found)


def test_commands_of_a_chapter_are_in_a_row_with_their_sentences(render):
    """The sentences before and after a command are to its left, unless the second introduces the next command.

    Two blocks without a sentence between them are in one row, one below the other.
    """
    command = "```console\n$ python manage.py check\n```"
    after = f"\n\nOne.\n\nRun it:\n\n{command}\n\nIt works.\n\nTwo.\n\nRun it again:\n\n{command}\n\n{command}\n\nAnd again:\n\n{command}\n"
    page, _ = render(CHAPTER.partition("\n---\n")[2] + after)

    row, blocks, end = '<div class="rd-row">', '<div class="rd-blocks">', "</div>"
    shown = re.sub(r'<div class="highlight">.*?</div>', "BLOCK", page.partition("<p>One.")[2], flags=re.DOTALL)
    assert re.findall(r"<div class=.rd-(?:row|blocks).>|</div>|BLOCK|<p>.*?</p>", shown)[:21] == [
        *(row, "<p>Run it:</p>", blocks, "BLOCK", end, "<p>It works.</p>", end),
        "<p>Two.</p>",
        *(row, "<p>Run it again:</p>", blocks, "BLOCK", "BLOCK", end, end),
        *(row, "<p>And again:</p>", blocks, "BLOCK", end, end),
    ]
    assert "rd-row" not in render(f"Run it:\n\n{command}\n")[0]  # only a chapter has two columns


def test_the_tally_counts(render):
    """Each button has the number of faults that it shows; the first of each row is selected."""
    page, _ = render(ERRATA)
    labels = re.findall(r"<label for=\"(\w+-\w+)\">([^<]+)</label>", re.sub("</?span>", "", page))

    counts = {"severity-all": "All 2", "severity-high": "High 1", "state-kept": "Kept 1", "area-image": "Image 0"}
    assert counts.items() <= dict(labels).items()
    assert re.findall(r"<legend>(\w+)</legend>", page) == ["Severity", "State", "Area"]
    assert page.count('checked="checked"') == 3


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("app.py#sign", "app.py#sing", "in 02-new, app.py has no sing; did you mean sign?"),
        ("app.py#sign", "ap.py#sign", "in 02-new, ap.py is not in this stage; did you mean app.py?"),
        ("02-new app.py", "04-x app.py", "there is no stage '04-x'"),
        ("02-new app.py#sign, ", "app.py#sign, ", "there is no stage ''"),
        (
            'app.py#sign, Dockerfile#"USER app"',
            'Dockerfile#"USER x"',
            "no changed line of Dockerfile contains 'USER x'",
        ),
        ("app.py#sign", "Dockerfile#USER", "in 02-new, Dockerfile has no USER"),
        ("::test_it\n\n**Article:** `x`", "::test_that\n\nX", "there is no tests/test_app.py::test_that"),
        ("    tested: tests/test_app.py::test_it\n\n**Article:** `x`", "\nX", "lacks tested:"),
        ("app.py#sign, ", "same.py#same, ", "in 02-new, same.py is the same in both stages"),
        ("severity: high", "severity: fatal", "severity: is one of high, medium, low, and not 'fatal'"),
        ("area: tokens", "area: x", "area: is one of start, image"),
        ("    title: Two\n", "", "lacks title:"),
        ("    kept: ", "    title: ", "needs fixed: or kept:, and has 0"),
        ("    kept: ", "    fixed: 02-new app.py#sign\n    kept: ", "and has 2 of them"),
        ("/// fault | 3", "/// fault | x", "behind | stands the fault's number"),
        ("title: 'One `<b>`: \"a\"'", "title: `x`", "/// fault | 1: the block is not understood"),
        ("    area: login", "    aera: login", "/// fault | 3: the block is not understood"),
        ("/// tally", "/// taly", "there is no block 'taly'"),
    ],
)
def test_a_mistake_on_the_errata_page_is_named(render, old, new, problem):
    """It is in the build's log and in a box at the top of the page; a correct page has none."""
    assert old in ERRATA
    page, found = render(ERRATA.replace(old, new))

    assert any(problem in message for message in found)
    assert "admonition failure" in page


def test_a_note_in_a_chapter_leads_to_the_errata(render):
    """Each number in the title is a link."""
    titles = re.findall(r'<p class="admonition-title">(.*?)</p>', render(CHAPTER.partition("\n---\n")[2])[0])
    one, two, three = (f'<a class="er-link" href="../errata.md#fault-{n}">{n}</a>' for n in (1, 2, 3))

    assert titles == [f"2018 · faults {one}, {two}", f"2018 · fault {three}"]


def test_a_folded_note_leads_to_the_errata_at_its_end(render):
    """A click on the title opens the note, so the links are below the text."""
    page, _ = render('??? fixed "2018 · faults 1, 2"\n\n    Wrong.\n')

    assert "<summary>2018 · faults 1, 2</summary>" in page
    links = [f'<a class="er-link" href="errata.md#fault-{n}">{n}</a>' for n in (1, 2)]
    assert page.endswith(f"<p>In the list of faults: {', '.join(links)}</p></details>")


def test_a_glossary_is_read_from_its_headings():
    """A term has the id of its heading, its spellings, and its first paragraph without markup."""
    bearer, hashed = entries(GLOSSARY)

    assert (bearer.word, bearer.anchor) == ("Bearer token", "bearer-token")
    assert bearer.spellings == ("Bearer token", "Bearer tokens", "bearer")
    assert bearer.meaning == "It works for any client that has it (RFC)."
    assert hashed.spellings == ("Hash", "Hashs", "hashes", "hashed")


def explained(page):
    button = r'<button class="gl"[^>]*popovertarget="([\w-]+)"[^>]*>([^<]+)</button>'
    return re.findall(rf'<span class="gl-word">[^<]*{button}[^<]*</span><span class="gl-tip"', page)


def without_tips(page):
    return re.sub(r"<span class=\"gl-tip\".*?</span>|<[^>]+>", "", page)


def test_the_first_of_each_word_is_explained(render):
    """A term is explained once a page, in any spelling. The text around it is unchanged; punctuation stays with it."""
    page, _ = render("# A hash\n\nThe **bearer** has `hash` [bearer](x). ('Hashes') and *bearer tokens*, hashed.")

    assert explained(page) == [("word-hash", "Hashes"), ("word-bearer-token", "bearer tokens")]
    assert (
        '<span class="gl-tip" data-search-exclude="" id="word-hash" popover="auto"><b>Hash</b> A number. '
        '<a href="glossary.md#hash">In the glossary</a></span> and' in page
    )
    assert without_tips(page).endswith("The bearer has hash bearer. ('Hashes') and bearer tokens, hashed.")
    assert re.search(r'<span class="gl-word">(.*?)<button.*?</button>(.*?)</span>', page).groups() == ("('", "')")
    line = "The hash and the bearer and the end."
    assert [word for _, word in explained(render(line)[0])] == ["hash", "bearer"]
    assert without_tips(render(line)[0]) == line


@pytest.mark.parametrize("text", ["rehashed", "hash-like", "a/hash", "`hash`", "[hash](x)", "## Hash\n", "**hash**"])
def test_text_that_only_looks_like_a_term_is_ignored(render, text):
    """Parts of words and paths, code, links, headings, and the term's own explanation are ignored."""
    assert explained(render(text)[0]) == []


def test_without_a_glossary_nothing_is_explained(render, root):
    """The glossary is optional. It doesn't explain its own terms."""
    assert explained(render(GLOSSARY.replace("A number.", "A number, hashed by a bearer."))[0]) == []
    (root / "docs/glossary.md").unlink()

    assert render("A hash.")[0] == "<p>A hash.</p>"


def test_a_chapter_finds_the_glossary_one_folder_up(render):
    """Chapters are in docs/chapters."""
    page, _ = render(CHAPTER.partition("\n---\n")[2].replace("Sign it.", "Hash it."))

    assert 'href="../glossary.md#hash"' in page


def test_the_terms_of_the_glossary_are_used():
    """Each entry is explained on some page, its meaning is short, and the entries are in alphabetical order."""
    known = entries((ROOT / "docs/glossary.md").read_text())
    pages = [path for path in (ROOT / "docs").rglob("*.md") if path.name != "glossary.md"]
    text = "\n".join(path.read_text() for path in pages)

    assert len(known) > 25
    used = [e for e in known if re.search("|".join(rf"\b{re.escape(s)}\b" for s in e.spellings), text, re.I)]
    assert used == known
    assert [e.word for e in known if len(e.meaning) > 230] == []
    assert [e.word for e in known] == sorted((e.word for e in known), key=str.lower)


def token(claims):
    parts = [urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in ({"alg": "HS256"}, claims)]
    return ".".join([*parts, "C1V7CS2PgebQJJ5mfFXLpxlJn7l-Zy7DzjjP7gbT9nY"])


CLAIMS = {"sub": "1", "sid": "2", "iat": 1795492482, "exp": 1795496082, "iss": "us", "aud": "you", "<x>": None}


def test_a_token_is_taken_apart():
    """Header and claims are decoded, and text that only looks like a token is skipped."""
    good = token(CLAIMS)
    found = list(token_figures.tokens(f'{{"token":"{good}"}} eyJh.eyJh.aaaaaaaaaaaaaaaaaaaa {good[:-30]}'))

    assert found == [(tuple(good.split(".")), {"alg": "HS256"}, CLAIMS)]


@pytest.mark.parametrize(
    ("name", "claims", "words"),
    [
        ("sub", {}, "the subject: which user it identifies"),
        ("sid", {}, "the session that it belongs to"),
        ("iat", {}, "issued on 24 November 2026, 03:54:42 UTC"),
        ("exp", {}, "expires on 24 November 2026, 04:54:42 UTC, 1 hour later"),
        ("exp", {"iat": 1795496081}, "expires on 24 November 2026, 04:54:42 UTC, 1 second later"),
        ("exp", {"iat": 1795495782}, "expires on 24 November 2026, 04:54:42 UTC, 5 minutes later"),
        ("exp", {"iat": 1795323282}, "expires on 24 November 2026, 04:54:42 UTC, 2 days later"),
        *[("exp", {"exp": value}, "") for value in ("soon", True, 1.5, -1, 10**30)],
        ("<x>", {}, ""),
    ],
)
def test_a_claim_is_explained(name, claims, words):
    """Times are dates, and a lifetime is in its largest unit. A claim that is not registered has no meaning."""
    assert token_figures.meaning(name, CLAIMS | claims) == words


def test_a_token_in_a_block_is_shown_apart_below_it(render):
    """A token has one figure a page, folded below a terminal and open below a Python shell, and tints in the block."""
    good, other, third = token(CLAIMS), token({"sub": "2"}), token({"sub": "3"})
    block = f'```console\n$ cat x\n{{"token":"{good}"}}\n```\n'
    page, _ = render(f"# T\n\n{block}\n{block}\n\n```pycon\n>>> t\n'{other}'\n```\n\n```text\n{third}\n```\n")
    figures = re.findall(r'<details class="tk"[^>]*>', page)
    first = re.findall(r"<code>.*?</code></pre>", page, re.DOTALL)[0]

    assert figures == ['<details class="tk" data-search-exclude>', '<details class="tk" data-search-exclude open>']
    assert '<code>"&lt;x&gt;": null</code>' in page
    assert "32 bytes and no text" in page
    assert page.index('<details class="tk"') > page.index("</code></pre>")
    assert f'{{"token":"{good}"}}' in re.sub("<[^>]+>", "", first).replace("&quot;", '"')
    assert re.findall(r'class="(tk-\w+)"', first) == ["tk-header", "tk-claims", "tk-signature"]


def test_a_token_in_an_indented_block_keeps_its_place(render):
    """In an indented note, the figure is inside the note."""
    page, _ = render(f"!!! note\n\n    ```console\n    $ x\n    {token(CLAIMS)}\n    ```\n\nAfter.\n")

    assert page.index('<details class="tk"') < page.rindex("</div>") < page.index("After.")


WAY = "# Start\n\n{{stages}} in {{reading time}}.\n\n/// way | 1-2\n///\n\n/// way | 3-\n///\n"


def test_the_way_lists_the_stages_that_have_a_chapter(render):
    """A row has number, title, description and minutes."""
    page, found = render(WAY)

    assert found == []
    assert re.findall(r'<span aria-hidden="true" class="wy-mark">(.)</span>', page) == ["2"]
    assert '<a href="chapters/02-new.md">New</a><p>What is new.</p>' in page.replace("\n", "")
    assert '<span class="wy-time">1 min</span>' in page
    assert "<p>1 in 1 minutes.</p>" in page


def test_a_part_shows_each_stage_that_is_added(render, root, chain):
    """Nobody needs to edit the page when a stage is added. The last one has no number and belongs to no part."""
    chain({"03-x": {"a": "1"}, "final": {"a": "1"}})
    for name, title in (("03-x", "Three"), ("final", "The end")):
        (root / f"docs/chapters/{name}.md").write_text(f"---\ntitle: {title}\ndescription: It.\n---\n# X\n")
    way, end = render(WAY)[0], render("# S\n\n/// way | final\n///\n")[0]

    assert ">Three</a>" in way
    assert "The end" not in way
    assert re.findall(r'class="wy-mark">(.)</span>', end) == ["✓"]
    assert ">The end</a>" in end


def test_a_way_that_means_nothing_is_named(render):
    """The message shows what to write."""
    assert "write the numbers of stages, as in 1-8 or 9-, or final" in render("# S\n\n/// way | all\n///\n")[1][0]


def test_the_minutes_follow_the_rule(root):
    """200 words or 15 lines of code a minute, without code blocks, comments, first lines of blocks and suites."""
    path = root / "docs/chapters/02-new.md"
    words = "word " * 400
    body = f"{words}\n\n```text\n{words}\n```\n<!-- {words} -->\n/// beside | x\n{words}\n///\n"
    path.write_text(f"---\ntitle: A\ndescription: B\n---\n{body}")
    (root / "steps/02-new/app.py").write_text("a = 1\n" * 29)
    (root / "steps/02-new/Dockerfile").write_text("USER app\n")
    stage = find("02-new", root)

    assert overview.minutes(chapter(stage, root), root) == 800 / 200 + 30 / 15
    path.write_text(path.read_text().replace("beside | x", "beside | app.py\n    generated: make"))
    (root / "steps/02-new/Dockerfile").write_text("USER app\n" * 15)
    assert overview.minutes(chapter(stage, root), root) == 800 / 200 + 15 / 15


@pytest.mark.parametrize(
    ("minutes", "words"), [(59, "59 minutes"), (60, "1 hour"), (94, "1½ hours"), (120, "2 hours"), (700, "11½ hours")]
)
def test_a_duration_is_said_in_half_hours(minutes, words):
    """From an hour on, it is rounded to half hours."""
    assert overview.duration(minutes) == words


def test_the_picture_names_each_file_with_the_stage_that_adds_it():
    """Every file in the drawing is added by the stage with that number, and is in the text for screen readers."""
    svg = (ROOT / "docs/assets/journey.svg").read_text()
    shown = re.findall(r'"jr-number".*>(\d+)</text>\n.*"jr-folder">(.*)</tspan>(.*)</text>\n.*>(.*)</text>', svg)

    assert len(shown) == svg.count("<rect") == 12
    for number, folder, name, does in shown:
        assert next(stage.number for stage in stages() if (stage.path / folder / name).is_file()) == int(number), name
        assert f"{folder}{name} {does} (stage {number})" in svg


def test_parts_and_pictures_are_in_the_page(render, root):
    """The style sheet finds a part by its class. A picture is inline, so that it has the page's colours."""
    (root / "docs/assets").mkdir()
    (root / "docs/assets/journey.svg").write_text('<svg role="img"></svg>\n')
    page, _ = render("# S\n\n/// part | pitch\nText.\n///\n\n/// picture | journey\nSome prose.\n///\n")

    assert page.replace("\n", "").endswith(
        '<div class="st-pitch"><p>Text.</p></div><div class="pc"><div class="pc-prose"><p>Some prose.</p></div>'
        '<div class="pc-drawing" data-search-exclude=""><svg role="img"></svg></div></div>'
    )


def test_the_versions_are_the_pins_at_the_last_commit(render, root, git, monkeypatch):
    """Each package has its name and version, without its environment marker. Without git there is no date."""
    pins = """[dependency-groups]\nlearn = ["A==1.0", "B[x]==2.0; python_version > '3'"]\n"""
    (root / "pyproject.toml").write_text(pins)
    text = "# About\n\n/// versions | learn\n///\n"
    page, _ = render(text)

    assert re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", page) == ["Package", "Version", "A", "1.0", "B[x]", "2.0"]
    assert "This copy has no history" in page
    git("init", "-q")
    assert "This copy has no history" in render(text)[0]
    monkeypatch.setenv("GIT_COMMITTER_DATE", "2026-11-05T12:00")
    git("commit", "-q", "--allow-empty", "-m", "x")
    assert "This is the state of 5 November 2026. It supports Python 3.11 to 3.13." in render(text)[0]
