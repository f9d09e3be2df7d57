"""What agents read: who waits and asks, how full the days are, one family's days. Always of the agent's own service."""

import json
from collections.abc import Iterable
from typing import Any
from zoneinfo import ZoneInfo

from server.bookings import models
from server.database import Connection, Database, marks
from server.instants import iso

Reader = Connection | Database
MOST = 500
ASKS = """
    SELECT b.id, b.state, b.reason, b.requested_at, b.hold_until, b.cents, b.opening_id, b.date, b.family_id, b.child_id,
        c.first_name, c.last_name, c.grade, f.file_number, f.file_label, u.name AS unit, a.name AS activity, p.name AS place,
        o.pools, o.add_until
    FROM booking b JOIN opening o ON o.id = b.opening_id JOIN unit u ON u.id = o.unit_id JOIN activity a ON a.code = u.activity_id
        JOIN place p ON p.code = u.place_id JOIN child c ON c.id = b.child_id JOIN family f ON f.id = b.family_id
    WHERE a.service_id = ? AND b.date >= ? AND b.state IN ({states})
    ORDER BY b.date, b.opening_id, b.requested_at, b.id LIMIT ?
"""
DAYS = """
    SELECT o.id, o.date, o.closed, o.closed_why, o.pools, o.unit_id, u.name AS unit, u.starts, u.ends, u.position, a.name AS activity
    FROM opening o JOIN unit u ON u.id = o.unit_id JOIN activity a ON a.code = u.activity_id
    WHERE a.service_id = ? AND a.bookable AND u.place_id = ? AND o.date >= ? AND o.date <= ? ORDER BY o.date, u.position
"""


async def asks(reader: Reader, service: str | None, today: str, zone: ZoneInfo, states: Iterable[str]) -> list[dict[str, Any]]:
    """Requests, waiting lists and offers from today on, with the rank of each and the places that are left."""
    wanted = sorted(set(states) & {"requested", "waiting", "to_confirm"})
    if not wanted:
        return []
    rows = await reader.all(ASKS.format(states=marks(wanted)), service or "", today, *wanted, MOST)
    left = await _left(reader, {pool for row in rows for pool in json.loads(row["pools"])})
    ranks: dict[str, int] = {}
    found = []
    for row in rows:
        rank = None
        if row["state"] == "waiting":
            rank = ranks[row["opening_id"]] = ranks.get(row["opening_id"], 0) + 1
        found.append({
            "id": row["id"], "state": row["state"], "reason": row["reason"], "rank": rank, "cents": row["cents"],
            "asked_at": iso(row["requested_at"], zone), "limit": iso(row["add_until"], zone),
            "until": iso(row["hold_until"], zone) if row["hold_until"] else None,
            "date": row["date"], "session": row["opening_id"], "unit": row["unit"], "activity": row["activity"], "place": row["place"],
            "child": {"id": row["child_id"], "name": f"{row['first_name']} {row['last_name']}", "grade": row["grade"]},
            "family": {"id": row["family_id"], "number": row["file_number"], "label": row["file_label"]},
            "left": fewest(left[pool] for pool in json.loads(row["pools"])),
        })  # fmt: skip
    return found


async def counts(reader: Reader, service: str | None, today: str) -> dict[str, int]:
    """state → how many wait in it, from today on: what the agents' home shows."""
    rows = await reader.all(
        "SELECT b.state, COUNT(*) AS n FROM booking b JOIN opening o ON o.id = b.opening_id JOIN unit u ON u.id = o.unit_id"
        " JOIN activity a ON a.code = u.activity_id WHERE a.service_id = ? AND b.date >= ?"
        " AND b.state IN ('requested', 'waiting', 'to_confirm') GROUP BY b.state",
        service or "", today,
    )
    return {"requested": 0, "waiting": 0, "to_confirm": 0} | {row["state"]: row["n"] for row in rows}


async def places_of(reader: Reader, service: str | None) -> list[dict[str, Any]]:
    """Where the service's bookable activities take place, with their units."""
    rows = await reader.all(
        "SELECT p.code, p.name, u.id AS unit, u.name AS unit_name, a.name AS activity FROM unit u"
        " JOIN activity a ON a.code = u.activity_id JOIN place p ON p.code = u.place_id"
        " WHERE a.service_id = ? AND a.bookable ORDER BY u.position, p.name",
        service or "",
    )
    places: dict[str, dict[str, Any]] = {}
    for row in rows:
        place = places.setdefault(row["code"], {"code": row["code"], "name": row["name"], "units": []})
        place["units"].append({"id": row["unit"], "name": row["unit_name"], "activity": row["activity"]})
    return list(places.values())


