"""The one way to the database: transactions, snapshots and hand-written SQL on SQLite and PostgreSQL alike.

SQL is written with ``?`` for values; on PostgreSQL it becomes ``$1, $2 …``. Inside a transaction nothing but SQL may be
awaited (no mail, no HTTP, no password hashing): SQLite has one writer, and the whole town waits for it.
"""

import asyncio
import os
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence, Sized
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import parse_qs, unquote, urlsplit

import asyncpg
from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.context import TortoiseContext, _current_context

T = TypeVar("T")
Row = Mapping[str, Any]

MODELS = [
    f"server.{feature}.models"
    for feature in (
        "accounts", "families", "activities", "tariffs", "custody", "agenda", "bookings", "enrolments", "attendance", "invoices",
        "news", "feed", "syncing", "outbox", "mail", "registration", "traces", "consents", "quotient", "franceconnect", "privacy",
        "notifications", "messages", "attachments", "mailings",
    )
]  # fmt: skip
CLOSING_SECONDS = 2
RETRIED_STATES = {"40001", "40P01", "55P03"}  # serialization failure, deadlock, lock not available


@cache
def _numbered(sql: str) -> str:
    """``a = ? AND b = ?`` → ``a = $1 AND b = $2``. No literal of ours holds a question mark."""
    parts = sql.split("?")
    return "".join(f"{part}${i}" for i, part in enumerate(parts[:-1], 1)) + parts[-1]


def marks(values: Sized) -> str:
    """``?, ?, ?``: the inside of an ``IN (…)``."""
    return ", ".join("?" * len(values))


class Connection:
    """Hand-written SQL on one connection."""

    def __init__(self, client: BaseDBAsyncClient, dialect: str) -> None:
        self._client = client
        self.dialect = dialect

    async def all(self, sql: str, *values: Any) -> Sequence[Row]:
        if self.dialect == "postgresql":
            sql = _numbered(sql)
        return await self._client.execute_query_dict(sql, list(values))

    async def one(self, sql: str, *values: Any) -> Row | None:
        rows = await self.all(sql, *values)
        return rows[0] if rows else None

    async def run(self, sql: str, *values: Any) -> None:
        """Executes a statement whose result nobody reads."""
        if self.dialect == "postgresql":
            sql = _numbered(sql)
        await self._client.execute_query(sql, list(values))

    async def many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        lists = [list(row) for row in rows]
        if lists:
            if self.dialect == "postgresql":
                sql = _numbered(sql)
            await self._client.execute_many(sql, lists)


class Transaction(Connection):
    """A write transaction. `moved` collects the scopes it changed, to be announced once it is committed."""

    def __init__(self, client: BaseDBAsyncClient, dialect: str) -> None:
        super().__init__(client, dialect)
        self.moved: set[str] = set()

    async def lock(self, table: str, ids: Iterable[str]) -> None:
        """Locks rows by id, always in the same order. SQLite needs none: its transaction is alone already."""
        wanted = sorted(set(ids))
        if wanted and self.dialect == "postgresql":
            await self.all(f"SELECT id FROM {table} WHERE id IN ({marks(wanted)}) ORDER BY id FOR UPDATE", *wanted)

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        """An exception inside undoes what was written inside, and goes on."""
        async with self._client._in_transaction():  # type: ignore[attr-defined]
            yield


