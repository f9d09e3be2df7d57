"""The price of one unit for one family. Pure. Money is whole cents; brackets are half-open, so no quotient falls between."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Bracket:
    """Quotients from ``lower`` (included) to ``upper`` (excluded; None: no end) pay ``cents``."""

    label: str
    lower: int
    upper: int | None
    cents: int


@dataclass(frozen=True)
class Tariff:
    """A dated price list: ``since`` and ``until`` are days ``YYYY-MM-DD``, bounds included."""

    code: str
    version: int
    since: str
    until: str | None
    decision: str
    brackets: tuple[Bracket, ...]
    non_resident_cents: int


@dataclass(frozen=True)
class Price:
    """An amount with its reasons, as a parent may ask for them."""

    cents: int
    version: int
    why: dict[str, Any]

    def row(self) -> dict[str, Any]:
        """As a unit of the row ``enrol/<id>``."""
        return {"cents": self.cents, "v": self.version, "why": self.why}


def price(tariff: Tariff, resident: bool, quotient: int | None) -> Price:
    """What a family pays: the outside amount, its quotient's bracket, or the highest when no quotient is known.

    Source of the last rule: the town's guide, « sans consentement, les tarifs les plus élevés s'appliquent ».
    """
    if not resident:
        return Price(tariff.non_resident_cents, tariff.version, {"kind": "non_resident", "decision": tariff.decision})
    if quotient is None:
        highest = max(tariff.brackets, key=lambda bracket: bracket.cents)
        highest_because = {"kind": "highest", "bracket": highest.label, "decision": tariff.decision}
        return Price(highest.cents, tariff.version, highest_because)
    bracket = bracket_of(tariff.brackets, quotient)
    why: dict[str, Any] = {"kind": "bracket", "bracket": bracket.label, "quotient": quotient, "decision": tariff.decision}
    return Price(bracket.cents, tariff.version, why)


def bracket_of(brackets: Sequence[Bracket], quotient: int) -> Bracket:
    """The bracket a quotient falls in; a negative quotient (a debt at the CAF) counts as zero."""
    quotient = max(quotient, 0)
    return next(one for one in brackets if one.lower <= quotient and (one.upper is None or quotient < one.upper))


def in_force(tariffs: Sequence[Tariff], code: str, on: str) -> Tariff | None:
    """The version of a price list in force on a day; the youngest when two overlap."""
    fitting = [one for one in tariffs if one.code == code and one.since <= on and (one.until is None or on <= one.until)]
    return max(fitting, key=lambda one: one.version, default=None)
