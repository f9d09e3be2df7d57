"""The people of the demo, from ``cast.toml``: who they are, what they usually book, and where places are short."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Annotated, Any, Literal

from msgspec import Meta, structs

from server.custody.rules import Plan, Split
from server.towns.checks import known
from server.towns.households import Adult, Child, Habit, Household, units_of
from server.towns.ledger import Ledger, weekday_numbers
from server.towns.loader import Town
from server.towns.reading import TownError, read
from server.towns.shape import Code, Day, Grade, Part, Text, Weekday

FILE = "cast.toml"


class AgentLine(Part, frozen=True):
    username: Code
    name: Text
    service: Code


class ChildLine(Part, frozen=True):
    id: Code
    first_name: Text
    last_name: Text
    born_on: Day
    grade: Grade
    school: Code
    also: tuple[Code, ...] = ()


class AdultLine(Part, frozen=True):
    """Without a user name: somebody who has the town's letter and no account yet."""

    first_name: Text
    last_name: Text
    username: Code | None = None
    phone: str | None = None


class FamilyLine(Part, frozen=True):
    id: Code
    number: Text
    label: Text
    address: Text
    children: list[Code]
    adults: list[AdultLine]
    quotient: Annotated[int, Meta(ge=0)] | None = None
    source: Literal["CAF", "MSA", "tax_notice"] | None = None
    read_on: Day | None = None
    resident: bool = True


class HabitLine(Part, frozen=True):
    family: Code
    child: Code
    units: dict[Code, list[Weekday]]
    weeks: Literal["all", "even", "odd"] = "all"


class ShortageLine(Part, frozen=True):
    unit: Code
    coming: Annotated[int, Meta(ge=1)]
    capacity: Annotated[int, Meta(ge=1)]
    booked: list[tuple[Code, Code]]
    waiting: list[tuple[Code, Code]]


class ShareLine(Part, frozen=True):
    how: Literal["cycle", "halves", "whole", "fortnights"]
    even: Code | None = None


class CustodyLine(Part, frozen=True):
    """How two families share the days of a child: server/custody/rules.py."""

    child: Code
    families: tuple[Code, Code]
    """Those that A and B stand for."""
    anchor: Day
    cycle: Text
    since: Day
    holidays: dict[str, ShareLine] = {}
    note: str | None = None


class CastFile(Part, frozen=True):
    """cast.toml"""

    password: Text
    agents: list[AgentLine]
    children: list[ChildLine]
    families: list[FamilyLine]
    habits: list[HabitLine]
    shortages: list[ShortageLine]
    custody: list[CustodyLine] = []


@dataclass(frozen=True)
class Cast:
    password: str
    agents: tuple[AgentLine, ...]
    households: tuple[Household, ...]
    habits: tuple[Habit, ...]
    shortages: tuple[ShortageLine, ...]
    custody: tuple[CustodyLine, ...] = ()

    def as_of(self, today: date) -> "Cast":
        """The same cast, its alternations begun so that this week is the first family's: the demo shows it on any day."""
        return replace(self, custody=tuple(_begun(line, today) for line in self.custody))

    @property
    def plans(self) -> dict[str, Plan]:
        """child → whose day is when."""
        return {f"chd_{line.child}": _plan(line) for line in self.custody}


def load_cast(town: Town) -> Cast:
    """The cast of a town.

    Raises:
        TownError: the file names a school, a unit, a child or a service that is not there.
    """
    file = read(town.folder, FILE, CastFile)
    schools = {place.code for place in town.places if place.kind == "school"}
    children: dict[str, Child] = {}
    for rank, line in enumerate(file.children):
        known(FILE, f"children[{rank}].school", line.school, schools)
        children[line.id] = Child(
            f"chd_{line.id}",
            line.first_name,
            line.last_name,
            line.born_on,
            line.grade,
            line.school,
            frozenset(line.also),
        )
    for rank, agent in enumerate(file.agents):
        known(FILE, f"agents[{rank}].service", agent.service, {service.code for service in town.services})
    households = {line.id: _household(f"families[{rank}]", line, children) for rank, line in enumerate(file.families)}
    habits = [
        habit
        for rank, line in enumerate(file.habits)
        for habit in _habits(f"habits[{rank}]", town, line, households, children)
    ]
    for rank, shortage in enumerate(file.shortages):
        _check_shortage(f"shortages[{rank}]", town, shortage, households, children)
    for rank, plan in enumerate(file.custody):
        known(FILE, f"custody[{rank}].child", plan.child, children)
        for family in plan.families:
            known(FILE, f"custody[{rank}].families", family, households)
    return Cast(
        file.password, tuple(file.agents), tuple(households.values()), tuple(habits), tuple(file.shortages), tuple(file.custody)
    )


