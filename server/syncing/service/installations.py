"""Installations of the app: registering, renaming, revoking."""

import secrets
from typing import Any
from zoneinfo import ZoneInfo

from server.accounts.service import account_rows, bind_session_to_device, end_sessions_of_device
from server.commands import Answer, Command, Item
from server.consents.service import consent_rows
from server.database import Connection, Database, Row, Transaction
from server.errors import Refusal
from server.feed.service import epoch, grant, put_changes, put_rows
from server.instants import iso
from server.notifications.service import forget_device, notification_rows
from server.syncing import models

MOST_DEVICES = 40


def scope_of(account: str) -> str:
    return f"a:{account}"


async def register(
    database: Database, account: str, session: str, facts: dict[str, str], now: int, zone: ZoneInfo
) -> dict[str, Any]:
    """A new installation of an account: ``{device, last_n, epoch}``. Its session ends with it."""
    device = f"d_{secrets.token_urlsafe(12)}"

    async def write(tx: Transaction) -> str:
        old = [row for row in await models.devices_of(tx, account) if row["revoked_at"] is None]
        for row in old[MOST_DEVICES - 1 :]:
            await _end(tx, account, row["id"], now, zone)
        await tx.run(
            "INSERT INTO sync_device (id, account, label, platform, app, clone_guard, last_n, ack_n, created_at, seen_at)"
            " VALUES (?, ?, ?, ?, ?, ?, 0, 0, ?, ?)",
            device, account, facts["label"], facts["platform"], facts["app"], facts["clone_guard"], now, now,
        )
        await bind_session_to_device(tx, session, device)
        await grant(tx, [(account, scope_of(account))])
        rows = {**await account_rows(tx, account), **await _row(tx, device, zone)}
        if rows[f"account/{account}"]["role"] == "parent":
            rows |= await consent_rows(tx, account, zone)
        rows |= await notification_rows(tx, account, zone)
        await put_rows(tx, scope_of(account), rows, now)
        return await epoch(tx)

    return {"device": device, "last_n": 0, "epoch": await database.retrying(write)}


async def devices(database: Database, account: str, current: str | None, zone: ZoneInfo) -> list[dict[str, Any]]:
    """The account's installations, the latest seen first."""
    return [
        {"device": row["id"], **_body(row, zone), "current": row["id"] == current}
        for row in await models.devices_of(database, account)
    ]


async def revoke(database: Database, account: str, device: str, now: int, zone: ZoneInfo) -> None:
    """Ends an installation: its sessions stop, its next exchange is told to wipe what it keeps.

    Raises:
        Refusal: ``not_found``, also for somebody else's device.
    """

    async def write(tx: Transaction) -> None:
        found = await models.device(tx, device)
        if found is None or found["account"] != account:
            raise Refusal("not_found")
        await _end(tx, account, device, now, zone)

    await database.retrying(write)


async def rename_command(tx: Transaction, command: Command) -> Answer:
    """``device.rename``"""
    answer = Answer(scope_of(command.account), [{"outcome": "accepted"}])
    found = await models.device(tx, command.args["device"])
    if found is None or found["account"] != command.account:
        return Answer(answer.scope, [_unknown()])
    await tx.run("UPDATE sync_device SET label = ? WHERE id = ?", command.args["label"].strip(), found["id"])
    for key, body in (await _row(tx, found["id"], command.zone)).items():
        answer.put(answer.scope, key, body)
    return answer


async def revoke_command(tx: Transaction, command: Command) -> Answer:
    """``device.revoke``: a lost phone, named from another one."""
    answer = Answer(scope_of(command.account), [{"outcome": "accepted"}])
    found = await models.device(tx, command.args["device"])
    if found is None or found["account"] != command.account:
        return Answer(answer.scope, [_unknown()])
    await _revoke(tx, command.account, found["id"], command.received_at)
    for key, body in (await _row(tx, found["id"], command.zone)).items():
        answer.put(answer.scope, key, body)
    return answer


async def _end(tx: Transaction, account: str, device: str, now: int, zone: ZoneInfo) -> None:
    await _revoke(tx, account, device, now)
    await put_changes(tx, {scope_of(account): dict(await _row(tx, device, zone))}, now)


async def _revoke(tx: Transaction, account: str, device: str, now: int) -> None:
    await tx.run("UPDATE sync_device SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL", now, device)
    await end_sessions_of_device(tx, account, device)
    await forget_device(tx, account, device)


async def _row(connection: Connection, device: str, zone: ZoneInfo) -> dict[str, dict[str, Any]]:
    found = await models.device(connection, device)
    assert found is not None
    return {f"device/{device}": _body(found, zone)}


def _body(row: Row, zone: ZoneInfo) -> dict[str, Any]:
    revoked = row["revoked_at"]
    return {
        "label": row["label"],
        "platform": row["platform"],
        "app": row["app"],
        "created_at": iso(row["created_at"], zone),
        "seen_at": iso(row["seen_at"], zone),
        "revoked_at": None if revoked is None else iso(revoked, zone),
    }


def _unknown() -> Item:
    return {"outcome": "refused", "code": "DEVICE_UNKNOWN"}
