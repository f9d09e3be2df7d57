"""Until when one may book: rules of real regulations, on the days on which they are easy to get wrong."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.activities.rules import Calendar, DaysBefore, Deadline, UntilStart, WeekdayBefore, cutoff, instant
from server.activities.texts import deadline_sentence, hour

PARIS = ZoneInfo("Europe/Paris")
ASCENSION_2027, BRIDGE_2027 = date(2027, 5, 6), date(2027, 5, 7)
CALENDAR = Calendar(frozenset({date(2026, 11, 11), date(2026, 12, 25), ASCENSION_2027, BRIDGE_2027}), frozenset())
TWO_OPEN_DAYS = DaysBefore(2, "12:00", "open")
DAYS = st.dates(date(2026, 9, 1), date(2027, 8, 31))


def limit(rule: Deadline, day: str, calendar: Calendar = CALENDAR) -> str:
    at = cutoff(rule, date.fromisoformat(day), "16:30", calendar, PARIS)
    return datetime.fromtimestamp(at / 1000, PARIS).isoformat(timespec="minutes")


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2026-11-26", "2026-11-24T12:00+01:00"),  # Thursday ← Tuesday
        ("2026-11-23", "2026-11-19T12:00+01:00"),  # Monday ← Thursday: a week-end does not count
        ("2026-11-24", "2026-11-20T12:00+01:00"),  # Tuesday ← Friday
        ("2026-11-12", "2026-11-09T12:00+01:00"),  # the day after 11 November ← Monday
        ("2027-05-10", "2027-05-04T12:00+02:00"),  # Monday after the Ascension bridge ← Tuesday before it
    ],
)
def test_two_open_days_before_noon(day: str, expected: str) -> None:
    assert limit(TWO_OPEN_DAYS, day) == expected


@pytest.mark.parametrize(
    ("rule", "day", "expected"),
    [
        (DaysBefore(1, "09:00", "open"), "2026-11-23", "2026-11-20T09:00+01:00"),  # Cruas-like: Monday ← Friday 9:00
        (DaysBefore(7, "09:00", "calendar"), "2026-11-25", "2026-11-18T09:00+01:00"),
        (DaysBefore(0, "08:00", "open"), "2026-11-25", "2026-11-25T08:00+01:00"),
        (DaysBefore(10, "12:00", "open"), "2026-12-21", "2026-12-07T12:00+01:00"),
        (WeekdayBefore(2, 1, "12:00"), "2026-11-25", "2026-11-18T12:00+01:00"),  # Wednesday of the week before
        (WeekdayBefore(3, 1, "12:00"), "2026-09-13", "2026-09-03T12:00+02:00"),  # a Sunday belongs to the week it ends
        (WeekdayBefore(0, 0, "09:00"), "2026-09-13", "2026-09-07T09:00+02:00"),
        (WeekdayBefore(4, 2, "18:00"), "2027-01-04", "2026-12-25T18:00+01:00"),  # over the turn of the year
        (UntilStart(), "2026-11-25", "2026-11-25T16:30+01:00"),
    ],
)
def test_each_form_of_deadline(rule: Deadline, day: str, expected: str) -> None:
    assert limit(rule, day) == expected


def test_the_hour_is_the_towns_whatever_the_clock_change_between() -> None:
    # Monday 26 October 2026 and Monday 29 March 2027 follow the nights on which clocks change.
    assert limit(DaysBefore(2, "12:00", "calendar"), "2026-10-26") == "2026-10-24T12:00+02:00"
    assert limit(DaysBefore(0, "12:00", "calendar"), "2026-10-26") == "2026-10-26T12:00+01:00"
    assert limit(DaysBefore(2, "12:00", "calendar"), "2027-03-29") == "2027-03-27T12:00+01:00"


def test_an_hour_of_the_night_of_the_clock_change() -> None:
    twice = instant(date(2026, 10, 25), "02:30", PARIS)
    assert datetime.fromtimestamp(twice / 1000, UTC).isoformat() == "2026-10-25T00:30:00+00:00"
    never = instant(date(2027, 3, 28), "02:30", PARIS)
    assert datetime.fromtimestamp(never / 1000, UTC).isoformat() == "2027-03-28T01:30:00+00:00"


@given(DAYS, st.integers(0, 20))
def test_more_notice_is_never_a_later_limit(day: date, days: int) -> None:
    shorter, longer = (cutoff(DaysBefore(n, "12:00", "open"), day, "08:00", CALENDAR, PARIS) for n in (days, days + 1))
    assert longer < shorter


@given(DAYS, st.integers(1, 15))
def test_the_open_days_between_are_as_many_as_the_rule_says(day: date, days: int) -> None:
    at = cutoff(DaysBefore(days, "12:00", "open"), day, "08:00", CALENDAR, PARIS)
    limit_day = datetime.fromtimestamp(at / 1000, PARIS).date()
    between = [limit_day + timedelta(days=n) for n in range((day - limit_day).days)]
    assert sum(CALENDAR.is_open(one) for one in between) == days
    assert CALENDAR.is_open(limit_day)


def test_what_parents_read_says_both_limits_when_they_differ() -> None:
    same = deadline_sentence(TWO_OPEN_DAYS, TWO_OPEN_DAYS)
    assert same == "Réserver ou annuler\u00a0: jusqu’à 2 jours ouvrés avant, à 12\u00a0h."
    other = deadline_sentence(DaysBefore(1, "09:30", "calendar"), WeekdayBefore(2, 1, "12:00"))
    assert other == (
        "Réserver\u00a0: jusqu’à 1 jour avant, à 9\u00a0h\u00a030. "
        "Annuler\u00a0: jusqu’au mercredi de la semaine précédente, à 12\u00a0h."
    )
    assert deadline_sentence(UntilStart(), UntilStart()) == "Réserver ou annuler\u00a0: jusqu’au début."
    assert deadline_sentence(DaysBefore(0, "07:00", "open"), UntilStart()).startswith(
        "Réserver\u00a0: jusqu’au jour même"
    )
    assert "3 semaines avant" in deadline_sentence(WeekdayBefore(4, 3, "18:00"), UntilStart())
    assert hour("08:05") == "8\u00a0h\u00a005"
