"""What must be true of a tariff before it counts: every family has exactly one price, and it is never absurd."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import combinations, pairwise, product
from typing import Any

from server.tariffs.rules.curves import Curve
from server.tariffs.rules.pricing import NoAmount, Situation, price_curve
from server.tariffs.rules.terms import (
    Brackets,
    Effort,
    Grid,
    Highest,
    Linear,
    Terms,
    When,
    children_of,
    day_steps,
    hundredths,
    ranks_of,
    traits_of,
)

MOST_TRAITS = 4
MOST_SITUATIONS = 600
"""Each is a curve that travels to every phone."""


@dataclass(frozen=True)
class Fault:
    """``code`` names what is wrong, ``where`` the place in the data, ``facts`` what explains it."""

    code: str
    where: str
    facts: dict[str, Any] = field(default_factory=dict)


def faults(terms: Terms) -> list[Fault]:
    """Everything that is wrong, in the order of the data; empty: the tariff may count."""
    found = [fault for at, grid in enumerate(terms.grids) for fault in _grid(f"grids[{at}]", grid)]
    found += _changes(terms)
    if not found:
        found += _curves(terms)
    return found


def _grid(where: str, grid: Grid) -> Iterator[Fault]:
    amount = grid.amount
    if isinstance(amount, Brackets):
        yield from _brackets(f"{where}.brackets", amount)
    elif isinstance(amount, Effort):
        if amount.ceiling_cents is not None and amount.ceiling_cents < amount.floor_cents:
            yield Fault("ceiling_below_floor", where, {"floor": amount.floor_cents, "ceiling": amount.ceiling_cents})
    elif isinstance(amount, Linear):
        if len(amount.points) < 2:
            yield Fault("too_few_points", where)
        for one, other in pairwise(amount.points):
            if hundredths(one[0]) >= hundredths(other[0]):
                yield Fault("points_not_in_order", where, {"quotient": other[0]})
    elif isinstance(amount, Highest) and grid.when.resident is not False:
        yield Fault("highest_of_itself", where)
    yield from _spans(where, grid.when)


def _spans(where: str, when: When) -> Iterator[Fault]:
    for span in (when.ranks, when.children, when.days):
        if span and len(span) == 2 and span[1] < span[0]:
            yield Fault("empty_span", where, {"from": span[0], "to": span[1]})


def _brackets(where: str, amount: Brackets) -> Iterator[Fault]:
    """Half-open and in order: every quotient from 0 on falls in exactly one."""
    if not amount.brackets:
        yield Fault("no_bracket", where)
        return
    ordered = sorted(amount.brackets, key=lambda one: hundredths(one.lower))
    if hundredths(ordered[0].lower) != 0:
        yield Fault("gap", where, {"from": 0, "to": ordered[0].lower})
    for one, other in pairwise(ordered):
        if one.upper is None or hundredths(one.upper) > hundredths(other.lower):
            yield Fault("overlap", where, {"first": one.label, "second": other.label, "quotient": other.lower})
        elif hundredths(one.upper) < hundredths(other.lower):
            yield Fault("gap", where, {"from": one.upper, "to": other.lower})
    if ordered[-1].upper is not None:
        yield Fault("not_open", where, {"from": ordered[-1].upper})
    for bracket in ordered:
        if bracket.upper is not None and hundredths(bracket.upper) <= hundredths(bracket.lower):
            yield Fault("empty_bracket", where, {"label": bracket.label})


def _changes(terms: Terms) -> Iterator[Fault]:
    codes = [one.code for one in terms.supplements]
    for code in sorted({code for code in codes if codes.count(code) > 1}):
        yield Fault("twice", "supplements", {"code": code})
    for at, change in enumerate(terms.changes):
        yield from _spans(f"changes[{at}]", change.when)
    if len(traits_of(terms)) <= MOST_TRAITS and sum(1 for _ in situations(terms)) > MOST_SITUATIONS:
        yield Fault("too_many_situations", "grids", {"most": MOST_SITUATIONS})
    if len(traits_of(terms)) > MOST_TRAITS:
        yield Fault("too_many_traits", "grids", {"most": MOST_TRAITS})


def situations(terms: Terms) -> Iterator[Situation]:
    """One of each that the tariff tells apart, with some quotient."""
    traits = traits_of(terms)
    sets = [frozenset(some) for size in range(len(traits) + 1) for some in combinations(traits, size)]
    seen = set()
    for resident, rank, children, held, days in product((True, False), ranks_of(terms), children_of(terms), sets, day_steps(terms)):
        who = Situation(resident, 0, rank, max(children, rank), held, days=days)
        if who not in seen:
            seen.add(who)
            yield who


def _curves(terms: Terms) -> list[Fault]:
    found: list[Fault] = []
    for who in situations(terms):
        try:
            curve = price_curve(terms, who)
        except NoAmount:
            facts = {"resident": who.resident, "rank": who.rank, "traits": sorted(who.traits)}
            found.append(Fault("nobody_pays", "grids", facts))
            continue
        found += _curve(terms, curve)
    return list({(one.code, one.where, str(one.facts)): one for one in found}.values())


def _curve(terms: Terms, curve: Curve) -> Iterator[Fault]:
    if curve.pieces[-1].a > 0 and terms.unknown_cents is None:
        yield Fault("no_highest", "grids")
    for one, other in pairwise(curve.pieces):
        if one.a < 0 or one.a * (other.start - 1) + one.b > other.a * other.start + other.b:
            yield Fault("decreasing", "grids", {"quotient": other.start / 100})
    if any(piece.a * piece.start + piece.b < 0 for piece in curve.pieces):
        yield Fault("negative", "grids")
