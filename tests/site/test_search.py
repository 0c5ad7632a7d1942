"""The entries that the search index has besides headings and text: the code of each step, and error messages."""

import pytest

from companion.chain.stages import find
from companion.chain.steps import steps
from companion.site.search import mark_messages, prefer_early, step_entry

OLD = {"app.py": "LIMIT = 1\n", "tests/test_app.py": "def test_it():\n    pass\n"}
NEW = {
    "app.py": "import os\n\n\nclass User:\n    # A comment.\n    name = 'a < b'\n\n    def sign(self):\n        return os\n",
    "app/migrations/0001_initial.py": "def forwards():\n    pass\n",
    "names.py": "A = (\n    1,\n)\n",
    "tests/test_more.py": "def test_more():\n    pass\n",
    "app/templates/hello.txt": "Hello\n",
    "tests/test_app.py": "def test_it():\n    pass\n\n\nclass TestUser:\n    def test_sign(self):\n        help()\n"
    "\n\ndef help():\n    pass\n",
}
CHAPTER = """---
title: New
description: What is new.
---
# New

/// chapter | 02-new
///

/// beside | app.py#User.name, app.py#User.sign
A class.
///

/// beside | app.py#User, app.py#imports
And the rest of it.
///

/// beside | names.py#A, tests/test_app.py
A file, and its tests.
///

/// beside | app/migrations/0001_initial.py
    generated: python manage.py makemigrations app
Made.
///

/// beside | app.py#-LIMIT
Gone.
///

/// beside | tests/test_more.py
More tests.
///

/// beside | app/templates/hello.txt
A text.
///
"""


@pytest.fixture
def entries(chain):
    """Returns the entries of a chapter's steps."""
    root = chain({"01-old": OLD, "02-new": NEW})
    (root / "docs/chapters").mkdir(parents=True)
    (root / "docs/chapters/02-new.md").write_text(CHAPTER)
    return [step_entry(step, "chapters/02-new/") for step in steps(find("02-new", root), root)]


def test_a_step_has_its_address_its_files_and_its_lines(entries):
    """A field is named by its class, comments are left out, and each line is an HTML paragraph."""
    assert entries[0] == {
        "location": "chapters/02-new/#step-app-py-user-name",
        "title": "app.py: User, User.sign",
        "text": "<p><code>name = 'a &lt; b'</code></p><p><code>def sign(self):</code></p><p><code>return os</code></p>",
        "boost": 1.5,
    }
    assert entries[1]["title"] == "app.py: User"
    assert entries[1]["text"] == "<p><code>class User:</code></p><p><code>import os</code></p>"


def test_a_suite_is_known_by_the_names_of_its_tests(entries):
    """A step that creates a file ranks above one that changes it, and a suite ranks below both."""
    assert entries[2]["title"] == "names.py: A, tests/test_app.py"
    lines = ("A = (", "1,", "class TestUser", "def test_sign")
    assert entries[2]["text"] == "".join(f"<p><code>{line}</code></p>" for line in lines)
    assert entries[2]["boost"] == 2


def test_what_is_generated_removed_or_not_code_ranks_as_prose(entries):
    """A migration and a removed name have no lines. Tests and templates have them, but are full of common words."""
    location = "chapters/02-new/#step-app-migrations-0001-initial-py-rest"
    title = "app/migrations/0001_initial.py"

    assert entries[3] == {"location": location, "title": title, "text": "", "boost": 1}
    assert (entries[4]["title"], entries[4]["text"]) == ("app.py", "")
    assert (entries[5]["title"], entries[5]["boost"]) == ("tests/test_more.py", 1)
    assert (entries[6]["title"], entries[6]["boost"]) == ("app/templates/hello.txt", 1)
    assert entries[6]["text"] == "<p><code>Hello</code></p>"


def test_a_file_that_does_not_parse_is_known_by_its_path(chain, entries):
    """The strict build reports the syntax error; the index is built without a traceback."""
    root = chain({"02-new": {"names.py": "A = 2 +\n"}})
    (root / "docs/chapters/02-new.md").write_text("/// beside | names.py\nA file.\n///\n")
    (step,) = steps(find("02-new", root), root)

    assert step_entry(step, "")["title"] == "names.py"


def test_blocks_of_text_are_messages():
    """A section's entry has all its messages; a section without messages has no such field."""
    entries = [{"text": "<p>a</p><pre><code>E: 1\n</code></pre><pre><code>E: 2</code></pre>"}, {"text": "<p>b</p>"}]
    mark_messages(entries)

    assert entries[0]["message"] == "E: 1\n\nE: 2"
    assert "message" not in entries[1]


def test_an_early_chapter_ranks_above_a_late_one(chain):
    """The boost is multiplied with the entry's own."""
    root = chain({"01-old": OLD, "02-new": NEW})
    entries = [{}, {"boost": 2}]
    for name in ("01-old", "02-new"):
        prefer_early(find(name, root), entries)

    assert entries == [{"boost": 1.32}, {"boost": 2.64}]
