"""The tables come from migrations, under a lock, with a backup; what would lose data is refused."""

import asyncio
import types
from pathlib import Path

import pytest
from tortoise.migrations.operations import RemoveField

from server.database import Database, migrating
from server.database.migrating import MigrationRefused, migrate, missing_migration


async def test_the_migrations_describe_the_models(database: Database) -> None:
    assert await missing_migration(database) == []


async def test_migrating_twice_does_nothing_the_second_time(database: Database) -> None:
    assert await migrate(database) == []


async def test_two_processes_that_start_at_once_migrate_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'with a space.db'}"
    one, other = await Database(url).open(), await Database(url).open()
    try:
        done = await asyncio.gather(migrate(one), migrate(other))
        assert sorted(map(bool, done)) == [False, True]
    finally:
        await one.close()
        await other.close()


async def test_data_are_backed_up_before_they_are_migrated(tmp_path: Path) -> None:
    opened = await Database(f"sqlite:///{tmp_path / 'portail.db'}").open()
    try:
        async with opened.transaction() as tx:
            await tx.run("CREATE TABLE kept_from_before (note TEXT)")
            await tx.run("INSERT INTO kept_from_before VALUES (?)", "a parent's booking " * 1000)
        assert await migrate(opened)
    finally:
        await opened.close()
    backups = list(tmp_path.glob("portail.db.before-*"))
    assert len(backups) == 1
    copy = await Database(f"sqlite:///{backups[0]}").open()
    try:
        assert await copy.one("SELECT note FROM kept_from_before")
    finally:
        await copy.close()


def test_a_migration_that_rebuilds_a_table_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    dangerous = types.SimpleNamespace(Migration=types.SimpleNamespace(operations=[RemoveField("Family", "address")]))
    monkeypatch.setattr(migrating.pkgutil, "iter_modules", lambda path: [types.SimpleNamespace(name="0002_lose_addresses")])
    monkeypatch.setattr(migrating.importlib, "import_module", lambda name: dangerous)
    with pytest.raises(MigrationRefused, match="0002_lose_addresses: RemoveField"):
        migrating.refuse_dangerous_operations()
