"""The nightly purge: what is too old goes, who has not come for two years is told twice and then leaves, and it is all reported."""

import json
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from server.attachments.service import drop
from server.database import Connection, Database, Row, Transaction
from server.errors import Refusal
from server.families.service import scope_of
from server.feed.service import put_rows
from server.instants import day_of, iso
from server.mail.service import send_mail
from server.privacy import rules, texts
from server.privacy.service.leaving import close_in, erase

AT_ONCE = 200  # of each kind in a night; the next night goes on
LAST_VISITS = """
    SELECT a.id, a.username, a.email, n.first_at, n.second_at,
        COALESCE((SELECT MAX(d.seen_at) FROM sync_device d WHERE d.account = a.id), 0) AS on_device,
        COALESCE((SELECT MAX(s.seen_at) FROM session s WHERE s.account_id = a.id), 0) AS in_session, a.created_at
    FROM account a LEFT JOIN inactivity_notice n ON n.id = a.id
    WHERE a.role = 'parent' AND a.name <> ? AND a.created_at < ? AND a.pending_since IS NULL
        AND NOT EXISTS (SELECT 1 FROM sync_device d WHERE d.account = a.id AND d.seen_at >= ?)
        AND NOT EXISTS (SELECT 1 FROM session s WHERE s.account_id = a.id AND s.seen_at >= ?) ORDER BY a.id
"""
LEFT = """
    SELECT f.id FROM family f WHERE EXISTS (SELECT 1 FROM family_child fc JOIN enrolment e ON e.child_id = fc.child_id
            WHERE fc.family_id = f.id)
        AND NOT EXISTS (SELECT 1 FROM family_child fc JOIN enrolment e ON e.child_id = fc.child_id
            WHERE fc.family_id = f.id AND e.until >= ?)
        AND (f.address IS NOT NULL OR f.phone_home IS NOT NULL OR f.phone_mobile IS NOT NULL OR f.phone_work IS NOT NULL
            OR f.caf_number IS NOT NULL OR EXISTS (SELECT 1 FROM family_contact c WHERE c.family_id = f.id)
            OR EXISTS (SELECT 1 FROM quotient_reading q WHERE q.family_id = f.id)) ORDER BY f.id LIMIT ?
"""


def keeping() -> list[dict[str, Any]]:
    """The retention table as parents read it."""
    told = [{"what": rule.what, "why": rule.why} for rule in rules.RETENTION if rule.told]
    steps = [{"what": what, "why": why} for _, what, why in rules.STEPS]
    return told + steps + [{"what": what, "why": why} for what, why in rules.ELSEWHERE]


async def apply_retention(database: Database, now: int, zone: ZoneInfo) -> int:
    """The purge of a night: once a day, whoever comes first; its report is kept. Returns how many records it concerned."""
    today = day_of(now, zone)
    lines = await database.retrying(partial(_purge, today=today, now=now))
    if lines is None:
        return 0
    lines["threads"] = await _close_threads(database, now)
    lines["care"] = await database.retrying(partial(_forget_care, today=today, now=now))
    lines["left"] = await _forget_families(database, today, now, zone)
    lines["warned"], lines["inactive"] = await _inactive(database, now, zone)
    await database.retrying(lambda tx: tx.run("UPDATE retention_report SET lines = ? WHERE id = ?", json.dumps(lines), today))
    return sum(lines.values())


async def _purge(tx: Transaction, today: str, now: int) -> dict[str, int] | None:
    """The rules that are one statement each; None: this day is done already."""
    sql = "INSERT INTO retention_report (id, lines, at) VALUES (?, '{}', ?) ON CONFLICT (id) DO NOTHING RETURNING id"
    if not await tx.one(sql, today, now):
        return None
    lines = {}
    for rule in rules.RETENTION:
        only = f" AND {rule.only}" if rule.only else ""
        limit = rules.day_before(rule, today) if rule.by_day else rules.before(rule, now)
        gone = await tx.all(f"DELETE FROM {rule.table} WHERE {rule.column} < ?{only} RETURNING 1 AS one", limit)
        lines[rule.code] = len(gone)
    await tx.run("UPDATE retention_report SET lines = ? WHERE id = ?", json.dumps(lines), today)
    return lines


