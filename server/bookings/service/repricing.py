"""Prices on the phones follow the tariffs: when a version is published, and when its first day comes."""

from datetime import date
from functools import partial
from zoneinfo import ZoneInfo

from server.activities.service import catalog_scope, school_year
from server.bookings.service.rows import enrolment_rows
from server.database import Database, Transaction, marks
from server.families.service import scope_of
from server.feed.service import put_rows
from server.instants import day_of
from server.tariffs.service import price_rows

TOGETHER = 20
"""Families per transaction."""


async def follow_tariffs(database: Database, now: int, zone: ZoneInfo) -> int:
    """Brings the catalogue and the enrolled families' prices up to date with the versions in force; how many versions.

    Interrupted, it begins again: a version waits until all its families have their prices.
    """
    today = day_of(now, zone)
    waiting = await database.all("SELECT id, code FROM tariff WHERE waits AND since <= ? ORDER BY id", today)
    if not waiting:
        return 0
    codes = sorted({row["code"] for row in waiting})
    concerned = await database.all(
        "SELECT DISTINCT fc.family_id FROM unit_tariff ut JOIN unit u ON u.id = ut.unit JOIN enrolment e ON e.activity_id = u.activity_id"
        f" JOIN family_child fc ON fc.child_id = e.child_id WHERE ut.tariff_code IN ({marks(codes)}) AND e.until >= ? "
        " ORDER BY fc.family_id",
        *codes, today,
    )  # fmt: skip
    families = [row["family_id"] for row in concerned]
    await database.retrying(partial(_catalogue, today=today, now=now))
    for start in range(0, len(families), TOGETHER):
        await database.retrying(partial(_families, families=families[start : start + TOGETHER], today=today, now=now))
    await database.retrying(partial(_done, versions=[row["id"] for row in waiting]))
    return len(waiting)


async def _catalogue(tx: Transaction, today: str, now: int) -> None:
    year = school_year(date.fromisoformat(today))
    await put_rows(tx, catalog_scope(year), await price_rows(tx, year, today), now)


async def _families(tx: Transaction, families: list[str], today: str, now: int) -> None:
    for family in families:  # in the order of their ids, which is the order of their scopes
        await put_rows(tx, scope_of(family), await enrolment_rows(tx, family, today), now)


async def _done(tx: Transaction, versions: list[str]) -> None:
    await tx.run(f"UPDATE tariff SET waits = ? WHERE id IN ({marks(versions)})", False, *versions)
