"""Tells people what concerns them, on the devices and channels that they chose.

`notify` belongs to the transaction that decided: what it asks for happens once, after the commit, or not at all.
"""

import json
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import structlog

from server.database import Connection, Database, Row, Transaction, marks
from server.errors import Refusal
from server.feed.service import put_rows
from server.gateways.webpush import MOST_BYTES, WebPush
from server.instants import iso
from server.mail.service import send_mail
from server.notifications import models, rules, texts
from server.outbox.service import GiveUp, TryLater, enqueue

log = structlog.get_logger("portail.notifications")


async def notify(
    tx: Transaction,
    accounts: Iterable[str],
    topic: str,
    event: str,
    page: str,
    now: int,
    zone: ZoneInfo,
    *,
    detail: str | None = None,
    about: str | None = None,
    ttl: int | None = None,
    except_device: str | None = None,
    mail: bool = True,
    generic: tuple[str, str] | None = None,
) -> None:
    """Tells some accounts of one event. The same `event` never tells anybody twice.

    `topic`: one of `rules.TOPICS`; `page`: the path that a click opens; `detail`: a sentence for those who allow details on a
    locked screen, and for mails; `about`: pushes about the same thing replace each other; `ttl` in seconds, when the topic's
    is too long; `except_device`: the one in whose hand the answer already is.
    """
    wanted = sorted(set(accounts))
    if not wanted:
        return
    people = await tx.all(f"SELECT id, email FROM account WHERE id IN ({marks(wanted)})", *wanted)
    for person in people:
        chosen = await models.settings(tx, person["id"])
        channels = rules.chosen(json.loads(chosen["topics"]) if chosen else None)[topic]
        quiet = (chosen["quiet_from"], chosen["quiet_to"]) if chosen and rules.TOPICS[topic].waits else (None, None)
        run_at = rules.not_before(now, quiet, zone)
        said = texts.words(topic, page, detail, bool(chosen and chosen["detailed"]), generic)
        devices = await models.of_account(tx, person["id"])
        if "push" in channels:
            for device in devices:
                if device["device"] != except_device:
                    await _push(tx, device["id"], topic, event, said, about or event, ttl, now, run_at)
        if mail and "mail" in channels and person["email"] and not ("push" in channels and devices):
            # Mail is for whom no push can reach: nobody needs to be told twice.
            await send_mail(
                tx, f"{event}/{person['id']}", person["email"], said.title, [detail or said.body], now, ("Ouvrir le portail", page)
            )


async def _push(
    tx: Transaction, subscription: str, topic: str, event: str, said: texts.Words, about: str, ttl: int | None, now: int, run_at: int
) -> None:
    payload = {
        "subscription": subscription,
        "title": said.title,
        "body": said.body,
        "page": said.page,
        "topic": topic,
        "replaces": rules.replaces(topic, about),
        "ttl": ttl or rules.TOPICS[topic].ttl,
        "urgency": rules.TOPICS[topic].urgency,
    }
    await enqueue(tx, "push", f"push/{event}/{subscription}", payload, now, run_at)


class Pusher:
    """What the outbox does with a push."""

    def __init__(self, database: Database, web_push: WebPush, public_url: str, zone: ZoneInfo, now: Callable[[], int]) -> None:
        self._database, self._web_push, self._public_url = database, web_push, public_url
        self._zone, self._now = zone, now

    async def deliver(self, payload: Mapping[str, Any]) -> None:
        """Sends one push and notes what became of it.

        Raises:
            TryLater: the push service asks for time; GiveUp: it refuses our key, or the message itself.
        """
        found = await models.subscription(self._database, payload["subscription"])
        if found is None:
            return
        to = {"endpoint": found["endpoint"], "keys": {"p256dh": found["p256dh"], "auth": found["auth"]}}
        how = {"ttl": payload["ttl"], "urgency": payload["urgency"], "topic": payload["replaces"]}
        outcome = await self._web_push.send(to, declarative(payload, self._public_url), **how)
        if outcome.answered == "too_large":
            outcome = await self._web_push.send(to, declarative({**payload, "body": ""}, self._public_url), **how)
        if outcome.answered == "delivered":
            await self._note(found, self._now(), None)
        elif outcome.answered == "gone":
            await self._database.retrying(partial(_forget, row=found, zone=self._zone, now=self._now()))
        elif outcome.answered == "later":
            raise TryLater(outcome.wait_ms, f"the push service answered {outcome.status}")
        else:
            if outcome.answered == "forbidden":
                log.error("push key refused", status=outcome.status)  # the town's key or contact is wrong: every push fails
            await self._note(found, None, f"refused ({outcome.status})")
            raise GiveUp(f"the push service answered {outcome.status}")

    async def _note(self, found: Row, ok_at: int | None, error: str | None) -> None:
        await self._database.retrying(
            partial(_noted, row=found, ok_at=ok_at, error=error, zone=self._zone, now=self._now()), durable=False
        )


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


