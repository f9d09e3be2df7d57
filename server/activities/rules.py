"""Calendar arithmetic, deadlines and openings. Pure: day, calendar and time zone are arguments.

Sources of the deadline forms: French municipal regulations (« deux jours ouvrés avant, 12 h », « le jeudi de la semaine
précédente »). A deadline is computed once, as an absolute instant, and then shipped as a fact.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import combinations
from typing import Any, Literal
from zoneinfo import ZoneInfo

During = Literal["school", "holidays", "any"]
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MANY, FEW, FULL = 0, 1, 2
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Calendar:
    """Which days the town works and the schools teach."""

    closed: frozenset[date]
    """Public holidays and bridges: nothing opens, and no open day is counted."""
    school_holidays: frozenset[date]

    def is_open(self, day: date) -> bool:
        """Whether the town's offices work on that day (« jour ouvré »)."""
        return day.weekday() < 5 and day not in self.closed

    def allows(self, during: During, day: date) -> bool:
        """Whether a unit that runs in school time, in the holidays or always can run on that day."""
        if during == "any":
            return True
        return day not in self.closed and (day in self.school_holidays) == (during == "holidays")


@dataclass(frozen=True)
class DaysBefore:
    """N days before, at a time of day; ``open`` counts only the days on which the town works."""

    days: int
    at: str
    count: Literal["open", "calendar"]


@dataclass(frozen=True)
class WeekdayBefore:
    """A weekday (0 Monday … 6 Sunday) of the ISO week that lies ``weeks`` before the day's own."""

    weekday: int
    weeks: int
    at: str


@dataclass(frozen=True)
class UntilStart:
    """Until the unit begins."""


Deadline = DaysBefore | WeekdayBefore | UntilStart


def cutoff(rule: Deadline, day: date, starts: str, calendar: Calendar, zone: ZoneInfo) -> int:
    """The last instant, in UTC milliseconds, at which the rule still allows a change (that instant included)."""
    match rule:
        case UntilStart():
            return instant(day, starts, zone)
        case WeekdayBefore(weekday, weeks, at):
            monday = day - timedelta(days=day.weekday())
            return instant(monday + timedelta(days=weekday - 7 * weeks), at, zone)
        case DaysBefore(days, at, "calendar"):
            return instant(day - timedelta(days=days), at, zone)
        case DaysBefore(days, at, "open"):
            return instant(_open_days_before(day, days, calendar), at, zone)
    raise AssertionError(rule)


def _open_days_before(day: date, days: int, calendar: Calendar) -> date:
    while days > 0:
        day -= ONE_DAY
        days -= calendar.is_open(day)
    return day


def instant(day: date, at: str, zone: ZoneInfo) -> int:
    """``HH:MM`` of the town's clock on that day, in UTC milliseconds.

    On the night of a clock change a time that occurs twice means the first one, and one that does not occur is
    counted with the offset before the change.
    """
    return int(datetime.combine(day, time.fromisoformat(at), zone).timestamp()) * 1000


def opening_days(during: During, weekdays: Iterable[int], first: date, last: date, calendar: Calendar) -> Iterator[date]:
    """The days, bounds included, on which a unit opens."""
    wanted = frozenset(weekdays)
    for offset in range((last - first).days + 1):
        day = first + offset * ONE_DAY
        if day.weekday() in wanted and calendar.allows(during, day):
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
    ``remove_until`` in milliseconds, and ``level``. Days of a month in order; instants in whole seconds."""
    rows: dict[str, dict[str, Any]] = {}
    for opening in sorted(openings, key=lambda one: str(one["date"])):
        unit, month, day = opening["unit_id"], opening["date"][:7], opening["date"][8:]
        row = rows.setdefault(f"open/{unit}/{month}", {"unit": unit, "month": month, "days": {}})
        row["days"][day] = [opening["add_until"] // 1000, opening["remove_until"] // 1000, opening["level"]]
    return rows
