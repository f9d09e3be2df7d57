"""The real server behind the simulator: its own code on SQLite or PostgreSQL, called in this process, with a tiny town in it."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from server.bookings.service import booking_rows, expire_holds
from server.commands import Answer, Command
from server.database import Connection, Database, Transaction
from server.errors import Refusal
from server.feed import service as feed
from server.instants import day_of
from server.syncing import service
from server.syncing.service.executing import HANDLERS
from tests.sync import world
from tests.sync.reference import Crashed
from tests.sync.town_tables import MUTABLE, fill, price_list

PARIS = ZoneInfo("Europe/Paris")
Json = dict[str, Any]


class Locked(Exception):
    """What a database says when somebody else holds the lock."""

    sqlstate = "55P03"


class FaultyDatabase(Database):
    """A database whose process can die just before a commit, and which counts the commands that were committed."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.crash_at: tuple[str, int] | None = None
        self.transactions = 0
        self.pending: list[tuple[str, int]] = []
        self.effects: list[tuple[str, int]] = []

    @asynccontextmanager
    async def transaction(self, *, durable: bool = True) -> AsyncIterator[Transaction]:
        self.pending = []
        async with super().transaction(durable=durable) as tx:
            yield tx
            kind, at = self.crash_at or ("", -1)
            if kind == "locked" and at <= self.transactions:
                raise Locked
            if kind == "commit" and at == self.transactions:
                raise Crashed
        self.transactions += 1
        self.effects += self.pending


