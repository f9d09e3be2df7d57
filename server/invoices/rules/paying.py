"""Card payments. Pure. Redirects, notifications and polls only make us ask the bank; its answer alone decides.

So any order and any number of them ends in the same state (facts of PayFiP: an operation is open for 15 minutes, its detail
is readable until the night's purge when nothing was paid).
"""

from dataclasses import dataclass
from typing import Literal

MINUTE = 60_000
OPEN_FOR = 15 * MINUTE
GIVEN_UP_AFTER = 20 * MINUTE
"""The bank's page has closed and nothing was paid: the invoice may be paid by another payment. A late result still counts."""
ASK_AT = tuple(minutes * MINUTE for minutes in (2, 5, 15, 21, 30, 60, 120))
HOUR, DAY = 60 * MINUTE, 24 * 60 * MINUTE
LEAST_CENTS, MOST_CENTS = 100, 10_000_000

State = Literal["created", "live", "paid", "refused", "cancelled", "expired", "dispute", "failed"]
Outcome = Literal["paid", "refused", "cancelled", "waiting", "unknown", "unreadable"]


@dataclass(frozen=True)
class Finding:
    """What the bank says about an operation. ``unknown``: it has never heard of it, or forgot it."""

    outcome: Outcome
    refdet: str = ""
    cents: int = 0
    client: str = ""
    authorisation: str | None = None


@dataclass(frozen=True)
class Asked:
    """What we asked for."""

    refdet: str
    cents: int
    client: str


def after(state: State, asked: Asked, finding: Finding, age: int) -> State:
    """The state once the bank has answered; `age` of the payment in milliseconds. Paid is for ever, and so is a dispute."""
    if state in ("paid", "dispute"):
        return state
    if finding.outcome in ("paid", "refused", "cancelled") and not _ours(asked, finding):
        return "dispute"
    if finding.outcome == "unreadable":
        return "dispute"
    if finding.outcome == "paid":
        return "paid"
    if state in ("refused", "cancelled", "expired"):
        return state
    if finding.outcome == "refused":
        return "refused"
    if finding.outcome == "cancelled":  # the parent may try again on the same page while it is open
        return "cancelled" if age >= OPEN_FOR else "live"
    if finding.outcome == "unknown":
        return "expired"
    return "expired" if age >= GIVEN_UP_AFTER else "live"


def _ours(asked: Asked, finding: Finding) -> bool:
    return (finding.refdet, finding.cents, finding.client) == (asked.refdet, asked.cents, asked.client)


def next_check(state: State, finding: Finding | None, age: int) -> int | None:
    """The age at which to ask again; None: never. What looks over is asked about until the bank has forgotten it."""
    if state in ("paid", "refused", "dispute", "failed") or (finding and finding.outcome == "unknown"):
        return None
    for at in ASK_AT:
        if at > age:
            return at
    return age + HOUR if age < DAY else (age + DAY if age < 30 * DAY else None)


def split(cents: int, due: int) -> tuple[int, int]:
    """Of money that came in: what the invoice takes, and what is left as the family's credit."""
    taken = min(cents, max(due, 0))
    return taken, cents - taken
