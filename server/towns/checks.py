"""What must be true of a town's files. Each refusal is one sentence with the file and the key."""

from collections.abc import Iterable
from datetime import date
from itertools import pairwise
from typing import TYPE_CHECKING

from server.activities.rules import WEEKDAYS, fault_in, opening_days
from server.enrolments.rules import faults as round_faults
from server.tariffs.rules import faults
from server.tariffs.texts import fault_sentence
from server.towns import rounds
from server.towns.reading import TownError, day_of, require
from server.towns.shape import Decision, Directory, Offer, Prices, Unit

if TYPE_CHECKING:
    from server.towns.loader import Town


def directory(town: Directory) -> None:
    unique("services.toml", "services", [service.code for service in town.services])
    unique("services.toml", "places", [place.code for place in town.places])
    centres = {place.code for place in town.places if place.kind == "centre"}
    for rank, place in enumerate(town.places):
        if place.centre is not None:
            known("services.toml", f"places[{rank}].centre", place.centre, centres)
        if place.kind == "school":
            require(bool(place.grades), "services.toml", f"places[{rank}].grades", "a school has grades")


def offer(town: Offer, where: Directory) -> None:
    file = "activities.toml"
    for key in ("deadlines", "activities", "pools", "units"):
        unique(file, key, [one.code for one in getattr(town, key)])
    services = {service.code for service in where.services}
    places = {place.code for place in where.places}
    for rank, activity in enumerate(town.activities):
        known(file, f"activities[{rank}].service", activity.service, services)
    for rank, pool in enumerate(town.pools):
        for place in pool.capacity:
            known(file, f"pools[{rank}].capacity", place, places)
    for rank, unit in enumerate(town.units):
        _unit(f"units[{rank}]", unit, town, places)


def _unit(key: str, unit: Unit, town: Offer, places: set[str]) -> None:
    file = "activities.toml"
    bookable = {activity.code: activity.bookable for activity in town.activities}
    known(file, f"{key}.activity", unit.activity, bookable)
    for place in unit.places:
        known(file, f"{key}.places", place, places)
    if bookable[unit.activity]:
        require(unit.deadline is not None, file, f"{key}.deadline", "what can be booked has a deadline")
        known(file, f"{key}.deadline", unit.deadline or "", {pair.code for pair in town.deadlines})
    else:
        require(unit.deadline is None, file, f"{key}.deadline", "what is never booked has no deadline")
    for rank, day in enumerate([*unit.dates, *unit.skipped]):
        day_of(file, f"{key}.{'dates' if rank < len(unit.dates) else 'skipped'}", day)
    require(unit.starts < unit.ends, file, f"{key}.ends", "before the unit begins")
    pools = {pool.code: pool.capacity for pool in town.pools}
    for pool in unit.pools:
        known(file, f"{key}.pools", pool, pools)
        for place in unit.places:
            require(place in pools[pool], file, f"{key}.pools", f"pool “{pool}” has no capacity at “{place}”")
    siblings = {other.code: set(other.places) for other in town.units if other.code != unit.code}
    for other in unit.requires:
        known(file, f"{key}.requires", other, siblings)
        require(set(unit.places) <= siblings[other], file, f"{key}.requires", f"“{other}” is not at the same places")
        require(other not in unit.excludes, file, f"{key}.requires", f"“{other}” is excluded")
    for other in unit.excludes:
        known(file, f"{key}.excludes", other, siblings)
        require(set(unit.places) <= siblings[other], file, f"{key}.excludes", f"“{other}” is not at the same places")


