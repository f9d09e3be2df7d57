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
FARTHEST_SHIFT = 120
"""Steps that a shifted limit goes at most: longer than any holidays."""
Anchor = Literal["week", "month", "period", "period_opening", "term", "year"]
FIRST_MONTH = 9


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
class NthOfMonth:
    """The n-th counted day of the month that lies ``months`` before; from its end when negative (-1: the last)."""

    nth: int
    months: int
    at: str
    count: Count = "open"


@dataclass(frozen=True)
class MonthsBefore:
    """The same day of the month, so many months before, or the last day of a shorter one."""

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

    ``period``: the first day of the school holidays that hold the day; ``period_opening``: their first open day;
    ``term``: the first day after the last school holidays, in holidays their first; ``year``: the first of September.
    """

    rule: "Deadline"
    anchor: Anchor


@dataclass(frozen=True)
class Shifted:
    """The same hour of the nearest day that counts, when the rule falls on one that does not.

    ``week_earlier``: as many whole weeks before as it takes, so that a Thursday stays a Thursday.
    """

    rule: "Dayly | Anchored"
    to: Literal["earlier", "later", "week_earlier"]
    on: Count = "open"


@dataclass(frozen=True)
class ByWeekday:
    """A rule for each weekday of the target; ``otherwise`` for those that have none."""

    rules: tuple[tuple[int, "Deadline"], ...]
    otherwise: "Deadline | None" = None


@dataclass(frozen=True)
class BySeason:
    """One rule in school time, another in the school holidays."""

    school: "Deadline"
    holidays: "Deadline"


@dataclass(frozen=True)
class ByDate:
    """Published dates: targets between two days (included) have the rule written for them; the others, ``otherwise``."""

    spans: tuple[tuple[date, date, "Deadline"], ...]
    otherwise: "Deadline | None" = None


@dataclass(frozen=True)
class Among:
    """The earliest, or the latest, of several rules."""

    which: Literal["earliest", "latest"]
    rules: tuple["Deadline", ...]


Dayly = DaysBefore | WeekdayBefore | LastWeekday | MonthDay | NthOfMonth | MonthsBefore | OnDate
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
        case DaysBefore() | WeekdayBefore() | LastWeekday() | MonthDay() | NthOfMonth() | MonthsBefore() | OnDate():
            return instant(_day_of(rule, day, calendar), rule.at, zone)
        case UntilStart():
            return instant(day, starts, zone)
        case TimeBefore(minutes, count):
            return _back_in_time(instant(day, starts, zone), minutes * MINUTE, count, calendar, zone)
        case Anchored(inner, anchor):
            return cutoff(inner, anchor_day(anchor, day, calendar), "00:00", calendar, zone)
        case Shifted():
            return instant(*_shifted(rule, day, calendar), zone)
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
        case NthOfMonth(nth, months, _, count):
            return _nth(_day_of_month(day, 1, months), nth, count, calendar)
        case MonthsBefore(months, _):
            return _day_of_month(day, day.day, months)
        case OnDate(on, _):
            return on
    raise AssertionError(rule)


def _day_of_month(day: date, number: int, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    after = date(year + (month == 11), (month + 1) % 12 + 1, 1)
    return min(date(year, month + 1, 1) + timedelta(days=number - 1), after - ONE_DAY)


def _nth(first: date, nth: int, count: Count, calendar: Calendar) -> date:
    """The n-th counted day of a month, or the nearest to it when the month has fewer; its first when none counts."""
    length = (_day_of_month(first, 31, 0) - first).days + 1
    days = [one for one in (first + timedelta(days=at) for at in range(length)) if calendar.counts(count, one)] or [first]
    return days[min(nth, len(days)) - 1] if nth > 0 else days[max(nth, -len(days))]


def _for_day(rule: ByWeekday | BySeason | ByDate, day: date, calendar: Calendar) -> Deadline:
    match rule:
        case BySeason(school, holidays):
            return holidays if day in calendar.school_holidays else school
        case ByWeekday(rules, otherwise):
            found = next((one for weekday, one in rules if weekday == day.weekday()), otherwise)
        case ByDate(spans, otherwise):
            found = next((one for first, last, one in spans if first <= day <= last), otherwise)
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
    if anchor == "year":
        return date(day.year - (day.month < FIRST_MONTH), FIRST_MONTH, 1)
    if anchor == "term":
        return _term(day, calendar)
    period = calendar.holiday_of(day)
    if period is None:
        raise NoLimit("no_period", day)
    first = period[0]
    while anchor == "period_opening" and not calendar.is_open(first) and first < day:
        first += ONE_DAY
    return first


def _term(day: date, calendar: Calendar) -> date:
    """The first day of the school period that holds the day: from one school holidays to the next."""
    within = calendar.holiday_of(day)
    if within is not None:
        return within[0]
    before = [last for _, last in calendar.holidays if last < day]
    begins = date(day.year - (day.month < FIRST_MONTH), FIRST_MONTH, 1)
    return max(begins, before[-1] + ONE_DAY) if before else begins


def _shifted(rule: Shifted, day: date, calendar: Calendar) -> tuple[date, str]:
    """The day and the hour of a rule that counts days, moved to a day that counts."""
    inner = rule.rule
    while isinstance(inner, Anchored):
        day, inner = anchor_day(inner.anchor, day, calendar), inner.rule  # type: ignore[assignment]
    found = _day_of(inner, day, calendar)
    step = {"later": ONE_DAY, "earlier": -ONE_DAY, "week_earlier": -7 * ONE_DAY}[rule.to]
    for _ in range(FARTHEST_SHIFT):
        if calendar.counts(rule.on, found):
            break
        found += step
    return found, inner.at


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
