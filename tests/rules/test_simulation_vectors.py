"""The same cents on the phone and at the town hall: vectors that this side writes and that tests/pwa/simulation.test.ts reads.

Made again with ``python -m tests.rules.test_simulation_vectors`` when the facts change their shape.
"""

import json
from decimal import Decimal
from itertools import product
from pathlib import Path
from typing import Any

import msgspec

from server.tariffs.rules import Situation, Tariff, Terms, caf_quotient, estimate, evaluate, facts_of, price

VECTORS = Path(__file__).parent / "vectors" / "simulation.json"
TOWNS = Path(__file__).parent / "tariffs" / "real_towns.toml"
OTHERS = TOWNS.with_name("other_towns.toml")
ESTIMATED = ("days", "year_cents", "month_cents", "days_a_month")
MORE = {
    "half-cents": {"grids": [{"amount": {"method": "effort", "rate_percent": "0.287", "floor_cents": 100, "ceiling_cents": 597}}]},
    "lines": {
        "grids": [{"amount": {"method": "linear", "points": [[123.45, 101], [777.77, 333], [1999, 1234]]}}],
        "rounding": {"mode": "up", "to_cents": 5},
    },
    "changed": {
        "grids": [
            {"when": {"resident": False}, "amount": {"method": "highest"}},
            {"amount": {"method": "effort", "rate_percent": "1.111111", "floor_cents": 50, "ceiling_cents": 2000}},
        ],
        "changes": [{"label": "Fratrie", "percent": -15, "min_cents": 75, "when": {"ranks": [2]}}],
        "subsidies": [{"label": "Aide", "trait": "caf", "cents": 33}],
        "supplements": [{"code": "gouter", "label": "Goûter", "cents": 65}],
        "unknown_cents": 1800,
    },
}
QUOTIENTS = (None, 0, 123.45, 308, 308.01, 399.5, 500.01, 642, 722.22, 777.77, 1250, 1998.99, 45_678)


def tariffs() -> dict[str, Tariff]:
    terms = msgspec.toml.decode(TOWNS.read_bytes(), type=dict[str, Terms]) | msgspec.toml.decode(OTHERS.read_bytes(), type=dict[str, Terms])
    terms |= msgspec.convert(MORE, dict[str, Terms])
    return {code: Tariff(code, 1, "2026-09-01", None, "Délibération", of) for code, of in terms.items()}


def cases() -> list[dict[str, Any]]:
    found = []
    for code, tariff in tariffs().items():
        facts = facts_of(tariff, None)
        for resident, quotient, rank in product((True, False), QUOTIENTS, (1, 2, 5)):
            traits = facts["traits"] if rank == 2 else []
            extras = [one["code"] for one in facts["supplements"][:1]] if rank == 5 else []
            exact = None if quotient is None else Decimal(str(quotient))
            days = {1: 1, 2: 6, 5: 20}[rank]
            who = Situation(resident, exact, rank, 5, frozenset(traits), None, frozenset(extras), days=days)
            asked = {"resident": resident, "quotient": quotient, "rank": rank, "children": 5, "traits": traits, "supplements": extras}
            asked |= {"days": days}
            found.append({"tariff": code, **asked, "cents": price(tariff, who).cents})
    return found


def estimates() -> list[dict[str, Any]]:
    counts = [36, 35, 34, 33]
    asked = product((0, 1, 101, 377), ("unit", "month", "period", "year"), (True, False), (0, 1, 3, 9))
    return [
        {"cents": cents, "per": per, "counts": counts, "holidays": holidays, "times": times}
        | {name: getattr(estimate(cents, per, counts, holidays, times), name) for name in ESTIMATED}
        for cents, per, holidays, times in asked
    ]


def all_vectors() -> dict[str, Any]:
    quotients = [
        {"resources": resources, "benefits": benefits, "children": children, "disabled": disabled}
        | {"quotient": caf_quotient(resources, benefits, children, disabled)}
        for resources, benefits, children, disabled in product((0, 18_000, 31_415), (0, 141), range(1, 6), (0, 1))
    ]
    facts = {code: facts_of(tariff, None) for code, tariff in tariffs().items()}
    return {"facts": facts, "prices": cases(), "estimates": estimates(), "quotients": quotients}


def test_the_engine_still_gives_what_the_vectors_say() -> None:
    assert json.loads(VECTORS.read_text()) == json.loads(json.dumps(all_vectors()))


def test_the_facts_alone_give_the_same_cents() -> None:
    kept = json.loads(VECTORS.read_text())
    for case in kept["prices"]:
        exact = None if case["quotient"] is None else Decimal(str(case["quotient"]))
        told = (case["rank"], case["children"], case["traits"], case["supplements"], case["days"])
        cents, why = evaluate(kept["facts"][case["tariff"]], case["resident"], exact, *told)
        assert cents == case["cents"], case
        assert why["kind"]


def test_a_family_of_four_with_18_000_euros() -> None:
    assert caf_quotient(18_000, 0, 2) == 500  # 1500 € a month, 3 parts
    assert caf_quotient(18_000, 0, 3) == 375  # 4 parts


if __name__ == "__main__":
    VECTORS.write_text(json.dumps(all_vectors(), ensure_ascii=False, separators=(",", ":")) + "\n")
