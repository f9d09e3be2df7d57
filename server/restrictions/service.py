"""Entering and lifting a court's restriction, and what that takes from an account, at once, or gives back.

Who may see nothing of a child loses it: where the file is theirs alone, the child leaves the file; where others share the file,
the account loses the file. Both are noted, and given back when the restriction ends.
"""

import json
import secrets
from dataclasses import dataclass
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from server.database import Connection, Database, Row, Transaction
from server.errors import Refusal
from server.families.service import families_of_children, limits_of, restriction_rows
from server.feed.service import live_keys, put_rows
from server.instants import day_of, iso
from server.registration.service import leave_family, set_grants
from server.restrictions import rules
from server.syncing.service.projection import project_families
from server.traces.service import PORTAL, Who, note


@dataclass(frozen=True)
class Entered:
    """What an agent read in a decision. `limits`: of ``see``, ``book``, ``collect``."""

    family: str
    adult: str
    child: str
    limits: frozenset[str]
    decision: str
    since: str
    until: str | None


async def record(database: Database, who: Who, entered: Entered, now: int, zone: ZoneInfo) -> str:
    """Notes a restriction, which acts at once or from its first day on; its id.

    Raises:
        Refusal: ``not_found``, ``restriction_dates``, ``restriction_known``
    """
    today = day_of(now, zone)
    if not rules.dates_fit(entered.since, entered.until, today):
        raise Refusal("restriction_dates")
    id = f"rst_{secrets.token_hex(8)}"

    async def write(tx: Transaction) -> None:
        await tx.lock("child", [entered.child])
        adult = await tx.one("SELECT id FROM adult WHERE id = ? AND family_id = ?", entered.adult, entered.family)
        held = await tx.one("SELECT id FROM family_child WHERE child_id = ? AND family_id = ?", entered.child, entered.family)
        if adult is None or held is None:
            raise Refusal("not_found")
        sql = "SELECT id FROM restriction WHERE adult_id = ? AND child = ? AND state <> 'over'"
        if await tx.one(sql, entered.adult, entered.child):
            raise Refusal("restriction_known")
        sees = "see" not in entered.limits
        await tx.run(
            "INSERT INTO restriction (id, adult_id, child, no_sight, no_booking, no_collecting, decision, since, until, state, undo,"
            " agent, agent_name, entered_at, ended_at, ended_why) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'coming', NULL, ?, ?, ?, NULL, NULL)",
            id, entered.adult, entered.child, not sees, not sees or "book" in entered.limits, "collect" in entered.limits,
            entered.decision, entered.since, entered.until, who.account, who.name, now,
        )  # fmt: skip
        for family in (await families_of_children(tx, [entered.child]))[entered.child]:
            await note(tx, family, who, "restriction.entered", now)
        if rules.state_on(entered.since, entered.until, today) == "in_force":
            await _begin(tx, id, now, zone)

    await database.retrying(write)
    return id


async def lift(database: Database, who: Who, id: str, why: str, now: int, zone: ZoneInfo) -> None:
    """Ends a restriction before its day, with a reason.

    Raises:
        Refusal: ``not_found``, ``already_decided``
    """

    async def write(tx: Transaction) -> None:
        found = await tx.one("SELECT child, state FROM restriction WHERE id = ?", id)
        if found is None:
            raise Refusal("not_found")
        await tx.lock("child", [found["child"]])
        if not await _finish(tx, id, why, who, now, zone):
            raise Refusal("already_decided")

    await database.retrying(write)


async def turn(database: Database, now: int, zone: ZoneInfo) -> int:
    """Begins what begins today and ends what is over; returns how many. Safe to run in several processes."""
    today = day_of(now, zone)
    due = await database.all(
        "SELECT id, child, since, until, state FROM restriction WHERE (state = 'coming' AND since <= ?)"
        " OR (state <> 'over' AND until IS NOT NULL AND until < ?) ORDER BY id LIMIT 200",
        today, today,
    )  # fmt: skip

    async def write(tx: Transaction, row: Row) -> None:
        await tx.lock("child", [row["child"]])
        if rules.state_on(row["since"], row["until"], today) == "over":
            await _finish(tx, row["id"], None, PORTAL, now, zone)
        else:
            await _begin(tx, row["id"], now, zone)

    for row in due:
        await database.retrying(partial(write, row=row))
    return len(due)


async def of_family(reader: Connection | Database, family: str, today: str, zone: ZoneInfo) -> dict[str, Any]:
    """The adults and children of a file, what restricts them in whatever file, and the bookings to come of each child.

    Raises:
        Refusal: ``not_found``
    """
    if await reader.one("SELECT id FROM family WHERE id = ?", family) is None:
        raise Refusal("not_found")
    adults = await reader.all("SELECT id, first_name, last_name, account_id FROM adult WHERE family_id = ? ORDER BY id", family)
    children = await reader.all(
        "SELECT c.id, c.first_name, c.last_name, (SELECT COUNT(*) FROM booking b WHERE b.child_id = c.id AND b.family_id = ?"
        " AND b.date >= ? AND b.state IN ('booked', 'waiting', 'to_confirm', 'requested')) AS coming"
        " FROM family_child fc JOIN child c ON c.id = fc.child_id WHERE fc.family_id = ? ORDER BY c.born_on, c.id",
        family, today, family,
    )  # fmt: skip
    found = await reader.all(
        "SELECT r.*, a.first_name, a.last_name, a.family_id, c.first_name AS child_name FROM restriction r"
        " JOIN adult a ON a.id = r.adult_id JOIN child c ON c.id = r.child WHERE a.family_id = ?"
        " OR r.child IN (SELECT child_id FROM family_child WHERE family_id = ?) ORDER BY r.state = 'over', r.entered_at DESC, r.id",
        family, family,
    )  # fmt: skip
    return {
        "adults": [{"id": row["id"], "name": _name(row), "account": row["account_id"] is not None} for row in adults],
        "children": [{"id": row["id"], "name": _name(row), "coming": row["coming"]} for row in children],
        "restrictions": [_shown(row, zone) for row in found],
    }


