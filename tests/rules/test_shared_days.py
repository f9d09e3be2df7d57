"""Whose day it is: anchored alternation, holidays, single days; and what a plan says in French."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.custody.rules import Plan, Split, fault_in, owner, runs
from server.custody.texts import sentence

HOLIDAYS = [("Toussaint", date(2026, 10, 17), date(2026, 11, 1)), ("Noël", date(2026, 12, 19), date(2027, 1, 3)),
            ("Hiver", date(2027, 2, 6), date(2027, 2, 21))]  # fmt: skip
WEEKS = Plan("n", "p", date(2026, 8, 31), "A" * 7 + "B" * 7, date(2026, 9, 1))
NAMES = {"n": "chez vous", "p": "chez l’autre parent"}


def with_holidays(**splits: Split) -> Plan:
    return Plan("n", "p", WEEKS.anchor, WEEKS.cycle, WEEKS.since, splits)


def test_week_53_does_not_break_the_alternation() -> None:
    mondays = [date(2026, 12, 21) + timedelta(days=7 * n) for n in range(4)]
    assert [day.isocalendar().week for day in mondays] == [52, 53, 1, 2]
    assert [owner(WEEKS, day, []) for day in mondays] == ["n", "p", "n", "p"]


@given(st.integers(0, 3000))
def test_a_fortnight_later_it_is_the_same_parents_day(days: int) -> None:
    day = WEEKS.since + timedelta(days=days)
    assert owner(WEEKS, day, []) == owner(WEEKS, day + timedelta(days=14), []) != owner(WEEKS, day + timedelta(days=7), [])


@pytest.mark.parametrize(
    ("split", "day", "whose"),
    [
        (Split("halves", "n"), date(2026, 12, 19), "n"),
        (Split("halves", "n"), date(2026, 12, 26), "n"),   # the eighth of sixteen days
        (Split("halves", "n"), date(2026, 12, 27), "p"),
        (Split("halves", "n"), date(2027, 1, 3), "p"),     # the year is that of the first day
        (Split("halves", "n"), date(2027, 2, 6), "p"),     # an odd year
        (Split("whole", "p"), date(2026, 12, 30), "p"),
        (Split("whole", "p"), date(2027, 2, 10), "n"),
        (Split("fortnights", "n"), date(2027, 1, 2), "p"), # the fifteenth day
        (Split("cycle"), date(2026, 12, 21), "n"),
    ],
)  # fmt: skip
def test_holidays_are_split(split: Split, day: date, whose: str) -> None:
    assert owner(with_holidays(**{"*": split}), day, HOLIDAYS) == whose


def test_one_holidays_may_differ_and_a_single_day_wins_over_all() -> None:
    plan = Plan("n", "p", WEEKS.anchor, WEEKS.cycle, WEEKS.since, {"*": Split("cycle"), "Noël": Split("whole", "p")},
                {date(2026, 12, 24): "n"})  # fmt: skip
    assert [owner(plan, date(2026, 12, day), HOLIDAYS) for day in (22, 24, 25)] == ["p", "n", "p"]
    assert owner(plan, date(2026, 10, 20), HOLIDAYS) == owner(WEEKS, date(2026, 10, 20), [])


def test_before_it_begins_a_plan_says_nothing() -> None:
    assert owner(WEEKS, date(2026, 8, 31), []) is None


@given(st.integers(0, 400), st.integers(0, 120), st.sampled_from(["n", "p"]))
def test_the_few_numbers_say_every_day(offset: int, length: int, family: str) -> None:
    plan = with_holidays(**{"*": Split("halves", "n")})
    first = date(2026, 8, 25) + timedelta(days=offset)
    last = first + timedelta(days=length)
    found, day, mine = runs(plan, family, first, last, HOLIDAYS), first, True
    assert sum(found) == length + 1
    for count in found:
        for _ in range(count):
            assert (owner(plan, day, HOLIDAYS) in (family, None)) == mine
            day += timedelta(days=1)
        mine = not mine


def test_a_plan_is_read_back() -> None:
    plan = with_holidays(**{"*": Split("halves", "n"), "Noël": Split("whole", "p")})
    assert sentence(plan, NAMES).replace("\u00a0", " ") == (
        "Une semaine sur deux : chez vous pendant les sept jours à partir du lundi 31 août 2026, puis en alternance. Vacances scolaires :"
        " première moitié chez vous les années paires, chez l’autre parent les années impaires. Noël : en entier chez l’autre parent les"
        " années paires, chez vous les années impaires."
    )
    two_two_three = Plan("n", "p", date(2026, 8, 31), "AABBAAABBAABBB", date(2026, 9, 1))
    assert "2 jours chez vous puis 2 jours chez l’autre parent puis 3 jours chez vous" in sentence(two_two_three, NAMES)


@pytest.mark.parametrize(
    ("cycle", "holidays", "said"),
    [
        ("", {}, "A et B"), ("ABC", {}, "A et B"), ("A" * 57, {}, "A et B"), ("AB", {"Pâques": Split("cycle")}, "n’est le nom"),
        ("AB", {"*": Split("halves")}, "années paires"), ("AB", {"*": Split("halves", "x")}, "années paires"),
        ("AB", {"*": Split("halves", "n"), "Noël": Split("cycle")}, None),
    ],
)  # fmt: skip
def test_what_cannot_be_a_plan_is_refused(cycle: str, holidays: dict[str, Split], said: str | None) -> None:
    found = fault_in(cycle, holidays, ("n", "p"), ("Noël",))
    assert found is None if said is None else said in (found or "")
