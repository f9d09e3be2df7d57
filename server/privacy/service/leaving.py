"""Closing an account, asking to be forgotten, and forgetting."""

import secrets
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from server.accounts.service import end_sessions
from server.database import Connection, Database, Transaction
from server.errors import Refusal
from server.families.service import families_of, scope_of
from server.feed.service import put_rows, revoke
from server.instants import day_of, iso
from server.invoices.service import invoice_rows
from server.privacy import rules
from server.quotient.service import publish
from server.traces.service import PORTAL, Who, note


async def close_account(database: Database, account: str, now: int, zone: ZoneInfo) -> None:
    """Ends an account: nobody signs in with it any more and it names nobody. The family's file stays the town's."""
    await database.retrying(lambda tx: close_in(tx, account, now, zone))


async def close_in(tx: Transaction, account: str, now: int, zone: ZoneInfo) -> None:
    """As `close_account`, in a transaction."""
    today = day_of(now, zone)
    named = await tx.one("SELECT name FROM account WHERE id = ?", account)
    for family in sorted(await families_of(tx, account, today)):
        await note(tx, family, Who(account, named["name"] if named else ""), "account.closed", now)
        await revoke(tx, account, scope_of(family))
    await tx.run("DELETE FROM guardianship WHERE account_id = ?", account)
    await tx.run("UPDATE adult SET account_id = NULL WHERE account_id = ?", account)
    await tx.run("DELETE FROM franceconnect_link WHERE account_id = ?", account)
    await tx.run("DELETE FROM passkey WHERE account_id = ?", account)
    await tx.run(
        "UPDATE account SET username = ?, password_hash = '!', name = ?, email = NULL WHERE id = ?",
        f"ferme-{secrets.token_hex(8)}", rules.ERASED, account,
    )  # fmt: skip
    await tx.run("UPDATE sync_device SET revoked_at = ? WHERE account = ? AND revoked_at IS NULL", now, account)
    await end_sessions(tx, account)


async def ask_erasure(database: Database, account: str, family: str, now: int, zone: ZoneInfo) -> None:
    """A parent asks that a file be erased; asking twice is asking once.

    Raises:
        Refusal: ``not_found`` for a family that is not theirs.
    """

    async def write(tx: Transaction) -> None:
        if family not in await families_of(tx, account, day_of(now, zone)):
            raise Refusal("not_found")
        await tx.lock("family", [family])
        if await tx.one("SELECT id FROM erasure_request WHERE family = ? AND state = 'asked'", family):
            return
        await tx.run(
            "INSERT INTO erasure_request (id, family, account, state, reason, asked_at, answered_at, agent)"
            " VALUES (?, ?, ?, 'asked', NULL, ?, NULL, NULL)",
            f"era_{secrets.token_hex(8)}", family, account, now,
        )  # fmt: skip
        named = await tx.one("SELECT name FROM account WHERE id = ?", account)
        await note(tx, family, Who(account, named["name"] if named else ""), "erasure.asked", now)

    await database.retrying(write)


async def erasures(reader: Connection | Database, zone: ZoneInfo, account: str | None = None) -> list[dict[str, Any]]:
    """Requests, those that wait first; only an account's own when one is given."""
    mine = "WHERE e.account = ?" if account else ""
    found = await reader.all(
        "SELECT e.*, f.file_number, f.file_label FROM erasure_request e JOIN family f ON f.id = e.family"
        f" {mine} ORDER BY e.state, e.asked_at LIMIT 200",
        *((account,) if account else ()),
    )  # fmt: skip
    return [
        {
            "id": row["id"],
            "family": row["family"],
            "number": row["file_number"],
            "label": row["file_label"],
            "state": row["state"],
            "reason": row["reason"],
            "asked_at": iso(row["asked_at"], zone),
        }
        for row in found
    ]


async def answer_erasure(
    database: Database, request: str, accept: bool, reason: str | None, who: Who, now: int, zone: ZoneInfo
) -> None:
    """An agent's answer. What is owed stands in the way: a file with unpaid invoices is not erased.

    Raises:
        Refusal: ``not_found``; ``already_decided``; ``refusal_reason``; ``still_owed``.
    """
    if not accept and not (reason or "").strip():
        raise Refusal("refusal_reason")

    async def write(tx: Transaction) -> None:
        found = await tx.one(
            "UPDATE erasure_request SET state = ?, reason = ?, answered_at = ?, agent = ?"
            " WHERE id = ? AND state = 'asked' RETURNING family",
            "done" if accept else "refused", None if accept else (reason or "").strip()[:300], now, who.account, request,
        )  # fmt: skip
        if found is None:
            known = await tx.one("SELECT id FROM erasure_request WHERE id = ?", request)
            raise Refusal("already_decided" if known else "not_found")
        await note(tx, found["family"], who, "erasure.done" if accept else "erasure.refused", now)
        if accept:
            await erase(tx, found["family"], now, zone)

    await database.retrying(write)


async def erase(tx: Transaction, family: str, now: int, zone: ZoneInfo) -> None:
    """Takes away what says who the family is and how to reach it. Invoices and their number stay: the law wants them ten years."""
    invoices = await invoice_rows(tx, family)
    if any(invoice["paid_cents"] < invoice["total_cents"] for invoice in invoices.values()):
        raise Refusal("still_owed")
    await tx.lock("family", [family])
    await tx.run("DELETE FROM enrolment_paper WHERE request_id IN (SELECT id FROM enrolment_request WHERE family_id = ?)", family)
    for table in ("family_contact", "family_proof", "family_change", "quotient_request", "enrolment_request"):
        await tx.run(f"DELETE FROM {table} WHERE family_id = ?", family)
    await tx.run("DELETE FROM attachment WHERE family = ?", family)  # the bytes go with the next nightly job
    await tx.run("DELETE FROM quotient_reading WHERE family_id = ?", family)
    await tx.run("DELETE FROM custody_ask WHERE asker = ? OR owner = ?", family, family)
    await tx.run(
        "UPDATE family SET address = NULL, phone_home = NULL, phone_mobile = NULL, phone_work = NULL, caf_number = NULL,"
        " email_invoices = NULL, versions = NULL WHERE id = ?",
        family,
    )  # fmt: skip
    await tx.run("UPDATE adult SET phone = NULL WHERE family_id = ?", family)
    await tx.run(
        "UPDATE child SET diet = NULL, diet_version = NULL, care_protocol = NULL WHERE id IN"
        " (SELECT child_id FROM family_child WHERE family_id = ?) AND id NOT IN"
        " (SELECT child_id FROM family_child WHERE family_id <> ?)",
        family, family,
    )  # fmt: skip
    gone: Mapping[str, None] = {
        row["key"]: None
        for row in await tx.all("SELECT key FROM sync_row WHERE scope = ? AND body IS NOT NULL", scope_of(family))
        if row["key"].partition("/")[0] in ("contact", "proof", "change")
    }
    await put_rows(tx, scope_of(family), gone, now)
    await publish(tx, family, now, zone)
    await note(tx, family, PORTAL, "erasure.applied", now)
