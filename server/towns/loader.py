"""Reads a town's folder; what cannot be true is refused with a sentence that names the file and the key."""

from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from server.activities import rules
from server.activities.rules import Calendar, RulePair, Unwritable, terms_of
from server.activities.rules import Terms as Conditions
from server.activities.texts import terms_sentence
from server.tariffs.rules import Bracket, Brackets, Flat, Grid, Tariff, Terms, When
from server.towns import checks, school_year
from server.towns.reading import TownError, folder_of, load_identity, read
from server.towns.shape import (
    Decision,
    Directory,
    Enrolling,
    Identity,
    News,
    NewsItem,
    Offer,
    Period,
    Place,
    Prices,
    Service,
    Unit,
)


@dataclass(frozen=True)
class TownUnit:
    """A unit at one place, with everything that the files say about it elsewhere."""

    id: str
    written: Unit
    place: str
    pools: tuple[str, ...]
    """Capacity units, ``<place>-<pool>``."""
    excludes: tuple[str, ...]
    requires: tuple[str, ...]
    conditions: Conditions | None
    """On what terms it is booked; None when it is never booked here."""
    said: RulePair | None
    """The same, as written."""
    rule: str
    position: int


@dataclass(frozen=True)
class Town:
    """A town, read and checked."""

    folder: Path
    identity: Identity
    zone: ZoneInfo
    services: tuple[Service, ...]
    places: tuple[Place, ...]
    offer: Offer
    units: tuple[TownUnit, ...]
    capacity: dict[str, int | None]
    """Places by capacity unit; None: unlimited."""
    tariffs: tuple[Tariff, ...]
    periods: tuple[Period, ...]
    calendar: Calendar
    news: tuple[NewsItem, ...]
    enrolling: Enrolling
    """Occasions to enrol; a town may have none in its files."""

    @property
    def year(self) -> int:
        """The school year, named by the year it begins in."""
        return self.identity.year.year


def load_town(name: str) -> Town:
    """The town of a folder under server/towns/, or of any folder given by its path.

    Raises:
        TownError: a file is missing, unreadable or says something that cannot be true.
    """
    folder = folder_of(name)
    identity = load_identity(name)
    directory = read(folder, "services.toml", Directory)
    offer = read(folder, "activities.toml", Offer)
    prices = read(folder, "tariffs.toml", Prices)
    news = read(folder, "news.toml", News)
    checks.directory(directory)
    checks.offer(offer, directory)
    checks.prices(prices, offer)
    checks.unique("news.toml", "news", [item.id for item in news.news])
    try:
        periods = school_year.periods(identity.year)
    except ValueError as error:
        raise TownError(f"town.toml, year: {error}") from error
    town = Town(
        folder=folder,
        identity=identity,
        zone=ZoneInfo(identity.time_zone),
        services=tuple(directory.services),
        places=tuple(directory.places),
        offer=offer,
        units=_units(offer, directory),
        capacity=_capacity(offer),
        tariffs=_tariffs(prices),
        periods=tuple(periods),
        calendar=school_year.calendar(periods, identity.year),
        news=tuple(news.news),
        enrolling=read(folder, "enrolments.toml", Enrolling) if (folder / "enrolments.toml").is_file() else Enrolling(),
    )
    checks.enrolling(town)
    checks.conditions_can_be_true(town)
    return town


def _units(offer: Offer, directory: Directory) -> tuple[TownUnit, ...]:
    conditions = {pair.code: (_conditions(rank, pair), pair) for rank, pair in enumerate(offer.deadlines)}
    excluded = _exclusions(offer, directory)
    units: list[TownUnit] = []
    for unit in offer.units:
        found, said = conditions[unit.deadline] if unit.deadline else (None, None)
        rule = terms_sentence(found) if found else ""
        for place in unit.places:
            id = f"{place}-{unit.code}"
            pools = tuple(sorted(f"{place}-{pool}" for pool in unit.pools))
            requires = tuple(f"{place}-{other}" for other in unit.requires)
            units.append(TownUnit(id, unit, place, pools, tuple(sorted(excluded[id])), requires, found, said, rule, len(units)))
    return tuple(units)


def _exclusions(offer: Offer, directory: Directory) -> dict[str, set[str]]:
    """Units whose hours overlap, and those that the files add; always both ways."""
    schools = {place.code for place in directory.places if place.kind == "school"}
    slots = [
        rules.Slot(
            id=f"{place}-{unit.code}",
            place=place,
            in_school=place in schools,
            during=unit.during,
            weekdays=frozenset(rules.WEEKDAYS.index(day) for day in unit.days),
            starts=unit.starts,
            ends=unit.ends,
            grades=frozenset(unit.grades),
        )
        for unit in offer.units
        for place in unit.places
    ]
    excluded: dict[str, set[str]] = {slot.id: set() for slot in slots}
    written = [
        (f"{place}-{unit.code}", f"{place}-{other}")
        for unit in offer.units
        for place in unit.places
        for other in unit.excludes
    ]
    for one, other in [*rules.clashes(slots), *written]:
        excluded[one].add(other)
        excluded[other].add(one)
    return excluded


def _conditions(rank: int, pair: RulePair) -> Conditions:
    try:
        return terms_of(pair)
    except Unwritable as error:
        raise TownError(f"activities.toml, deadlines[{rank}].{error.key}: {error.said}") from error


def _capacity(offer: Offer) -> dict[str, int | None]:
    return {
        f"{place}-{pool.code}": None if places == "unlimited" else places
        for pool in offer.pools
        for place, places in pool.capacity.items()
    }


def _tariffs(prices: Prices) -> tuple[Tariff, ...]:
    return tuple(
        Tariff(code, decision.version, decision.since, decision.until, decision.text, terms)
        for decision in prices.decisions
        for code, terms in {**_bracketed(prices, decision), **decision.terms}.items()
    )


def _bracketed(prices: Prices, decision: Decision) -> dict[str, Terms]:
    """The short way to write a tariff: one amount per bracket of the file, and one for families from elsewhere."""
    ends = [*(bracket.lower for bracket in prices.brackets[1:]), None]
    found = {}
    for code, amounts in decision.cents.items():
        brackets = tuple(
            Bracket(label=one.label, lower=one.lower, upper=upper, cents=cents)
            for one, upper, cents in zip(prices.brackets, ends, amounts, strict=True)
        )
        outside = Grid(Flat(decision.outside[code]), When(resident=False))
        found[code] = Terms((outside, Grid(Brackets(brackets))))
    return found
