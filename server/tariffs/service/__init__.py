"""What families pay: price lists and households read for the rules, and the public simulation."""

from server.tariffs.service.editing import price_lists, publish_version, try_out, withdraw_version
from server.tariffs.service.reading import (
    Household,
    UnitTariff,
    households,
    minutes_of,
    traits_of_grade,
    unit_price,
    unit_tariffs,
    unit_versions,
)
from server.tariffs.service.simulating import SimulatedChild, Wish, offered, price_rows, simulate, somebody

__all__ = [
    "Household",
    "SimulatedChild",
    "UnitTariff",
    "Wish",
    "households",
    "minutes_of",
    "offered",
    "price_lists",
    "price_rows",
    "publish_version",
    "simulate",
    "somebody",
    "traits_of_grade",
    "try_out",
    "unit_price",
    "unit_tariffs",
    "unit_versions",
    "withdraw_version",
]