async def days(reader: Reader, service: str | None, place: str, first: str, last: str) -> list[dict[str, Any]]:
    """Each opening between two days with its pools and how many are booked, wait and ask."""
    rows = await reader.all(DAYS, service or "", place, first, last)
    pools = await _pools(reader, {pool for row in rows for pool in json.loads(row["pools"])})
    held = await _held(reader, [row["id"] for row in rows])
    return [
        {
            "id": row["id"], "date": row["date"], "closed": bool(row["closed"]), "why": row["closed_why"], "unit": row["unit"],
            "activity": row["activity"], "starts": row["starts"], "ends": row["ends"],
            "pools": [pools[pool] for pool in json.loads(row["pools"])],
            **{state: held.get((row["id"], state), 0) for state in ("booked", "waiting", "requested", "to_confirm")},
        }
        for row in rows
    ]  # fmt: skip


async def family_days(reader: Reader, service: str | None, family: str, first: str, last: str, zone: ZoneInfo) -> dict[str, Any]:
    """The children of a family, what they may use of this service between two days, and what they have."""
    children = await reader.all(
        "SELECT c.id, c.first_name, c.last_name, c.grade FROM family_child fc JOIN child c ON c.id = fc.child_id"
        " WHERE fc.family_id = ? ORDER BY c.born_on, c.id",
        family,
    )
    ids = [child["id"] for child in children]
    if not ids:
        return {"children": [], "days": [], "bookings": []}
    units = {(who, unit) for who, some, _, _ in await models.enrolled_units(reader, ids) for unit in some}  # type: ignore[arg-type]
    wanted = sorted({unit for _, unit in units}) or [""]
    openings = await reader.all(
        "SELECT o.id, o.date, o.unit_id, o.closed, o.add_until, o.remove_until, u.name AS unit, a.name AS activity, u.starts, u.ends"
        " FROM opening o JOIN unit u ON u.id = o.unit_id JOIN activity a ON a.code = u.activity_id"
        f" WHERE o.unit_id IN ({marks(wanted)}) AND a.service_id = ? AND a.bookable AND o.date >= ? AND o.date <= ?"
        " ORDER BY o.date, u.position",
        *wanted, service or "", first, last,
    )  # fmt: skip
    bookings = await reader.all(
        "SELECT id, child_id, opening_id, state, cents, note, family_id FROM booking"
        f" WHERE child_id IN ({marks(ids)}) AND date >= ? AND date <= ? AND active IS NOT NULL",
        *ids, first, last,
    )
    return {
        "children": [
            {"id": one["id"], "name": f"{one['first_name']} {one['last_name']}", "grade": one["grade"],
             "units": sorted(unit for who, unit in units if who == one["id"])}
            for one in children
        ],
        "days": [
            {"id": one["id"], "date": one["date"], "unit": one["unit_id"], "name": one["unit"], "activity": one["activity"],
             "starts": one["starts"], "ends": one["ends"], "closed": bool(one["closed"]),
             "add_until": iso(one["add_until"], zone), "remove_until": iso(one["remove_until"], zone)}
            for one in openings
        ],
        "bookings": [
            {"id": one["id"], "child": one["child_id"], "session": one["opening_id"], "state": one["state"], "cents": one["cents"],
             "note": one["note"], "mine": one["family_id"] == family}
            for one in bookings
        ],
    }  # fmt: skip


def fewest(left: Iterable[int | None]) -> int | None:
    """The places left in the fullest pool, never below zero; None: unlimited."""
    known = [max(0, one) for one in left if one is not None]
    return min(known, default=None)


async def _pools(reader: Reader, ids: Iterable[str]) -> dict[str, dict[str, Any]]:
    wanted = sorted(ids)
    found: dict[str, dict[str, Any]] = {}
    for start in range(0, len(wanted), 500):
        some = wanted[start : start + 500]
        for row in await reader.all(f"SELECT id, capacity, taken FROM place_pool WHERE id IN ({marks(some)})", *some):
            left = None if row["capacity"] is None else max(0, row["capacity"] - row["taken"])
            found[row["id"]] = {"id": row["id"], "capacity": row["capacity"], "taken": row["taken"], "left": left}
    return found


async def _left(reader: Reader, ids: Iterable[str]) -> dict[str, int | None]:
    return {pool: found["left"] for pool, found in (await _pools(reader, ids)).items()}


async def _held(reader: Reader, openings: list[str]) -> dict[tuple[str, str], int]:
    found: dict[tuple[str, str], int] = {}
    for start in range(0, len(openings), 500):
        some = openings[start : start + 500]
        for row in await reader.all(
            f"SELECT opening_id, state, COUNT(*) AS n FROM booking WHERE opening_id IN ({marks(some)}) AND active IS NOT NULL"
            " GROUP BY opening_id, state",
            *some,
        ):
            found[row["opening_id"], row["state"]] = row["n"]
    return found
