"""The monthly run: what every family owes for a month of care, what must be settled before, and the invoices with their numbers.

A run is taken up again where it stopped: each family's invoice of a month is made once, in the transaction that takes its
number, so that neither a gap nor a double can come from a power cut or a second agent.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from secrets import token_hex

from server.database import Connection, Database, Transaction, marks
from server.invoices.rules import Draft, drafts, due_date, invoice_number
from server.invoices.service.charging import care_of
from server.invoices.service.numbering import REGIE, insert, numbers
from server.invoices.service.reading import publish
from server.traces.service import Who, note

AT_ONCE = 500


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


async def month(reader: Connection | Database, period: str) -> Month:
    """A month as it would be invoiced now."""
    care = await care_of(reader, period)
    issued = await reader.all("SELECT source FROM invoice WHERE source LIKE ?", f"run/{period}/%")
    invoiced = frozenset(row["source"].rsplit("/", 1)[1] for row in issued)
    return Month(period, drafts(care.charges), care.unticked, care.unpriced, invoiced)


async def issue(database: Database, period: str, who: Who, now: int, today: str, at_once: int = AT_ONCE) -> tuple[int, int]:
    """Issues some of the invoices that are left of a month: (issued now, left). Called again until nothing is left."""
    found = await month(database, period)
    some = found.to_issue[:at_once]
    issued = await database.retrying(partial(_issue, period=period, some=some, who=who, now=now, today=today)) if some else 0
    return issued, len(found.to_issue) - len(some)


async def _issue(tx: Transaction, period: str, some: Sequence[Draft], who: Who, now: int, today: str) -> int:
    number = await numbers(tx, int(today[:4]))
    held = {
        row["source"]
        for row in await tx.all(
            f"SELECT source FROM invoice WHERE source IN ({marks(some)})", *(source_of(period, draft.family) for draft in some)
        )
    }
    made = []
    for draft in some:
        if source_of(period, draft.family) in held:
            continue
        number += 1
        id = f"inv_{token_hex(10)}"
        made.append(id)
        await insert(tx, {
            "id": id, "family_id": draft.family, "number": invoice_number(int(today[:4]), number), "kind": "invoice",
            "source": source_of(period, draft.family), "period": period, "issued_on": today, "due_on": due_date(today),
            "total_cents": draft.total_cents,
        }, draft.lines)  # fmt: skip
        await note(tx, draft.family, who, "invoice.issued", now, period)
    await tx.run("UPDATE invoice_counter SET last_number = ? WHERE id = ?", number, f"{REGIE}:{today[:4]}")
    await publish(tx, made, now)
    return len(made)