class Database:
    """An open database. `url` is ``sqlite:///path`` (``sqlite:////absolute/path``) or ``postgresql://user:password@host/name``."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.dialect, self._credentials = _parse(url)
        self._context = TortoiseContext()
        self.on_moved: Callable[[Iterable[str]], None] = lambda scopes: None

    @property
    def file(self) -> Path | None:
        """The SQLite file; None on PostgreSQL."""
        return Path(self._credentials["file_path"]) if self.dialect == "sqlite" else None

    def tortoise_config(self) -> dict[str, Any]:
        engine = "server.database.sqlite_loop" if self.dialect == "sqlite" else "tortoise.backends.asyncpg"
        return {
            # Tortoise caches prepared queries per process under the connection's name: one name per dialect.
            "connections": {self.dialect: {"engine": engine, "credentials": self._credentials}},
            "apps": {
                "portail": {"models": MODELS, "default_connection": self.dialect, "migrations": "server.migrations"},
            },
        }

    async def open(self) -> "Database":
        async with self.orm():
            await self._context.init(config=self.tortoise_config())
        return self

    async def close(self) -> None:
        """Lets go of the database; a connection that somebody still holds is cut after two seconds, not waited for."""
        pool = getattr(self.client, "_pool", None)
        if pool is not None:
            try:
                await asyncio.wait_for(pool.close(), CLOSING_SECONDS)
            except TimeoutError:
                pool.terminate()
            self.client._pool = None
        await self._context.close_connections()

    @property
    def client(self) -> BaseDBAsyncClient:
        return self._context.connections.get(self.dialect)

    @asynccontextmanager
    async def orm(self) -> AsyncIterator[None]:
        """Makes Tortoise's models speak to this database inside the block, in this task only."""
        token = _current_context.set(self._context)
        try:
            yield
        finally:
            _current_context.reset(token)

    @asynccontextmanager
    async def transaction(self, *, durable: bool = True) -> AsyncIterator[Transaction]:
        """A write transaction; an exception rolls it back. Models used inside take part in it.

        `durable`: survives a power cut when this returns. False leaves that to a later `make_durable`, for a caller that
        runs several and answers only after the last. Either way it survives the end of this process.
        """
        async with self.orm(), self.client._in_transaction() as client:  # type: ignore[attr-defined]
            tx = Transaction(client, self.dialect)
            yield tx
            if tx.moved and self.dialect == "postgresql":
                await tx.run("SELECT pg_notify('scopes_moved', ?)", " ".join(sorted(tx.moved)))
        if durable:
            await self.make_durable()
        if tx.moved:
            self.on_moved(tx.moved)

    async def make_durable(self) -> None:
        """Brings everything committed so far safely to the disk.

        PostgreSQL did so at each commit. SQLite runs with synchronous=NORMAL, which leaves its write-ahead log to the
        system; one fsync here, off the event loop, does for all commits since the last what FULL does for each.
        """
        if self.file is not None and self._credentials["synchronous"] == "NORMAL":
            await asyncio.to_thread(_sync_file, f"{self.file}-wal")

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[Connection]:
        """Several reads of one instant."""
        if self.dialect == "postgresql":
            if self.client._pool is None:
                await self.client.create_connection(with_db=True)
            async with self.client.acquire_connection() as connection:
                async with connection.transaction(isolation="repeatable_read", readonly=True):
                    yield Connection(_PostgresSnapshot(connection), self.dialect)  # type: ignore[arg-type]
            return
        # The reading connection is shared, but its statements never suspend: what holds for a snapshot is that its
        # user awaits nothing else between them.
        reader = await self.client.reader()  # type: ignore[attr-defined]
        await reader.execute("BEGIN")
        try:
            yield Connection(_SqliteSnapshot(reader), self.dialect)  # type: ignore[arg-type]
        finally:
            await reader.rollback()

    async def change_counter(self) -> int:
        """SQLite: a number that changes when another process commits."""
        reader = await self.client.reader()  # type: ignore[attr-defined]
        return (await reader.execute_fetchall("PRAGMA data_version"))[0][0]

    async def all(self, sql: str, *values: Any) -> Sequence[Row]:
        return await Connection(self.client, self.dialect).all(sql, *values)

    async def one(self, sql: str, *values: Any) -> Row | None:
        return await Connection(self.client, self.dialect).one(sql, *values)

    async def retrying(
        self, work: Callable[[Transaction], Awaitable[T]], attempts: int = 4, *, durable: bool = True
    ) -> T:
        """Runs `work` in a transaction, again when another transaction got in its way (deadlock, lock, serialization)."""
        for attempt in range(1, attempts + 1):
            try:
                async with self.transaction(durable=durable) as tx:
                    return await work(tx)
            except Exception as error:
                if attempt == attempts or not is_contention(error):
                    raise
                await asyncio.sleep(random.uniform(0.005, 0.03) * attempt)
        raise AssertionError("unreachable")


def is_unstorable(error: BaseException) -> bool:
    """Whether a value was refused because no database can hold it: a null byte in a text, half of a character."""
    return isinstance(error, UnicodeError) or isinstance(error.__cause__, asyncpg.DataError)


class _PostgresSnapshot:
    """What `Connection` needs of a client, on a connection that is inside a read-only transaction."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def execute_query_dict(self, sql: str, values: list[Any]) -> Sequence[Any]:
        return await self._connection.fetch(sql, *values)


class _SqliteSnapshot:
    """The same, on SQLite's reading connection."""

    def __init__(self, reader: Any) -> None:
        self._reader = reader

    async def execute_query_dict(self, sql: str, values: list[Any]) -> Sequence[Any]:
        return await self._reader.execute_fetchall(sql, values)


def is_contention(error: BaseException) -> bool:
    """Whether the transaction failed only because another one was there."""
    state = getattr(error, "sqlstate", None) or getattr(error.__cause__, "sqlstate", None)
    return state in RETRIED_STATES or "database is locked" in str(error)


def _sync_file(path: str) -> None:
    try:
        log = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return  # a checkpoint just moved it all into the database file, and synced that
    try:
        os.fsync(log)
    finally:
        os.close(log)


def _parse(url: str) -> tuple[str, dict[str, Any]]:
    parts = urlsplit(url)
    query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    if parts.scheme == "sqlite":
        pragmas = {"busy_timeout": 0, "synchronous": "NORMAL", "cache_size": -16000, "mmap_size": 268435456}
        return "sqlite", {"file_path": unquote(parts.path[1:]), "journal_size_limit": 67108864, **pragmas, **query}
    if parts.scheme in ("postgresql", "postgres"):
        return "postgresql", {
            "host": query.pop("host", None) or parts.hostname or "127.0.0.1",
            "port": parts.port or 5432,
            "user": unquote(parts.username or "postgres"),
            "password": unquote(parts.password) if parts.password else None,
            "database": unquote(parts.path.lstrip("/")),
            "minsize": 1,
            "maxsize": int(query.pop("pool", "8")),
        }
    raise ValueError(f"unknown database address: {parts.scheme}://…")
