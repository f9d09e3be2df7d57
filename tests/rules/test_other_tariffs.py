"""Tariffs of towns that nobody told us about, each with a shape of its own: data only, with worked values."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from server.tariffs.rules import Situation, Tariff, Terms, evaluate, facts_of, faults, overrun_cents, price, price_at_most

FILE = Path(__file__).parent / "tariffs" / "other_towns.toml"
TARIFFS = {
    code: Tariff(code, 1, "2026-09-01", None, "Délibération", terms)
    for code, terms in msgspec.toml.decode(FILE.read_bytes(), type=dict[str, Terms]).items()
}


def cents(code: str, quotient: int | Decimal | None, resident: bool = True, **more: Any) -> int:
    return price(TARIFFS[code], Situation(resident, quotient, **more)).cents


@pytest.mark.parametrize("code", TARIFFS)
def test_every_family_has_exactly_one_price_and_the_phone_knows_it(code: str) -> None:
    tariff = TARIFFS[code]
    assert faults(tariff.terms) == []
    facts = msgspec.json.decode(msgspec.json.encode(facts_of(tariff, None)))
    for days in (1, 4, 5, 8, 9, 20):
        for quotient in (None, 0, 399, 900, 2000):
            who = Situation(False, quotient, rank=2, children=2, days=days)
            assert evaluate(facts, False, quotient, 2, 2, days=days)[0] == price(tariff, who).cents
    assert len(msgspec.json.encode(facts)) < 6_000, "it travels to every phone"


def test_a_rate_by_the_number_of_children_and_a_multiplier_outside() -> None:
    assert [cents("rate-by-children", 1000, children=n) for n in (1, 2, 3, 5)] == [500, 420, 350, 350]
    assert [cents("rate-by-children", q, children=1) for q in (0, 299, 301, 1400, None)] == [150, 150, 151, 700, 700]
    assert cents("rate-by-children", 1000, resident=False, children=2) == 630


def test_a_snack_an_outsider_and_a_child_that_nobody_booked() -> None:
    assert cents("snack-and-outsiders", 500, options=frozenset({"gouter"})) == 220
    assert cents("snack-and-outsiders", 100, resident=False) == 288
    assert cents("snack-and-outsiders", 500, outcome="unbooked") == 310


def test_a_late_pickup_is_paid_by_begun_quarters_of_an_hour() -> None:
    terms = TARIFFS["late-pickup"].terms
    assert [overrun_cents(terms, minutes) for minutes in (0, 5, 6, 15, 16, 40)] == [0, 0, 500, 500, 1000, 1500]
    assert overrun_cents(TARIFFS["sessions"].terms, 60) == 0


def test_a_monthly_package_by_number_of_sessions() -> None:
    assert [cents("sessions", 500, days=n) for n in (1, 4, 5, 8, 9, 22)] == [900, 900, 1500, 1500, 2000, 2000]
    assert cents("sessions", 600, days=6) == 2400
    told = price_at_most(TARIFFS["sessions"], Situation(True, 500), 1)
    assert (told.cents, told.why["at_most"], told.of_one_booking) == (2000, True, 0)


def test_a_half_day_is_a_share_of_the_day_rounded_to_five_cents() -> None:
    assert [cents("half-day", q) for q in (0, 812, 1000, 3000)] == [240, 585, 720, 1140]  # 812 × 1,2 % × 60 % = 5,8464


def test_a_meal_brought_along_and_a_fourth_child() -> None:
    assert cents("protocol-and-fourth", 700, traits=frozenset({"pai"})) == 138
    assert [cents("protocol-and-fourth", 700, rank=rank, children=5) for rank in (1, 3, 4, 5)] == [345, 345, 0, 0]
    assert [cents("protocol-and-fourth", q) for q in (350, Decimal("350.49"), Decimal("350.50"))] == [100, 100, 345]


def test_the_rank_among_those_who_are_there() -> None:
    assert [cents("siblings-present", 700, rank=rank, children=3) for rank in (1, 2, 3)] == [400, 360, 300]
    told = price_at_most(TARIFFS["siblings-present"], Situation(True, 700, rank=3, children=3), 3)
    assert (told.cents, told.why["at_most"]) == (400, True), "before the day, nobody is promised a sibling"
    alone = price_at_most(TARIFFS["siblings-present"], Situation(True, 700), 1)
    assert "at_most" not in alone.why


def test_a_fund_a_penalty_and_a_free_excuse() -> None:
    caf = frozenset({"caf"})
    assert [cents("holidays-with-fund", q, traits=caf) for q in (500, 900)] == [0, 780]
    assert cents("holidays-with-fund", 900, traits=caf, options=frozenset({"sortie"})) == 1280
    assert cents("holidays-with-fund", 900, outcome="unexcused") == 2180
    assert cents("holidays-with-fund", 900, outcome="excused") == 0


def test_a_fixed_part_and_a_share_by_begun_half_hours() -> None:
    assert [cents("fixed-and-share", 800, minutes=minutes) for minutes in (20, 60, 61, 100)] == [145, 145, 205, 265]


def test_what_a_family_is_decides() -> None:
    assert cents("traits", 2000, traits=frozenset({"personnel-communal"})) == 250
    assert cents("traits", 2000, resident=False, traits=frozenset({"personnel-communal"})) == 250
    assert [cents("traits", 1000, traits=held) for held in (frozenset({"maternelle"}), frozenset({"elementaire"}))] == [300, 330]
    assert cents("traits", None) == 480


def test_a_membership_once_a_year() -> None:
    assert [cents("membership", 700, rank=rank, children=4) for rank in (1, 2, 3, 4)] == [1500, 750, 0, 0]
    assert cents("membership", None, resident=False) == 2600
