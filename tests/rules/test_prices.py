"""What a family pays, at the edges of the brackets, and why."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.tariffs.rules import Bracket, Tariff, in_force, price

A, B, C = Bracket("A", 0, 309, 45), Bracket("B", 309, 501, 70), Bracket("C", 501, None, 100)
TARIFF = Tariff("matin", 2, "2026-09-01", None, "Délibération 12", (A, B, C), 430)


@pytest.mark.parametrize(
    ("quotient", "cents", "bracket"),
    [(-50, 45, "A"), (0, 45, "A"), (308, 45, "A"), (309, 70, "B"), (500, 70, "B"), (501, 100, "C"), (9999, 100, "C")],
)
def test_a_quotient_at_the_edge_of_a_bracket(quotient: int, cents: int, bracket: str) -> None:
    found = price(TARIFF, True, quotient)
    assert (found.cents, found.version) == (cents, 2)
    assert found.why == {"kind": "bracket", "bracket": bracket, "quotient": quotient, "decision": "Délibération 12"}


def test_without_a_quotient_the_highest_amount_applies() -> None:
    found = price(TARIFF, True, None)
    assert found.cents == 100
    assert found.why == {"kind": "highest", "bracket": "C", "decision": "Délibération 12"}


@pytest.mark.parametrize("quotient", [None, 100, 2000])
def test_a_family_from_elsewhere_pays_the_outside_amount_whatever_its_quotient(quotient: int | None) -> None:
    found = price(TARIFF, False, quotient)
    assert found.cents == 430
    assert found.why == {"kind": "non_resident", "decision": "Délibération 12"}


def test_the_row_says_the_price_its_version_and_its_reason() -> None:
    assert price(TARIFF, False, None).row() == {
        "cents": 430, "v": 2, "why": {"kind": "non_resident", "decision": "Délibération 12"},
    }  # fmt: skip


@given(st.integers(-100, 5000))
def test_every_quotient_has_a_price_never_above_the_highest(quotient: int) -> None:
    assert 45 <= price(TARIFF, True, quotient).cents <= price(TARIFF, True, None).cents


def test_the_decision_in_force_on_the_day_decides() -> None:
    before = replace(TARIFF, version=1, since="2025-09-01", until="2026-08-31")
    tariffs = [before, TARIFF, replace(TARIFF, code="soir")]
    assert in_force(tariffs, "matin", "2026-08-31") == before
    assert in_force(tariffs, "matin", "2026-09-01") == TARIFF
    assert in_force(tariffs, "matin", "2025-08-31") is None
    assert in_force(tariffs, "midi", "2026-09-01") is None
