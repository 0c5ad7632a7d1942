"""Where a command and the code in a sentence can break."""

import re

import markdown
import pytest

KEPT = re.compile(r'<span class="rd-word">([^<]*)</span>')


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("python -m companion check --stage 7", ["-m companion", "--stage 7"]),
        ("check --exercise", ["--exercise"]),
        ("pytest -q --tb=no tests", ["-q", "--tb=no"]),
        ("--retry-connrefused http://127.0.0.1:8766/", ["--retry-connrefused"]),
        ("steps/04-tokens", ["steps/04-tokens"]),
        ("a - b", []),
    ],
)
def test_an_option_in_a_sentence_stays_with_its_short_value(code, words):
    """So does a short word with a hyphen. A long value may be on the next line."""
    assert [word for word in KEPT.findall(_html(f"Run `{code}`.")) if word != "-"] == words


@pytest.mark.parametrize("language", ["console", "sh"])
def test_the_options_of_a_command_are_marked(language):
    """The text is the same."""
    command = "pytest -q --tb=line a-b \\\n    -H 'A: b'"
    html = _html(f"```{language}\n{'$ ' * (language == 'console')}{command}\n```\n")

    assert KEPT.findall(html) == ["-q", "--tb", "-H"]
    assert command in re.sub("<[^>]+>", "", html)


def test_other_code_is_left_alone():
    """In Python, a minus is not an option."""
    assert "rd-word" not in _html("```python\na -b\n```\n")


def _html(page):
    extensions = ["pymdownx.highlight", "pymdownx.superfences", "pymdownx.tabbed", "companion.site.extension"]
    options = {"pymdownx.tabbed": {"alternate_style": True}, "pymdownx.highlight": {"pygments_lang_class": True}}
    return markdown.markdown(page, extensions=extensions, extension_configs=options)
