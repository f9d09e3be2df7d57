"""Subscribing a device, choosing what to be told, and the row that says what reaches which device."""

import json
import secrets
from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from server.database import Connection, Database, Transaction
from server.errors import Refusal
from server.feed.service import put_rows
from server.gateways.webpush import WebPush
from server.instants import iso
from server.notifications import models, rules, texts
from server.notifications.service.telling import push_payload
from server.outbox.service import enqueue


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
        await publish(tx, account, now, zone)

    await database.retrying(write)


async def unsubscribe(database: Database, account: str, device: str | None, now: int, zone: ZoneInfo) -> None:
    async def write(tx: Transaction) -> None:
        if device:
            await models.unsubscribe(tx, account, device)
        await publish(tx, account, now, zone)

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
        await publish(tx, account, now, zone)

    await database.retrying(write)


async def try_out(database: Database, account: str, device: str | None, now: int) -> bool:
    """Sends a trial to this device; False when it has no subscription."""

    async def write(tx: Transaction) -> bool:
        mine = [row for row in await models.of_account(tx, account) if row["device"] == device]
        said = texts.Words(*texts.TEST, "/parametres")
        for row in mine:
            await enqueue(tx, "push", f"push/trial/{now}/{row['id']}", push_payload(row["id"], "answers", said, "trial", 300), now)
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


async def publish(tx: Transaction, account: str, now: int, zone: ZoneInfo) -> None:
    await put_rows(tx, f"a:{account}", await notification_rows(tx, account, zone), now)
