"""Everything that a service offers, on one page: activities, units, capacities, and what they may be made of."""

import json
from typing import Any

from server.activities.service import year_bounds
from server.database import Connection, Database, Row

Reader = Connection | Database
LISTS = ("grades", "counts", "excludes", "requires", "weekdays", "extra_days", "skipped_days")


async def offer_of(reader: Reader, service: str | None, year: int, today: str) -> dict[str, Any]:
    """``{activities: [{…, units}], places, capacities, tariffs, year}`` of a service."""
    first, last = year_bounds(year)
    activities = await reader.all("SELECT * FROM activity WHERE service_id = ? ORDER BY position, code", service or "")
    units = await reader.all(
        "SELECT u.*, p.name AS place_name, ut.tariff_code, (SELECT COUNT(*) FROM opening o WHERE o.unit_id = u.id AND o.date >= ?"
        " AND NOT o.closed) AS openings FROM unit u JOIN activity a ON a.code = u.activity_id JOIN place p ON p.code = u.place_id"
        " LEFT JOIN unit_tariff ut ON ut.unit = u.id WHERE a.service_id = ? ORDER BY u.position, u.id",
        today, service or "",
    )  # fmt: skip
    found = [unit_of(unit) for unit in units]
    return {
        "activities": [
            {
                **{name: row[name] for name in ("code", "name", "category", "text")},
                "bookable": bool(row["bookable"]),
                "units": [unit for unit in found if unit["activity"] == row["code"]],
            }
            for row in activities
        ],
        "places": [dict(row) for row in await reader.all("SELECT code, name, kind FROM place ORDER BY name")],
        "capacities": await _capacities(reader, today),
        "tariffs": [row["tariff_code"] for row in await reader.all("SELECT code AS tariff_code FROM tariff GROUP BY code ORDER BY code")],
        "year": {"from": first, "to": last},
    }


def unit_of(row: Row) -> dict[str, Any]:
    return {
        **{name: row[name] for name in ("id", "name", "starts", "ends", "during", "rule")},
        **{name: _list(row[name]) for name in LISTS},
        "activity": row["activity_id"], "place": row["place_id"], "place_name": row.get("place_name", ""),
        "tariff": row.get("tariff_code"), "openings": row.get("openings", 0),
    }  # fmt: skip


async def _capacities(reader: Reader, today: str) -> list[dict[str, Any]]:
    """Each with the units that share it, and on how many coming days it has another number of places."""
    units = await reader.all("SELECT u.id, u.name, u.counts, p.name AS place FROM unit u JOIN place p ON p.code = u.place_id")
    shared: dict[str, list[str]] = {}
    for unit in units:
        for code in _list(unit["counts"]):
            shared.setdefault(code, []).append(unit["name"])
    rows = await reader.all(
        "SELECT c.*, p.name AS place_name FROM capacity_unit c JOIN place p ON p.code = c.place_id ORDER BY p.name, c.name"
    )
    return [
        {
            "id": row["id"], "place": row["place_id"], "place_name": row["place_name"], "name": row["name"], "capacity": row["capacity"],
            "shared_by": shared.get(row["id"], []),
        }
        for row in rows
    ]  # fmt: skip


def _list(value: Any) -> list[Any]:
    return (json.loads(value) if isinstance(value, str) else value) or []
