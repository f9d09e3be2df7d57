"""Until when, from when: rules as data, and the instant that each gives for a day. Pure.

Sources of the forms: French municipal regulations (« deux jours ouvrés avant, 12 h », « le jeudi de la semaine
précédente », « 15 jours francs avant les vacances »). An instant is computed once and then shipped as a fact.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from server.activities.rules.calendar import MIDNIGHT, ONE_DAY, Calendar, Count, day_at, instant

MINUTE = 60_000
Anchor = Literal["week", "month", "period", "period_opening"]


@dataclass(frozen=True)
class DaysBefore:
    """So many counted days before, at a time of day. ``clear`` (jours francs): they lie whole between the two days."""

    days: int
    at: str
    count: Count = "calendar"
    clear: bool = False


@dataclass(frozen=True)
class WeekdayBefore:
    """A weekday (0 Monday … 6 Sunday) of the ISO week that lies ``weeks`` before the day's own."""

    weekday: int
    weeks: int
    at: str


@dataclass(frozen=True)
class LastWeekday:
    """The last such weekday strictly before the day, in whatever week."""

    weekday: int
    at: str


@dataclass(frozen=True)
class MonthDay:
    """The n-th of the month that lies ``months`` before, or its last day when it is shorter."""

    day: int
    months: int
    at: str


@dataclass(frozen=True)
class TimeBefore:
    """So many minutes really elapsed before the start; the hours of days that are not counted do not count."""

    minutes: int
    count: Count = "calendar"


@dataclass(frozen=True)
class UntilStart:
    """Until the unit begins."""


@dataclass(frozen=True)
class OnDate:
    """One day of the calendar, the same for every target."""

    day: date
    at: str


@dataclass(frozen=True)
class Anchored:
    """The rule, counted from the Monday of the week, the first of the month, or the first day of the holidays instead.

    ``period``: the first day of the school holidays that hold the day; ``period_opening``: their first open day.
    """

    rule: "Deadline"
    anchor: Anchor


@dataclass(frozen=True)
class Shifted:
    """The same hour of the nearest open day, when the rule falls on a day on which the town does not work."""

    rule: "Dayly | Anchored"
    to: Literal["earlier", "later"]


@dataclass(frozen=True)
class ByWeekday:
    """A rule for each weekday of the target."""

    rules: tuple[tuple[int, "Deadline"], ...]


@dataclass(frozen=True)
class BySeason:
    """One rule in school time, another in the school holidays."""

    school: "Deadline"
    holidays: "Deadline"


@dataclass(frozen=True)
class ByDate:
    """Published dates: targets between two days (included) have the rule written for them."""

    spans: tuple[tuple[date, date, "Deadline"], ...]


@dataclass(frozen=True)
class Among:
    """The earliest, or the latest, of several rules."""

    which: Literal["earliest", "latest"]
    rules: tuple["Deadline", ...]


Dayly = DaysBefore | WeekdayBefore | LastWeekday | MonthDay | OnDate
Deadline = Dayly | TimeBefore | UntilStart | Anchored | Shifted | ByWeekday | BySeason | ByDate | Among


class NoLimit(Exception):
    """The rule says nothing for that day: `code` is one of ``no_weekday``, ``no_date``, ``no_period``."""

    def __init__(self, code: str, day: date) -> None:
        super().__init__(f"{code} {day}")
        self.code, self.day = code, day


def cutoff(rule: Deadline, day: date, starts: str, calendar: Calendar, zone: ZoneInfo) -> int:
    """The last instant, in UTC milliseconds, at which the rule still allows a change (that instant included).

    `starts`: when the unit begins that day, ``HH:MM``.

    Raises:
        NoLimit: the rule has a hole where the day lies.
    """
    match rule:
        case DaysBefore() | WeekdayBefore() | LastWeekday() | MonthDay() | OnDate():
            return instant(_day_of(rule, day, calendar), rule.at, zone)
        case UntilStart():
            return instant(day, starts, zone)
        case TimeBefore(minutes, count):
            return _back_in_time(instant(day, starts, zone), minutes * MINUTE, count, calendar, zone)
        case Anchored(inner, anchor):
            return cutoff(inner, anchor_day(anchor, day, calendar), "00:00", calendar, zone)
        case Shifted(inner, to):
            return instant(*_shifted(inner, to, day, calendar), zone)
        case Among(which, rules):
            choose: Callable[[list[int]], int] = min if which == "earliest" else max
            return choose([cutoff(one, day, starts, calendar, zone) for one in rules])
        case ByWeekday() | BySeason() | ByDate():
            return cutoff(_for_day(rule, day, calendar), day, starts, calendar, zone)
    raise AssertionError(rule)


def _day_of(rule: Dayly, day: date, calendar: Calendar) -> date:
    match rule:
        case DaysBefore(days, _, count, clear):
            return calendar.back(count, day, days) - (ONE_DAY if clear else timedelta())
        case WeekdayBefore(weekday, weeks, _):
            return day + timedelta(days=weekday - day.weekday() - 7 * weeks)
        case LastWeekday(weekday, _):
            return day - timedelta(days=(day.weekday() - weekday - 1) % 7 + 1)
        case MonthDay(number, months, _):
            return _day_of_month(day, number, months)
        case OnDate(on, _):
            return on
    raise AssertionError(rule)


def _day_of_month(day: date, number: int, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    after = date(year + (month == 11), (month + 1) % 12 + 1, 1)
    return min(date(year, month + 1, 1) + timedelta(days=number - 1), after - ONE_DAY)


def _for_day(rule: ByWeekday | BySeason | ByDate, day: date, calendar: Calendar) -> Deadline:
    match rule:
        case BySeason(school, holidays):
            return holidays if day in calendar.school_holidays else school
        case ByWeekday(rules):
            found = next((one for weekday, one in rules if weekday == day.weekday()), None)
        case ByDate(spans):
            found = next((one for first, last, one in spans if first <= day <= last), None)
    if found is None:
        raise NoLimit("no_weekday" if isinstance(rule, ByWeekday) else "no_date", day)
    return found


def anchor_day(anchor: Anchor, day: date, calendar: Calendar) -> date:
    """The day that an anchored rule counts from.

    Raises:
        NoLimit: ``no_period``, the day lies in no school holidays.
    """
    if anchor == "week":
        return day - timedelta(days=day.weekday())
    if anchor == "month":
        return day.replace(day=1)
    period = calendar.holiday_of(day)
    if period is None:
        raise NoLimit("no_period", day)
    first = period[0]
    while anchor == "period_opening" and not calendar.is_open(first) and first < day:
        first += ONE_DAY
    return first


def _shifted(rule: Dayly | Anchored, to: str, day: date, calendar: Calendar) -> tuple[date, str]:
    """The day and the hour of a rule that counts days, moved to an open day."""
    if isinstance(rule, Anchored):
        return _shifted(rule.rule, to, anchor_day(rule.anchor, day, calendar), calendar)  # type: ignore[arg-type]
    found = _day_of(rule, day, calendar)
    while not calendar.is_open(found):
        found += ONE_DAY if to == "later" else -ONE_DAY
    return found, rule.at


def _back_in_time(moment: int, left: int, count: Count, calendar: Calendar, zone: ZoneInfo) -> int:
    if count == "calendar":
        return moment - left
    day = day_at(moment, zone)
    while True:
        begins = instant(day, "00:00", zone)
        # What lies before the start on the target's own day always counts: the child is expected that day.
        available = moment - begins
        if available >= left:
            return moment - left
        left -= available
        day = calendar.back(count, day, 1)
        moment = instant(day, MIDNIGHT, zone)
