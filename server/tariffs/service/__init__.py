"""What families pay: price lists and households read for the rules, and the public simulation."""

from server.tariffs.service.reading import (
    Household,
    UnitTariff,
    households,
    minutes_of,
    traits_of_grade,
    unit_price,
    unit_tariffs,
)
from server.tariffs.service.simulating import SimulatedChild, Wish, offered, price_rows, simulate

__all__ = [
    "Household",
    "SimulatedChild",
    "UnitTariff",
    "Wish",
    "households",
    "minutes_of",
    "offered",
    "price_rows",
    "simulate",
    "traits_of_grade",
    "unit_price",
    "unit_tariffs",
]
