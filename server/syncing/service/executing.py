"""One exchange: each command in a transaction of its own, then one consistent look at what changed."""

import hashlib
from base64 import b32encode
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import structlog

from server.attendance import service as attendance
from server.bookings import service as bookings
from server.commands import Answer, Command, Handler
from server.custody import service as custody
from server.database import Database, Row, Transaction, is_contention
from server.enrolments import service as enrolments
from server.errors import Refusal
from server.families import service as families
from server.feed.service import pages, put_changes
from server.instants import iso
from server.messages import service as messages
from server.quotient import service as quotient
from server.syncing import models
from server.syncing.service import installations
from server.syncing.service.barring import refused_only, without_barred
from sync.commands import MOST_ROWS, check_command, check_request
from sync.identity import fingerprint_hash
from sync.instants import instant_of
from sync.judge import judge

HANDLERS: dict[str, Handler] = {
    "reservation.book@1": bookings.book,
    "reservation.cancel@1": bookings.cancel,
    "reservation.confirm@1": bookings.confirm,
    "waitlist.join@1": bookings.join_waiting_list,
    "waitlist.leave@1": bookings.leave_waiting_list,
    "absence.declare@1": attendance.declare,
    "custody.ask@1": custody.ask,
    "custody.answer@1": custody.answer,
    "custody.withdraw@1": custody.withdraw,
    "message.send@1": messages.send,
    "thread.read@1": messages.read,
    "thread.close@1": messages.close,
    "device.rename@1": installations.rename_command,
    "device.revoke@1": installations.revoke_command,
    "dossier.edit@1": families.edit,
    "contact.put@1": families.put_contact,
    "contact.remove@1": families.remove_contact,
    "proof.declare@1": families.declare_proof,
    "enrolment.ask@1": enrolments.ask,
    "enrolment.paper@1": enrolments.give_papers,
    "enrolment.withdraw@1": enrolments.withdraw,
    "consent.answer@1": quotient.answer_consent,
}
POLICY = {"min_app": "2026.11.0", "next_poll_s": 60, "offline_lease_days": 30}
RETRY_MS = 2000
LATEST_CLAIM = 7_258_118_400_000  # 2200: a phone's clock may say anything, a calendar cannot
log = structlog.get_logger("portail.syncing")


async def exchange(
    database: Database, account: str, request: Mapping[str, Any], received_at: int, zone: ZoneInfo
) -> dict[str, Any]:
    """Executes the commands of a request and answers with receipts and changes, as sync/README.md says.

    `request` is parsed JSON that nobody checked yet; `received_at` is the instant it came in, before any wait.

    Raises:
        Refusal: the request as a whole cannot be served; nothing of it was executed, except what an earlier
            sending of the same commands had executed.
    """
    fault = check_request(request)
    if fault is not None:
        raise Refusal(fault["code"], path=fault["path"])
    device = await _recognise(database, account, request)
    receipts, stopped = await _execute(database, account, request, received_at, zone)
    if receipts:
        await database.make_durable()  # before any receipt leaves: what a parent reads is never lost to a power cut
    async with database.snapshot() as snapshot:
        if request["ops"]:
            now_held = await models.device(snapshot, request["device"])
            if now_held is None or now_held["revoked_at"] is not None:
                # The device revoked itself, or was revoked meanwhile: what it asked for is done, the copy ends here.
                raise Refusal("device_revoked")
            device = now_held
        told = await pages(snapshot, account, _held(request["cursors"]), min(request.get("limit", MOST_ROWS), MOST_ROWS))
    return {
        "proto": 1,
        "req": request["req"],
        "device": request["device"],
        "server_time": iso(received_at, zone),
        "last_n": device["last_n"],
        "expected_n": device["last_n"] + 1,
        "receipts": receipts,
        "stopped": stopped,
        **told,
        "policy": POLICY,
    }


def _held(cursors: Mapping[str, Any]) -> dict[str, str]:
    return {scope: cursor for scope, cursor in cursors.items() if cursor is not None}


async def _recognise(database: Database, account: str, request: Mapping[str, Any]) -> Row:
    """The request's device. Refuses one that is not this account's, that was revoked, or whose storage was copied to another one."""
    if request["actor"] != account:
        raise Refusal("other_account")
    device = await models.device(database, request["device"])
    if device is None or device["account"] != account:
        raise Refusal("device_unknown")
    if device["revoked_at"] is not None:
        raise Refusal("device_revoked")
    if request.get("clone_guard", device["clone_guard"]) != device["clone_guard"]:
        raise Refusal("identity_conflict")
    return device


