import pytest
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder

from exercises.pending import pending_migrations

pytestmark = pytest.mark.django_db


def test_a_migrated_database_needs_nothing():
    """`pending_migrations` returns an empty list if all migrations have run."""
    assert pending_migrations() == []


def test_a_missing_migration_is_named():
    """It returns the names of the migrations that have not run, such as `sessions.0001_initial`."""
    MigrationRecorder(connection).record_unapplied("sessions", "0001_initial")

    assert pending_migrations() == ["sessions.0001_initial"]


def test_without_a_database_nothing_is_known():
    """If the database is away, the error is not hidden: the answer is unknown, and not "none"."""

    def fail(*args):
        raise OperationalError("connection refused")

    with connection.execute_wrapper(fail), pytest.raises(OperationalError):
        pending_migrations()
