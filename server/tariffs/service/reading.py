"""What families pay: price lists read in one query, households in three, prices computed by the rules."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import msgspec

from server.database import Connection, Database, marks
from server.families.service import billing_facts
from server.tariffs.rules import Price, Situation, Tariff, Terms, price, price_at_most

PRICE_LISTS = """
    SELECT ut.unit, u.activity_id, u.starts, u.ends, t.code, t.version, t.since, t.until, t.decision, t.terms
    FROM unit_tariff ut JOIN unit u ON u.id = ut.unit JOIN tariff t ON t.code = ut.tariff_code
    WHERE t.since <= ? AND (t.until IS NULL OR t.until >= ?)
"""
NURSERY_GRADES = ("PS", "MS", "GS")
PROTOCOL = frozenset(("pai",))
"""The trait of a child with a care protocol (PAI): for the price alone, and only where the council names it."""


@dataclass(frozen=True)
class UnitTariff:
    """The price list of one unit on one day."""

    unit: str
    activity: str
    minutes: int
    """How long the unit lasts: for prices by the hour."""
    tariff: Tariff

    def price(self, home: "Household", child: str, **more: Any) -> Price:
        """What this family pays for one unit for this child; `more`: ``options``, ``outcome``, ``minutes``.

        What only the month will tell (the siblings present that day, the number of days) counts as the dearest, unless said.
        """
        who = home.situation(self, child, **more)
        terms = self.tariff.terms
        unknown = (terms.ranks_among == "present" and "rank" not in more) or (len(self.tariff.day_steps) > 1 and "days" not in more)
        return price_at_most(self.tariff, who, len(home.siblings(self))) if unknown else price(self.tariff, who)


@dataclass(frozen=True)
class Household:
    """What the prices of one family depend on."""

    resident: bool
    quotient: int | None
    traits: frozenset[str]
    children: Mapping[str, frozenset[str]]
    """child → its own traits; the eldest first."""
    enrolled: Mapping[str, tuple[str, ...]]
    """activity → the children enrolled in it, the eldest first."""

    def situation(self, unit: UnitTariff, child: str, **more: Any) -> Situation:
        among = self.siblings(unit)
        facts = {
            "quotient": self.quotient,
            "rank": among.index(child) + 1 if child in among else 1,
            "traits": self.traits | self.children.get(child, frozenset()),
            "minutes": unit.minutes,
        }
        return Situation(resident=self.resident, children=len(self.children) or 1, **{**facts, **more})

    def siblings(self, unit: UnitTariff) -> tuple[str, ...]:
        """Among whom a child has its rank, the eldest first."""
        return tuple(self.children) if unit.tariff.terms.ranks_among == "family" else self.enrolled.get(unit.activity, ())


async def unit_tariffs(reader: Connection | Database, on: str, unit: str | None = None) -> dict[str, UnitTariff]:
    """The price list in force on a day (``YYYY-MM-DD``) for every unit, or for one; one query.

    For many families of one moment, read this once.
    """
    if unit is None:
        rows = await reader.all(f"{PRICE_LISTS} ORDER BY t.version", on, on)
    else:
        rows = await reader.all(f"{PRICE_LISTS} AND ut.unit = ? ORDER BY t.version", on, on, unit)
    return {row["unit"]: _unit_tariff(row) for row in rows}


async def unit_versions(reader: Connection | Database, first: str, last: str) -> dict[str, list[UnitTariff]]:
    """unit → its price lists in force at some time between two days, the oldest first; one query."""
    found: dict[str, list[UnitTariff]] = {}
    for row in await reader.all(f"{PRICE_LISTS} ORDER BY t.version", last, first):
        found.setdefault(row["unit"], []).append(_unit_tariff(row))
    return found


async def households(reader: Connection | Database, families: Iterable[str], on: str) -> dict[str, Household]:
    """family → what its prices depend on, on a day; three queries for any number of families."""
    wanted = sorted(set(families))
    if not wanted:
        return {}
    facts = await billing_facts(reader, wanted)  # type: ignore[arg-type]
    children = await reader.all(
        "SELECT fc.family_id, c.id, c.grade, c.care_protocol FROM family_child fc JOIN child c ON c.id = fc.child_id"
        f" WHERE fc.family_id IN ({marks(wanted)}) ORDER BY c.born_on, c.id",
        *wanted,
    )
    enrolments = await reader.all(
        "SELECT fc.family_id, e.child_id, e.activity_id FROM family_child fc JOIN child c ON c.id = fc.child_id"
        f" JOIN enrolment e ON e.child_id = c.id WHERE fc.family_id IN ({marks(wanted)}) AND e.since <= ? AND e.until >= ?"
        " ORDER BY c.born_on, c.id",
        *wanted, on, on,
    )  # fmt: skip
    homes = {family: _household(facts[family]) for family in wanted}
    for row in children:
        siblings: Any = homes[row["family_id"]].children
        siblings[row["id"]] = traits_of_grade(row["grade"]) | (PROTOCOL if row["care_protocol"] else frozenset())
    for row in enrolments:
        enrolled: Any = homes[row["family_id"]].enrolled
        enrolled[row["activity_id"]] = (*enrolled.get(row["activity_id"], ()), row["child_id"])
    return homes


async def unit_price(reader: Connection | Database, unit: str, family: str, child: str, on: str) -> Price | None:
    """What a family pays for one unit for a child on a day; None when no price list covers it."""
    found = (await unit_tariffs(reader, on, unit)).get(unit)
    return found.price((await households(reader, [family], on))[family], child) if found else None


def _household(facts: Mapping[str, Any]) -> Household:
    fund = {"CAF": "caf", "MSA": "msa"}.get(facts["quotient_source"])
    return Household(bool(facts["resident"]), facts["quotient"], frozenset((fund,) if fund else ()), {}, {})


def traits_of_grade(grade: str) -> frozenset[str]:
    return frozenset(("maternelle" if grade in NURSERY_GRADES else "elementaire",))


def _unit_tariff(row: Mapping[str, Any]) -> UnitTariff:
    terms = row["terms"] if isinstance(row["terms"], str) else json.dumps(row["terms"])
    tariff = _tariff(row["code"], row["version"], row["since"], row["until"], row["decision"], terms)
    return UnitTariff(row["unit"], row["activity_id"], minutes_of(row["ends"]) - minutes_of(row["starts"]), tariff)


@lru_cache(maxsize=1024)
def _tariff(code: str, version: int, since: str, until: str | None, decision: str, terms: str) -> Tariff:
    """The same text gives the same tariff, with the curves that it has computed so far."""
    return Tariff(code, version, since, until, decision, msgspec.json.decode(terms, type=Terms))


def minutes_of(clock: str) -> int:
    """``07:30`` → 450."""
    return int(clock[:2]) * 60 + int(clock[3:5])
