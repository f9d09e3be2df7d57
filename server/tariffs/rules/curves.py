"""A price as a function of the quotient: straight pieces with exact whole-number coefficients.

The one place where amounts are computed. The engine reads prices off these curves, and the same curves travel to the
phone, which only evaluates them: ``cents = round((a · hundredths + b) / den)``.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from math import gcd
from typing import Any

from server.tariffs.rules.terms import (
    Amount,
    Brackets,
    Effort,
    Flat,
    Linear,
    Rounding,
    hundredths,
)

Why = Mapping[str, Any]
FOREVER = 10**9  # hundredths of a euro: above any quotient


@dataclass(frozen=True)
class Piece:
    """From ``start`` (hundredths of a euro) to the next piece: ``a · quotient + b``, in cents × the curve's ``den``."""

    start: int
    a: int
    b: int
    why: Why


@dataclass(frozen=True)
class Curve:
    """Pieces in order, the first from 0; empty before `start` of the first means that no amount was said there."""

    den: int
    pieces: tuple[Piece, ...]

    def at(self, quotient: int) -> Piece:
        """The piece a quotient (hundredths) falls on; below nothing it counts as zero."""
        return self.pieces[max(bisect_right(self.pieces, max(quotient, 0), key=lambda piece: piece.start) - 1, 0)]

    def highest(self) -> tuple[int, Piece]:
        """The dearest quotient and its piece."""
        ends = [piece.start - 1 for piece in self.pieces[1:]] + [FOREVER]
        candidates = [
            (piece.a * quotient + piece.b, quotient, piece)
            for piece, end in zip(self.pieces, ends, strict=True)
            for quotient in {piece.start, end}
        ]
        _, quotient, piece = max(candidates, key=lambda one: (one[0], -one[1]))
        return quotient, piece

    def scaled(self, numerator: int, denominator: int) -> "Curve":
        pieces = (Piece(one.start, one.a * numerator, one.b * numerator, one.why) for one in self.pieces)
        return _reduced(self.den * denominator, pieces)

    def plus(self, cents: int) -> "Curve":
        return Curve(self.den, tuple(Piece(one.start, one.a, one.b + cents * self.den, one.why) for one in self.pieces))

    def at_least(self, cents: int, why: Why | None = None) -> "Curve":
        return self._bounded(cents, above=False, why=why or {})

    def at_most(self, cents: int, why: Why | None = None) -> "Curve":
        return self._bounded(cents, above=True, why=why or {})

    def _bounded(self, cents: int, above: bool, why: Why) -> "Curve":
        """Replaces what lies beyond a bound, splitting pieces where they cross it (to the next whole hundredth)."""
        bound = cents * self.den
        found: list[Piece] = []
        ends = [piece.start for piece in self.pieces[1:]] + [FOREVER]
        for piece, end in zip(self.pieces, ends, strict=True):
            found += _split(piece, end, bound, above, why)
        return Curve(self.den, tuple(found))


def _split(piece: Piece, end: int, bound: int, above: bool, why: Why) -> list[Piece]:
    def beyond(quotient: int) -> bool:
        value = piece.a * quotient + piece.b
        return value > bound if above else value < bound

    level = Piece(piece.start, 0, bound, {**piece.why, **why})
    first, last = beyond(piece.start), beyond(end - 1)
    if first == last:
        return [level if first else piece]
    low, high = piece.start, end - 1
    while high - low > 1:  # the first quotient that is on the other side
        middle = (low + high) // 2
        low, high = (middle, high) if beyond(middle) == first else (low, middle)
    if first:
        return [level, Piece(high, piece.a, piece.b, piece.why)]
    return [piece, Piece(high, 0, bound, level.why)]


def curve_of(amount: Amount) -> Curve:
    """The curve of an amount that says itself (all but ``highest``)."""
    if isinstance(amount, Flat):
        return Curve(1, (Piece(0, 0, amount.cents, {"kind": "flat"}),))
    if isinstance(amount, Brackets):
        pieces = (
            Piece(hundredths(one.lower), 0, one.cents, {"kind": "bracket", "bracket": one.label}) for one in amount.brackets
        )
        return Curve(1, tuple(sorted(pieces, key=lambda piece: piece.start)))
    if isinstance(amount, Effort):
        rate = int(Decimal(amount.rate_percent) * 10**6)  # 1e-6 per cent of a euro's hundredth: 1e-8 cents
        curve = _reduced(10**8, [Piece(0, rate, 0, {"kind": "effort", "rate": amount.rate_percent})])
        curve = curve.at_least(amount.floor_cents, {"limit": "floor"})
        return curve if amount.ceiling_cents is None else curve.at_most(amount.ceiling_cents, {"limit": "ceiling"})
    assert isinstance(amount, Linear)
    return _linear(amount)


def _linear(amount: Linear) -> Curve:
    points = [(hundredths(quotient), cents) for quotient, cents in amount.points]
    steps = [after[0] - before[0] for before, after in pairwise(points)]
    den = 1
    for step in steps:
        den = den * step // gcd(den, step)
    pieces = [] if points[0][0] == 0 else [Piece(0, 0, points[0][1] * den, {"kind": "linear", "limit": "floor"})]
    for (quotient, cents), (_, then), step in zip(points, points[1:], steps, strict=False):
        slope = (then - cents) * (den // step)
        pieces.append(Piece(quotient, slope, cents * den - slope * quotient, {"kind": "linear"}))
    pieces.append(Piece(points[-1][0], 0, points[-1][1] * den, {"kind": "linear", "limit": "ceiling"}))
    return Curve(den, tuple(pieces))


def _reduced(den: int, pieces: Iterable[Piece]) -> Curve:
    some = list(pieces)
    common = gcd(den, *(one.a for one in some), *(one.b for one in some))
    return Curve(den // common, tuple(Piece(one.start, one.a // common, one.b // common, one.why) for one in some))


def rounded(numerator: int, den: int, rounding: Rounding) -> int:
    """The one rounding: the exact amount ``numerator / den`` in whole cents, by the tariff's named mode."""
    step = den * rounding.to_cents
    if rounding.mode == "half_up":
        return (2 * numerator + step) // (2 * step) * rounding.to_cents
    if rounding.mode == "up":
        return -(-numerator // step) * rounding.to_cents
    return numerator // step * rounding.to_cents
