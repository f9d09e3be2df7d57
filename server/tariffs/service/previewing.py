"""The whole price list that a tariff comes to, for the eyes of who enters it: every situation, from quotient to quotient."""

from dataclasses import replace
from itertools import pairwise
from typing import Any

from server.tariffs.rules import Terms, merged, price_curve, rounded, situations

MOST = 60


def preview(terms: Terms) -> list[dict[str, Any]]:
    """At most `MOST` situations; ``pieces``: ``[from, to, first cents, last cents]``, quotients in euros, ``to`` None: no end."""
    found = []
    for who in list(situations(terms))[:MOST]:
        curve = merged(price_curve(terms, who))
        pieces = []
        for piece, after in pairwise([*curve.pieces, None]):
            assert piece is not None
            end = None if after is None else after.start
            last = piece.start if end is None else end - 1
            ends = [max(rounded(piece.a * at + piece.b, curve.den, terms.rounding), 0) for at in (piece.start, last)]
            pieces.append([piece.start / 100, None if end is None else end / 100, *ends])
        unknown = price_curve(terms, replace(who, quotient=None))
        at, piece = unknown.highest()
        found.append({
            "resident": who.resident, "rank": who.rank, "children": who.children, "traits": sorted(who.traits), "days": who.days,
            "pieces": pieces, "unknown": max(rounded(piece.a * at + piece.b, unknown.den, terms.rounding), 0),
        })  # fmt: skip
    return found
