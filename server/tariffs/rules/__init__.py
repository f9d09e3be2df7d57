"""The price engine: tariffs as data (terms), exact curves, prices with their reasons, checks, facts for the phone."""

from server.tariffs.rules.checking import Fault, faults, situations
from server.tariffs.rules.curves import rounded
from server.tariffs.rules.estimating import Estimate, caf_quotient, estimate
from server.tariffs.rules.facts import evaluate, facts_of, merged
from server.tariffs.rules.pricing import Price, Situation, Tariff, in_force, price, price_at_most, price_curve
from server.tariffs.rules.terms import Bracket, Brackets, Flat, Grid, Terms, When, day_steps, overrun_cents, ranks_of, traits_of

__all__ = [
    "Bracket",
    "Brackets",
    "Estimate",
    "Fault",
    "Flat",
    "Grid",
    "Price",
    "Situation",
    "Tariff",
    "Terms",
    "When",
    "caf_quotient",
    "day_steps",
    "estimate",
    "evaluate",
    "facts_of",
    "faults",
    "in_force",
    "merged",
    "overrun_cents",
    "price",
    "price_at_most",
    "price_curve",
    "ranks_of",
    "rounded",
    "situations",
    "traits_of",
]