def prices(town: Prices, offered: Offer) -> None:
    file = "tariffs.toml"
    unique(file, "brackets", [bracket.label for bracket in town.brackets])
    require(bool(town.brackets) and town.brackets[0].lower == 0, file, "brackets[0].lower", "the first one begins at 0")
    for rank, (one, following) in enumerate(pairwise(town.brackets), 1):
        require(one.lower < following.lower, file, f"brackets[{rank}].lower", "brackets follow each other upwards")
    needed = {unit.tariff for unit in offered.units}
    for rank, decision in enumerate(town.decisions):
        _decision(f"decisions[{rank}]", decision, needed, len(town.brackets))
    unique(file, "decisions", [str(decision.version) for decision in town.decisions])
    require(bool(town.decisions), file, "decisions", "no price without a decision")
    for rank, (before, after) in enumerate(pairwise(town.decisions), 1):
        ordered = before.version < after.version and before.until is not None and before.until < after.since
        require(ordered, file, f"decisions[{rank}].since", "decisions follow each other, one in force at a time")


def _decision(key: str, decision: Decision, needed: set[str], brackets: int) -> None:
    file = "tariffs.toml"
    since = day_of(file, f"{key}.since", decision.since)
    if decision.until is not None:
        require(since <= day_of(file, f"{key}.until", decision.until), file, f"{key}.until", "before it begins")
    require(set(decision.cents) == set(decision.outside), file, f"{key}.outside", "not the same codes as in cents")
    for code in sorted(set(decision.cents) & set(decision.terms)):
        raise TownError(f"{file}, {key}.terms.{code}: it has amounts in cents too")
    for code, terms in decision.terms.items():
        for fault in faults(terms):
            raise TownError(f"{file}, {key}.terms.{code}.{fault.where}: {fault_sentence(fault)}")
    for code in sorted(needed - set(decision.cents) - set(decision.terms)):
        raise TownError(f"{file}, {key}.cents: no amount for “{code}”, which a unit asks for")
    for code, cents in decision.cents.items():
        where = f"{key}.cents.{code}"
        require(len(cents) == brackets, file, where, f"{len(cents)} amounts for {brackets} brackets")
        require(cents == sorted(cents), file, where, "a higher quotient never pays less")


def conditions_can_be_true(town: "Town") -> None:
    """A rule that cannot be true (closing before it opens, a hole between periods) shows on real days only."""
    year = town.identity.year
    first, last = date.fromisoformat(year.starts_on), date.fromisoformat(year.ends_on)
    for unit in town.units:
        written = unit.written
        weekdays = [WEEKDAYS.index(day) for day in written.days]
        days = list(opening_days(written.during, weekdays, first, last, town.calendar, written.dates, written.skipped))
        key = f"units[{town.offer.units.index(written)}]"
        require(bool(days), "activities.toml", f"{key}.days", f"“{unit.id}” never opens in the school year")
        if unit.conditions is not None:
            fault = fault_in(unit.conditions, days, written.starts, town.calendar, town.zone)
            require(fault is None, "activities.toml", f"{key}.deadline", f"“{written.deadline}”, {fault and fault.key} : {fault}")


def enrolling(town: "Town") -> None:
    """What a clerk could not enter on the page is refused in the file too."""
    file = "enrolments.toml"
    unique(file, "rounds", [one.code for one in town.enrolling.rounds])
    units = {unit.id: unit.written.activity for unit in town.units}
    for rank, one in enumerate(town.enrolling.rounds):
        for group in one.groups:
            for unit in group.units:
                known(file, f"rounds[{rank}].groups.units", unit, {id for id, activity in units.items() if activity == one.activity})
        faults = round_faults(rounds.as_written(one, town.zone))
        require(not faults, file, f"rounds[{rank}]", faults[0] if faults else "")


def unique(file: str, key: str, codes: list[str]) -> None:
    seen: set[str] = set()
    for rank, code in enumerate(codes):
        require(code not in seen, file, f"{key}[{rank}]", f"“{code}” is there twice")
        seen.add(code)


def known(file: str, key: str, code: str, among: Iterable[str]) -> None:
    require(code in among, file, key, f"“{code}” is unknown (known: {', '.join(sorted(among)) or 'none'})")
