"""Translates commands for a POSIX shell to PowerShell."""

import re

import markdown
import pytest

from companion.site.powershell import powershell

CURL = """curl -i http://127.0.0.1:8000/api/login \\
    -H 'Content-Type: application/json' \\
    -d '{"email": "ada@example.com"}'"""


@pytest.mark.parametrize(
    ("posix", "there"),
    [
        *[(same, same) for same in ("python -m pytest -q", "pip install -r requirements.txt", "mkdir my-api")],
        ("python3 -m venv .venv", "py -m venv .venv"),
        (". .venv/bin/activate", r".venv\Scripts\Activate.ps1"),
        ("mkdir -p authentication/migrations", "mkdir authentication/migrations"),
        ("cp -r ../tutorial/tests .", "Copy-Item -Recurse -Force ../tutorial/tests ."),
        ("../tutorial/.venv/bin/python ../x check .", r"..\tutorial\.venv\Scripts\python ../x check ."),
        ("tools/bin/python -m pip list", r"tools\Scripts\python -m pip list"),
        ("touch a/__init__.py b/__init__.py", "New-Item a/__init__.py, b/__init__.py"),
        ("export DEBUG=on", '$env:DEBUG = "on"'),
        ('export KEY=$(python -c "print(1)")', '$env:KEY = python -c "print(1)"'),
        (
            "KEY=12 OTHER=b python manage.py check",
            '$env:KEY = "12"\n$env:OTHER = "b"\npython manage.py check\nRemove-Item Env:KEY, Env:OTHER',
        ),
        ("curl http://127.0.0.1:8000/", "curl.exe http://127.0.0.1:8000/"),
        ("curl -s -o /dev/null http://127.0.0.1:8000/", "curl.exe -s -o NUL http://127.0.0.1:8000/"),
        (
            CURL,
            """'{"email": "ada@example.com"}' | curl.exe -i http://127.0.0.1:8000/api/login `
    -H 'Content-Type: application/json' `
    -d '@-'""",
        ),
    ],
)
def test_a_command_is_written_for_powershell(posix, there):
    """Each difference between the shells is covered once. A command that is the same in both is not changed."""
    assert powershell(posix) == there


def test_a_block_that_differs_becomes_two_tabs():
    """The first tab is the original block; the second has only commands, because their output was not seen there."""
    html = _html("```console\n$ python3 -V\nPython 3.13.0\n```\n")

    assert html.count('class="tabbed-block"') == 2
    posix, windows = html.split('class="tabbed-block"')[1:]
    assert "python3 -V" in posix and "Python 3.13.0" in posix
    assert "PS&gt; py -V" in windows and "Python 3.13.0" not in windows


def test_how_a_block_is_run_is_not_published():
    """The comment above a block is removed; other comments stay."""
    html = _html("Text.\n\n<!-- run: edit a.py: 1 => 2 -->\n```console\n$ ls\n```\n\n<!-- another -->\n")

    assert "run:" not in html
    assert "<!-- another -->" in html
    assert "ls" in html


@pytest.mark.parametrize(
    "command",
    [
        "for guess in $(seq 40); do curl -s http://127.0.0.1:8000/; done | sort | uniq -c",
        "key() { python -c 'print(1)'; }",
        'link=$(python manage.py shell -c "print(1)")',
        'curl http://127.0.0.1:8000/ -d "${link#*=}"',
        "curl http://127.0.0.1:8000/ | head -3",
        "head -c 100 /dev/zero | curl http://127.0.0.1:8000/ --data-binary @-",
    ],
)
def test_commands_that_powershell_lacks_are_for_git_bash(command):
    """A translated loop would be another program, so the second tab says to use Git Bash."""
    html = _html(f"```console\n$ {command}\nprinted\n```\n")
    windows = html.rpartition("tabbed-block")[2]

    assert "Git Bash" in windows
    assert "PS&gt;" not in html
    assert "printed" not in windows


@pytest.mark.parametrize("command", ["env A=1 gunicorn config.wsgi", "start CACHE_URL=redis://127.0.0.1:1", "start"])
def test_no_windows_shell_runs_gunicorn(command):
    """gunicorn doesn't run on Windows, so the second tab names WSL 2 and is excluded from the search."""
    html = _html(f"```console\n$ {command}\n```\n")
    windows = html.rpartition('<div class="tabbed-block"')[2]

    assert windows.startswith(" data-search-exclude>")
    assert "gunicorn doesn't run on Windows. Use WSL 2, or read along" in windows
    assert "PS&gt;" not in html


@pytest.mark.parametrize(
    "page", ["```console\n$ python -V\n3\n```\n", "```sh\npython3\n```\n", "```console\n$ python3\n"]
)
def test_a_block_that_is_the_same_stays_one(page):
    """A block of another kind and one that is not closed are not changed."""
    assert "tabbed" not in _html(page)


def test_a_block_inside_a_list_or_a_note_keeps_its_place():
    """The tabs have the block's indentation."""
    html = _html('!!! note "Here"\n\n    ```console\n    $ python3 -V\n    ```\n\n    Text.\n')

    assert html.index('class="admonition') < html.index("tabbed-set") < html.index("Text.") < html.rindex("</div>")


def test_a_command_is_in_the_search_once():
    """The tab for Windows and the tabs' labels are excluded. Output is found."""
    page = "```console\n$ python3 -V\nPython 3.11\n```\n\n```pycon\n>>> 1\n```\n\n```console\n$ for i in 1; do ls; done\n```\n"
    html = _html(page, pygments_lang_class=True)

    assert re.findall(r'<div class="language-(\S+) highlight"( data-search-exclude)?>', html) == [
        ("console", ""),
        ("pwsh-session", " data-search-exclude"),
        ("pycon", ""),
        *[("console", "")] * 2,  # the second is for Git Bash
    ]
    assert html.count('<div class="tabbed-labels" data-search-exclude>') == 2
    assert html.count('<div class="tabbed-block" data-search-exclude>\n<p>PowerShell has other commands') == 1


def _html(page, **options):
    extensions = ["admonition", "pymdownx.highlight", "pymdownx.superfences", "pymdownx.tabbed"]
    configs = {"pymdownx.tabbed": {"alternate_style": True}, "pymdownx.highlight": options or {"use_pygments": False}}
    return markdown.markdown(page, extensions=[*extensions, "companion.site.extension"], extension_configs=configs)
