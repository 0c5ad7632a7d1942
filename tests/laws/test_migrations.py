"""Law 5: a migration never changes, and one database passes through all stages with its rows intact."""

import sqlite3
from contextlib import closing

from companion.chain.stages import copy, files, stages

MIGRATE = """
from authentication.models import User
from django.core.management import call_command as call
call("migrate", verbosity=0)
call("check", fail_level="DEBUG")
"""
SAVE_ADA = """
user = User(username="ada", email="ada@example.com")
user.set_password("correct horse battery staple")
user.save()
"""
ASK_FOR_ADA = """
user = User.objects.get(email="ada@example.com")
print(user, user.check_password("correct horse battery staple"))
"""
COLUMNS = "username, email, password, is_active, is_staff, is_superuser, date_joined"


def test_a_migration_never_changes(later, before):
    """A stage's migration is the same, byte by byte, in the next stage."""
    old, new = files(before), files(later)
    migrations = [name for name in old if "/migrations/" in name]

    assert [name for name in migrations if name not in new or old[name].read_bytes() != new[name].read_bytes()] == []


def test_a_folder_retyped_stage_by_stage_works_at_each(tmp_path, run):
    """With one folder and one database, Django's checks pass at every stage, and the user of 02 is unchanged.

    In the last stage, the user still has the same password.
    """
    *chain, last = stages()
    folder = copy(chain[0], tmp_path / "api")  # the chapter says not to migrate yet
    row = None
    for stage in (*chain[1:], last):
        copy(stage, folder)
        code = SAVE_ADA if stage.number == 2 else ASK_FOR_ADA if stage == last else ""
        printed = run(folder, "manage.py", "shell", "-v0", "-c", MIGRATE + code).stdout
        with closing(sqlite3.connect(folder / "db.sqlite3")) as connection:
            (now,) = connection.execute(f"SELECT {COLUMNS} FROM authentication_user").fetchall()
        row = row or now
        assert now == row, stage

    assert printed == "System check identified no issues (0 silenced).\nada True\n"
