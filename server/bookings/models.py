"""Bookings and the waiting list: the table, and the hand-written queries that the exchange runs on."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tortoise import fields
from tortoise.models import Model

from server.bookings.rules import LateTerms, Slot
from server.database import Connection, Row, Transaction, marks


class Booking(Model):
    """A child's place, or wish for a place, in one opening. Its id is made by the device (rid)."""

    id = fields.CharField(primary_key=True, max_length=40)
    child = fields.ForeignKeyField("portail.Child", related_name="bookings", db_index=True)
    family = fields.ForeignKeyField("portail.Family", related_name="bookings", description="who pays")
    opening = fields.ForeignKeyField("portail.Opening", related_name="bookings", db_index=True)
    date = fields.CharField(max_length=10)
    state = fields.CharField(max_length=12, description="booked | waiting | to_confirm | requested | refused | cancelled | expired")
    reason = fields.CharField(
        max_length=20, null=True,
        description="to_confirm: PRICE_CHANGED | PLACE_FREED, requested: LATE | WISH, cancelled: CLOSED | TOWN",
    )
    active = fields.CharField(
        max_length=130, null=True, unique=True, description="<child>|<opening> while it counts: one booking per child and slot"
    )
    cents = fields.IntField()
    price_version = fields.IntField()
    max_cents = fields.IntField(null=True)
    requested_at = fields.BigIntField(description="arrival at the server: the waiting list's order")
    decided_at = fields.BigIntField()
    late_cents = fields.IntField(null=True, description="of the cents: what was added because it was asked for late")
    owed_cents = fields.IntField(null=True, description="of one given up past the limit: what remains due")
    note = fields.CharField(max_length=300, null=True, description="why, in the words of who decided, read by the family")
    hold_until = fields.BigIntField(null=True, db_index=True, description="of to_confirm: the place is kept until then")
    together = fields.CharField(max_length=120, null=True, db_index=True, description="siblings who wait as one share this")
    account = fields.CharField(max_length=40, description="who asked")
    device = fields.CharField(max_length=40)
    n = fields.IntField(description="the command that last decided it")

    class Meta:
        table = "booking"
        indexes = (("opening_id", "state", "requested_at"), ("child_id", "date"), ("family_id", "date"))


ACTIVE = ("booked", "waiting", "to_confirm", "requested")
HOLDING = ("booked", "to_confirm")
FIELDS = (
    "id, child_id, family_id, opening_id, date, state, reason, cents, price_version, max_cents, requested_at,"
    " decided_at, hold_until, account, device, n, owed_cents, note, together"
)


async def slots(connection: Connection, ids: Iterable[str]) -> dict[str, Slot]:
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    rows = await connection.all(
        "SELECT o.id, o.unit_id, o.date, o.closed, o.add_until, o.remove_until, o.pools, o.opens_at,"
        " o.opens_outside_at, o.late_add_until, o.late_remove_until, u.terms, u.excludes, u.requires, u.activity_id, a.bookable"
        " FROM opening o JOIN unit u ON u.id = o.unit_id JOIN activity a ON a.code = u.activity_id"
        f" WHERE o.id IN ({marks(wanted)})",
        *wanted,
    )
    return {row["id"]: _slot(row) for row in rows}


def _slot(row: Row) -> Slot:
    terms = json.loads(row["terms"]) if row["terms"] else {}
    return Slot(
        row["id"], row["unit_id"], row["date"], bool(row["bookable"]), bool(row["closed"]), row["add_until"],
        row["remove_until"], frozenset(json.loads(row["excludes"])), tuple(json.loads(row["pools"])),
        row["opens_at"], row["opens_outside_at"], _late(terms.get("late_add"), row["late_add_until"]),
        _late(terms.get("late_remove"), row["late_remove_until"]), terms.get("decided", False),
        frozenset(json.loads(row["requires"] or "[]")), row["activity_id"],
    )  # fmt: skip


