"""Which days are holidays: the official calendars (by their libraries) and what the town adds."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import date, timedelta
from functools import cache
from itertools import groupby

from holidays import country_holidays
from vacances_scolaires_france import SchoolHolidayDates, UnsupportedYearException

from server.activities.rules import ONE_DAY, Calendar
from server.towns.shape import Period, Year

SUMMER = 90
OFFICIAL_BRIDGE = "Pont de l’Ascension"


def periods(year: Year) -> list[Period]:
    """School holidays, public holidays and bridges of a school year, by date, bounds included.

    Raises:
        ValueError: the official calendar does not know the year yet, or the town leaves out an official bridge.
    """
    first, last = date.fromisoformat(year.starts_on), date.fromisoformat(year.ends_on)
    try:
        official = [one for one in _school_holidays(year.school_zone, first, last) if one.name != OFFICIAL_BRIDGE]
    except UnsupportedYearException as error:
        raise ValueError(f"the official calendar knows no school holidays of {year.year}: {error}") from error
    public = list(_public_holidays(first, last))
    found = sorted([*official, *public, *year.periods], key=lambda period: (period.starts_on, period.kind))
    _refuse_forgotten_bridge(year, public, first, last)
    return found


def calendar(found: list[Period], year: Year | None = None) -> Calendar:
    """The days of these periods. With the year, also those of the summer before it: the deadlines of September count
    back into August."""
    found = [*found, *(_summer_before(year) if year else ())]
    closed = {day for period in found if period.kind != "school_holiday" for day in _days(period)}
    school_holidays = {day for period in found if period.kind == "school_holiday" for day in _days(period)}
    return Calendar(frozenset(closed), frozenset(school_holidays))


def _summer_before(year: Year) -> Iterator[Period]:
    last = date.fromisoformat(year.starts_on) - ONE_DAY
    first = last - timedelta(days=SUMMER)
    yield from _public_holidays(first, last)
    with suppress(UnsupportedYearException):
        yield from _school_holidays(year.school_zone, first, last)


def _days(period: Period) -> Iterator[date]:
    first, last = date.fromisoformat(period.starts_on), date.fromisoformat(period.ends_on)
    return (first + timedelta(days=offset) for offset in range((last - first).days + 1))


def _public_holidays(first: date, last: date) -> Iterator[Period]:
    for day, name in sorted(country_holidays("FR", years=[first.year, last.year], language="fr").items()):
        if first <= day <= last:
            yield Period("public_holiday", name.replace("'", "’"), day.isoformat(), day.isoformat())


@cache
def _official_dates() -> SchoolHolidayDates:
    """The library reads forty years of dates each time it is asked: half a second."""
    return SchoolHolidayDates()


def _school_holidays(zone: str, first: date, last: date) -> Iterator[Period]:
    named = [
        (day, entry["nom_vacances"])
        for year in range(first.year, last.year + 1)
        for day, entry in sorted(_official_dates().holidays_for_year_and_zone(year, zone).items())
        if first <= day <= last
    ]
    # Consecutive days keep the same difference to their rank: that tells one period from the next.
    for (_, name), run in groupby(enumerate(named), key=lambda item: (item[1][0] - item[0] * ONE_DAY, item[1][1])):
        days = [day for _, (day, _) in run]
        yield Period("school_holiday", name.replace("'", "’"), days[0].isoformat(), days[-1].isoformat())


def _refuse_forgotten_bridge(year: Year, public: list[Period], first: date, last: date) -> None:
    closed = calendar([*public, *year.periods]).closed
    for bridge in _school_holidays(year.school_zone, first, last):
        if bridge.name == OFFICIAL_BRIDGE:
            missing = [day.isoformat() for day in _days(bridge) if day.weekday() < 5 and day not in closed]
            if missing:
                raise ValueError(f"{bridge.name}: {', '.join(missing)} must be a bridge")