async def _execute(
    database: Database, account: str, request: Mapping[str, Any], received_at: int, zone: ZoneInfo
) -> tuple[list[Any], dict[str, Any] | None]:
    receipts: list[Any] = []
    for op in sorted(request["ops"], key=lambda op: op["n"]):
        command = Command(account, request["device"], op["n"], op["kind"], op["args"], received_at, zone)
        try:
            told = await database.retrying(partial(_one, op=op, command=command), durable=False)
        except Refusal:
            raise
        except Exception as error:
            if not is_contention(error):
                raise
            return receipts, {"reason": "retry_later", "retry_after_ms": RETRY_MS}
        if "stopped" in told:
            return receipts, told["stopped"]
        receipts.append(told["receipt"])
    return receipts, None


async def _one(tx: Transaction, op: Mapping[str, Any], command: Command) -> dict[str, Any]:
    """One command under the lock of its device: executed now, or answered again, or neither."""
    device = await models.lock_device(tx, command.device, command.received_at)
    if device is None or device["revoked_at"] is not None:
        raise Refusal("device_revoked")
    fingerprint = fingerprint_hash(command.kind, command.args)
    stored = await models.receipt(tx, command.device, command.n) if command.n <= device["last_n"] else None
    verdict = judge(device["last_n"], command.n, stored["hash"] if stored else None, fingerprint)
    if verdict == "conflict":
        raise Refusal("identity_conflict", n=command.n)
    if verdict == "gap":
        return {"stopped": {"reason": "gap", "expected_n": device["last_n"] + 1}}
    if verdict == "replay":
        return {"receipt": msgspec.Raw(stored["body"].encode()) if stored else _forgotten(command)}
    answer = await _handled(tx, command)
    receipt = _receipt(op, command, answer)
    answer.put(answer.scope, f"receipt/{command.device}/{command.n}", receipt)
    await models.add_receipt(tx, command.device, command.n, fingerprint, receipt, command.received_at)
    await put_changes(tx, answer.changes, command.received_at)
    return {"receipt": receipt}


async def _handled(tx: Transaction, command: Command) -> Answer:
    """The command's answer. A refusal is one; so is our own fault: the number is used up and nothing waits behind it."""
    fault = check_command(command.kind, command.args)
    if fault is not None:
        return Answer(installations.scope_of(command.account), [{"outcome": "refused", "code": fault["code"]}])
    try:
        async with tx.savepoint():
            allowed, refused = await without_barred(tx, command)
            if allowed is None:
                return refused_only(command, refused)
            answer = await HANDLERS[command.kind](tx, allowed)
            answer.items.extend(refused)
            return answer
    except Exception as error:
        if is_contention(error):
            raise
        log.error("command failed", kind=command.kind, error=type(error).__name__, exc_info=error)
        said = f"{type(error).__name__}: {error}"[:2000]
        await models.add_deadletter(
            tx, command.device, command.n, command.kind, command.args, said, command.received_at
        )
        return Answer(installations.scope_of(command.account), [{"outcome": "failed_internal"}])


def _receipt(op: Mapping[str, Any], command: Command, answer: Answer) -> dict[str, Any]:
    outcomes = {item["outcome"] for item in answer.items}
    codes = {item.get("code") for item in answer.items}
    made_at = instant_of(op["at"])
    assert made_at is not None
    receipt: dict[str, Any] = {
        "device": command.device,
        "n": command.n,
        "kind": command.kind,
        "outcome": outcomes.pop() if len(outcomes) == 1 else "mixed",
        "items": answer.items,
        "made_at": iso(min(made_at, LATEST_CLAIM), command.zone),
        "received_at": command.iso(command.received_at),
        "number": receipt_number(command.device, command.n, command.received_at),
        "scope": answer.scope,
    }
    code = codes.pop() if len(codes) == 1 else None
    return {**receipt, "code": code} if code else receipt


def receipt_number(device: str, n: int, received_at: int) -> str:
    """What a parent reads out on the telephone: the day and six letters or digits, ``R-261124-7K3F9Q``."""
    day = datetime.fromtimestamp(received_at / 1000, UTC)
    return f"R-{day:%y%m%d}-{b32encode(hashlib.sha256(f'{device}/{n}'.encode()).digest()).decode()[:6]}"


def _forgotten(command: Command) -> dict[str, Any]:
    """A receipt older than what we keep: the command was executed, its details are gone."""
    return {
        "device": command.device,
        "n": command.n,
        "kind": command.kind,
        "outcome": "accepted",
        "code": "ALREADY",
        "items": [],
        "made_at": command.iso(command.received_at),
        "received_at": command.iso(command.received_at),
        "number": receipt_number(command.device, command.n, command.received_at),
        "scope": installations.scope_of(command.account),
    }
