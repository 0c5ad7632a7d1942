import re
from html.parser import HTMLParser

import markdown
import pytest

OLD = {
    "app.py": "class User:\n    objects = 1\n\n    def clean(self):\n        pass\n",
    "gone.txt": "x\n",
    "same.txt": "x\n",
}
NEW = {
    "app.py": 'class User:\n    objects = 2\n\n    @property\n    def token(self):\n        return sign("it <b>")\n\n'
    "    def clean(self):\n        pass\n",
    "tests/test_app.py": "def test_a():\n    pass\n\n\ndef test_b():\n    pass\n",
    "made/0001.py": "# by a command\n",
    "made/__init__.py": "",
    "same.txt": "x\n",
}
CHAPTER = """
# Tokens

Intro.

/// chapter | 02-new
///

## First

/// beside | app.py#User.token, app.py#User.objects

A `token` is made by `sign`, and `User` is not new. `return sign("it <b>")` and `objects()` too.

!!! fixed "2018 · fault 2"

    Wrong.

///

/// beside | made/0001.py, made/__init__.py
    generated: python make.py 'it'

Made.

///

/// beside | tests/test_app.py#test_a

The test.

///

/// beside | tests/test_app.py#rest, gone.txt

The rest.

///
"""


def beside(*selectors):
    """Returns a chapter with a block for each of these selectors."""
    blocks = [f"/// beside | {selector}\nText.\n///\n" for selector in selectors]
    return "\n".join(["# New\n\n/// chapter | 02-new\n///\n", *blocks])