def _name(row: Row) -> str:
    return f"{row['first_name']} {row['last_name']}"


def _shown(row: Row, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "id": row["id"],
        "adult": _name(row),
        "child": row["child_name"],
        "limits": limits_of(row),
        "decision": row["decision"],
        "since": row["since"],
        "until": row["until"],
        "state": row["state"],
        "by": row["agent_name"],
        "at": iso(row["entered_at"], zone),
        "ended_at": iso(row["ended_at"], zone) if row["ended_at"] else None,
        "ended_why": row["ended_why"],
    }


async def _begin(tx: Transaction, id: str, now: int, zone: ZoneInfo) -> None:
    sql = "UPDATE restriction SET state = 'in_force' WHERE id = ? AND state = 'coming' RETURNING adult_id, child, no_sight"
    found = await tx.one(sql, id)
    if found is None:
        return
    today, account = day_of(now, zone), await _account(tx, found["adult_id"])
    taken: list[tuple[str, str]] = []
    if found["no_sight"]:
        for family in await _files_of(tx, found["adult_id"], account, found["child"]):
            if not await _shared(tx, family, found["adult_id"], account):
                await tx.run("DELETE FROM family_child WHERE family_id = ? AND child_id = ?", family, found["child"])
                taken.append(("unlinked", family))
            elif account and await leave_family(tx, account, family, today):
                taken.append(("left", family))
        await tx.run("UPDATE restriction SET undo = ? WHERE id = ?", json.dumps(taken), id)
    await _tell(tx, account, found["child"], [family for _, family in taken], now, zone)


async def _finish(tx: Transaction, id: str, why: str | None, who: Who, now: int, zone: ZoneInfo) -> bool:
    sql = "SELECT adult_id, child, state, undo FROM restriction WHERE id = ? AND state <> 'over'"
    found = await tx.one(sql, id)
    if found is None:
        return False
    await tx.run("UPDATE restriction SET state = 'over', ended_at = ?, ended_why = ? WHERE id = ?", now, why, id)
    account, given = await _account(tx, found["adult_id"]), []
    for what, family in json.loads(found["undo"] or "[]"):
        given.append(family)
        if what == "left":
            sql = "UPDATE guardianship SET until = NULL WHERE account_id = ? AND family_id = ?"
            await tx.run(sql, account, family)
        else:
            await tx.run(
                "INSERT INTO family_child (id, family_id, child_id) VALUES (?, ?, ?) ON CONFLICT (family_id, child_id) DO NOTHING",
                f"{family}|{found['child']}", family, found["child"],
            )  # fmt: skip
    await _tell(tx, account, found["child"], given, now, zone)
    for family in {*given, *(await families_of_children(tx, [found["child"]]))[found["child"]]}:
        await note(tx, family, who, "restriction.lifted", now)
    return True


async def _tell(tx: Transaction, account: str | None, child: str, families: list[str], now: int, zone: ZoneInfo) -> None:
    """Everybody's copies follow: the files that hold or held the child, and the account's own notices and rights."""
    today = day_of(now, zone)
    holding = {*families, *(await families_of_children(tx, [child]))[child]}
    seen = {row["family_id"] for row in await tx.all("SELECT DISTINCT family_id FROM guardianship")}
    await project_families(tx, sorted(holding & seen), today, now, zone)
    if account:
        scope = f"a:{account}"
        gone = dict.fromkeys(await live_keys(tx, scope, "limit"))
        await put_rows(tx, scope, {**gone, **await restriction_rows(tx, account)}, now)
        await set_grants(tx, account, today)


async def _account(tx: Transaction, adult: str) -> str | None:
    found = await tx.one("SELECT account_id FROM adult WHERE id = ?", adult)
    return found["account_id"] if found else None


async def _files_of(tx: Transaction, adult: str, account: str | None, child: str) -> list[str]:
    """The files that hold the child and that the adult belongs to, or acts for."""
    rows = await tx.all(
        "SELECT fc.family_id FROM family_child fc WHERE fc.child_id = ? AND (fc.family_id IN (SELECT family_id FROM adult"
        " WHERE id = ? OR account_id = ?) OR fc.family_id IN (SELECT family_id FROM guardianship WHERE account_id = ?))"
        " ORDER BY fc.family_id",
        child, adult, account or "-", account or "-",
    )  # fmt: skip
    return [row["family_id"] for row in rows]


async def _shared(tx: Transaction, family: str, adult: str, account: str | None) -> bool:
    """Whether somebody else belongs to the file too, or acts for it."""
    found = await tx.one(
        "SELECT 1 AS yes FROM adult WHERE family_id = ? AND id <> ? AND (account_id IS NULL OR account_id <> ?)",
        family, adult, account or "-",
    )  # fmt: skip
    return found is not None
