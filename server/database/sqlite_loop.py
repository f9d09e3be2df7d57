"""Tortoise's SQLite engine, run in the event loop, with transactions that take the write lock first.

Why not the stock engine (docs/decisions/0003-sqlite-in-the-loop.md): its deferred BEGIN loses writes when two processes
write, its single connection makes readers wait behind writers, and its thread costs 95 µs per statement where SQLite
itself needs 4. The module's name must contain "sqlite": Tortoise's migrations choose their dialect by it.
"""

import asyncio
import sqlite3
from collections.abc import Iterable, Sequence
from itertools import count
from typing import Any

from tortoise.backends.base.client import NestedTransactionContext, TransactionContext
from tortoise.backends.sqlite.client import (
    SqliteClient,
    SqliteTransactionContext,
    SqliteTransactionWrapper,
    translate_exceptions,
)
from tortoise.exceptions import TransactionManagementError

LOCK_WAIT_SECONDS = 10.0
_savepoints = count()


class LoopConnection:
    """The methods of aiosqlite that Tortoise calls, on a plain connection: nothing here ever suspends."""

    def __init__(self, path: str, *, read_only: bool = False) -> None:
        address = f"file:{_quoted(path)}?mode={'ro' if read_only else 'rwc'}"
        self._conn = sqlite3.connect(address, uri=True, isolation_level=None, timeout=0, cached_statements=512)
        self._conn.row_factory = sqlite3.Row

    @property
    def total_changes(self) -> int:
        return self._conn.total_changes

    async def execute(self, sql: str, values: Sequence[Any] | None = None) -> "_Cursor":
        return _Cursor(self._conn.execute(sql, values or ()))

    async def execute_insert(self, sql: str, values: Sequence[Any] | None = None) -> tuple[int | None]:
        return (self._conn.execute(sql, values or ()).lastrowid,)

    async def execute_fetchall(self, sql: str, values: Sequence[Any] | None = None) -> list[sqlite3.Row]:
        return self._conn.execute(sql, values or ()).fetchall()

    async def executemany(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        self._conn.executemany(sql, rows)

    async def executescript(self, sql: str) -> None:
        """Runs the statements one by one: sqlite3's own would commit the transaction that the script is part of."""
        statement = ""
        for part in sql.split(";"):
            statement += part + ";"
            if sqlite3.complete_statement(statement):
                self._conn.execute(statement)
                statement = ""
        if statement.strip(" ;\n"):
            self._conn.execute(statement)

    async def commit(self) -> None:
        if self._conn.in_transaction:
            self._conn.execute("COMMIT")

    async def rollback(self) -> None:
        if self._conn.in_transaction:
            self._conn.execute("ROLLBACK")

    async def close(self) -> None:
        self._conn.close()


class _Cursor:
    def __init__(self, cursor: sqlite3.Cursor) -> None:
        self._cursor = cursor
        self.rowcount = cursor.rowcount
        self.lastrowid = cursor.lastrowid

    async def fetchall(self) -> list[sqlite3.Row]:
        return self._cursor.fetchall()

    async def fetchone(self) -> sqlite3.Row | None:
        return self._cursor.fetchone()

    async def close(self) -> None:
        self._cursor.close()


class LoopWrapper(SqliteTransactionWrapper):
    """A transaction: begins by taking the write lock, so that what it reads cannot change before it writes."""

    def _in_transaction(self) -> TransactionContext:
        return NestedTransactionContext(LoopWrapper(self))

    async def begin(self) -> None:
        waited, pause = 0.0, 0.002
        while True:
            try:
                await self._connection.execute("BEGIN IMMEDIATE")
                return
            except sqlite3.OperationalError as error:
                if "locked" not in str(error) or waited > LOCK_WAIT_SECONDS:
                    raise TransactionManagementError(error) from error
            await asyncio.sleep(pause)
            waited, pause = waited + pause, min(pause * 1.5, 0.05)

    async def savepoint(self) -> None:
        self._savepoint = f"savepoint_{next(_savepoints)}"
        await self._connection.execute(f"SAVEPOINT {self._savepoint}")


class LoopClient(SqliteClient):
    """One writing connection and one reading connection per process."""

    _reader: LoopConnection | None = None

    async def create_connection(self, with_db: bool) -> None:
        if self._connection:
            return
        connection = LoopConnection(self.filename)
        for pragma, value in self.pragmas.items():
            await connection.execute(f"PRAGMA {pragma}={value}")
        self._connection = connection  # type: ignore[assignment]
        self._reader = LoopConnection(self.filename, read_only=True)
        await self._post_connect()

    async def close(self) -> None:
        if self._reader:
            await self._reader.close()
            self._reader = None
        await super().close()

    def _in_transaction(self) -> TransactionContext:
        return SqliteTransactionContext(LoopWrapper(self), self._lock)

    async def reader(self) -> LoopConnection:
        """The read-only connection: sees what is committed, never waits for a writer."""
        await self.create_connection(with_db=True)
        assert self._reader is not None
        return self._reader

    @translate_exceptions
    async def execute_query(self, query: str, values: list[Any] | None = None) -> tuple[int, Sequence[Any]]:
        if query.lstrip()[:6].upper() != "SELECT":
            return await super().execute_query(query, values)
        rows = await (await self.reader()).execute_fetchall(query, values)
        return len(rows), rows

    @translate_exceptions
    async def execute_query_dict(self, query: str, values: list[Any] | None = None) -> list[dict[str, Any]]:
        if query.lstrip()[:6].upper() != "SELECT":
            return await super().execute_query_dict(query, values)
        return [dict(row) for row in await (await self.reader()).execute_fetchall(query, values)]


client_class = LoopClient


def _quoted(path: str) -> str:
    """A file name as it must stand in a SQLite address."""
    return path.replace("%", "%25").replace("?", "%3f").replace("#", "%23")
