"""What a family pays, at every edge, and why; and the tariffs that are refused because somebody would have no price, or two."""

from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.tariffs.rules import Situation, Tariff, Terms, evaluate, facts_of, faults, in_force, price
from server.tariffs.texts import SENTENCES, fault_sentence

BRACKETS = [
    {"label": "A", "from": 0, "to": 309, "cents": 45},
    {"label": "B", "from": 309, "to": 501, "cents": 70},
    {"label": "C", "from": 501, "cents": 100},
]
OUTSIDE = {"when": {"resident": False}, "amount": {"method": "flat", "cents": 430}}
IN_BRACKETS = {"amount": {"method": "brackets", "brackets": BRACKETS}}


def terms(*grids: dict[str, Any], **more: Any) -> Terms:
    return msgspec.convert({"grids": grids, **more}, Terms)


def effort(rate: str, floor: int = 0, ceiling: int | None = None) -> dict[str, Any]:
    return {"amount": {"method": "effort", "rate_percent": rate, "floor_cents": floor, "ceiling_cents": ceiling}}


def tariff(of: Terms) -> Tariff:
    return Tariff("matin", 2, "2026-09-01", None, "Délibération 12", of)


TARIFF = tariff(terms(OUTSIDE, IN_BRACKETS))


@pytest.mark.parametrize(
    ("quotient", "cents", "bracket"),
    [(-50, 45, "A"), (0, 45, "A"), (308, 45, "A"), (Decimal("308.99"), 45, "A"), (309, 70, "B"), (500, 70, "B"), (501, 100, "C"),
     (9999, 100, "C")],
)  # fmt: skip
def test_a_quotient_at_the_edge_of_a_bracket(quotient: int, cents: int, bracket: str) -> None:
    found = price(TARIFF, Situation(True, quotient))
    assert (found.cents, found.version) == (cents, 2)
    assert found.why == {"kind": "bracket", "bracket": bracket, "quotient": float(quotient), "decision": "Délibération 12"}


def test_without_a_quotient_the_highest_amount_applies() -> None:
    found = price(TARIFF, Situation(True, None))
    assert found.cents == 100
    assert found.why == {"kind": "highest", "bracket": "C", "decision": "Délibération 12"}
    said = tariff(terms(IN_BRACKETS, unknown_cents=250))
    assert price(said, Situation(True, None)).cents == 250


@pytest.mark.parametrize("quotient", [None, 100, 2000])
def test_a_family_from_elsewhere_pays_the_outside_amount_whatever_its_quotient(quotient: int | None) -> None:
    found = price(TARIFF, Situation(False, quotient))
    assert found.cents == 430
    assert found.why == {"kind": "non_resident", "decision": "Délibération 12"}


def test_a_reduction_a_subsidy_and_an_outcome_each_leave_a_trace() -> None:
    of = tariff(
        terms(
            IN_BRACKETS,
            changes=[{"label": "Fratrie", "percent": -20, "min_cents": 50, "when": {"ranks": [2]}}],
            subsidies=[{"label": "Aide CAF", "trait": "caf", "cents": 15}],
            supplements=[{"code": "gouter", "label": "Goûter", "cents": 60}],
            outcomes={"unexcused": 150},
        )
    )
    second = Situation(True, 400, rank=2, traits=frozenset({"caf"}), options=frozenset({"gouter"}))
    found = price(of, second)
    assert found.cents == 70 * 80 // 100 - 15 + 60
    assert found.why["rank"] == 2
    assert [step["label"] for step in found.why["steps"]] == ["Fratrie", "Aide CAF", "Goûter"]
    assert price(of, replace(second, quotient=0)).cents == 50 - 15 + 60, "never below the minimum"
    assert price(of, Situation(True, 400, outcome="excused")).cents == 0
    assert price(of, Situation(True, 400, outcome="unexcused")).cents == 105


def test_straight_lines_between_points() -> None:
    of = tariff(terms({"amount": {"method": "linear", "points": [[300, 100], [900, 400]]}}))
    assert [price(of, Situation(True, q)).cents for q in (0, 300, 301, 600, 899, 900, 5000)] == [100, 100, 101, 250, 400, 400, 400]
    assert price(of, Situation(True, None)).cents == 400


def test_a_package_is_due_once() -> None:
    of = tariff(terms({"amount": {"method": "flat", "cents": 3000}}, per="month"))
    found = price(of, Situation(True, 400))
    assert (found.cents, found.of_one_booking, found.why["per"]) == (3000, 0, "month")