async def subscribe(
    database: Database, account: str, device: str | None, endpoint: str, p256dh: str, auth: str, web_push: WebPush, now: int, zone: ZoneInfo
) -> None:
    """Binds a browser's subscription to its device; again is the same as once.

    Raises:
        Refusal: ``push_service_unknown`` (a host that is no push service's), ``device_unknown``.
    """
    if not web_push.allows(endpoint):
        raise Refusal("push_service_unknown")
    if device is None:
        raise Refusal("device_unknown")
    row = (f"ps_{secrets.token_urlsafe(12)}", account, device, endpoint, p256dh, auth, now)

    async def write(tx: Transaction) -> None:
        await models.subscribe(tx, row)
        await _publish(tx, account, now, zone)

    await database.retrying(write)


async def unsubscribe(database: Database, account: str, device: str | None, now: int, zone: ZoneInfo) -> None:
    async def write(tx: Transaction) -> None:
        if device:
            await models.unsubscribe(tx, account, device)
        await _publish(tx, account, now, zone)

    await database.retrying(write)


async def forget_device(tx: Transaction, account: str, device: str) -> None:
    """A device that was ended gets no more pushes."""
    await models.unsubscribe(tx, account, device)


async def choose(
    database: Database, account: str, topics: Mapping[str, Sequence[str]], quiet: tuple[str | None, str | None], detailed: bool, now: int,
    zone: ZoneInfo,
) -> None:  # fmt: skip
    """Stores what a person wants to be told, by which channel, and when not."""
    kept = json.dumps(rules.chosen({name: list(channels) for name, channels in topics.items() if name in rules.TOPICS}))

    async def write(tx: Transaction) -> None:
        await models.store_settings(tx, account, kept, quiet, detailed)
        await _publish(tx, account, now, zone)

    await database.retrying(write)


async def try_out(database: Database, account: str, device: str | None, now: int) -> bool:
    """Sends a trial to this device; False when it has no subscription."""

    async def write(tx: Transaction) -> bool:
        mine = [row for row in await models.of_account(tx, account) if row["device"] == device]
        said = texts.Words(*texts.TEST, "/parametres")
        for row in mine:
            await _push(tx, row["id"], "answers", f"trial/{now}", said, "trial", 300, now, now)
        return bool(mine)

    return await database.retrying(write)


async def notification_rows(reader: Connection | Database, account: str, zone: ZoneInfo) -> dict[str, dict[str, Any]]:
    """``notifications/<account>`` of ``a:<account>``: what is chosen, and what reaches which device."""
    found = await models.settings(reader, account)
    devices = {
        row["device"]: {"last_ok_at": None if row["last_ok_at"] is None else iso(row["last_ok_at"], zone), "error": row["last_error"]}
        for row in await models.of_account(reader, account)
    }
    body = {
        "topics": rules.chosen(json.loads(found["topics"]) if found else None),
        "quiet": [found["quiet_from"], found["quiet_to"]] if found and found["quiet_from"] else None,
        "detailed": bool(found and found["detailed"]),
        "devices": devices,
    }
    return {f"notifications/{account}": body}


async def _publish(tx: Transaction, account: str, now: int, zone: ZoneInfo) -> None:
    await put_rows(tx, f"a:{account}", await notification_rows(tx, account, zone), now)


async def _forget(tx: Transaction, row: Row, zone: ZoneInfo, now: int) -> None:
    await models.gone(tx, row["id"])
    await _publish(tx, row["account"], now, zone)


async def _noted(tx: Transaction, row: Row, ok_at: int | None, error: str | None, zone: ZoneInfo, now: int) -> None:
    await models.note(tx, row["id"], ok_at, error)
    if (row["last_error"] is None) != (error is None) or row["last_ok_at"] is None:
        await _publish(tx, row["account"], now, zone)  # the page says whether pushes arrive; not each one is worth a row