async def _close_threads(database: Database, now: int) -> int:
    """Conversations that were closed a year ago: their messages, their files, and the copies on devices."""
    over = await database.all(
        "SELECT id, family_id FROM thread WHERE closed AND updated_at < ? ORDER BY id LIMIT ?", now - rules.THREADS_KEPT, AT_ONCE
    )

    async def write(tx: Transaction, thread: Row) -> None:
        messages = [row["id"] for row in await tx.all("SELECT id FROM message WHERE thread_id = ?", thread["id"])]
        await drop(tx, [f"message/{message}" for message in messages])
        await tx.run("DELETE FROM message WHERE thread_id = ?", thread["id"])
        await tx.run("DELETE FROM thread WHERE id = ?", thread["id"])
        gone = [f"thread/{thread['id']}", *(f"message/{message}" for message in messages)]
        await put_rows(tx, scope_of(thread["family_id"]), dict.fromkeys(gone), now)

    for thread in over:
        await database.retrying(partial(write, thread=thread))
    return len(over)


async def _forget_care(tx: Transaction, today: str, now: int) -> int:
    """At the end of a school year nobody has a PAI any more until it is said again; once a year, in the second half of August."""
    if not rules.school_year_is_over(today):
        return 0
    sql = "INSERT INTO retention_report (id, lines, at) VALUES (?, '{}', ?) ON CONFLICT (id) DO NOTHING RETURNING id"
    if not await tx.one(sql, f"{today[:4]}-pai", now):
        return 0
    await tx.run("DELETE FROM family_change WHERE field = 'care_protocol'")
    return len(await tx.all("UPDATE child SET care_protocol = NULL WHERE care_protocol IS NOT NULL RETURNING id"))


async def _forget_families(database: Database, today: str, now: int, zone: ZoneInfo) -> int:
    """Files whose last enrolment ended a school year ago; one that still owes waits."""
    done = 0
    for family in await database.all(LEFT, rules.days_before(today, rules.FAMILY_DAYS), AT_ONCE):
        try:
            await database.retrying(partial(erase, family=family["id"], now=now, zone=zone))
        except Refusal:
            continue
        done += 1
    return done


async def _inactive(database: Database, now: int, zone: ZoneInfo) -> tuple[int, int]:
    """How many parents who have not come for long were written to, and how many accounts ended."""
    limit = now - rules.INACTIVE_AFTER + rules.FIRST_NOTICE
    counts = {"warn": 0, "close": 0}

    async def write(tx: Transaction, account: Row) -> str | None:
        seen = max(account["on_device"], account["in_session"], account["created_at"])
        does = rules.inactive_step(seen, account["first_at"], account["second_at"], now)
        if does == "close":
            await close_in(tx, account["id"], now, zone)
            await tx.run("DELETE FROM inactivity_notice WHERE id = ?", account["id"])
            return "close"
        if does is None:
            return None
        if does == "second":
            await tx.run("UPDATE inactivity_notice SET second_at = ? WHERE id = ?", now, account["id"])
        else:
            await tx.run(
                "INSERT INTO inactivity_notice (id, first_at, second_at) VALUES (?, ?, NULL)"
                " ON CONFLICT (id) DO UPDATE SET first_at = excluded.first_at, second_at = NULL",
                account["id"], now,
            )  # fmt: skip
        if account["email"]:
            letter = texts.inactive(account["username"], rules.SECOND_NOTICE if does == "second" else rules.FIRST_NOTICE)
            await send_mail(tx, f"inactive/{account['id']}/{does}/{now}", account["email"], letter[0], letter[1], now, letter[2])
        return "warn"

    for account in await database.all(LAST_VISITS, rules.ERASED, limit, limit, limit):
        did = await database.retrying(partial(write, account=account))
        if did:
            counts[did] += 1
        if sum(counts.values()) >= AT_ONCE:
            break  # the next night goes on
    return counts["warn"], counts["close"]


async def reports(reader: Connection | Database, zone: ZoneInfo) -> list[dict[str, Any]]:
    """The last nights of the purge, with the words of each rule."""
    words = {rule.code: rule.what for rule in rules.RETENTION} | {code: what for code, what, _ in rules.STEPS}
    found = await reader.all("SELECT * FROM retention_report WHERE id LIKE '____-__-__' ORDER BY id DESC LIMIT 30")
    return [
        {
            "day": row["id"],
            "at": iso(row["at"], zone),
            "lines": [[words.get(code, code), count] for code, count in json.loads(row["lines"]).items()],
        }
        for row in found
    ]
