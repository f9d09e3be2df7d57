"""Tariffs of real towns, written as data only, with their worked values."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from server.tariffs.rules import Situation, Tariff, Terms, faults, price

FILE = Path(__file__).parent / "tariffs" / "real_towns.toml"
TARIFFS = {
    code: Tariff(code, 1, "2026-09-01", None, "Délibération", terms)
    for code, terms in msgspec.toml.decode(FILE.read_bytes(), type=dict[str, Terms]).items()
}


def cents(code: str, quotient: int | Decimal | None, resident: bool = True, **more: Any) -> int:
    return price(TARIFFS[code], Situation(resident, quotient, **more)).cents


@pytest.mark.parametrize("code", TARIFFS)
def test_every_family_has_exactly_one_price(code: str) -> None:
    assert faults(TARIFFS[code].terms) == []


@pytest.mark.parametrize(
    ("quotient", "hour", "half_day", "day"),
    [(0, 29, 92, 146), (399, 29, 92, 146), (Decimal("399.50"), 29, 92, 146), (400, 71, 114, 192), (700, 100, 161, 268),
     (1099, 135, 218, 363), (1100, 184, 298, 497), (1500, 213, 343, 574), (None, 213, 343, 574)],
)  # fmt: skip
def test_lieuvin_by_the_hour_the_half_day_and_the_day(quotient: int | None, hour: int, half_day: int, day: int) -> None:
    assert cents("lieuvin-hour", quotient) == hour
    assert cents("lieuvin-half-day", quotient) == half_day
    assert cents("lieuvin-day", quotient) == day
    assert cents("lieuvin-day", quotient, resident=False) == 574, "families from outside pay the top band"


def test_lieuvin_counts_begun_half_hours_and_adds_meals() -> None:
    assert cents("lieuvin-hour", 450, minutes=90) == 107  # 71 × 1,5 = 106,5: half a cent goes up
    assert cents("lieuvin-hour", 450, minutes=61) == 107
    assert cents("lieuvin-hour", 450, minutes=60, options=frozenset({"snack"})) == 121
    assert cents("lieuvin-day", 450, options=frozenset({"lunch"})) == 542
    assert price(TARIFFS["lieuvin-membership"], Situation(True, 450)).why["per"] == "year"


@pytest.mark.parametrize(
    ("quotient", "expected"),
    [(0, 260), (700, 260), (722, 260), (723, 260), (724, 261), (900, 324), (1000, 360), (1249, 450), (1250, 450), (3000, 450), (None, 450)],
)
def test_fay_aux_loges_pays_a_share_of_its_quotient(quotient: int | None, expected: int) -> None:
    assert cents("fay-aux-loges", quotient) == expected


def test_fay_aux_loges_has_a_price_for_a_child_that_brings_its_meal() -> None:
    assert cents("fay-aux-loges", 900, traits=frozenset({"pai"})) == 175


def test_grand_perigueux_has_two_grids_below_800() -> None:
    caf = frozenset({"caf"})
    assert [cents("grand-perigueux-day", one, traits=caf) for one in (399, 799, 800)] == [400, 600, 1100]
    assert [cents("grand-perigueux-day", one) for one in (399, 799, 800)] == [900, 900, 1100]
    assert cents("grand-perigueux-day", None, traits=caf) == 1400, "no proof of the quotient: the highest band"


@pytest.mark.parametrize(
    ("quotient", "by_rank", "outside"),
    [(308, (377, 342, 310, 282), 1200), (Decimal("308.01"), (553, 500, 453, 410), 1300), (500, (553, 500, 453, 410), 1300),
     (Decimal("500.01"), (786, 710, 642, 580), 1400), (800, (786, 710, 642, 580), 1400)],
)  # fmt: skip
def test_wavrin_by_quotient_and_rank(quotient: int, by_rank: tuple[int, ...], outside: int) -> None:
    assert tuple(cents("wavrin", quotient, rank=rank) for rank in (1, 2, 3, 4)) == by_rank
    assert cents("wavrin", quotient, rank=6) == by_rank[3], "the fourth and further"
    assert cents("wavrin", quotient, resident=False, rank=3) == outside
