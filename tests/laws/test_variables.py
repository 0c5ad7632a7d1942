"""The table of environment variables in docs/operations.md has what the settings of the last stage read."""

import re

from companion.chain.stages import ROOT, find

READ = re.compile(r"env(?:\.\w+)?\(\s*'([A-Z_]+)'(?:,\s*default=('[^']*'|\w+))?|environ\.get\('([A-Z_]+)'")
ROW = re.compile(r"^\| `([A-Z_]+)` \| (yes|no) \|([^|]*)\|([^|]*)\|", re.MULTILINE)


def read_by(module):
    """Returns the variables that a settings module reads, each with its default, or None."""
    text = (find("final").path / "config" / module).read_text()
    return {name or path: default.strip("'") or None for name, default, path in READ.findall(text)}


def test_the_table_has_every_variable():
    """The table has each variable of the settings, its default, and whether production requires it."""
    here, production = read_by("settings.py"), read_by("production.py")
    table = ROW.findall((ROOT / "docs/operations.md").read_text())
    rows = {name: [cell.strip("` ") for cell in rest] for name, *rest in table}
    required = {name for name, default in production.items() if default is None}

    assert set(rows) == set(here) | set(production)
    assert {name for name, (needed, *_) in rows.items() if needed == "yes"} == required
    defaults = {name: default for name, default in (here | production).items() if default and name not in required}
    assert {name: rows[name][1] for name in defaults} == defaults
    assert {name for name, (_, _, local) in rows.items() if local == "not read"} == set(production) - set(here)
    local = {name: rows[name][2] for name, default in here.items() if default}
    assert local == {name: here[name] for name in local}


def test_a_variable_that_is_read_is_found():
    """The check finds every way in which the settings read a variable."""
    assert {"JWT_KEYS_DIR", "DATABASE_PATH", "DATABASE_URL", "NUM_PROXIES", "EMAIL_URL"} <= set(read_by("settings.py"))
