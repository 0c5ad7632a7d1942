from django.db import connection
from django.db.migrations.executor import MigrationExecutor


def pending_migrations():
    """
    Returns the names of the migrations that the database still needs.
    """
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())

    return [str(migration) for migration, _ in plan]