def _begun(line: CustodyLine, today: date) -> CustodyLine:
    anchor = date.fromisoformat(line.anchor)
    weeks = (today - timedelta(days=today.weekday()) - anchor).days // 7
    return line if weeks % 2 == 0 else structs.replace(line, anchor=(anchor - timedelta(days=7)).isoformat())


def _plan(line: CustodyLine) -> Plan:
    first, second = (f"fam_{code}" for code in line.families)
    splits = {name: Split(one.how, f"fam_{one.even}" if one.even else "") for name, one in line.holidays.items()}
    return Plan(first, second, date.fromisoformat(line.anchor), line.cycle, date.fromisoformat(line.since), splits)


def custody_rows(cast: Cast, now_ms: int) -> list[dict[str, Any]]:
    """The plans as the service would have entered them."""
    return [
        {
            "id": f"chd_{line.child}", "family_a": f"fam_{line.families[0]}", "family_b": f"fam_{line.families[1]}", "anchor": line.anchor,
            "cycle": line.cycle, "since": line.since, "note": line.note, "version": 1, "entered_by": "Sylvie Laurent", "entered_at": now_ms,
            "holidays": {
                name: {"how": one.how, "even": f"fam_{one.even}" if one.even else ""} for name, one in line.holidays.items()
            },
        }
        for line in cast.custody
    ]  # fmt: skip


def _household(key: str, line: FamilyLine, children: dict[str, Child]) -> Household:
    for child in line.children:
        known(FILE, f"{key}.children", child, children)
    return Household(
        id=f"fam_{line.id}",
        number=line.number,
        label=line.label,
        resident=line.resident,
        quotient=line.quotient,
        source=line.source,
        read_on=line.read_on,
        address=line.address,
        adults=tuple(
            Adult(
                f"adu_{one.username or f'{line.id}_{rank}'}",
                one.first_name,
                one.last_name,
                one.username,
                f"acc_{one.username}" if one.username else None,
                one.phone,
            )
            for rank, one in enumerate(line.adults, 1)
        ),
        children=tuple(children[child] for child in line.children),
    )


def _habits(
    key: str, town: Town, line: HabitLine, households: dict[str, Household], children: dict[str, Child]
) -> list[Habit]:
    known(FILE, f"{key}.family", line.family, households)
    known(FILE, f"{key}.child", line.child, children)
    units = {unit.written.code: unit for unit in units_of(town, children[line.child])}
    for code in line.units:
        known(FILE, f"{key}.units", code, units)
    return [
        Habit(households[line.family], children[line.child], units[code], tuple(weekday_numbers(days)), line.weeks)
        for code, days in line.units.items()
    ]


def _check_shortage(
    key: str, town: Town, line: ShortageLine, households: dict[str, Household], children: dict[str, Child]
) -> None:
    for family, child in [*line.booked, *line.waiting]:
        known(FILE, key, family, households)
        known(FILE, key, child, children)
        known(FILE, key, line.unit, {unit.id for unit in units_of(town, children[child])})
    if len(line.booked) > line.capacity:
        raise TownError(f"{FILE}, {key}.booked: more children than places")


def play_shortages(ledger: Ledger, cast: Cast) -> None:
    """Makes places short on some coming days. Near the end of the school year there may be no such day any more."""
    homes = {home.id.removeprefix("fam_"): home for home in cast.households}
    for line in cast.shortages:
        day = ledger.coming(line.unit, line.coming)
        if day is None:
            continue
        ledger.shorten(line.unit, day, line.capacity)
        for family, child in line.booked:
            if not ledger.book(homes[family].payer, f"chd_{child}", line.unit, day):
                raise TownError(f"{FILE}, shortages: {child} has no place on {day}")
        for family, child in line.waiting:
            ledger.wait(homes[family].payer, f"chd_{child}", line.unit, day)