class Elements(HTMLParser):
    """Parses all elements of a page, each with its attributes and its text."""

    VOID = {"br", "hr", "img", "input", "link", "meta", "path", "wbr"}

    def __init__(self, page):
        super().__init__(convert_charrefs=True)
        self.all, self.open = [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        element = {"tag": tag, "text": "", "inside": [e["tag"] for e in self.open], **dict(attrs)}
        self.all.append(element)
        if tag not in self.VOID:
            self.open.append(element)

    def handle_endtag(self, tag):
        if tag not in self.VOID:
            assert self.open.pop()["tag"] == tag

    def handle_data(self, data):
        for element in self.open:
            element["text"] += data

    def having(self, css):
        return [e for e in self.all if css in (e.get("class") or "").split()]


@pytest.fixture
def render(chain, caplog):
    """Renders a chapter of two stages; returns its elements and the problems that were logged."""
    root = chain({"01-old": OLD, "02-new": NEW})

    def render(text=CHAPTER, **options):
        caplog.clear()
        extensions = ["admonition", "pymdownx.superfences", "companion.site.extension"]
        configs = {"companion.site.extension": {"root": str(root), **options}}
        page = Elements(markdown.markdown(text, extensions=extensions, extension_configs=configs))
        return page, list(caplog.messages)

    return render


def test_the_text_is_next_to_its_pane(render):
    """Each step has its text and its panes, and the chapter has no problems."""
    page, problems = render()

    assert problems == []
    assert len(page.having("rd-step")) == len(page.having("rd-prose")) == len(page.having("rd-side")) == 4
    assert page.having("fixed")[0]["text"].split() == ["2018", "·", "fault", "2", "Wrong."]


def test_added_and_removed_lines_say_so_without_colour(render):
    """`<ins>` and `<del>` contain the lines, and hidden text says which. In a rewritten line, the words are marked."""
    page, _ = render()
    added = [e["text"] for e in page.all if e["tag"] == "ins"]
    removed = [e["text"] for e in page.all if e["tag"] == "del"]

    assert added[0] == (
        "Added, lines 2 to 6:     objects = 2\n\n    @property\n    def token(self):\n        return sign(\"it <b>\")\n"
    )
    assert removed == ["Removed, line 2:     objects = 1\n", "Removed, line 1: x\n"]
    assert [e["text"] for e in page.all if e["tag"] == "mark"] == ["1", "2"]


def test_ids_are_unique_and_made_of_names(render):
    """Every step, pane and changed line has its own id, except lines of a folded suite; a pane links to itself."""
    page, _ = render()
    ids = [e["id"] for e in page.all if e.get("id")]

    assert len(ids) == len(set(ids))
    assert {"step-app-py-user-token", "app-py-user-token", "app-py-user-token-l5", "gone-txt-r1", "files"} <= set(ids)
    changed = [e for e in page.having("rd-line") if {"ins", "del"} & set(e["inside"]) and e["text"].strip()]
    assert [e["text"] for e in changed if not e.get("id")] == ["def test_b():\n", "    pass\n"]
    assert [e["href"] for e in page.having("rd-self")] == [f"#{e['id']}" for e in page.having("rd-pane")]


def test_selectors_that_look_alike_have_different_ids(render, chain):
    """Added and removed symbols, and names that differ only in case, have different ids."""
    chain({"01-old": {"a.py": "def f():\n    pass\n"}, "02-new": {"a.py": "class F:\n    a = 1\n\n\nf = 1\n"}})
    page, problems = render(beside("a.py#F", "a.py#f", "a.py#-f"))

    assert problems == []
    assert [e["id"] for e in page.having("rd-pane")] == ["a-py-f", "a-py-f-again", "a-py-was-f"]


def test_code_in_the_prose_leads_to_its_one_line(render):
    """A word that occurs in exactly one line of the pane is a link to that line. No other word is."""
    page, _ = render()

    assert [(e["text"], e["href"]) for e in page.having("rd-ref")] == [
        ("token", "#app-py-user-token-l5"),
        ("sign", "#app-py-user-token-l6"),
        ('return sign("it <b>")', "#app-py-user-token-l6"),
        ("objects()", "#app-py-user-token-l2"),
    ]


def test_a_pane_says_where_its_lines_go(render):
    """The caption has the status, the path, the place, and the number of lines shown, with blank ones."""
    page, _ = render()
    caption = next(e["text"] for e in page.all if e["tag"] == "figcaption")

    assert caption.startswith("changed: Mapp.py")
    assert "replaces the − lines" in caption
    assert "5 added+5 1 removed\N{MINUS SIGN}1" in caption


def test_a_pane_shows_two_neighbours_and_no_empty_edges(render, chain):
    """Each place has a pane. Two unchanged lines are above and below a change, without blank lines at the edges."""
    old = [f"line {n}" for n in range(1, 21)]
    old[3] = old[16] = ""
    new = [*old[:5], "five and a half", *old[5:15], "fifteen and a half", *old[15:]]
    chain({"01-old": {"a.txt": "\n".join(old)}, "02-new": {"a.txt": "\n".join(new)}})
    page, _ = render(beside("a.txt"))
    pane = [e for e in page.having("rd-line") if "figure" in e["inside"]]

    assert [e["text"] for e in pane] == [
        *["line 5\n", "five and a half\n", "line 6\n", "line 7\n"],
        *["line 14\n", "line 15\n", "fifteen and a half\n", "line 16\n"],
    ]
    numbers = ["5", "6", "7", None, "15", None, "17", "18"]
    assert [e.get("style") for e in pane] == [number and f"counter-set:line {number}" for number in numbers]
    assert [e["text"] for e in page.having("rd-place")] == ["after the line line 5", "after the line line 15"]


def test_a_long_line_is_indented_and_cut_between_names(render, chain):
    """On a phone it continues at its own indentation, and a long name is broken at a dot, not inside a word."""
    long = "    value = serializers.CharField(validators=[User.validator])"
    chain({"01-old": {}, "02-new": {"a.py": f"if True:\n{long}\n"}})
    page, _ = render(beside("a.py"))
    short, wide = [e for e in page.having("rd-line") if "figure" in e["inside"]]

    assert short["style"] == "counter-set:line 1"
    assert (wide["style"], wide["text"]) == ("--indent:4", f"{long}\n")
    assert sum(e["tag"] == "wbr" and "figure" in e["inside"] and "code" in e["inside"] for e in page.all) == 5


def test_the_head_says_what_2018_means(render):
    """A chapter links to the page of faults."""
    page, _ = render()

    (legend,) = page.having("rd-legend")
    assert legend["text"].endswith("explain the faults of the article that this tutorial corrects: all 71.")
    assert "../errata.md" in [e.get("href") for e in page.all if e["tag"] == "a"]


def test_regions_that_scroll_have_different_names(render):
    """Screen readers list them by name: path, lines, and counts that are not 0."""
    page, _ = render()
    names = [e["aria-label"] for e in page.all if e.get("role") == "region"]

    assert names[0] == "app.py, lines 2 to 6: 5 added, 1 removed"
    assert "tests/test_app.py, lines 1 to 2: 2 added" in names
    assert [name for name in names if " 0 " in name] == []
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("old", "new", "note"),
    [
        ({"a.txt": "1\n2\n"}, {"b.txt": "1\n2\n"}, "renamed: Rb.txt was a.txtNo line of text changes."),
        ({"a.txt": "1"}, {"a.txt": "1", "b.txt": ""}, "new file: Ab.txtAn empty file."),
        ({"b.txt": "1"}, {"b.txt": b"\xff"}, "changed: Mb.txtA binary file: its content is not shown."),
    ],
)
def test_a_file_without_lines_to_show_says_why(render, chain, old, new, note):
    """Renamed, empty and binary files have a pane with one sentence."""
    chain({"01-old": old, "02-new": new})
    page, problems = render(beside("b.txt"))

    assert problems == []
    assert " ".join(page.having("rd-pane")[0]["text"].split()) == note


