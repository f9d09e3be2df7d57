"""Prices of a family, read in one query. Writes come from the town's files only (server/towns/)."""

import json
from collections.abc import Mapping
from typing import Any

from server.database import Connection, Database
from server.tariffs.rules import Bracket, Price, Tariff, price

PRICE_LISTS = """
    SELECT ut.unit, t.code, t.version, t.since, t.until, t.decision, t.brackets, t.non_resident_cents
    FROM unit_tariff ut JOIN tariff t ON t.code = ut.tariff_code
    WHERE t.since <= ? AND (t.until IS NULL OR t.until >= ?)
"""


async def unit_tariffs(reader: Connection | Database, on: str, unit: str | None = None) -> dict[str, Tariff]:
    """The price list in force on a day (``YYYY-MM-DD``) for every unit, or for one; one query.

    For many families of one moment, read this once and call `rules.price` for each.
    """
    if unit is None:
        rows = await reader.all(f"{PRICE_LISTS} ORDER BY t.version", on, on)
    else:
        rows = await reader.all(f"{PRICE_LISTS} AND ut.unit = ? ORDER BY t.version", on, on, unit)
    return {row["unit"]: _tariff(row) for row in rows}


async def unit_price(reader: Connection | Database, unit: str, resident: bool, quotient: int | None, on: str) -> Price | None:
    """What a family pays for one unit on a day; None when no price list covers it."""
    tariff = (await unit_tariffs(reader, on, unit)).get(unit)
    return price(tariff, resident, quotient) if tariff else None


def _tariff(row: Mapping[str, Any]) -> Tariff:
    brackets = row["brackets"]
    if isinstance(brackets, str):  # hand-written SQL gets JSON columns as text
        brackets = json.loads(brackets)
    return Tariff(
        code=row["code"],
        version=row["version"],
        since=row["since"],
        until=row["until"],
        decision=row["decision"],
        brackets=tuple(Bracket(*bracket) for bracket in brackets),
        non_resident_cents=row["non_resident_cents"],
    )
