"""Which days a unit opens, how full they are, and which units a child cannot have together. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from typing import Any

from server.activities.rules.calendar import ONE_DAY, Calendar, During

MANY, FEW, FULL = 0, 1, 2
MORE = {"opens": "opens_at", "outside": "opens_outside_at", "late_add": "late_add_until", "late_remove": "late_remove_until"}


def opening_days(
    during: During,
    weekdays: Iterable[int],
    first: date,
    last: date,
    calendar: Calendar,
    extra: Iterable[str] = (),
    skipped: Iterable[str] = (),
) -> Iterator[date]:
    """The days, bounds included, on which a unit opens: those of the week and the season, those besides, without the exceptions."""
    wanted, more, never = frozenset(weekdays), frozenset(extra), frozenset(skipped)
    for offset in range((last - first).days + 1):
        day = first + offset * ONE_DAY
        usual = day.weekday() in wanted and calendar.allows(during, day)
        if (usual or (more and day.isoformat() in more)) and (not never or day.isoformat() not in never):
            yield day


def level(capacity: int | None, taken: int) -> int:
    """How full a pool is: many, few (a tenth or three places left, whichever is more) or full; None is unlimited."""
    if capacity is None:
        return MANY
    left = capacity - taken
    if left <= 0:
        return FULL
    return FEW if left <= max(3, capacity // 10) else MANY


@dataclass(frozen=True)
class Slot:
    """When and where a unit runs: enough to say whether one child could use two of them on the same day."""

    id: str
    place: str
    in_school: bool
    during: During
    weekdays: frozenset[int]
    starts: str
    ends: str
    grades: frozenset[str]


def clashes(slots: Sequence[Slot]) -> Iterator[tuple[str, str]]:
    """Pairs of units whose hours overlap on a same day for a same child. A child goes to one school only."""
    for one, other in combinations(slots, 2):
        apart = one.in_school and other.in_school and one.place != other.place
        same_time = one.starts < other.ends and other.starts < one.ends and bool(one.weekdays & other.weekdays)
        same_season = one.during == other.during or "any" in (one.during, other.during)
        same_child = not one.grades or not other.grades or bool(one.grades & other.grades)
        if not apart and same_time and same_season and same_child:
            yield one.id, other.id


def opening_rows(openings: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """The rows ``open/<unit>/<YYYY-MM>`` of the openings given, each with ``unit_id``, ``date``, ``add_until`` and
    ``remove_until`` in milliseconds, and ``level``. Days of a month in order; instants in whole seconds.

    What only some rules have (an opening, a later limit) comes as a fourth value, a table, where there is some."""
    rows: dict[str, dict[str, Any]] = {}
    for opening in sorted(openings, key=lambda one: str(one["date"])):
        unit, month, day = opening["unit_id"], opening["date"][:7], opening["date"][8:]
        row = rows.setdefault(f"open/{unit}/{month}", {"unit": unit, "month": month, "days": {}})
        more = {name: opening[column] // 1000 for name, column in MORE.items() if opening.get(column) is not None}
        facts = [opening["add_until"] // 1000, opening["remove_until"] // 1000, opening["level"]]
        row["days"][day] = [*facts, more] if more else facts
    return rows
