"""The public simulation: facts of every price for the phone, and the same computed here by the engine."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from server.activities.service import year_bounds
from server.database import Connection, Database, Row
from server.errors import Refusal
from server.tariffs.rules import Situation, estimate, facts_of, price
from server.tariffs.service.reading import UnitTariff, unit_tariffs

Rows = dict[str, dict[str, Any]]
NOTICE = "À titre indicatif, non contractuel."


@dataclass(frozen=True)
class Offered:
    """Units of several places that are one to a parent: « Accueil du matin », wherever it is."""

    code: str
    activity: Row
    name: str
    units: list[str]
    tariff: UnitTariff
    counts: list[int]
    """Openings in the school year by weekday, the most frequent first."""
    holidays: bool


@dataclass(frozen=True)
class Wish:
    """How often one child would go: days a week, or in the holidays days a year."""

    unit: str
    times: int
    supplements: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class SimulatedChild:
    rank: int
    traits: list[str]
    wishes: list[Wish]


async def price_rows(reader: Connection | Database, year: int, on: str) -> Rows:
    """``price/<code>`` of the catalogue: what the phone needs to work any price out by itself."""
    return {f"price/{one.code}": _row(one) for one in await offered(reader, year, on)}


def _row(one: Offered) -> dict[str, Any]:
    return {
        "activity": one.activity["code"],
        "activity_name": one.activity["name"],
        "category": one.activity["category"],
        "name": one.name,
        "units": one.units,
        "days": one.counts,
        "holidays": one.holidays,
        "position": one.activity["position"],
        **facts_of(one.tariff.tariff, one.tariff.minutes),
    }


async def offered(reader: Connection | Database, year: int, on: str) -> Sequence[Offered]:
    """What can be simulated in a school year, with the price lists in force on a day; in the catalogue's order."""
    tariffs = await unit_tariffs(reader, on)
    activities = {row["code"]: row for row in await reader.all("SELECT code, name, category, position FROM activity")}
    found: dict[str, Offered] = {}
    for unit in await reader.all("SELECT id, place_id, activity_id, name FROM unit ORDER BY position, id"):
        code = unit["id"].removeprefix(f"{unit['place_id']}-")
        if unit["id"] not in tariffs:
            continue
        if code not in found:
            counts, holidays = await _openings(reader, year, unit["id"])
            activity = activities[unit["activity_id"]]
            found[code] = Offered(code, activity, unit["name"], [], tariffs[unit["id"]], counts, holidays)
        found[code].units.append(unit["id"])
    return list(found.values())


async def _openings(reader: Connection | Database, year: int, unit: str) -> tuple[list[int], bool]:
    first, last = year_bounds(year)
    days = [
        row["date"]
        for row in await reader.all(
            "SELECT date FROM opening WHERE unit_id = ? AND date >= ? AND date <= ? AND NOT closed", unit, first, last
        )
    ]
    periods = await reader.all("SELECT starts_on, ends_on FROM calendar_period WHERE kind = 'school_holiday'")
    away = sum(any(period["starts_on"] <= day <= period["ends_on"] for period in periods) for day in days)
    counts = Counter(date.fromisoformat(day).weekday() for day in days)
    return sorted(counts.values(), reverse=True), 2 * away > len(days)


async def simulate(
    reader: Connection | Database, year: int, on: str, resident: bool, quotient: float | None, children: Sequence[SimulatedChild]
) -> dict[str, Any]:
    """What these children would cost: per unit, month and year, each line with its reason.

    Raises:
        Refusal: ``malformed`` when a unit is not offered.
    """
    found = {one.code: one for one in await offered(reader, year, on)}
    lines = []
    for at, child in enumerate(children):
        for wish in child.wishes:
            if wish.unit not in found:
                raise Refusal("malformed", unit=wish.unit)
            lines.append({"child": at, **_line(found[wish.unit], resident, quotient, child, len(children), wish)})
    return {
        "notice": NOTICE,
        "contractual": False,
        "quotient": quotient,
        "lines": lines,
        "month_cents": sum(line["month_cents"] for line in lines),
        "year_cents": sum(line["year_cents"] for line in lines),
    }


def _line(
    one: Offered, resident: bool, quotient: float | None, child: SimulatedChild, children: int, wish: Wish
) -> dict[str, Any]:
    tariff = one.tariff.tariff
    often = estimate(0, tariff.terms.per, one.counts, one.holidays, wish.times)
    who = Situation(
        resident=resident,
        quotient=None if quotient is None else _exact(quotient),
        rank=child.rank,
        children=max(children, child.rank),
        traits=frozenset(child.traits),
        minutes=one.tariff.minutes,
        options=frozenset(wish.supplements),
        days=often.days_a_month,
    )
    found = price(tariff, who)
    total = estimate(found.cents, tariff.terms.per, one.counts, one.holidays, wish.times)
    return {
        "unit": one.code,
        "label": one.activity["name"] if one.name == one.activity["name"] else f"{one.activity['name']} – {one.name}",
        "cents": found.cents,
        "per": tariff.terms.per,
        "why": found.why,
        "days": total.days,
        "month_cents": total.month_cents,
        "year_cents": total.year_cents,
    }


def somebody(facts: dict[str, Any]) -> dict[str, Any]:
    """A person as JSON says it, as `Situation` wants it."""
    quotient = None if facts["quotient"] is None else _exact(facts["quotient"])
    return {**facts, "quotient": quotient, "traits": frozenset(facts["traits"]), "options": frozenset(facts["options"])}


def _exact(quotient: float) -> Decimal:
    """JSON knows no decimals: the nearest hundredth of a euro is meant."""
    return Decimal(round(quotient * 100)) / 100
