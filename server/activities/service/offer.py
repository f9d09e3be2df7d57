"""The catalogue and the openings as rows of their scopes. Written by the town's files; places move in `bookings`."""

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

from server.activities.rules import opening_rows
from server.database import Connection, Database, marks

Rows = dict[str, dict[str, Any]]
LATE = ("late_add", "late_remove")
FIRST_MONTH_OF_SCHOOL_YEAR = 9

# The level of an opening is that of its fullest pool. `pools` is a short JSON list, read in Python: the two engines
# do not share a way to join on its items.
OPENINGS = """
    SELECT o.id, o.unit_id, o.date, o.opens_at, o.opens_outside_at, o.add_until, o.remove_until, o.late_add_until,
        o.late_remove_until, o.pools
    FROM opening o JOIN unit u ON u.id = o.unit_id
    WHERE u.place_id = ? AND o.date >= ? AND o.date <= ? AND NOT o.closed
"""


def catalog_scope(year: int) -> str:
    return f"t:catalog:{year}"


def openings_scope(year: int, place: str) -> str:
    return f"t:openings:{year}:{place}"


def school_year(day: date) -> int:
    """A school year is named by the year it begins in; it begins on 1 September."""
    return day.year if day.month >= FIRST_MONTH_OF_SCHOOL_YEAR else day.year - 1


def year_bounds(year: int) -> tuple[str, str]:
    return f"{year}-09-01", f"{year + 1}-08-31"


async def catalog_rows(reader: Connection | Database, year: int) -> Rows:
    """Every row of ``t:catalog:<year>``: services, places, activities, units, calendar."""
    rows: Rows = {}
    for service in await reader.all("SELECT * FROM service"):
        rows[f"service/{service['code']}"] = {
            "name": service["name"],
            "address": service["address"],
            "phones": _json(service["phones"]),
            "hours": service["hours"],
            "position": service["position"],
        }
    for place in await reader.all("SELECT * FROM place"):
        rows[f"place/{place['code']}"] = {"name": place["name"], "kind": place["kind"], "address": place["address"]}
    for activity in await reader.all("SELECT * FROM activity"):
        rows[f"activity/{activity['code']}"] = {
            "name": activity["name"],
            "service": activity["service_id"],
            "category": activity["category"],
            "bookable": bool(activity["bookable"]),
            "text": activity["text"],
            "position": activity["position"],
        }
    for unit in await reader.all("SELECT * FROM unit"):
        rows[f"unit/{unit['id']}"] = _unit_row(unit)
    first, last = year_bounds(year)
    periods = "SELECT * FROM calendar_period WHERE starts_on <= ? AND ends_on >= ?"
    for period in await reader.all(periods, last, first):
        rows[f"calendar/{period['id']}"] = {
            "kind": period["kind"],
            "name": period["name"],
            "from": period["starts_on"],
            "to": period["ends_on"],
        }
    return rows


def _unit_row(unit: Mapping[str, Any]) -> dict[str, Any]:
    terms = _json(unit["terms"]) or {}
    # What the phone needs to say the price of a late request, and that the service decides.
    said: dict[str, Any] = {
        name: {key: terms[name].get(key, 0) for key in ("then", "percent", "cents")} for name in LATE if terms.get(name)
    }
    if terms.get("decided"):
        said["decided"] = True
    return {
        **said,
        "activity": unit["activity_id"],
        "place": unit["place_id"],
        "name": unit["name"],
        "starts": unit["starts"],
        "ends": unit["ends"],
        "rule": unit["rule"],
        "excludes": _json(unit["excludes"]),
        **({"requires": _json(unit["requires"])} if _json(unit["requires"]) else {}),
        "position": unit["position"],
    }


async def unit_rows(reader: Connection | Database, unit: str) -> Rows:
    """The one row ``unit/<id>``, to publish again when its rule changed."""
    return {f"unit/{row['id']}": _unit_row(row) for row in await reader.all("SELECT * FROM unit WHERE id = ?", unit)}


async def openings_rows(reader: Connection | Database, year: int, place: str) -> Rows:
    """Every row of ``t:openings:<year>:<place>``."""
    first, last = year_bounds(year)
    return await _month_rows(reader, OPENINGS, place, first, last)


async def opening_month(reader: Connection | Database, unit: str, month: str) -> Rows:
    """The one row ``open/<unit>/<YYYY-MM>``, to publish again when the level of one of its days changed."""
    query = f"{OPENINGS} AND o.unit_id = ?"
    place = await reader.all("SELECT place_id FROM unit WHERE id = ?", unit)
    return await _month_rows(reader, query, place[0]["place_id"], f"{month}-01", f"{month}-31", unit)


async def _month_rows(reader: Connection | Database, query: str, *values: Any) -> Rows:
    openings = [{**opening, "pools": _json(opening["pools"])} for opening in await reader.all(query, *values)]
    pools = sorted({pool for opening in openings for pool in opening["pools"]})
    levels: dict[str, int] = {}
    for start in range(0, len(pools), 500):
        some = pools[start : start + 500]
        found = await reader.all(f"SELECT id, level FROM place_pool WHERE id IN ({marks(some)})", *some)
        levels.update((pool["id"], pool["level"]) for pool in found)
    for opening in openings:
        opening["level"] = max((levels[pool] for pool in opening["pools"]), default=0)
    return opening_rows(openings)


async def school_holidays(reader: Connection | Database) -> list[tuple[str, date, date]]:
    """Name, first and last day of every school holidays, the earliest first."""
    rows = await reader.all(
        "SELECT name, starts_on, ends_on FROM calendar_period WHERE kind = 'school_holiday' ORDER BY starts_on"
    )
    return [(row["name"], date.fromisoformat(row["starts_on"]), date.fromisoformat(row["ends_on"])) for row in rows]


def _json(value: Any) -> Any:
    """Hand-written SQL gets JSON columns as text."""
    return json.loads(value) if isinstance(value, str) else value
