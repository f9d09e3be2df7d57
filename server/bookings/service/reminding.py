"""The evening before a limit: who usually books a day and has not yet is told once, whatever the number of children and days."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from server.bookings import texts
from server.database import Connection, Database, Row, Transaction, marks
from server.families.service import accounts_of
from server.notifications.service import notify

FROM_HOUR, TO_HOUR = 18, 22
WEEKS_BACK, USUAL_TIMES = 4, 2
"""A day is usual when it was booked at least twice in the four weeks before: the same rule as on Accueil, `pwa/src/home/rules.ts`."""
AT_ONCE = 50
ENDING = (
    "SELECT o.id, o.date, o.unit_id, o.add_until, u.name, u.excludes FROM opening o JOIN unit u ON u.id = o.unit_id"
    " JOIN activity a ON a.code = u.activity_id WHERE o.add_until > ? AND o.add_until <= ? AND NOT o.closed AND a.bookable = ?"
    " AND (o.opens_at IS NULL OR o.opens_at <= ?) ORDER BY o.add_until, o.id"
)


async def remind(database: Database, now: int, zone: ZoneInfo) -> int:
    """Asks for the evening's reminders; returns how many families there is something to say to. Asking again tells nobody twice."""
    local = datetime.fromtimestamp(now / 1000, UTC).astimezone(zone)
    if not FROM_HOUR <= local.hour < TO_HOUR:
        return 0
    tomorrow = datetime.combine(local.date() + timedelta(days=1), time.max, zone)
    families: dict[str, list[Row]] = defaultdict(list)
    for opening in await database.all(ENDING, now, int(tomorrow.timestamp() * 1000), True, now):
        for missing in await _missing(database, opening, local.date()):
            families[missing["family_id"]].append(missing)
    waiting = sorted(families.items())
    for start in range(0, len(waiting), AT_ONCE):
        await database.retrying(partial(_tell, families=waiting[start : start + AT_ONCE], now=now, zone=zone, today=local.date()))
    return len(waiting)


async def _tell(tx: Transaction, families: Sequence[tuple[str, list[Row]]], now: int, zone: ZoneInfo, today: date) -> None:
    by_account: dict[str, list[Row]] = defaultdict(list)
    for family, rows in families:
        for account in await accounts_of(tx, family, today.isoformat()):
            by_account[account] += rows
    for account, rows in sorted(by_account.items()):
        first = min(rows, key=lambda row: (row["add_until"], row["date"]))
        await notify(
            tx, [account], "deadlines", f"deadlines/{today}", f"/planning?jour={first['date']}", now, zone,
            detail=texts.not_booked_yet(rows, now, zone), about="deadlines", latest=first["add_until"],
        )  # fmt: skip


async def _missing(reader: Connection | Database, opening: Row, today: date) -> list[Mapping[str, Any]]:
    """The children who usually come, may come, and have neither a place there nor one that rules it out."""
    weeks = [date.fromisoformat(opening["date"]) - timedelta(weeks=week) for week in range(1, WEEKS_BACK + 4)]
    before = [day.isoformat() for day in weeks if day < today][:WEEKS_BACK]
    instead = [f"{unit}:{opening['date']}" for unit in _list(opening["excludes"])]
    rows = await reader.all(
        "SELECT b.family_id, b.child_id, c.first_name FROM booking b JOIN opening p ON p.id = b.opening_id"
        " JOIN child c ON c.id = b.child_id JOIN unit u ON u.id = p.unit_id JOIN enrolment e ON e.child_id = b.child_id"
        " AND e.activity_id = u.activity_id AND e.since <= ? AND e.until >= ? AND CAST(e.units AS TEXT) LIKE ?"
        f" WHERE p.unit_id = ? AND b.state = 'booked' AND b.date IN ({marks(before)}) AND NOT EXISTS (SELECT 1 FROM booking n"
        f" WHERE n.child_id = b.child_id AND n.active IS NOT NULL AND n.opening_id IN ({marks([opening['id'], *instead])}))"
        " GROUP BY b.family_id, b.child_id, c.first_name HAVING COUNT(DISTINCT b.date) >= ?",
        opening["date"], opening["date"], f'%"{opening["unit_id"]}"%', opening["unit_id"], *before, opening["id"], *instead, USUAL_TIMES,
    ) if before else []  # fmt: skip
    about = {"unit": opening["name"], "date": opening["date"], "add_until": opening["add_until"]}
    return [{**row, **about} for row in rows]


def _list(held: Any) -> list[str]:
    return list(json.loads(held) if isinstance(held, str) else held)
