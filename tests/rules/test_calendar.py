"""The school year of the town: the official calendars and what the town adds."""

from datetime import date

import msgspec
import pytest

from server.towns.loader import Town, load_town
from server.towns.school_year import calendar, periods


@pytest.fixture(scope="module")
def town() -> Town:
    return load_town("vigneux")


def test_school_holidays_of_zone_c_in_2026_2027(town: Town) -> None:
    found = [(one.starts_on, one.ends_on) for one in town.periods if one.kind == "school_holiday"]
    assert found == [
        ("2026-10-17", "2026-11-01"),
        ("2026-12-19", "2027-01-03"),
        ("2027-02-06", "2027-02-21"),
        ("2027-04-03", "2027-04-18"),
        ("2027-07-03", "2027-08-31"),
    ]


def test_the_eleven_public_holidays_are_there_once(town: Town) -> None:
    found = [one.starts_on for one in town.periods if one.kind == "public_holiday"]
    assert found == [
        "2026-11-01", "2026-11-11", "2026-12-25", "2027-01-01", "2027-03-29", "2027-05-01",
        "2027-05-06", "2027-05-08", "2027-05-17", "2027-07-14", "2027-08-15",
    ]  # fmt: skip


def test_nothing_opens_on_the_ascension_bridge_and_it_is_no_open_day(town: Town) -> None:
    friday = date(2027, 5, 7)
    assert [one.name for one in town.periods if one.kind == "bridge"] == ["Pont de l’Ascension"]
    assert not town.calendar.is_open(friday)
    assert not town.calendar.allows("school", friday)
    assert not town.calendar.allows("holidays", friday)


def test_a_town_that_forgets_an_official_bridge_is_told(town: Town) -> None:
    year = msgspec.structs.replace(town.identity.year, periods=[])
    with pytest.raises(ValueError, match="Pont de l’Ascension: 2027-05-07 must be a bridge"):
        periods(year)


def test_a_year_that_the_official_calendar_does_not_know_is_refused(town: Town) -> None:
    year = msgspec.structs.replace(
        town.identity.year, year=2060, starts_on="2060-09-01", ends_on="2061-08-31", periods=[]
    )
    with pytest.raises(ValueError, match="knows no school holidays of 2060"):
        periods(year)


def test_a_sunday_in_the_holidays_is_neither_open_nor_closed_by_law(town: Town) -> None:
    found = calendar(list(town.periods))
    sunday = date(2026, 12, 27)
    assert not found.is_open(sunday)
    assert sunday in found.school_holidays
    assert sunday not in found.closed