def test_generated_files_and_the_rest_of_a_suite_are_folded(render):
    """Files that a command writes are folded under the command. A test that the chapter names is open."""
    page, _ = render()
    folded = {e["id"]: "details" in e["inside"] for e in page.all if e["tag"] == "figure"}
    fold = next(e for e in page.having("rd-fold") if "made/0001.py" in e["text"])

    assert "open" not in fold
    assert "Made by $ python make.py 'it'" in fold["text"]
    assert "An empty file." in fold["text"]
    panes = ("tests-test-app-py-test-a", "tests-test-app-py-rest", "gone-txt")
    assert [folded[pane] for pane in panes] == [False, True, False]


def test_the_head_leads_to_every_changed_file(render):
    """The head has a tree of files with links to their panes."""
    page, _ = render()
    head = page.having("rd-head")[0]["text"]
    links = [e["href"] for e in page.all if e["tag"] == "a" and "rd-tree" not in e and "li" in e["inside"]]

    assert "5 files change" in head
    assert "unchanged: same.txt" in head
    panes = "made-0001-py-rest made-init-py-rest tests-test-app-py-test-a app-py-user-token gone-txt"
    assert links == [f"#{pane}" for pane in panes.split()]


def test_the_head_and_the_bar_lead_to_the_chapters_there_are(render, chain):
    """Each stage with a chapter is listed, the current one is marked, and the bar has the previous and next chapter."""
    chapters = chain({"final": {"x": ""}}) / "docs" / "chapters"
    chapters.mkdir(parents=True)
    for name, title in (("01-old", "The old"), ("02-new", "The new")):
        (chapters / f"{name}.md").write_text(f"---\ntitle: {title}\ndescription: It.\n---\n# It\n")
    (chapters / "final.md").write_text("# No front matter yet\n")
    page, _ = render()
    links = [e for e in page.all if e["tag"] == "a" and "aria-label" in e and e["aria-label"][0].isdigit()]

    assert page.having("rd-facts")[0]["text"] == "Chapter 2 of 3 · 1 min · 4 steps"
    assert page.having("rd-way")[0]["text"].split() == ["1", "2"]
    assert [(e["href"], e["aria-label"], e.get("aria-current")) for e in links] == [
        ("01-old.md", "1: The old", None),
        ("02-new.md", "2: The new", "page"),
    ]
    assert page.having("rd-here")[0]["text"].split() == ["2/3The", "new", "Sections", "4", "steps‹"]
    assert [e["href"] for e in page.all if e.get("aria-label") == "Previous chapter: The old"] == ["01-old.md"]


