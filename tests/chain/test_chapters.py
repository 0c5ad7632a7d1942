"""Front matter, and the parser of a page's blocks and fences."""

import pytest

from companion.chain.chapters import Chapter, Fence, Mark, NoFrontMatter, chapter, find_chapter, parse
from companion.chain.stages import find

PAGE = """# A page
/// beside | app.py#sign, app.py#imports
    generated: python manage.py "x"
Prose.
///

  <!-- run: in 08-urls -->
  ```console
  $ python manage.py check
  /// beside | code.py
  ```

~~~
```
~~~
/// fault | 3
    title: 'One: two'
    severity: high
///
/// broken | x
    'a: b
"""


def test_one_pass_finds_the_blocks_and_the_fences():
    """A block or fence inside a fence is code."""
    assert parse(PAGE.splitlines()) == (
        [
            Mark(1, "beside", "app.py#sign, app.py#imports", {"generated": 'python manage.py "x"'}),
            Mark(4, ""),
            Mark(15, "fault", "3", {"title": "One: two", "severity": "high"}),
            Mark(18, ""),
            Mark(19, "broken", "x"),
        ],
        [Fence("  ", "console", 8, 10, "in 08-urls"), Fence("", "", 13, 14, "")],
    )


def test_a_fence_that_is_not_closed_ends_with_the_page():
    """The site's builder shows it as text, so none of its lines is a block."""
    assert parse(["```text", "/// beside | x"]) == ([], [Fence("", "text", 1, 2, "")])


def test_the_front_matter_of_a_chapter_is_read(chain):
    """A chapter has a title and a description, and the Markdown below them."""
    root = chain({"01-a": {"x": ""}, "02-b": {"x": ""}})
    (root / "docs/chapters").mkdir(parents=True)
    path = root / "docs/chapters/01-a.md"
    path.write_text("---\ntitle: A\ndescription: B\n---\nText.\n")
    stage = find("01-a", root)

    assert chapter(stage, root) == Chapter(stage, path, "A", "B", "Text.\n")
    assert find_chapter(find("02-b", root), root) is None
    path.write_text("# A\n")
    assert find_chapter(stage, root) is None
    with pytest.raises(NoFrontMatter, match="01-a.md has to begin with ---, a title:, a description: and ---"):
        chapter(stage, root)
