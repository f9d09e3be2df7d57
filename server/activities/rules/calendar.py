"""Which days the town works, which days count, and where a day stands in its holidays. Pure: everything is an argument."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property, lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

During = Literal["school", "holidays", "any"]
Kind = Literal["calendar", "weekdays", "open", "working", "school"]
Count = Kind | frozenset[int]
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
SCHOOL_WEEK = frozenset({0, 1, 3, 4})
ONE_DAY = timedelta(days=1)
MIDNIGHT = "24:00"


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

    def counts(self, count: Count, day: date) -> bool:
        """Whether a deadline counts that day.

        ``calendar``: every day; ``weekdays``: Monday to Friday, public holidays too; ``open`` (jours ouvrés): without
        them; ``working`` (jours ouvrables): Monday to Saturday without them; ``school``: Monday, Tuesday, Thursday and
        Friday in school time; or a set of weekdays, without public holidays.
        """
        match count:
            case "calendar":
                return True
            case "weekdays":
                return day.weekday() < 5
            case "open":
                return self.is_open(day)
            case "working":
                return day.weekday() < 6 and day not in self.closed
            case "school":
                return day.weekday() in SCHOOL_WEEK and day not in self.closed and day not in self.school_holidays
        assert isinstance(count, frozenset)
        return day.weekday() in count and day not in self.closed

    def back(self, count: Count, day: date, days: int) -> date:
        """The day that lies so many counted days before: each step back counts only when it lands on a counted day."""
        if count == "calendar":
            return day - timedelta(days=days)
        found = self._backs.get((count, day, days))
        if found is None:
            found, left = day, days
            while left > 0:
                found -= ONE_DAY
                left -= self.counts(count, found)
            self._backs[count, day, days] = found
        return found

    @cached_property
    def _backs(self) -> dict[tuple[Count, date, int], date]:
        """What was counted already: the units of a year ask for the same days again and again."""
        return {}

    @cached_property
    def holidays(self) -> tuple[tuple[date, date], ...]:
        """The school holidays as runs of days, bounds included."""
        return tuple(_runs(sorted(self.school_holidays)))

    def holiday_of(self, day: date) -> tuple[date, date] | None:
        return next((run for run in self.holidays if run[0] <= day <= run[1]), None)


def _runs(days: list[date]) -> Iterator[tuple[date, date]]:
    first = last = None
    for day in days:
        if last is not None and day - last > ONE_DAY and first is not None:
            yield first, last
            first = None
        first, last = first or day, day
    if first is not None and last is not None:
        yield first, last


@lru_cache(maxsize=20_000)
def instant(day: date, at: str, zone: ZoneInfo) -> int:
    """``HH:MM`` of the town's clock on that day, in UTC milliseconds; ``24:00`` is the midnight that ends it.

    On the night of a clock change a time that occurs twice means the first one, and one that does not occur is
    counted with the offset before the change.
    """
    if at == MIDNIGHT:
        return instant(day + ONE_DAY, "00:00", zone)
    return int(datetime.combine(day, time.fromisoformat(at), zone).timestamp()) * 1000


def day_at(moment: int, zone: ZoneInfo) -> date:
    """The day of the town's calendar in which an instant lies."""
    return datetime.fromtimestamp(moment / 1000, zone).date()
