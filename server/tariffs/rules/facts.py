"""A tariff as the facts that travel to the phone: curves for every situation it tells apart; the phone only evaluates.

`evaluate` is what the phone does, word for word (pwa/src/simulation/evaluate.ts); tests/vectors prove both against the engine.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from server.tariffs.rules.checking import situations
from server.tariffs.rules.curves import Curve, rounded
from server.tariffs.rules.pricing import Situation, Tariff, price_curve
from server.tariffs.rules.terms import (
    Rounding,
    Terms,
    children_of,
    ranks_of,
    traits_of,
)

Facts = dict[str, Any]


def facts_of(tariff: Tariff, minutes: int | None) -> Facts:
    """``lines``: one per situation ``[resident, rank, children, traits]``, ranks and children capped at the last that counts."""
    terms = tariff.terms
    return {
        "tariff": tariff.code,
        "version": tariff.version,
        "since": tariff.since,
        "until": tariff.until,
        "decision": tariff.decision,
        "per": terms.per,
        "ranks": ranks_of(terms)[-1],
        "children": children_of(terms)[-1],
        "traits": traits_of(terms),
        "rounding": {"mode": terms.rounding.mode, "to": terms.rounding.to_cents},
        "supplements": [{"code": one.code, "label": one.label, "cents": one.cents} for one in terms.supplements],
        "lines": [_line(terms, who, minutes) for who in situations(terms)],
    }


def _line(terms: Terms, who: Situation, minutes: int | None) -> Facts:
    curve = price_curve(terms, replace(who, minutes=minutes))
    without = price_curve(terms, replace(who, minutes=minutes, quotient=None))
    quotient, piece = without.highest()
    return {
        "resident": who.resident,
        "rank": who.rank,
        "children": who.children,
        "traits": sorted(who.traits),
        "unknown": [piece.a * quotient + piece.b, without.den],
        "den": curve.den,
        "pieces": [[one.start, one.a, one.b, _told(one.why)] for one in merged(curve).pieces],
    }


def _told(why: Mapping[str, Any]) -> Facts:
    return {name: value for name, value in why.items() if name not in ("per", "rank")}


def merged(curve: Curve) -> Curve:
    """Without pieces that only repeat the one before."""
    kept: list[Any] = []
    for piece in curve.pieces:
        if not kept or (piece.a, piece.b, piece.why) != (kept[-1].a, kept[-1].b, kept[-1].why):
            kept.append(piece)
    return Curve(curve.den, tuple(kept))


def evaluate(
    facts: Facts,
    resident: bool,
    quotient: int | Decimal | None,
    rank: int = 1,
    children: int = 1,
    traits: Sequence[str] = (),
    supplements: Sequence[str] = (),
) -> tuple[int, Facts]:
    """Cents and reason, from the facts alone."""
    asked = sorted(trait for trait in traits if trait in facts["traits"])
    rank = min(rank, facts["ranks"])
    children = max(min(children, facts["children"]), rank)
    line = next(
        one
        for one in facts["lines"]
        if (one["resident"], one["rank"], one["children"], one["traits"]) == (resident, rank, children, asked)
    )
    added = sum(one["cents"] for one in facts["supplements"] if one["code"] in supplements)
    rounding = Rounding(facts["rounding"]["mode"], facts["rounding"]["to"])
    if quotient is None:
        amount, den = line["unknown"]
        level = len(line["pieces"]) == 1 and line["pieces"][0][1] == 0
        return rounded(amount + added * den, den, rounding), line["pieces"][0][3] if level else {"kind": "highest"}
    at = max(int(quotient * 100), 0)
    _, a, b, why = [piece for piece in line["pieces"] if piece[0] <= at][-1]
    return rounded(a * at + b + added * line["den"], line["den"], rounding), why
