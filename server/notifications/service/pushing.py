"""What the outbox does with pushes: many at once, each with its own outcome."""

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import aiohttp
import structlog

from server.database import Database, Row, Transaction
from server.gateways.webpush import MOST_BYTES, Outcome, WebPush
from server.notifications import models
from server.notifications.service.choosing import publish
from server.outbox.service import GiveUp, TryLater

log = structlog.get_logger("portail.notifications")
Noted = tuple[Row, Outcome]


class Pusher:
    """Sends pushes and notes what became of each."""

    def __init__(self, database: Database, web_push: WebPush, public_url: str, zone: ZoneInfo, now: Callable[[], int]) -> None:
        self._database, self._web_push, self._public_url = database, web_push, public_url
        self._zone, self._now = zone, now

    async def deliver(self, payload: Mapping[str, Any]) -> None:
        """Sends one push.

        Raises:
            TryLater: the push service asks for time; GiveUp: it refuses our key, or the message itself.
        """
        (fault,) = await self.deliver_all([payload])
        if fault is not None:
            raise fault

    async def deliver_all(self, payloads: Sequence[Mapping[str, Any]]) -> list[Exception | None]:
        """Sends them side by side; what is to be raised for each, in the same order. Nothing is sent to who is gone."""
        known = await models.subscriptions(self._database, [payload["subscription"] for payload in payloads])
        sending = []
        for payload in payloads:
            sending.append(asyncio.create_task(self._send(known.get(payload["subscription"]), payload)))
            await asyncio.sleep(0)  # one encryption at a time, and between two of them a turn for whoever waits for an answer
        answers = await asyncio.gather(*sending)
        noted = [
            (known[payload["subscription"]], answer)
            for payload, answer in zip(payloads, answers, strict=True)
            if isinstance(answer, Outcome) and answer.answered != "later"
        ]
        quiet = {payload["subscription"] for payload in payloads if payload["topic"] == "news"}
        if noted:
            note = partial(_note, noted=noted, quiet=quiet, zone=self._zone, now=self._now())
            await self._database.retrying(note, durable=False)
        return [_fault(answer) for answer in answers]

    async def _send(self, found: Row | None, payload: Mapping[str, Any]) -> Outcome | Exception | None:
        if found is None:
            return None
        to = {"endpoint": found["endpoint"], "keys": {"p256dh": found["p256dh"], "auth": found["auth"]}}
        how = {"ttl": payload["ttl"], "urgency": payload["urgency"], "topic": payload["replaces"]}
        try:
            outcome = await self._web_push.send(to, declarative(payload, self._public_url), **how)
            if outcome.answered == "too_large":
                outcome = await self._web_push.send(to, declarative({**payload, "body": ""}, self._public_url), **how)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            return error
        return outcome


def _fault(answer: Outcome | Exception | None) -> Exception | None:
    if answer is None or isinstance(answer, Exception):
        return answer
    if answer.answered == "later":
        return TryLater(answer.wait_ms, f"the push service answered {answer.status}")
    if answer.answered in ("delivered", "gone"):
        return None
    if answer.answered == "forbidden":
        log.error("push key refused", status=answer.status)  # the town's key or contact is wrong: every push fails
    return GiveUp(f"the push service answered {answer.status}")


def declarative(payload: Mapping[str, Any], public_url: str) -> bytes:
    """The message as JSON that Safari shows by itself and that our worker shows elsewhere, within what one push may hold.

    Source: Declarative Web Push (WebKit, 2025).
    """
    notification = {
        "title": payload["title"],
        "body": payload["body"],
        "lang": "fr",
        "navigate": f"{public_url}{payload['page']}",
        "tag": payload["replaces"],
        "silent": False,
    }
    text = json.dumps({"web_push": 8030, "notification": notification}, ensure_ascii=False).encode()
    if len(text) <= MOST_BYTES:
        return text
    return declarative({**payload, "body": payload["body"][: len(payload["body"]) // 2]}, public_url)


async def _note(tx: Transaction, noted: Sequence[Noted], quiet: set[str], zone: ZoneInfo, now: int) -> None:
    """What became of each; the page of notifications hears of changes only, not of every push."""
    changed: set[str] = set()
    arrived: list[str] = []
    for row, outcome in sorted(noted, key=lambda one: str(one[0]["account"])):
        if outcome.answered == "gone":
            await models.gone(tx, row["id"])
            changed.add(row["account"])
        elif outcome.answered == "delivered":
            arrived.append(row["id"])
            if row["last_error"] is not None or (row["last_ok_at"] is None and row["id"] not in quiet):
                changed.add(row["account"])
        else:
            await models.failed(tx, row["id"], f"refused ({outcome.status})")
            if row["last_error"] is None:
                changed.add(row["account"])
    await models.arrived(tx, arrived, now)
    for account in sorted(changed):
        await publish(tx, account, now, zone)
