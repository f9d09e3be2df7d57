"""The price of one unit for one child of one family, with its reasons. Pure; money is whole cents, rounded once."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property
from typing import Any

from server.tariffs.rules.curves import Curve, Piece, Why, curve_of, rounded
from server.tariffs.rules.terms import Flat, Grid, Highest, Terms, When, day_steps

Key = tuple[bool, bool, int, int, frozenset[str], int | None, frozenset[str], str, int]


@dataclass(frozen=True)
class Situation:
    """What a price may depend on. ``quotient`` in euros, None when the town knows none; ``minutes`` as booked or ticked."""

    resident: bool
    quotient: int | Decimal | None
    rank: int = 1
    children: int = 1
    traits: frozenset[str] = frozenset()
    minutes: int | None = None
    options: frozenset[str] = frozenset()
    """Codes of the supplements asked for."""
    outcome: str = "present"
    days: int = 1
    """How many days of the month the child is down for."""


@dataclass(frozen=True)
class Tariff:
    """A dated price list: ``since`` and ``until`` are days ``YYYY-MM-DD``, bounds included."""

    code: str
    version: int
    since: str
    until: str | None
    decision: str
    terms: Terms
    curves: dict[Key, Curve] = field(default_factory=dict, compare=False, repr=False)
    """Computed so far: the same few situations come back for every family."""

    @cached_property
    def day_steps(self) -> list[int]:
        return day_steps(self.terms)


@dataclass(frozen=True)
class Price:
    """An amount with its reasons, as a parent may ask for them."""

    cents: int
    version: int
    why: dict[str, Any]

    def row(self) -> dict[str, Any]:
        """As a unit of the row ``enrol/<id>``."""
        return {"cents": self.cents, "v": self.version, "why": self.why}

    @property
    def of_one_booking(self) -> int:
        """What one booked day adds: nothing under a package, which is due once."""
        return 0 if "per" in self.why else self.cents


class NoAmount(Exception):
    """No grid of the tariff is for this situation; such a tariff is refused when it is entered."""


def price(tariff: Tariff, who: Situation) -> Price:
    """What is due for one unit.

    Without a quotient the highest amount applies (the guide: « sans consentement, les tarifs les plus élevés s'appliquent »),
    unless the council says another one.
    """
    terms = tariff.terms
    step = _step(tariff.day_steps, who.days)
    key = (who.quotient is None, who.resident, who.rank, who.children, who.traits, who.minutes, who.options, who.outcome, step)
    curve = tariff.curves.get(key)
    if curve is None:
        curve = tariff.curves[key] = price_curve(terms, who)
    if who.quotient is not None:
        quotient = int(who.quotient * 100)
        piece = curve.at(quotient)
        why = _told(piece.why, quotient)
    else:
        quotient, piece = curve.highest()
        why = dict(piece.why)
        if not _level(curve):
            why["kind"] = "highest"
    cents = rounded(piece.a * max(quotient, 0) + piece.b, curve.den, terms.rounding)
    return Price(max(cents, 0), tariff.version, {**why, "decision": tariff.decision})


def price_at_most(tariff: Tariff, who: Situation, siblings: int) -> Price:
    """The price before the month is known: the dearest that the day's siblings and the number of days may lead to."""
    terms = tariff.terms
    ranks = range(1, max(siblings, 1) + 1) if terms.ranks_among == "present" and _tells_ranks(terms) else [who.rank]
    some = [price(tariff, replace(who, rank=rank, days=days)) for rank in ranks for days in tariff.day_steps]
    found = max(some, key=lambda one: one.cents)
    return replace(found, why={**found.why, "at_most": True}) if any(one.cents != found.cents for one in some) else found


def _step(steps: list[int], days: int) -> int:
    return 1 if len(steps) == 1 else max((one for one in steps if one <= days), default=1)


def _level(curve: Curve) -> bool:
    return all(piece.a == 0 and piece.b == curve.pieces[0].b for piece in curve.pieces)


def _told(why: Why, quotient: int) -> dict[str, Any]:
    if why["kind"] in ("flat", "non_resident"):
        return dict(why)
    return {**why, "quotient": quotient // 100 if quotient % 100 == 0 else quotient / 100}


def price_curve(terms: Terms, who: Situation) -> Curve:
    """The price of everybody in this situation, whatever the quotient.

    The order of the steps is fixed: grid, duration, changes in the order written, subsidies, supplements, outcome.
    """
    curve = _base(terms, who)
    steps: list[dict[str, Any]] = []
    curve = _by_duration(curve, terms, who, steps)
    for change in terms.changes:
        if holds(change.when, who):
            curve = curve.scaled(100 + change.percent, 100).plus(change.cents).at_least(change.min_cents)
            steps.append({"label": change.label, "percent": change.percent, "cents": change.cents})
    for subsidy in terms.subsidies:
        if subsidy.trait in who.traits:
            curve = curve.plus(-subsidy.cents).at_least(0)
            steps.append({"label": subsidy.label, "cents": -subsidy.cents})
    for supplement in terms.supplements:
        if supplement.code in who.options:
            curve = curve.plus(supplement.cents)
            steps.append({"label": supplement.label, "cents": supplement.cents})
    if who.outcome != "present":
        share = getattr(terms.outcomes, who.outcome)
        curve = curve.scaled(share, 100)
        added = getattr(terms.outcomes, f"{who.outcome}_cents", 0)
        curve = curve.plus(added)
        steps.append({"label": who.outcome, "share": share, **({"cents": added} if added else {})})
    more: dict[str, Any] = {"steps": steps} if steps else {}
    if _tells_ranks(terms):
        more["rank"] = who.rank
    if terms.per != "unit":
        more["per"] = terms.per
    return Curve(curve.den, tuple(Piece(one.start, one.a, one.b, {**one.why, **more}) for one in curve.pieces))


def _base(terms: Terms, who: Situation) -> Curve:
    grid = grid_for(terms, who)
    if isinstance(grid.amount, Highest):
        curve = _base(terms, Situation(True, None, who.rank, who.children, who.traits, days=who.days))
        quotient, piece = curve.highest()
        return Curve(curve.den, (Piece(0, 0, piece.a * quotient + piece.b, {"kind": "non_resident"}),))
    if who.quotient is None and terms.unknown_cents is not None and not isinstance(grid.amount, Flat):
        return Curve(1, (Piece(0, 0, terms.unknown_cents, {"kind": "highest"}),))
    curve = curve_of(grid.amount)
    outside = grid.when.resident is False
    label: dict[str, Any] = {"grid": grid.label} if grid.label else {}

    def told(why: Why) -> Why:
        flat = outside and why["kind"] == "flat"
        return {**why, **label, **({"kind": "non_resident"} if flat else {"outside": True} if outside else {})}

    return Curve(curve.den, tuple(Piece(one.start, one.a, one.b, told(one.why)) for one in curve.pieces))


def _by_duration(curve: Curve, terms: Terms, who: Situation, steps: list[dict[str, Any]]) -> Curve:
    timing = terms.duration
    if timing is None:
        return curve
    minutes = max(timing.minutes if who.minutes is None else who.minutes, timing.least_minutes)
    if timing.most_minutes is not None:
        minutes = min(minutes, timing.most_minutes)
    counted = -(-minutes // timing.step) * timing.step
    steps.append({"label": "duration", "minutes": counted, "of": timing.minutes})
    return curve.scaled(counted, timing.minutes)


def grid_for(terms: Terms, who: Situation) -> Grid:
    """The first grid whose condition holds.

    Raises:
        NoAmount: none does.
    """
    for grid in terms.grids:
        if holds(grid.when, who):
            return grid
    raise NoAmount


def holds(when: When, who: Situation) -> bool:
    return (
        (when.resident is None or when.resident == who.resident)
        and _within(when.ranks, who.rank)
        and _within(when.children, who.children)
        and _within(when.days, who.days)
        and who.traits.issuperset(when.traits)
    )


def _within(span: tuple[int, ...] | None, number: int) -> bool:
    return span is None or (span[0] <= number and (len(span) == 1 or number <= span[1]))


def _tells_ranks(terms: Terms) -> bool:
    return any(grid.when.ranks for grid in terms.grids) or any(change.when.ranks for change in terms.changes)


def in_force(tariffs: Sequence[Tariff], code: str, on: str) -> Tariff | None:
    """The version of a price list in force on a day; the youngest when two overlap."""
    fitting = [one for one in tariffs if one.code == code and one.since <= on and (one.until is None or on <= one.until)]
    return max(fitting, key=lambda one: one.version, default=None)
