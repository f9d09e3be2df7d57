"""What is true of every rule on every day: clock changes, bridges, week 53, month ends, Sundays, the turn of school years."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.activities.rules import (
    Calendar,
    DaysBefore,
    Deadline,
    LastWeekday,
    MonthDay,
    NoLimit,
    Rule,
    RulePair,
    TimeBefore,
    Unwritable,
    WeekdayBefore,
    cutoff,
    day_at,
    fault_in,
    instant,
    rule_of,
    terms_of,
)
from server.activities.rules.deadlines import Anchored, Shifted
from server.towns.loader import load_town

PARIS = ZoneInfo("Europe/Paris")
CALENDAR: Calendar = load_town("vigneux").calendar
DAYS = st.dates(date(2026, 8, 25), date(2027, 9, 5))
HOURS = st.times().map(lambda at: at.strftime("%H:%M"))
COUNTS = st.sampled_from(["calendar", "weekdays", "open", "working", "school", frozenset({2}), frozenset({0, 4})])
HOUR = 3_600_000


def at(rule: Deadline, day: date, starts: str = "16:30") -> int:
    return cutoff(rule, day, starts, CALENDAR, PARIS)


def local(moment: int) -> datetime:
    return datetime.fromtimestamp(moment / 1000, PARIS)


@given(DAYS, st.integers(0, 25), COUNTS, HOURS)
def test_the_counted_days_are_as_many_as_the_rule_says(day: date, days: int, count: Any, hour: str) -> None:
    limit = CALENDAR.back(count, day, days)
    stepped = [limit + timedelta(days=n) for n in range((day - limit).days)]
    assert sum(CALENDAR.counts(count, one) for one in stepped) == days
    assert days == 0 or CALENDAR.counts(count, limit)
    assert at(DaysBefore(days, hour, count), day) == instant(limit, hour, PARIS)


@given(DAYS, st.integers(0, 25), COUNTS)
def test_clear_days_lie_whole_between_the_two_days(day: date, days: int, count: Any) -> None:
    # The last instant is the midnight that ends the day of the limit.
    limit = day_at(at(DaysBefore(days, "24:00", count, clear=True), day) - 1, PARIS)
    between = [limit + timedelta(days=n) for n in range(1, (day - limit).days)]
    assert sum(CALENDAR.counts(count, one) for one in between) == days


@given(DAYS, st.integers(0, 6), st.integers(0, 3), HOURS)
def test_a_weekday_of_another_week_is_in_that_iso_week(day: date, weekday: int, weeks: int, hour: str) -> None:
    found = day_at(instant(day + timedelta(days=weekday - day.weekday() - 7 * weeks), "12:00", PARIS), PARIS)
    assert found.isocalendar().weekday == weekday + 1
    assert (day - timedelta(weeks=weeks)).isocalendar()[:2] == found.isocalendar()[:2]
    assert at(WeekdayBefore(weekday, weeks, hour), day) == instant(found, hour, PARIS)


@given(DAYS, st.integers(0, 6))
def test_the_last_weekday_is_one_to_seven_days_before(day: date, weekday: int) -> None:
    found = day_at(at(LastWeekday(weekday, "12:00"), day), PARIS)
    assert found.weekday() == weekday
    assert 1 <= (day - found).days <= 7


@given(DAYS, st.integers(1, 31), st.integers(1, 6))
def test_the_nth_of_a_month_before(day: date, number: int, months: int) -> None:
    found = day_at(at(MonthDay(number, months, "12:00"), day), PARIS)
    assert (day.year * 12 + day.month) - (found.year * 12 + found.month) == months
    assert found.day == number or (found.day < number and (found + timedelta(days=1)).day == 1)


@given(DAYS, st.integers(0, 200 * 60), HOURS)
def test_hours_are_really_elapsed_whatever_the_clock_does(day: date, minutes: int, starts: str) -> None:
    assert instant(day, starts, PARIS) - at(TimeBefore(minutes), day, starts) == minutes * 60_000


@given(DAYS, st.integers(1, 90), st.sampled_from(["weekdays", "open", "working", "school"]))
def test_counted_hours_are_found_again_when_they_are_counted_forward(day: date, hours: int, count: Any) -> None:
    begins, limit = instant(day, "12:00", PARIS), at(TimeBefore(hours * 60, count), day, "12:00")
    steps = range(limit, begins, HOUR // 2)
    counted = sum(CALENDAR.counts(count, day_at(one, PARIS)) or day_at(one, PARIS) == day for one in steps)
    assert counted == 2 * hours


@given(DAYS, st.integers(0, 10), HOURS, st.sampled_from(["earlier", "later"]))
def test_a_shifted_limit_falls_on_an_open_day_at_the_same_hour(day: date, days: int, hour: str, to: Any) -> None:
    plain, moved = at(DaysBefore(days, hour), day), at(Shifted(DaysBefore(days, hour), to), day)
    if CALENDAR.is_open(local(plain).date()):
        assert moved == plain
    else:
        assert (moved > plain) == (to == "later")
        first, last = sorted((local(plain).date(), local(moved).date()))
        between = [first + timedelta(days=n) for n in range((last - first).days)]
        assert CALENDAR.is_open(local(moved).date())
        assert sum(CALENDAR.is_open(one) for one in between) <= 1
        # Two in the morning does not exist on one Sunday of the year: only there may the hour differ.
        assert local(moved).strftime("%H:%M") == hour or local(plain).strftime("%H:%M") != hour


@given(DAYS)
def test_what_is_counted_from_the_holidays_is_the_same_for_each_of_their_days(day: date) -> None:
    rule = Anchored(DaysBefore(15, "24:00", clear=True), "period")
    period = CALENDAR.holiday_of(day)
    if period is None:
        with pytest.raises(NoLimit):
            at(rule, day)
    else:
        assert at(rule, day) == at(rule, period[0]) == instant(period[0] - timedelta(days=15), "00:00", PARIS)


def test_the_deadlines_of_september_count_back_into_the_summer_before() -> None:
    # 15 August 2026 is a Saturday; the Monday before 1 September is an open day of the year before.
    assert local(at(DaysBefore(2, "12:00", "open"), date(2026, 9, 1))).date() == date(2026, 8, 28)
    assert local(at(DaysBefore(1, "12:00", "school"), date(2026, 9, 1))).date() == date(2026, 7, 3)
    assert local(at(DaysBefore(13, "12:00", "working"), date(2026, 8, 31))).date() == date(2026, 8, 14)


def test_week_53_is_a_week_like_another() -> None:
    assert date(2027, 1, 3).isocalendar()[:2] == (2026, 53)
    assert local(at(WeekdayBefore(3, 1, "12:00"), date(2027, 1, 3))).date() == date(2026, 12, 24)
    assert local(at(WeekdayBefore(3, 1, "12:00"), date(2027, 1, 4))).date() == date(2026, 12, 31)


SOUND = {"code": "x", "add": {"days": 2, "at": "12:00"}, "remove": {"days": 2, "at": "12:00"}}
SCHOOL_DAYS = [date(2026, 11, 23), date(2026, 11, 24), date(2026, 11, 26)]


def fault(**other: Any) -> str | None:
    terms = terms_of(msgspec.convert({**SOUND, **other}, RulePair))
    found = fault_in(terms, SCHOOL_DAYS, "16:30", CALENDAR, PARIS)
    return None if found is None else f"{found.key}: {found}"


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        ({}, None),
        ({"add": {"days": 0, "at": "18:00"}}, "add: la limite tombe après le début de l’accueil (le 23/11/2026)"),
        ({"opens": {"days": 1, "at": "12:00"}}, "opens: les réservations ouvriraient après leur clôture (le 23/11/2026)"),
        ({"opens": {"days": 2, "at": "12:00"}}, "opens: les réservations ouvriraient après leur clôture (le 23/11/2026)"),
        (
            {"opens": {"days": 20, "at": "12:00"}, "opens_outside": {"days": 30, "at": "12:00"}},
            "opens_outside: les familles extérieures réserveraient avant celles de la commune (le 23/11/2026)",
        ),
        (
            {"add": {"by_day": {"mon": {"days": 1, "at": "09:00"}}}},
            "add: aucune limite n’est écrite pour ce jour de la semaine (le 24/11/2026)",
        ),
        (
            {"remove": {"dates": [{"from": "2026-11-01", "to": "2026-11-24", "on": "2026-10-20", "at": "12:00"}]}},
            "remove: aucune des périodes écrites ne contient ce jour (le 26/11/2026)",
        ),
        (
            {"add": {"days": 21, "at": "12:00", "anchor": "period"}},
            "add: la règle compte depuis des vacances scolaires, et ce jour n’est dans aucunes vacances (le 23/11/2026)",
        ),
        (
            {"late_add": {"then": "ask", "until": {"days": 3, "at": "12:00"}}},
            "late_add: le délai supplémentaire finit avant la limite : il ne servirait jamais (le 23/11/2026)",
        ),
        (
            {"late_add": {"then": "accept", "until": {"until": "start"}}},
            "late_add: sans majoration ni avis du service, la limite ne limiterait rien : écrivez plutôt la limite plus tardive",
        ),
        ({"late_add": {"then": "ask", "until": {"until": "start"}}}, None),
    ],
)
def test_terms_that_cannot_be_true_are_refused_with_the_reason(other: dict[str, Any], expected: str | None) -> None:
    assert fault(**other) == expected


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({}, "aucune règle ne s’écrit ainsi"),
        ({"days": 2}, "aucune règle ne s’écrit ainsi"),
        ({"days": 2, "weeks": 1, "at": "12:00"}, "aucune règle ne s’écrit ainsi"),
        ({"days": 2, "at": "12:00", "count": []}, "aucun jour ne compte"),
        ({"on": "2026-02-30", "at": "12:00"}, "le jour « 2026-02-30 » n’existe pas"),
        ({"earliest": [{"hours": 2}]}, "il faut au moins deux règles"),
        ({"hours": 2, "shift": "later"}, "« shift » déplace un jour"),
        ({"dates": [{"from": "2026-11-02", "to": "2026-11-01", "on": "2026-10-01", "at": "12:00"}]}, "la période finit avant de commencer"),
        (
            {
                "dates": [
                    {"from": "2026-11-01", "to": "2026-11-10", "on": "2026-10-01", "at": "12:00"},
                    {"from": "2026-11-10", "to": "2026-11-12", "on": "2026-10-01", "at": "12:00"},
                ]
            },
            "recouvre la période du 2026-11-01 au 2026-11-10",
        ),
    ],
)
def test_what_is_no_rule_is_refused(rule: dict[str, Any], expected: str) -> None:
    with pytest.raises(Unwritable, match=expected):
        rule_of(msgspec.convert(rule, Rule))


@pytest.mark.parametrize("rule", [{"days": -1, "at": "12:00"}, {"days": 2, "at": "25:00"}, {"day": 2}, {"last": "lundi", "at": "12:00"}])
def test_what_has_no_shape_is_refused(rule: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(rule, Rule)


def test_a_late_cancelling_is_accepted_or_refused_nothing_else() -> None:
    with pytest.raises(Unwritable, match="annulation tardive"):
        fault(late_remove={"then": "ask", "until": {"until": "start"}})