def _late(terms: Mapping[str, Any] | None, until: int | None) -> LateTerms | None:
    if terms is None or until is None:
        return None
    return LateTerms(terms["then"], until, terms.get("percent", 0), terms.get("cents", 0))


async def enrolled_units(connection: Connection, children: Iterable[str]) -> list[tuple[str, frozenset[str], str, str]]:
    """(child, units, since, until) of every enrolment."""
    wanted = sorted(set(children))
    rows = await connection.all(
        f"SELECT child_id, units, since, until FROM enrolment WHERE child_id IN ({marks(wanted)})", *wanted
    )
    return [(row["child_id"], frozenset(json.loads(row["units"])), row["since"], row["until"]) for row in rows]


async def units_of_days(
    connection: Connection, children: Iterable[str], dates: Iterable[str]
) -> dict[tuple[str, str], dict[str, frozenset[str]]]:
    """(child, date) → the units that count that day → what each excludes."""
    who, when = sorted(set(children)), sorted(set(dates))
    held: dict[tuple[str, str], dict[str, frozenset[str]]] = {}
    for row in await connection.all(
        "SELECT b.child_id, b.date, o.unit_id, u.excludes FROM booking b JOIN opening o ON o.id = b.opening_id"
        f" JOIN unit u ON u.id = o.unit_id WHERE b.child_id IN ({marks(who)}) AND b.date IN ({marks(when)})"
        " AND b.active IS NOT NULL",
        *who, *when,
    ):
        held.setdefault((row["child_id"], row["date"]), {})[row["unit_id"]] = frozenset(json.loads(row["excludes"]))
    return held


async def needs_of_day(connection: Connection, child: str, date: str, without: Iterable[str]) -> dict[str, list[str]]:
    """The units that count for a child that day → the units of which each needs one. `without`: bookings left out."""
    gone = set(without)
    rows = await connection.all(
        "SELECT b.id, o.unit_id, u.requires FROM booking b JOIN opening o ON o.id = b.opening_id JOIN unit u ON u.id = o.unit_id"
        " WHERE b.child_id = ? AND b.date = ? AND b.active IS NOT NULL",
        child, date,
    )
    return {row["unit_id"]: json.loads(row["requires"] or "[]") for row in rows if row["id"] not in gone}


async def by_ids(connection: Connection, ids: Iterable[str]) -> dict[str, Row]:
    wanted = list(ids)
    rows = await connection.all(f"SELECT {FIELDS} FROM booking WHERE id IN ({marks(wanted)})", *wanted) if wanted else []
    return {row["id"]: row for row in rows}


async def take(tx: Transaction, pools: Sequence[str]) -> bool:
    """Takes a place in every pool, or in none. Each check and its effect are one statement: no place is sold twice."""
    for i, pool in enumerate(pools):
        if not await tx.one(
            "UPDATE place_pool SET taken = taken + 1 WHERE id = ? AND (capacity IS NULL OR taken < capacity) RETURNING id",
            pool,
        ):
            await release(tx, pools[:i])
            return False
    return True


async def release(tx: Transaction, pools: Sequence[str]) -> None:
    for pool in pools:
        await tx.run("UPDATE place_pool SET taken = taken - 1 WHERE id = ?", pool)


async def add(tx: Transaction, booking: Mapping[str, Any]) -> bool:
    """Stores a booking; False when the child has one for this opening already."""
    names = list(booking)
    return bool(
        await tx.one(
            f"INSERT INTO booking ({', '.join(names)}) VALUES ({marks(names)}) ON CONFLICT (active) DO NOTHING RETURNING id",
            *booking.values(),
        )
    )


async def decide(tx: Transaction, rid: str, **changes: Any) -> None:
    """Changes a booking's state and what goes with it; leaves `active` only while it counts."""
    if changes.get("state") not in ACTIVE:
        changes["active"] = None
    await tx.run(
        f"UPDATE booking SET {', '.join(f'{name} = ?' for name in changes)} WHERE id = ?", *changes.values(), rid
    )


