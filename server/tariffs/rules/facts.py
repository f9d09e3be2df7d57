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
    day_steps,
    ranks_of,
    traits_of,
)

Facts = dict[str, Any]


def facts_of(tariff: Tariff, minutes: int | None) -> Facts:
    """``lines``: one per situation that is priced otherwise; a rank without a line of its own pays as the one before."""
    terms = tariff.terms
    lines: list[Facts] = []
    for who in situations(terms):
        line = _line(terms, who, minutes)
        before = _line_for(lines, line["resident"], who.rank, min(who.children, children_of(terms)[-1]), line["traits"], who.days)
        if before is None or any(line[name] != before[name] for name in ("unknown", "den", "pieces")):
            lines.append(line)
    return {
        "tariff": tariff.code,
        "version": tariff.version,
        "since": tariff.since,
        "until": tariff.until,
        "decision": tariff.decision,
        "per": terms.per,
        "ranks": ranks_of(terms)[-1],
        "children": children_of(terms)[-1],
        **({"steps": day_steps(terms)} if len(day_steps(terms)) > 1 else {}),
        "traits": traits_of(terms),
        "rounding": {"mode": terms.rounding.mode, "to": terms.rounding.to_cents},
        "supplements": [{"code": one.code, "label": one.label, "cents": one.cents} for one in terms.supplements],
        "lines": lines,
    }


def _line_for(lines: Sequence[Facts], resident: bool, rank: int, children: int, traits: Sequence[str], step: int) -> Facts | None:
    """The line of the highest rank that is not above; `children` is how many the facts tell apart."""
    return next(
        (
            one
            for one in reversed(lines)
            if (one["resident"], one["traits"], one.get("step", 1)) == (resident, traits, step)
            and one["rank"] <= rank
            and one["children"] == max(children, one["rank"])
        ),
        None,
    )


def _line(terms: Terms, who: Situation, minutes: int | None) -> Facts:
    curve = price_curve(terms, replace(who, minutes=minutes))
    without = price_curve(terms, replace(who, minutes=minutes, quotient=None))
    quotient, piece = without.highest()
    return {
        "resident": who.resident,
        "rank": who.rank,
        **({"step": who.days} if who.days > 1 else {}),
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
    days: int = 1,
) -> tuple[int, Facts]:
    """Cents and reason, from the facts alone."""
    asked = sorted(trait for trait in traits if trait in facts["traits"])
    step = max(one for one in facts.get("steps", [1]) if one <= max(days, 1))
    line = _line_for(facts["lines"], resident, rank, min(children, facts["children"]), asked, step)
    assert line is not None, (resident, rank, asked)
    added = sum(one["cents"] for one in facts["supplements"] if one["code"] in supplements)
    rounding = Rounding(facts["rounding"]["mode"], facts["rounding"]["to"])
    if quotient is None:
        amount, den = line["unknown"]
        level = len(line["pieces"]) == 1 and line["pieces"][0][1] == 0
        return rounded(amount + added * den, den, rounding), line["pieces"][0][3] if level else {"kind": "highest"}
    at = max(int(quotient * 100), 0)
    _, a, b, why = [piece for piece in line["pieces"] if piece[0] <= at][-1]
    return rounded(a * at + b + added * line["den"], line["den"], rounding), why
