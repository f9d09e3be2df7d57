"""Migrations, guarded: one process at a time, a backup first, and nothing on SQLite that would rebuild a table.

Tortoise's own SQLite table rebuild drops the old table while foreign keys are on, and with it every cascaded child;
it also forgets unique constraints and indexes. So on SQLite only additive operations are let through.
"""

import asyncio
import fcntl
import importlib
import os
import pkgutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tortoise.migrations.autodetector import MigrationAutodetector
from tortoise.migrations.executor import MigrationExecutor
from tortoise.migrations.migration import Migration
from tortoise.migrations.operations import AddConstraint, AddField, AddIndex, CreateModel, Operation, RunPython
from tortoise.migrations.schema_generator.state import State

import server.migrations
from server.database import Database

ADDITIVE: tuple[type[Operation], ...] = (CreateModel, AddField, AddIndex, RunPython)
LOCK_KEY = 7261_0001  # any number, the same for all processes of the town


class MigrationRefused(Exception):
    """A migration would lose data, or the tables and the models disagree. The message says which and why."""


async def migrate(database: Database) -> list[str]:
    """Brings the tables up to date; returns the names of the migrations it applied, oldest first."""
    refuse_dangerous_operations()
    async with database.orm(), _one_process_at_a_time(database):
        executor = MigrationExecutor(database.client, _apps(database))
        pending = [step.migration.name for step in await executor.plan(None)]
        if not pending:
            return []
        if await _holds_data(database):
            await _back_up(database)
        with _without_looking_back():
            await executor.migrate(None, direction="forward")
        await _check_foreign_keys(database)
        return pending


async def missing_migration(database: Database) -> list[str]:
    """What `makemigrations` would write: empty when the migrations describe the models."""
    async with database.orm():
        apps = database._context.apps
        assert apps is not None
        writers = await MigrationAutodetector(apps, _apps(database)).changes()
        return [writer.as_string() for writer in writers]


async def write_migration(database: Database, name: str | None = None) -> list[str]:
    """Writes the missing migration, for the developer to read and commit; returns the paths written."""
    async with database.orm():
        apps = database._context.apps
        assert apps is not None
        writers = await MigrationAutodetector(apps, _apps(database)).changes()
        for writer in writers:
            if name:
                writer.name = f"{writer.name.split('_', 1)[0]}_{name}"
        return [str(writer.write()) for writer in writers]


def refuse_dangerous_operations() -> None:
    """Raises `MigrationRefused` when a migration holds an operation that rebuilds a table on SQLite."""
    for module in pkgutil.iter_modules(server.migrations.__path__):
        migration = importlib.import_module(f"server.migrations.{module.name}").Migration
        for operation in migration.operations:
            if isinstance(operation, AddConstraint) or not isinstance(operation, ADDITIVE):
                raise MigrationRefused(
                    f"{module.name}: {type(operation).__name__} rebuilds the table on SQLite and would delete its"
                    " children; write it as RunPython (docs/decisions/0004-migrations.md)"
                )


@contextmanager
def _without_looking_back() -> Iterator[None]:
    """Spares the copy of all models that Tortoise makes before each operation: eighty tables would take eighty times eighty.

    Only operations that compare with the state before them need it; of those let through here, none does.
    """
    apply = Migration.apply

    async def in_place(self: Migration, state: State, **options: Any) -> State:
        state.clone = lambda: state  # type: ignore[method-assign]
        try:
            return await apply(self, state, **options)
        finally:
            del state.clone  # type: ignore[method-assign]

    Migration.apply = in_place  # type: ignore[method-assign,assignment]
    try:
        yield
    finally:
        Migration.apply = apply  # type: ignore[method-assign]


def _apps(database: Database) -> dict[str, dict]:
    return database.tortoise_config()["apps"]


@asynccontextmanager
async def _one_process_at_a_time(database: Database) -> AsyncIterator[None]:
    if database.dialect == "postgresql":
        async with database.client.acquire_connection() as connection:
            await connection.execute("SELECT pg_advisory_lock($1)", LOCK_KEY)
            try:
                yield
            finally:
                await connection.execute("SELECT pg_advisory_unlock($1)", LOCK_KEY)
        return
    assert database.file is not None
    database.file.parent.mkdir(parents=True, exist_ok=True)
    lock = os.open(database.file.with_suffix(".migrating"), os.O_CREAT | os.O_RDWR, 0o600)
    try:
        await asyncio.to_thread(fcntl.flock, lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


async def _holds_data(database: Database) -> bool:
    """Whether there is anything to lose. PostgreSQL's backups are its administrator's, see docs/deploy.md."""
    if database.dialect == "postgresql":
        return False
    found = await database.one("SELECT 1 AS one FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'tortoise%' LIMIT 1")
    return found is not None


async def _back_up(database: Database) -> Path:
    assert database.file is not None
    backup = database.file.with_name(f"{database.file.name}.before-{datetime.now(UTC):%Y%m%dT%H%M%S%f}")
    await database.client.execute_query("VACUUM INTO ?", [str(backup)])
    return backup


async def _check_foreign_keys(database: Database) -> None:
    if database.dialect == "sqlite":
        _, broken = await database.client.execute_query("PRAGMA foreign_key_check")
        if broken:
            raise MigrationRefused(f"{len(broken)} rows point at nothing after the migration; the backup is untouched")
