"""Writes what must be done outside, and does it: at least once, by one worker or several, with a place for the dead.

`enqueue` belongs to the transaction that decided; the worker runs beside the server or as `portail work`.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import structlog

from server.database import Database, Row, Transaction
from server.errors import Refusal
from server.instants import iso
from server.outbox import models, rules, texts

log = structlog.get_logger("portail.outbox")
Do = Callable[[Mapping[str, Any]], Awaitable[None]]
DoAll = Callable[[Sequence[Mapping[str, Any]]], Awaitable[list[Exception | None]]]
LOOK_EVERY_SECONDS = 2.0
AT_ONCE = 50
MANY_AT_ONCE = 100


class TryLater(Exception):
    """The outside world asked for time: try again after so many milliseconds, whatever the number of attempts."""

    def __init__(self, milliseconds: int, reason: str) -> None:
        super().__init__(reason)
        self.milliseconds = milliseconds


class GiveUp(Exception):
    """Trying again cannot help (a wrong address, a refused key): to the dead letters at once."""


async def enqueue(tx: Transaction, kind: str, key: str, payload: Mapping[str, Any], now: int, run_at: int | None = None) -> bool:
    """Asks for something to be done once this transaction is committed; False when the key was asked for before.

    `kind` names the handler, `key` what this is about (``mail/activation/acc_1/2026-11-23``): asking again with the same key
    does nothing, so that a repeated command never sends two mails.
    """
    asked = await models.add(tx, kind, key[:160], json.dumps(payload, ensure_ascii=False), run_at or now, now)
    if asked:
        tx.moved.add("outbox")
    return asked


async def enqueue_many(tx: Transaction, kind: str, items: Sequence[tuple[str, Mapping[str, Any], int]], now: int) -> None:
    """The same for many: (key, payload, run_at). A key that was asked for before is left as it is."""
    if items:
        await models.add_many(tx, kind, [(key[:160], json.dumps(what, ensure_ascii=False), at) for key, what, at in items], now)
        tx.moved.add("outbox")


class Worker:
    """Does what is due, with the handlers of each kind; `many`: kinds that are done many at a time, each item with its own outcome."""

    def __init__(
        self, database: Database, handlers: Mapping[str, Do], now: Callable[[], int], many: Mapping[str, DoAll] | None = None
    ) -> None:
        self._database, self._handlers, self._now = database, dict(handlers), now
        self._many = dict(many or {})
        self._woken = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def wake(self) -> None:
        self._woken.set()

    def start(self) -> None:
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            try:
                while await self.work():
                    pass
            except Exception as error:
                log.error("outbox failed", error=type(error).__name__, exc_info=error)
            self._woken.clear()
            try:
                await asyncio.wait_for(self._woken.wait(), LOOK_EVERY_SECONDS)
            except TimeoutError:
                continue

    async def work(self, limit: int = AT_ONCE) -> int:
        """One round: claims what is due, does it side by side, notes the outcome; returns how many were claimed."""
        done = await self._round(sorted(self._handlers), limit, self._one_by_one) if self._handlers else 0
        for kind, do_all in self._many.items():
            done += await self._round([kind], MANY_AT_ONCE, do_all, rules.SHORT_LEASE)
        return done

    async def _round(
        self,
        kinds: list[str],
        limit: int,
        do: Callable[[Sequence[Any]], Awaitable[Sequence[Exception | None]]],
        lease: int = rules.LEASE,
    ) -> int:
        now = self._now()
        # A claim that a power cut forgets is claimed again: only what was done must be safe on the disk.
        claim = partial(models.claim, kinds=kinds, now=now, lease=now + lease, limit=limit)
        items = await self._database.retrying(claim, durable=False)
        if not items:
            return 0
        outcomes = await do(items) if do == self._one_by_one else await do([json.loads(item["payload"]) for item in items])
        await self._database.retrying(partial(self._note, outcomes=list(zip(items, outcomes, strict=True))))
        return len(items)

    async def _one_by_one(self, items: Sequence[Row]) -> Sequence[Exception | None]:
        return await asyncio.gather(*(self._do(item) for item in items))

    async def _do(self, item: Row) -> Exception | None:
        try:
            await self._handlers[item["kind"]](json.loads(item["payload"]))
        except Exception as error:
            return error
        return None

    async def _note(self, tx: Transaction, outcomes: list[tuple[Row, Exception | None]]) -> None:
        now = self._now()
        await models.finish(tx, [item["id"] for item, error in outcomes if error is None], now)
        for item, error in outcomes:
            if error is None:
                continue
            wait = rules.wait_after(item["attempts"])
            if isinstance(error, TryLater):
                wait = error.milliseconds
            said = f"{type(error).__name__}: {error}"[:1000]
            if wait is None or isinstance(error, GiveUp):
                log.error("given up", kind=item["kind"], attempts=item["attempts"], error=type(error).__name__)
                await models.bury(tx, item["id"], said)
            else:
                await models.postpone(tx, item["id"], now + wait, said)


async def dead_letters(database: Database, zone: ZoneInfo) -> dict[str, Any]:
    """``waiting``: what was given up and needs a decision; ``decided``: by whom and when it was tried again or dropped."""
    rows = [_told(row, zone) for row in await models.dead(database)]
    return {"waiting": [row for row in rows if row["state"] == "dead"], "decided": [row for row in rows if row["state"] != "dead"]}


async def decide(database: Database, item: int, by: str, now: int, *, again: bool) -> None:
    """An agent's word on what was given up: once more, or never.

    Raises:
        Refusal: ``already_decided``.
    """

    async def write(tx: Transaction) -> None:
        if not await models.decide(tx, min(item, 2**31 - 1), by, now, again=again):
            raise Refusal("already_decided")
        tx.moved.add("outbox")

    await database.retrying(write)


def _told(row: Row, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "id": row["id"],
        "state": row["state"],
        "what": texts.what(row["kind"], json.loads(row["payload"])),
        "why": texts.why(row["error"]),
        "error": row["error"],
        "attempts": row["attempts"],
        "at": iso(row["created_at"], zone),
        "decided_by": row["decided_by"],
        "decided_at": None if row["decided_at"] is None else iso(row["decided_at"], zone),
    }