@pytest.mark.parametrize(
    ("mode", "to", "expected"), [("half_up", 1, 253), ("down", 1, 252), ("up", 1, 253), ("half_up", 5, 255), ("down", 10, 250)]
)
def test_the_rounding_has_a_name(mode: str, to: int, expected: int) -> None:
    of = terms(effort("0.36", 0, 1000), rounding={"mode": mode, "to_cents": to})
    assert price(tariff(of), Situation(True, 702)).cents == expected  # 252,72


CUT = [{"label": "A", "from": 0, "to": 400, "cents": 1}, {"label": "B", "from": 401, "cents": 2}]
WRONG = [
    ("gap", {"amount": {"method": "brackets", "brackets": CUT}}),
    ("gap", {"amount": {"method": "brackets", "brackets": BRACKETS[1:]}}),
    ("not_open", {"amount": {"method": "brackets", "brackets": BRACKETS[:2]}}),
    ("overlap", {"amount": {"method": "brackets", "brackets": [{**BRACKETS[0], "to": 310}, *BRACKETS[1:]]}}),
    ("overlap", {"amount": {"method": "brackets", "brackets": [BRACKETS[2], *BRACKETS]}}),
    ("no_bracket", {"amount": {"method": "brackets", "brackets": []}}),
    ("empty_bracket", {"amount": {"method": "brackets", "brackets": [{**BRACKETS[0], "to": 0}, {**BRACKETS[2], "from": 0}]}}),
    ("ceiling_below_floor", effort("0.36", 300, 200)),
    ("no_highest", effort("0.36", 300)),
    ("too_few_points", {"amount": {"method": "linear", "points": [[0, 100]]}}),
    ("points_not_in_order", {"amount": {"method": "linear", "points": [[100, 100], [100, 200]]}}),
    ("decreasing", {"amount": {"method": "linear", "points": [[0, 300], [900, 100]]}}),
    ("nobody_pays", {"when": {"resident": True}, "amount": {"method": "flat", "cents": 5}}),
    ("nobody_pays", {"when": {"ranks": [1, 2]}, "amount": {"method": "flat", "cents": 5}}),
    ("highest_of_itself", {"amount": {"method": "highest"}}),
    ("empty_span", {"when": {"ranks": [3, 2]}, "amount": {"method": "flat", "cents": 5}}),
]


@pytest.mark.parametrize(("code", "grid"), WRONG)
def test_a_tariff_that_cannot_be_true_is_refused_with_its_reason(code: str, grid: dict[str, Any]) -> None:
    found = faults(terms(grid))
    assert code in {one.code for one in found}
    assert all("{" not in fault_sentence(one) for one in found)


def test_what_else_is_refused() -> None:
    twice = [{"code": "gouter", "label": "Goûter", "cents": 60}] * 2
    assert [one.code for one in faults(terms(IN_BRACKETS, supplements=twice))] == ["twice"]
    many = [{"when": {"traits": [name]}, "amount": {"method": "flat", "cents": 1}} for name in "abcde"]
    assert [one.code for one in faults(terms(*many, IN_BRACKETS))] == ["too_many_traits"]
    below = [{"label": "Moins un euro", "cents": -100}]
    assert faults(terms(IN_BRACKETS, changes=below)) == [], "a reduction stops at zero"
    assert set(SENTENCES) >= {code for code, _ in WRONG} | {"twice", "too_many_traits", "negative", "shape"}


amounts = st.integers(0, 2000)


@st.composite
def brackets(draw: st.DrawFn) -> dict[str, Any]:
    edges = sorted(draw(st.sets(st.integers(1, 3000), max_size=6)))
    cents = sorted(draw(st.lists(amounts, min_size=len(edges) + 1, max_size=len(edges) + 1)))
    bounds = [0, *edges, None]
    found = []
    for at, amount in enumerate(cents):
        to = {} if bounds[at + 1] is None else {"to": bounds[at + 1]}
        found.append({"label": str(at), "from": bounds[at], "cents": amount, **to})
    return {"amount": {"method": "brackets", "brackets": found}}


@st.composite
def efforts(draw: st.DrawFn) -> dict[str, Any]:
    floor, span = draw(amounts), draw(amounts)
    return effort(f"{draw(st.integers(0, 3000)) / 1000:.3f}", floor, floor + span)


@st.composite
def lines(draw: st.DrawFn) -> dict[str, Any]:
    quotients = sorted(draw(st.sets(st.integers(0, 3000), min_size=2, max_size=5)))
    cents = sorted(draw(st.lists(amounts, min_size=len(quotients), max_size=len(quotients))))
    return {"amount": {"method": "linear", "points": list(zip(quotients, cents, strict=True))}}