class TownServer:
    """The same questions as `Reference` answers, put to the real thing."""

    def __init__(self, url: str) -> None:
        self.database = FaultyDatabase(url)
        self.crash_at: tuple[str, int] | None = None
        self._handlers = dict(HANDLERS)
        self._first: Json = {}

    async def open(self) -> "TownServer":
        await self.database.open()
        await self.database.retrying(fill)
        self._first = await self._dump()
        for kind, handler in self._handlers.items():
            HANDLERS[kind] = self._watched(handler)
        return self

    async def close(self) -> None:
        HANDLERS.update(self._handlers)
        await self.database.close()

    def _watched(self, handler: Any) -> Any:
        async def watched(tx: Transaction, command: Command) -> Answer:
            if any(str(item.get("rid", "")).startswith("boom") for item in command.args.get("items", [])):
                raise ZeroDivisionError
            answer: Answer = await handler(tx, command)
            self.database.pending.append((command.device, command.n))
            return answer

        return watched

    async def reset(self) -> None:
        self.crash_at = None
        await self._load(self._first)

    async def register(self, account: str, now: int) -> Json:
        guard = f"g_{account}"
        facts = {"label": "x", "platform": "test", "app": "2026.11.0", "clone_guard": guard}
        made = await service.register(self.database, account, "nobody", facts, now, PARIS)
        return {**made, "clone_guard": guard}

    async def exchange(self, account: str | None, request: Json, now: int) -> tuple[int, str]:
        kind, _ = self.crash_at or ("", 0)
        self.database.crash_at, self.database.transactions = self.crash_at, 0
        try:
            if account is None:
                raise Refusal("sign_in")
            told = await service.exchange(self.database, account, request, now, PARIS)
            if kind == "reply":
                raise Crashed
            return 200, msgspec.json.encode(told).decode()
        except Refusal as refused:
            return refused.status, json.dumps(refused.body())
        finally:
            self.crash_at = self.database.crash_at = None

    async def heads(self, account: str) -> dict[str, tuple[str, int, int]]:
        async with self.database.snapshot() as snapshot:
            found = await feed.heads_of(snapshot, account)
        return {head["id"]: (head["gen"], head["seq"], head["floor_seq"]) for head in found}

    async def rows(self, scope: str) -> dict[str, tuple[int, Json | None]]:
        found = await self.database.all("SELECT key, seq, body FROM sync_row WHERE scope = ?", scope)
        return {row["key"]: (row["seq"], None if row["body"] is None else json.loads(row["body"])) for row in found}

    async def bookings(self) -> list[Json]:
        found = await self.database.all(
            "SELECT id AS rid, child_id AS child, opening_id AS session, state, cents, max_cents, requested_at AS asked FROM booking"
        )
        return [dict(row) for row in found]

    async def taken(self) -> dict[str, int]:
        return {row["id"]: row["taken"] for row in await self.database.all("SELECT id, taken FROM place_pool")}

    async def receipts(self) -> list[tuple[str, int]]:
        return [(row["device"], row["n"]) for row in await self.database.all("SELECT device, n FROM sync_receipt")]

    async def last_ns(self) -> dict[str, int]:
        return {row["id"]: row["last_n"] for row in await self.database.all("SELECT id, last_n FROM sync_device")}

    async def deadletters(self) -> list[tuple[str, int]]:
        return [(row["device"], row["n"]) for row in await self.database.all("SELECT device, n FROM sync_deadletter")]

    async def effects(self) -> list[tuple[str, int]]:
        return self.database.effects

    async def set_price(self, cents: int) -> None:
        async def write(tx: Transaction) -> None:
            await tx.run("UPDATE tariff SET terms = ?, version = version + 1", json.dumps(price_list(cents)))

        await self.database.retrying(write)

    async def post_news(self, key: str, title: str | None, now: int) -> None:
        rows = {f"news/{key}": None if title is None else {"title": title}}
        await self.database.retrying(lambda tx: feed.put_rows(tx, "t:news", rows, now))

    async def revoke_grant(self, account: str, family: str) -> None:
        async def write(tx: Transaction) -> None:
            await tx.run("DELETE FROM guardianship WHERE account_id = ? AND family_id = ?", account, family)
            await feed.revoke(tx, account, f"f:{family}")

        await self.database.retrying(write)

    async def give_grant(self, account: str, family: str) -> None:
        async def write(tx: Transaction) -> None:
            await tx.run(
                "INSERT INTO guardianship (id, account_id, family_id, since) VALUES (?, ?, ?, '2026-01-01') ON CONFLICT (id) DO NOTHING",
                f"{account}|{family}",
                account,
                family,
            )
            await feed.grant(tx, [(account, f"f:{family}")])

        await self.database.retrying(write)

    async def revoke_device(self, device: str, now: int) -> None:
        found = await self.database.one("SELECT account FROM sync_device WHERE id = ?", device)
        if found is not None:
            await service.revoke(self.database, found["account"], device, now, PARIS)

    async def purge(self, now: int) -> None:
        await feed.purge_tombstones(self.database, now)

    async def expire(self, now: int) -> None:
        await expire_holds(self.database, now, PARIS)

    async def backup(self) -> Any:
        return await self._dump()

    async def restore(self, saved: Any, gen: str) -> None:
        await self._load(saved)
        await feed.begin_epoch(self.database, gen)

    async def projections(self, now: int) -> dict[str, dict[str, Json]]:
        """`resa/…` of every family as the tables say it should be."""
        async with self.database.snapshot() as snapshot:
            return {f"f:{family}": dict(await booking_rows(snapshot, family, day_of(now, PARIS), PARIS)) for family in world.FAMILIES}

    async def _dump(self) -> Json:
        tables = {table: [dict(row) for row in await self.database.all(f"SELECT * FROM {table}")] for table in MUTABLE}
        return {"tables": tables, "effects": list(self.database.effects)}

    async def _load(self, saved: Json) -> None:
        async def write(tx: Transaction) -> None:
            for table in reversed(MUTABLE):
                await tx.run(f"DELETE FROM {table}")
            for table in MUTABLE:
                await insert(tx, table, saved["tables"][table])

        await self.database.retrying(write)
        self.database.effects = list(saved["effects"])


async def insert(tx: Connection, table: str, rows: list[Json]) -> None:
    if rows:
        names = list(rows[0])
        marks = ", ".join("?" * len(names))
        await tx.many(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})", [list(row.values()) for row in rows])
