"""Transcripts that really run: a shell, a console and a server in a copy of a stage."""

import os
import select
import signal
from contextlib import closing
from pathlib import Path

import pytest

from companion.chain.chapters import parse
from companion.chain.stages import ROOT, copy, find, stages
from companion.cli import main
from companion.upkeep.transcripts import folder
from companion.upkeep.transcripts.folder import Folder
from companion.upkeep.transcripts.play import pages, play
from companion.upkeep.transcripts.walk import Walk


@pytest.fixture
def drifts(tmp_path):
    """Returns (command, difference) for each output that differs; with `update`, the page after it."""

    def drifts(text, stage="02-user-model", update=False):
        page = tmp_path / "page.md"
        page.write_text(text)
        _, found = play(page, find(stage), update)
        return page.read_text() if update else found

    return drifts


def fence(content, kind="console", directive=""):
    comment = f"<!-- run: {directive} -->\n" if directive else ""
    return f"{comment}```{kind}\n{content}\n```\n"


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ("$ ls manage.py\nmanage.py\n$ export NAME=ada\n$ echo $NAME\nada", []),
        ("$ echo one\ntwo", [("echo one", "@@ -1 +1 @@\n-two\n+one")]),
        ("$ echo long > file && cat file\n$ cat file\nlong", []),
    ],
    ids=["right", "wrong", "not shown"],
)
def test_a_wrong_output_is_a_drift_with_its_command(drifts, content, found):
    """Commands run in one shell in a copy of the stage. An output that the page does not show is not compared."""
    assert drifts(fence(content)) == found


def test_a_command_without_output_that_crashes_is_a_drift(drifts):
    """Its effect would be missing for the next command."""
    ((command, change),) = drifts(fence("$ python -c 'nobody'"))

    assert command == "python -c 'nobody'"
    assert "+NameError: name 'nobody' is not defined" in change


def test_update_writes_the_output_into_the_page(drifts):
    """An update corrects the output, and changes nothing else. An output that shows its last line stays that short."""
    page = "# Page\n\n" + fence("$ echo one\ntwo") + "\nText.\n" + fence("$ seq 90\n…\n91")

    assert drifts(page, update=True) == page.replace("two", "one").replace("91", "90")


def test_statements_run_in_the_project(drifts):
    """A pycon block is typed into Python with Django set up; a traceback is output too."""
    page = fence(
        ">>> from authentication.models import User\n>>> User.USERNAME_FIELD\n'email'\n"
        ">>> def f():\n...     return User.nothing\n...\n>>> f()\nTraceback (most recent call last):\n  …\n"
        "AttributeError: type object 'User' has no attribute 'nothing'",
        "pycon",
    )
    assert drifts(page) == []


def test_a_chapter_is_played_on_what_is_typed_so_far(tmp_path):
    """Each command runs on the files and the database of that point; the chapter's database is kept."""
    walk = Walk(kept=tmp_path / "kept")
    chapter, page = ROOT / "docs/chapters/02-user-model.md", tmp_path / "page.md"
    first = parse(chapter.read_text().splitlines())[0]
    heads = [f"/// beside | {mark.argument}\n///\n" for mark in first if mark.name == "beside"]
    text = fence("$ cp -r ../tutorial/steps/02-user-model/tests .\n$ ls -d authentication tests/test_user_model.py\nx")
    text += "".join(heads) + fence("$ ls -d authentication\nx\n$ python manage.py migrate -v 0")
    page.write_text(text)
    play(page, find("02-user-model"), update=True, walk=walk)

    assert page.read_text().count("No such file or directory") == 1
    assert page.read_text().endswith("$ ls -d authentication\nauthentication\n$ python manage.py migrate -v 0\n```\n")
    assert (tmp_path / "kept/02-user-model.sqlite3").exists()


def test_an_edit_lasts_for_one_block(drifts):
    """The next block, also in the console, has the unchanged stage."""
    edit = 'edit authentication/models.py: EMAIL_FIELD = "email" => EMAIL_FIELD = "other"'
    ask = ">>> from authentication.models import User\n>>> User.EMAIL_FIELD\n"

    assert drifts(fence(ask + "'other'", "pycon", edit) + fence(ask + "'email'", "pycon")) == []


@pytest.mark.parametrize(
    ("directive", "problem"),
    [
        ("edit authentication/models.py: nowhere => x", "models.py has 'nowhere' 0 times"),
        ("bfore", "'bfore' is no directive"),
    ],
)
def test_a_wrong_directive_is_an_error(drifts, directive, problem):
    """A block with a typo does not run anywhere else, and an edit that changes nothing is not silently skipped."""
    with pytest.raises((LookupError, ValueError), match=problem):
        drifts(fence("$ ls", directive=directive))