@st.composite
def some_terms(draw: st.DrawFn) -> Terms:
    base = draw(st.one_of(brackets(), efforts(), lines()))
    percent = draw(st.integers(-100, 50))
    return terms(
        OUTSIDE,
        base,
        changes=[{"label": "Fratrie", "percent": percent, "min_cents": draw(st.integers(0, 300)), "when": {"ranks": [2]}}],
        subsidies=[{"label": "Aide", "trait": "caf", "cents": draw(st.integers(0, 300))}],
        supplements=[{"code": "gouter", "label": "Goûter", "cents": draw(st.integers(0, 100))}],
        duration={"minutes": 60, "step": 30},
    )


quotients = st.one_of(st.none(), st.integers(-10, 4000), st.decimals(0, 4000, places=2))
people = st.builds(
    Situation,
    resident=st.booleans(),
    quotient=quotients,
    rank=st.integers(1, 4),
    children=st.just(4),
    traits=st.sampled_from([frozenset(), frozenset({"caf"}), frozenset({"maternelle"})]),
    minutes=st.sampled_from([None, 45, 60, 100]),
    options=st.sampled_from([frozenset(), frozenset({"gouter"})]),
)


def by_hand(of: Terms, who: Situation) -> int:
    """The same price by the textbook, in exact fractions, one step after the other."""
    base = of.grids[0 if not who.resident else 1].amount
    if who.quotient is None and who.resident:
        return max(by_hand(of, replace(who, quotient=q)) for q in _turning_points(base))
    at = Fraction(max(who.quotient or 0, 0))
    exact = _textbook(base, at)
    minutes = 60 if who.minutes is None else who.minutes
    exact *= Fraction(-(-minutes // 30) * 30, 60)
    if who.rank >= 2:
        exact = max(exact * (100 + of.changes[0].percent) / 100, Fraction(of.changes[0].min_cents))
    if "caf" in who.traits:
        exact = max(exact - of.subsidies[0].cents, Fraction(0))
    if "gouter" in who.options:
        exact += of.supplements[0].cents
    return int((Decimal(exact.numerator) / Decimal(exact.denominator)).quantize(Decimal(1), ROUND_HALF_UP))


def _textbook(amount: Any, at: Fraction) -> Fraction:
    match type(amount).__name__:
        case "Flat":
            return Fraction(amount.cents)
        case "Brackets":
            (one,) = [one for one in amount.brackets if one.lower <= at and (one.upper is None or at < one.upper)]
            return Fraction(one.cents)
        case "Effort":
            return min(max(at * Fraction(amount.rate_percent), Fraction(amount.floor_cents)), Fraction(amount.ceiling_cents))
    points = amount.points
    if at <= points[0][0]:
        return Fraction(points[0][1])
    for (q0, c0), (q1, c1) in pairwise(points):
        if at <= q1:
            return c0 + Fraction(c1 - c0) * (at - q0) / (q1 - q0)
    return Fraction(points[-1][1])


def _turning_points(amount: Any) -> list[int]:
    match type(amount).__name__:
        case "Brackets":
            return [one.lower for one in amount.brackets]
        case "Effort":
            return [0, 100_000_00]
    return [0, *(quotient for quotient, _ in amount.points)]


@given(some_terms(), people)
def test_the_engine_agrees_with_the_textbook(of: Terms, who: Situation) -> None:
    assert price(tariff(of), who).cents == by_hand(of, who)


@given(some_terms(), people)
def test_the_facts_on_the_phone_give_the_same_cents(of: Terms, who: Situation) -> None:
    facts = msgspec.json.decode(msgspec.json.encode(facts_of(tariff(of), who.minutes)))
    cents, _ = evaluate(facts, who.resident, who.quotient, who.rank, who.children, sorted(who.traits), sorted(who.options))
    assert cents == price(tariff(of), who).cents


@given(some_terms())
def test_a_tariff_that_is_accepted_prices_everybody(of: Terms) -> None:
    assert faults(of) == []


@given(brackets(), st.integers(0, 5000))
def test_every_quotient_falls_in_exactly_one_bracket(grid: dict[str, Any], quotient: int) -> None:
    of = terms(grid)
    held = [one for one in of.grids[0].amount.brackets if one.lower <= quotient and (one.upper is None or quotient < one.upper)]  # type: ignore[union-attr]
    assert len(held) == 1
    assert price(tariff(of), Situation(True, quotient)).why["bracket"] == held[0].label


def test_the_decision_in_force_on_the_day_decides() -> None:
    before = replace(TARIFF, version=1, since="2025-09-01", until="2026-08-31")
    tariffs = [before, TARIFF, replace(TARIFF, code="soir")]
    assert in_force(tariffs, "matin", "2026-08-31") == before
    assert in_force(tariffs, "matin", "2026-09-01") == TARIFF
    assert in_force(tariffs, "matin", "2025-08-31") is None
    assert in_force(tariffs, "midi", "2026-09-01") is None
