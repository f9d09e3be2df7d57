"""Which days a unit opens, how full a day is, which units a child cannot have together."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.activities.rules import FEW, FULL, MANY, Calendar, Slot, clashes, level, opening_days, opening_rows
from server.activities.service import school_year, year_bounds

CHRISTMAS = frozenset(date(2026, 12, day) for day in range(19, 32))
CALENDAR = Calendar(frozenset({date(2026, 11, 11), date(2026, 12, 25)}), CHRISTMAS)
SCHOOL_DAYS = (0, 1, 3, 4)


def days(during: Any, weekdays: tuple[int, ...], first: str, last: str) -> list[str]:
    found = opening_days(during, weekdays, date.fromisoformat(first), date.fromisoformat(last), CALENDAR)
    return [day.isoformat() for day in found]


def test_school_time_leaves_out_holidays_and_public_holidays() -> None:
    assert days("school", SCHOOL_DAYS, "2026-12-14", "2026-12-31") == [
        "2026-12-14",
        "2026-12-15",
        "2026-12-17",
        "2026-12-18",
    ]
    assert days("school", (2,), "2026-11-02", "2026-11-20") == ["2026-11-04", "2026-11-18"]


def test_the_holiday_centre_opens_in_the_holidays_but_not_on_christmas_day() -> None:
    assert days("holidays", (0, 1, 2, 3, 4), "2026-12-17", "2026-12-28") == [
        "2026-12-21", "2026-12-22", "2026-12-23", "2026-12-24", "2026-12-28",
    ]  # fmt: skip


def test_always_means_always_and_the_bounds_are_included() -> None:
    assert days("any", (4,), "2026-12-18", "2026-12-25") == ["2026-12-18", "2026-12-25"]
    assert days("any", (4,), "2026-12-25", "2026-12-25") == ["2026-12-25"]


@pytest.mark.parametrize(
    ("capacity", "taken", "expected"),
    [
        (None, 10_000, MANY),
        (60, 0, MANY),
        (60, 53, MANY),
        (60, 54, FEW),
        (60, 60, FULL),
        (60, 61, FULL),
        (5, 1, MANY),
        (5, 2, FEW),
    ],
)
def test_how_full_a_day_is(capacity: int | None, taken: int, expected: int) -> None:
    assert level(capacity, taken) == expected


@given(st.integers(1, 500), st.data())
def test_a_day_is_full_exactly_when_no_place_is_left(capacity: int, data: st.DataObject) -> None:
    taken = data.draw(st.integers(0, capacity + 2))
    assert (level(capacity, taken) == FULL) == (taken >= capacity)


def slot(id: str, starts: str, ends: str, **other: Any) -> Slot:
    values: dict[str, Any] = {
        "place": "lac",
        "in_school": False,
        "during": "school",
        "weekdays": frozenset({2}),
        "grades": frozenset(),
    }
    return Slot(id=id, starts=starts, ends=ends, **{**values, **other})


def test_units_at_the_same_time_exclude_each_other() -> None:
    assert list(clashes([slot("study", "16:30", "18:00"), slot("evening", "16:30", "19:00")])) == [("study", "evening")]


@pytest.mark.parametrize(
    "other",
    [
        slot("b", "13:30", "18:00"),  # begins when the first one ends
        slot("b", "08:00", "12:00", weekdays=frozenset({3})),
        slot("b", "08:00", "12:00", during="holidays"),
        slot("b", "08:00", "12:00", grades=frozenset({"PS"})),
    ],
)
def test_units_that_never_meet_do_not(other: Slot) -> None:
    assert list(clashes([slot("a", "07:30", "13:30", grades=frozenset({"CP"})), other])) == []


def test_two_schools_have_no_child_in_common_but_a_school_and_a_centre_do() -> None:
    school, other_school = (
        slot("a", "8:00", "9:00", in_school=True),
        slot("b", "8:00", "9:00", in_school=True, place="x"),
    )
    centre = slot("c", "8:00", "9:00", place="centre", during="any")
    assert list(clashes([school, other_school, centre])) == [("a", "c"), ("b", "c")]


def test_a_month_of_openings_is_one_row() -> None:
    openings = [
        {"unit_id": "u", "date": "2026-12-01", "add_until": 1_000_999, "remove_until": 2_000_000, "level": 2},
        {"unit_id": "u", "date": "2026-11-30", "add_until": 0, "remove_until": 0, "level": 0},
    ]
    assert opening_rows(openings) == {
        "open/u/2026-11": {"unit": "u", "month": "2026-11", "days": {"30": [0, 0, 0]}},
        "open/u/2026-12": {"unit": "u", "month": "2026-12", "days": {"01": [1000, 2000, 2]}},
    }


def test_a_school_year_is_named_by_the_year_it_begins_in() -> None:
    assert [school_year(date(2026, 8, 31)), school_year(date(2026, 9, 1)), school_year(date(2027, 1, 1))] == [
        2025,
        2026,
        2026,
    ]
    assert year_bounds(2026) == ("2026-09-01", "2027-08-31")
