"""Law 5: a migration never changes, and one database goes through all stages with its rows intact."""

import sqlite3
from contextlib import closing

from companion.chain.stages import copy, files, stages

SAVE_ADA = """
from authentication.models import User
user = User(username="ada", email="ada@example.com")
user.set_password("correct horse battery staple")
user.save()
"""
ASK_FOR_ADA = """
from authentication.models import User
user = User.objects.get(email="ada@example.com")
print(user, user.check_password("correct horse battery staple"))
"""


def test_a_migration_never_changes(later, before):
    """A migration that a stage has is the same, byte by byte, in the next one."""
    old, new = files(before), files(later)
    migrations = [name for name in old if "/migrations/" in name]

    assert [name for name in migrations if name not in new or old[name].read_bytes() != new[name].read_bytes()] == []


def test_one_database_goes_through_all_stages(tmp_path, run):
    """A user saved in stage 02 is the same user in every later stage."""
    database = tmp_path / "db.sqlite3"
    row = ("ada", "ada@example.com", "pbkdf2_sha256$1$salt$hash", 1, 0, 0, "2026-01-01 00:00:00")
    columns = "username, email, password, is_active, is_staff, is_superuser, date_joined"
    for stage in stages()[1:]:
        folder = copy(stage, tmp_path / stage.name)
        run(folder, "manage.py", "migrate", DATABASE_PATH=str(database))
        with closing(sqlite3.connect(database)) as connection, connection:
            if stage.number == 2:
                values = ", ".join("?" * len(row))
                connection.execute(f"INSERT INTO authentication_user ({columns}) VALUES ({values})", row)
            assert connection.execute(f"SELECT {columns} FROM authentication_user").fetchall() == [row]


def test_a_folder_retyped_stage_by_stage_works_at_each(tmp_path, run):
    """A learner has one folder and one database: at every stage Django's checks pass, and the user of 02 is known."""
    folder = copy(stages()[0], tmp_path / "api")  # the chapter says not to migrate yet
    for stage in stages()[1:]:
        copy(stage, folder)
        run(folder, "manage.py", "migrate")
        if stage.number == 2:
            run(folder, "manage.py", "shell", "-c", SAVE_ADA)
        run(folder, "manage.py", "check", "--fail-level=DEBUG")
        assert run(folder, "manage.py", "shell", "-v0", "-c", ASK_FOR_ADA).stdout == "ada True\n", stage