def test_a_symbol_can_be_taken_away(drifts):
    """A method is removed for one block."""
    count = "$ grep -c __str__ authentication/models.py\n"
    page = fence(f"{count}0", directive="without authentication/models.py#User.__str__") + fence(f"{count}1")

    assert drifts(page) == []


def test_a_server_answers_where_the_page_says(drifts):
    """The port is shown as 8000, and a token that is cut off means the latest one."""
    register = (
        "$ curl http://127.0.0.1:8000/api/registration \\\n    -H 'Content-Type: application/json' \\\n"
        """    -d '{"email": "ada@example.com", "username": "ada", "password": "correct horse battery"}'\n"""
        '{"token":"eyJa.eyJb.c"}\n'
    )
    me = "$ curl http://127.0.0.1:8000/api/me -H 'Authorization: Bearer eyJhb…'\n"
    page = fence(f'{register}{me}{{"id":1,"email":"ada@example.com","username":"ada"}}', directive="in 08-urls")

    assert drifts(page) == []


def test_no_server_outlives_its_folder(tmp_path):
    """The server and its child end, even if SIGHUP is ignored, as below `nohup`."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with closing(Folder(copy(find("01-dockerfile"), tmp_path / "mine"))) as folder:
            folder.run("python manage.py runserver", [])
            server = folder._server.pid
            child = int(Path(f"/proc/{server}/task/{server}/children").read_text().split()[0])
            handles = [os.pidfd_open(process) for process in (server, child)]
    finally:
        signal.signal(signal.SIGHUP, before)

    for handle in handles:
        assert select.select([handle], [], [], 30)[0], "a process outlives the folder"
        os.close(handle)


def test_of_several_tokens_the_one_that_begins_as_shown_is_meant(drifts):
    """A login returns two tokens; the part before the … decides which is used."""
    page = fence("$ echo eyJa.eyJb.c eyJd.eyJe.f\neyJa.eyJb.c eyJd.eyJe.f\n$ echo eyJ…,eyJa…,eyJx… | tr J j\n…")
    page += fence("$ echo eyJ… | tr J j\neyjd.eyje.f\n$ echo eyJa… | tr J j\neyja.eyjb.c\n$ echo [eyJx…]\n[]")

    assert drifts(page) == []


def test_prompts_get_their_answers(drifts):
    """Prompts get their answers; hidden input stays hidden."""
    page = fence("$ python manage.py migrate") + fence(
        "$ python manage.py createsuperuser\nEmail: root@example.com\nUsername: root\nPassword:\n"
        "Password (again):\nSuperuser created successfully.",
        directive="typing root@example.com | root | correct horse battery | correct horse battery",
    )
    assert drifts(page, stage="03-user-manager") == []


def test_a_block_that_runs_elsewhere_is_left_alone(drifts):
    """A block that cannot run says so, with a reason."""
    assert drifts(fence("$ docker build .\nnonsense", directive="not here, it needs Docker")) == []


def test_the_repository_has_a_place_on_the_pages(drifts):
    """`~/tutorial` is this repository with its Python, and no path of this machine is shown."""
    assert drifts(fence("$ ~/tutorial/.venv/bin/python -c 'print(1)'\n1\n$ ls ~/tutorial/mkdocs.yml | wc -l\n1")) == []

    page = fence("$ ~/tutorial/.venv/bin/python -c 'import sys; print(sys.executable)'\nx")
    assert drifts(page, update=True) == page.replace("\nx", "\n~/tutorial/.venv/bin/python")


def test_every_page_with_commands_is_played():
    """These are the start page, the page on checking, and the chapter of each stage."""
    assert [page.stem for page, _ in pages(ROOT)] == ["index", "checking", *(stage.name for stage in stages())]


def test_a_page_is_called_by_its_name_or_its_path(capsys):
    """Both `index` and `docs/index.md` run only the start page. The message for a misspelt name lists the pages."""
    assert main(["transcripts", "docs/index.md"]) == 0
    assert capsys.readouterr().out == "index.md: 2 commands run, 0 print something else\n"
    assert main(["transcripts", "07-url"]) == 2
    assert "Error: No page is called 07-url. There are: index, checking, 01-dockerfile, " in capsys.readouterr().err


def test_the_tutorial_may_be_in_a_folder_with_a_space_and_an_umlaut(drifts, tmp_path, monkeypatch):
    """Commands are quoted for the shell, and quotation marks in their output are removed."""
    home = tmp_path / "Übung eins"
    home.mkdir()
    (home / "print").write_text(f"#!/bin/sh\necho \"$1: '{home}/print' again, in {home}\"\n")
    (home / "print").chmod(0o755)
    monkeypatch.setattr(folder, "PLACES", {"~/tutorial": str(home)})

    assert drifts(fence("$ ~/tutorial/print one\none: ~/tutorial/print again, in ~/tutorial")) == []
