"""One's own data: everything in one file, who looked at it, closing an account, being forgotten, the nightly purge."""

import json
import secrets
from collections.abc import Mapping
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from server.accounts.service import end_sessions
from server.consents.service import history
from server.database import Connection, Database, Transaction
from server.errors import Refusal
from server.families.service import families_of, scope_of
from server.feed.service import put_rows, revoke
from server.instants import day_of, iso
from server.invoices.service import invoice_rows
from server.privacy import rules
from server.quotient.service import publish
from server.traces.service import PORTAL, Who, note, traces_of

ERASED = "Effacé"


async def everything(database: Database, account: str, now: int, zone: ZoneInfo) -> dict[str, Any]:
    """All that the town keeps about an account and its families, as its devices hold it, and what only the town holds."""
    today = day_of(now, zone)
    families = await families_of(database, account, today)  # type: ignore[arg-type]
    return {
        "made_at": iso(now, zone),
        "account": await _scope(database, f"a:{account}"),
        "sessions": [
            {"browser": row["agent"], "opened_at": iso(row["created_at"], zone), "seen_at": iso(row["seen_at"], zone)}
            for row in await database.all("SELECT agent, created_at, seen_at FROM session WHERE account_id = ?", account)
        ],
        "consents": await history(database, [account], zone),
        "families": [
            {
                "file": await _scope(database, scope_of(family)),
                "care_protocols": await _care_protocols(database, family),
                "access_log": await traces_of(database, family, zone),
            }
            for family in families
        ],
    }


async def _scope(reader: Connection | Database, scope: str) -> dict[str, dict[str, Any]]:
    """kind → id → body: whatever features put there is in it, today's and tomorrow's."""
    grouped: dict[str, dict[str, Any]] = {}
    for row in await reader.all("SELECT key, body FROM sync_row WHERE scope = ? AND body IS NOT NULL ORDER BY key", scope):
        kind, _, id = row["key"].partition("/")
        grouped.setdefault(kind, {})[id] = json.loads(row["body"])
    return grouped


async def _care_protocols(reader: Connection | Database, family: str) -> dict[str, bool | None]:
    rows = await reader.all(
        "SELECT c.first_name, c.care_protocol FROM family_child l JOIN child c ON c.id = l.child_id WHERE l.family_id = ?", family
    )
    return {row["first_name"]: None if row["care_protocol"] is None else bool(row["care_protocol"]) for row in rows}


async def access_log(database: Database, account: str, now: int, zone: ZoneInfo) -> list[dict[str, Any]]:
    """What was done with the files of an account, the latest first."""
    families = await families_of(database, account, day_of(now, zone))  # type: ignore[arg-type]
    found = [line for family in families for line in await traces_of(database, family, zone)]
    return sorted(found, key=lambda line: line["at"], reverse=True)


def keeping() -> list[dict[str, Any]]:
    """The retention table as parents read it."""
    return [{"what": rule.what, "why": rule.why} for rule in rules.RETENTION[:4]] + [
        {"what": what, "why": why} for what, why in rules.ELSEWHERE
    ]


async def close_account(database: Database, account: str, now: int, zone: ZoneInfo) -> None:
    """Ends an account: nobody signs in with it any more and it names nobody. The family's file stays the town's."""

    async def write(tx: Transaction) -> None:
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
            f"ferme-{secrets.token_hex(8)}", ERASED, account,
        )  # fmt: skip
        await tx.run("UPDATE sync_device SET revoked_at = ? WHERE account = ? AND revoked_at IS NULL", now, account)
        await end_sessions(tx, account)

    await database.retrying(write)


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


async def apply_retention(database: Database, now: int, zone: ZoneInfo) -> int:
    """The nightly purge: once a day, whoever comes first; its report is kept. Returns how many records went."""
    today = day_of(now, zone)
    return await database.retrying(partial(_purge, today=today, now=now))


async def _purge(tx: Transaction, today: str, now: int) -> int:
    if not await tx.one(
        "INSERT INTO retention_report (id, lines, at) VALUES (?, '{}', ?) ON CONFLICT (id) DO NOTHING RETURNING id", today, now
    ):
        return 0
    lines = {}
    for rule in rules.RETENTION:
        only = f" AND {rule.only}" if rule.only else ""
        gone = await tx.all(f"DELETE FROM {rule.table} WHERE {rule.column} < ?{only} RETURNING 1 AS one", rules.before(rule, now))
        lines[rule.code] = len(gone)
    await tx.run("UPDATE retention_report SET lines = ? WHERE id = ?", json.dumps(lines), today)
    return sum(lines.values())


async def reports(reader: Connection | Database, zone: ZoneInfo) -> list[dict[str, Any]]:
    """The last nights of the purge, with the words of each rule."""
    words = {rule.code: rule.what for rule in rules.RETENTION}
    found = await reader.all("SELECT * FROM retention_report ORDER BY id DESC LIMIT 30")
    return [
        {
            "day": row["id"],
            "at": iso(row["at"], zone),
            "lines": [[words.get(code, code), count] for code, count in json.loads(row["lines"]).items()],
        }
        for row in found
    ]