async def waiting_on_day(connection: Connection, date: str) -> Sequence[Row]:
    """Who waits for a place that day, in the order of arrival."""
    return await connection.all(
        f"SELECT {', '.join('b.' + name.strip() for name in FIELDS.split(','))}, o.pools,"
        " COALESCE(o.late_add_until, o.add_until) AS add_until"
        " FROM opening o JOIN booking b ON b.opening_id = o.id AND b.state = 'waiting'"
        " WHERE o.date = ? ORDER BY b.requested_at, b.id",
        date,
    )


async def waiting_together(connection: Connection, together: str) -> Sequence[Row]:
    """Siblings who wait as one, with the pools that each needs."""
    return await connection.all(
        "SELECT b.id, b.opening_id, b.requested_at, o.pools FROM booking b JOIN opening o ON o.id = b.opening_id"
        " WHERE b.together = ? AND b.state = 'waiting' ORDER BY b.id",
        together,
    )


async def rank(connection: Connection, opening: str, requested_at: int, rid: str) -> int:
    """1 for the first who waits. Of one who does not wait yet: the rank it would have."""
    row = await connection.one(
        "SELECT COUNT(*) AS n FROM booking WHERE opening_id = ? AND state = 'waiting' AND id <> ?"
        " AND (requested_at < ? OR (requested_at = ? AND id < ?))",
        opening, rid, requested_at, requested_at, rid,
    )
    assert row is not None
    return row["n"] + 1


async def waiting_after(connection: Connection, opening: str, requested_at: int, rid: str) -> list[str]:
    rows = await connection.all(
        "SELECT id FROM booking WHERE opening_id = ? AND state = 'waiting' AND id <> ?"
        " AND (requested_at > ? OR (requested_at = ? AND id > ?))",
        opening, rid, requested_at, requested_at, rid,
    )
    return [row["id"] for row in rows]


async def holds_that_ended(connection: Connection, now: int, limit: int) -> list[str]:
    rows = await connection.all(
        "SELECT id FROM booking WHERE hold_until < ? AND state = 'to_confirm' ORDER BY hold_until LIMIT ?", now, limit
    )
    return [row["id"] for row in rows]


async def of_families_children(connection: Connection, family: str, since: str) -> Sequence[Row]:
    """Every booking that counts, of every child of the family, whoever pays, from a day on."""
    return await connection.all(
        f"SELECT {', '.join('b.' + name.strip() for name in FIELDS.split(','))}"
        " FROM family_child fc JOIN booking b ON b.child_id = fc.child_id"
        " WHERE fc.family_id = ? AND b.date >= ? AND (b.state <> 'cancelled' OR b.reason IN ('CLOSED', 'TOWN'))"
        " ORDER BY b.date, b.id",
        family, since,
    )


async def take_over_capacity(tx: Transaction, pools: Sequence[str]) -> None:
    """An agent's word against the count, with a reason that is kept: the only way past the capacity."""
    for pool in pools:
        await tx.run("UPDATE place_pool SET taken = taken + 1 WHERE id = ?", pool)


async def is_of_service(connection: Connection, opening: str, service: str | None) -> bool:
    return bool(
        await connection.one(
            "SELECT o.id FROM opening o JOIN unit u ON u.id = o.unit_id JOIN activity a ON a.code = u.activity_id"
            " WHERE o.id = ? AND a.service_id = ?",
            opening, service or "",
        )
    )


async def children_of(connection: Connection, opening: str) -> list[str]:
    rows = await connection.all("SELECT child_id FROM booking WHERE opening_id = ? AND active IS NOT NULL", opening)
    return [row["child_id"] for row in rows]


async def active_in(connection: Connection, opening: str) -> Sequence[Row]:
    return await connection.all(
        f"SELECT {FIELDS} FROM booking WHERE opening_id = ? AND active IS NOT NULL ORDER BY requested_at, id", opening
    )


async def openings_on(connection: Connection, date: str) -> list[Slot]:
    rows = await connection.all("SELECT id FROM opening WHERE date = ? ORDER BY id", date)
    return list((await slots(connection, [row["id"] for row in rows])).values()) if rows else []