@pytest.mark.parametrize(
    ("stage", "command"), [("01-old", None), ("02-new", "steps/01-old steps/02-new"), ("final", "steps/02-new final")]
)
def test_the_head_has_the_command_that_shows_the_diff(render, chain, stage, command):
    """The first stage has no stage before it, and `final` is next to `steps`."""
    chain({"final": {"x": "1"}})
    head = render(f"# Stage\n\n/// chapter | {stage}\n///\n")[0].having("rd-head")[0]["text"]

    assert re.findall("diff -ruN .*?(?=python|$)", head) == ([f"diff -ruN {command}"] if command else [])


def test_whole_files_are_there_without_javascript(render):
    """Each changed text file is at the end as a whole, its new lines marked; the pane's button leads there."""
    page, _ = render()
    whole = next(e for e in page.having("rd-file") if e["id"] == "file-app-py")

    assert NEW["app.py"] in whole["text"]
    assert [e["href"] for e in page.having("rd-whole")][0] == "#file-app-py"
    assert len(page.having("rd-new")) == 5


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("app.py#User.token, ", "", "steps/02-new/app.py, line 4: 3 changed lines are in no block of the chapter"),
        ("app.py#User.token", "app.py#User.tokn", "line 11: app.py#User.tokn: app.py has no User.tokn; did you mean"),
        ("/// beside | tests", "/// besides | tests", "there is no block 'besides'; did you mean beside?"),
        ("/// beside | tests", "/// xyz | tests", "there is no block 'xyz'; there are: beside, chapter, fault,"),
        ("/// chapter | 02-new", "/// chapter", "/// chapter: behind a | stands what it is about"),
        ("    generated:", "    genrated:", "/// beside | made/0001.py, made/__init__.py: the block is not understood"),
        ("The test.\n\n///", "The test.", "/// beside | tests/test_app.py#test_a: the block is not closed"),
        ("The rest.\n\n///", "The rest.", "/// beside | tests/test_app.py#rest, gone.txt: the block is not closed"),
        ("Made.\n\n///", "Made.\n\n///\n\n///", "one more line with /// than there are blocks to close; remove it"),
        ("# Tokens", "///\n\n# Tokens", "line 2: one more line with ///"),
        ("chapter | 02-new", "chapter | 03-new", "there is no stage '03-new'; there are: 01-old, 02-new"),
        ("/// chapter | 02-new\n///", "", "a page with beside blocks has exactly one block /// chapter | NN-name"),
    ],
)
def test_a_mistake_in_a_page_is_reported(render, old, new, problem):
    """A problem is logged for the strict build, and shown in a box at the top."""
    assert old in CHAPTER
    page, problems = render(CHAPTER.replace(old, new))
    box = page.having("failure")[0]

    assert any(problem in text for text in problems)
    assert all(re.match(r"(?:steps/02-new/app\.py, )?line \d+: ", text) for text in problems)
    assert problem in box["text"]
    assert box["role"] == "alert"


def test_blocks_in_a_fence_are_examples(render):
    """A block inside a fence is ignored. A fence ends only with the marks that it began with."""
    fences = "```text\n~~~\n/// beside | x\n~~~\n```\n\n~~~\n```\n/// beside | x\n~~~\n"
    assert render(f"{CHAPTER}\n{fences}")[1] == []


def test_a_page_is_independent_of_the_page_before(chain, caplog):
    """One object can render several pages: the problems of one don't affect the next."""
    root = chain({"01-old": OLD, "02-new": NEW})
    configs = {"companion.site.extension": {"root": str(root)}}
    md = markdown.Markdown(extensions=["companion.site.extension"], extension_configs=configs)
    md.convert(CHAPTER.replace("The test.\n\n///", "The test."))
    caplog.clear()
    md.reset()
    md.convert(CHAPTER)

    assert caplog.messages == []


def test_a_page_without_a_chapter_is_left_alone(render):
    """An ordinary page has no head, no box and no files."""
    page, problems = render("# Start\n\nText.")

    assert problems == []
    assert [e["tag"] for e in page.all] == ["h1", "p"]
