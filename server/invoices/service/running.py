"""The monthly run: what every family owes for a month of care, what must be settled before, and the invoices with their numbers.

A run is taken up again where it stopped: each family's invoice of a month is made once, in the transaction that takes its
number, so that neither a gap nor a double can come from a power cut or a second agent.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from secrets import token_hex
from zoneinfo import ZoneInfo

from server.database import Connection, Database, Transaction, marks
from server.invoices.rules import BillingRules, Charge, Draft, drafts, due_date, invoice_number
from server.invoices.service.announcing import announce
from server.invoices.service.charging import book_of, care_of
from server.invoices.service.numbering import REGIE, insert, numbers
from server.invoices.service.pricing import Book
from server.invoices.service.reading import publish
from server.traces.service import Who, note

AT_ONCE = 200
"""Invoices per call: a page shows how far it is after each."""
TOGETHER = 10
"""Families per transaction, and per step of a draft: what the rest of the town waits for at most."""


@dataclass(frozen=True)
class Month:
    """What a run found: the drafts, and what stands against issuing them."""

    period: str
    drafts: list[Draft]
    unticked: int
    unpriced: list[str]
    """Units without a price list in force."""
    issued: frozenset[str]
    """Families that have their invoice of this month already."""

    @property
    def to_issue(self) -> list[Draft]:
        return [draft for draft in self.drafts if draft.family not in self.issued]


def source_of(period: str, family: str) -> str:
    return f"run/{period}/{family}"


async def month(reader: Connection | Database, period: str, rules: BillingRules | None = None) -> Month:
    """A month as it would be invoiced now. Some families at a time: the loop serves others in between."""
    book = await book_of(reader, period, rules)
    charges: list[Charge] = []
    unticked, unpriced = 0, set[str]()
    for some in _parts(await _families(reader), TOGETHER):
        care = await care_of(reader, book, some)
        charges += care.charges
        unticked += care.unticked
        unpriced |= set(care.unpriced)
        await asyncio.sleep(0)
    return Month(period, drafts(charges), unticked, sorted(unpriced), await _invoiced(reader, period))


async def _families(reader: Connection | Database) -> list[str]:
    return [row["id"] for row in await reader.all("SELECT id FROM family ORDER BY id")]


async def _invoiced(reader: Connection | Database, period: str) -> frozenset[str]:
    issued = await reader.all("SELECT family_id FROM invoice WHERE period = ? AND source LIKE ?", period, f"run/{period}/%")
    return frozenset(row["family_id"] for row in issued)


async def _not_invoiced(tx: Transaction, period: str, families: Sequence[str]) -> list[str]:
    sources = [source_of(period, family) for family in families]
    held = {row["source"] for row in await tx.all(f"SELECT source FROM invoice WHERE source IN ({marks(sources)})", *sources)}
    return [family for family, source in zip(families, sources, strict=True) if source not in held]


def _parts(some: Sequence[str], size: int) -> list[Sequence[str]]:
    return [some[start : start + size] for start in range(0, len(some), size)]


async def issue(
    database: Database, period: str, who: Who, now: int, today: str, *, zone: ZoneInfo, at_once: int = AT_ONCE,
    together: int = TOGETHER, rules: BillingRules | None = None, progress: Callable[[int], object] = lambda done: None,
) -> tuple[int, int]:  # fmt: skip
    """Issues some of the invoices that are left of a month: (issued now, families not looked at yet).

    Called again until none is left. What a family owes is worked out in the transaction that gives the number. `together`:
    families per transaction; `progress` hears of each with the number of families that it dealt with.
    """
    book = await book_of(database, period, rules)
    held = await _invoiced(database, period)
    waiting = [family for family in await _families(database) if family not in held]
    issued = looked_at = 0
    for some in _parts(waiting, together):
        if issued >= at_once:
            break
        write = partial(_issue, book=book, families=some, who=who, now=now, today=today, zone=zone)
        issued += await database.retrying(write)
        looked_at += len(some)
        progress(len(some))
        await asyncio.sleep(0)
    return issued, len(waiting) - looked_at


async def _issue(tx: Transaction, book: Book, families: Sequence[str], who: Who, now: int, today: str, zone: ZoneInfo) -> int:
    number = await numbers(tx, int(today[:4]))
    waiting = await _not_invoiced(tx, book.period, families)
    found = drafts((await care_of(tx, book, waiting)).charges) if waiting else []
    made = []
    for draft in found:
        number += 1
        id = f"inv_{token_hex(10)}"
        made.append(id)
        await insert(tx, {
            "id": id, "family_id": draft.family, "number": invoice_number(int(today[:4]), number), "kind": "invoice",
            "source": source_of(book.period, draft.family), "period": book.period, "issued_on": today, "due_on": due_date(today),
            "total_cents": draft.total_cents,
        }, draft.lines)  # fmt: skip
        await note(tx, draft.family, who, "invoice.issued", now, book.period)
    await tx.run("UPDATE invoice_counter SET last_number = ? WHERE id = ?", number, f"{REGIE}:{today[:4]}")
    await publish(tx, made, now)
    await announce(tx, made, now, zone)
    return len(made)
