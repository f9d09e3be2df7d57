"""How many places are left, as the phones are told: many, few, none."""

import json
from datetime import date
from zoneinfo import ZoneInfo

from server.activities.rules import level
from server.activities.service import opening_month, openings_scope, school_year
from server.database import Database, Transaction, marks
from server.feed.service import Changes, put_changes
from server.instants import day_of

DAYS_AT_ONCE = 300


async def publish_levels(database: Database, now: int, zone: ZoneInfo) -> int:
    """Publishes the openings whose level changed; returns how many pools did.

    Runs once a minute, so that a thousand bookings in the opening minute make one change of the catalogue and not a
    thousand; a booking itself never waits for this. Days that are past are left as they were.
    """
    today = day_of(now, zone)
    changed = [
        (found, pool["id"])
        for pool in await database.all("SELECT id, capacity, taken, level FROM place_pool WHERE capacity IS NOT NULL")
        if _day(pool["id"]) >= today and (found := level(pool["capacity"], pool["taken"])) != pool["level"]
    ]
    if changed:
        await database.retrying(lambda tx: _publish(tx, changed, now))
    return len(changed)


async def _publish(tx: Transaction, changed: list[tuple[int, str]], now: int) -> None:
    await tx.many("UPDATE place_pool SET level = ? WHERE id = ?", changed)
    pools = {pool for _, pool in changed}
    days = sorted({_day(pool) for pool in pools})
    months: set[tuple[str, str, str]] = set()
    for start in range(0, len(days), DAYS_AT_ONCE):
        some = days[start : start + DAYS_AT_ONCE]
        for opening in await tx.all(
            "SELECT o.unit_id, o.date, o.pools, u.place_id FROM opening o JOIN unit u ON u.id = o.unit_id"
            f" WHERE o.date IN ({marks(some)})",
            *some,
        ):
            if pools.intersection(json.loads(opening["pools"])):
                months.add((opening["place_id"], opening["unit_id"], opening["date"][:7]))
    changes: Changes = {}
    for place, unit, month in sorted(months):
        scope = openings_scope(school_year(date.fromisoformat(f"{month}-01")), place)
        changes.setdefault(scope, {}).update(await opening_month(tx, unit, month))
    await put_changes(tx, changes, now)


def _day(pool: str) -> str:
    return pool.rpartition(":")[2]
