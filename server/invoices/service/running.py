"""The monthly run: what every family owes for a month of care, what must be settled before, and the invoices with their numbers.

A run is taken up again where it stopped: each family's invoice of a month is made once, in the transaction that takes its
number, so that neither a gap nor a double can come from a power cut or a second agent.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from secrets import token_hex
from typing import Any

from server.database import Connection, Database, Row, Transaction, marks
from server.errors import Refusal
from server.invoices.rules import Charge, Draft, drafts, due_date, invoice_number
from server.invoices.service.paying import enter_money
from server.invoices.service.reading import bodies, publish
from server.tariffs.service import Household, UnitTariff, households, unit_tariffs
from server.traces.service import Who, note

REGIE = "regie"
AT_ONCE = 500
BOOKED = """
    SELECT b.id, b.family_id, b.child_id, b.date, b.cents, o.unit_id, t.state AS ticked
    FROM booking b JOIN opening o ON o.id = b.opening_id
    LEFT JOIN attendance t ON t.child_id = b.child_id AND t.opening_id = b.opening_id
    WHERE b.state = 'booked' AND b.date >= ? AND b.date <= ? ORDER BY b.family_id, b.child_id, b.date, o.unit_id
"""
UNBOOKED = """
    SELECT t.child_id, t.date, o.unit_id, fc.family_id FROM attendance t JOIN opening o ON o.id = t.opening_id
    JOIN family_child fc ON fc.child_id = t.child_id
    WHERE t.state = 'present' AND t.date >= ? AND t.date <= ? AND NOT EXISTS
        (SELECT 1 FROM booking b WHERE b.child_id = t.child_id AND b.opening_id = t.opening_id AND b.state = 'booked')
    ORDER BY fc.family_id, t.child_id, t.date
"""


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
    """A month as it would be invoiced now. Prices are those agreed when booking; absences follow the tariff's own rules."""
    first, last = f"{period}-01", f"{period}-31"
    booked = await reader.all(BOOKED, first, last)
    present = await reader.all(UNBOOKED, first, last)
    tariffs = await unit_tariffs(reader, _last_day(period))
    homes = await _homes(reader, sorted({row["family_id"] for row in (*booked, *present)}), _last_day(period))
    labels = await labels_of_units(reader)
    charges = [_booked(row, tariffs, homes, labels) for row in booked if row["unit_id"] in tariffs]
    charges += _unbooked(present, tariffs, homes, labels)
    issued = await reader.all("SELECT source FROM invoice WHERE source LIKE ?", f"run/{period}/%")
    unpriced = sorted({row["unit_id"] for row in (*booked, *present) if row["unit_id"] not in tariffs})
    unticked = sum(row["ticked"] is None for row in booked)
    return Month(period, drafts(charges), unticked, unpriced, frozenset(row["source"].rsplit("/", 1)[1] for row in issued))


def _last_day(period: str) -> str:
    return due_date(f"{period}-01", 0)


async def _homes(reader: Connection | Database, families: Sequence[str], on: str) -> dict[str, Household]:
    found: dict[str, Household] = {}
    for start in range(0, len(families), 400):
        found |= await households(reader, families[start : start + 400], on)
    return found


async def labels_of_units(reader: Connection | Database) -> dict[str, tuple[str, str]]:
    """unit → what stands on the line, and the category of its activity."""
    rows = await reader.all("SELECT u.id, u.name, a.name AS activity, a.category FROM unit u JOIN activity a ON a.code = u.activity_id")
    return {
        row["id"]: (row["activity"] if row["name"] == row["activity"] else f"{row['activity']} – {row['name']}", row["category"])
        for row in rows
    }


def _booked(
    row: Row, tariffs: dict[str, UnitTariff], homes: dict[str, Household], labels: dict[str, tuple[str, str]]
) -> Charge:
    tariff = tariffs[row["unit_id"]]
    outcome = row["ticked"] or "present"
    now = tariff.price(homes[row["family_id"]], row["child_id"])
    package = now.of_one_booking != now.cents
    # What was agreed when booking stands; its reasons are told while they still lead to it.
    agreed = now.why if now.cents == row["cents"] else {"kind": "agreed", "decision": ""}
    cents, why = (now.cents, now.why) if package else (row["cents"], agreed)
    if outcome != "present" and not package:
        share = getattr(tariff.tariff.terms.outcomes, outcome)
        cents = (2 * cents * share + 100) // 200
        why = {**why, "steps": [*why.get("steps", []), {"label": outcome, "share": share}]}
    label, category = labels[row["unit_id"]]
    return Charge(row["family_id"], row["child_id"], row["unit_id"], label, category, row["date"], cents, why, package)


def _unbooked(
    rows: Sequence[Row], tariffs: dict[str, UnitTariff], homes: dict[str, Household], labels: dict[str, tuple[str, str]]
) -> list[Charge]:
    """Present without a booking. A child of two homes is charged to the first only: a person decides otherwise by a credit note."""
    found: list[Charge] = []
    seen: set[tuple[str, str, str]] = set()
    for row in rows:
        key = (row["child_id"], row["date"], row["unit_id"])
        if key in seen or row["unit_id"] not in tariffs:
            continue
        seen.add(key)
        price = tariffs[row["unit_id"]].price(homes[row["family_id"]], row["child_id"], outcome="unbooked")
        label, category = labels[row["unit_id"]]
        package = price.of_one_booking != price.cents
        whose = (row["family_id"], row["child_id"], row["unit_id"])
        found.append(Charge(*whose, label, category, row["date"], price.cents, price.why, package))
    return found


async def issue(database: Database, period: str, who: Who, now: int, today: str, at_once: int = AT_ONCE) -> tuple[int, int]:
    """Issues some of the invoices that are left of a month: (issued now, left). Called again until nothing is left."""
    found = await month(database, period)
    some = found.to_issue[:at_once]
    issued = await database.retrying(partial(_issue, period=period, some=some, who=who, now=now, today=today)) if some else 0
    return issued, len(found.to_issue) - len(some)


async def _issue(tx: Transaction, period: str, some: Sequence[Draft], who: Who, now: int, today: str) -> int:
    number = await _numbers(tx, int(today[:4]))
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
        await _insert(tx, {
            "id": id, "family_id": draft.family, "number": invoice_number(int(today[:4]), number), "kind": "invoice",
            "source": source_of(period, draft.family), "period": period, "issued_on": today, "due_on": due_date(today),
            "total_cents": draft.total_cents,
        }, draft.lines)  # fmt: skip
        await note(tx, draft.family, who, "invoice.issued", now, period)
    await tx.run("UPDATE invoice_counter SET last_number = ? WHERE id = ?", number, f"{REGIE}:{today[:4]}")
    await publish(tx, made, now)
    return len(made)


async def _numbers(tx: Transaction, year: int) -> int:
    """The last number given this year; from here to the end of the transaction nobody else gives one."""
    key = f"{REGIE}:{year}"
    await tx.run("INSERT INTO invoice_counter (id, last_number) VALUES (?, 0) ON CONFLICT (id) DO NOTHING", key)
    found = await tx.one("UPDATE invoice_counter SET last_number = last_number WHERE id = ? RETURNING last_number", key)
    assert found is not None
    return int(found["last_number"])


async def _insert(tx: Transaction, invoice: dict[str, Any], lines: Sequence[dict[str, Any]]) -> None:
    await tx.run(f"INSERT INTO invoice ({', '.join(invoice)}) VALUES ({marks(invoice)})", *invoice.values())
    columns = ("child", "label", "category", "quantity", "unit_cents", "amount_cents", "days", "why")
    await tx.many(
        f"INSERT INTO invoice_line (id, invoice_id, position, {', '.join(columns)}) VALUES (?, ?, ?, {marks(columns)})",
        (
            [f"{invoice['id']}_{position}", invoice["id"], position, *(_stored(line.get(column)) for column in columns)]
            for position, line in enumerate(lines)
        ),
    )


def _stored(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else value


async def credit(tx: Transaction, invoice: str, reason: str, who: Who, now: int, today: str) -> str:
    """A credit note of a whole invoice: what is still due is cleared, what was paid becomes the family's credit. Its id.

    Raises:
        Refusal: ``not_found``; ``nothing_due`` when it was credited before, or is a credit note itself.
    """
    await tx.lock("invoice", [invoice])
    found = await tx.one("SELECT * FROM invoice WHERE id = ?", invoice)
    if found is None:
        raise Refusal("not_found")
    if found["kind"] != "invoice" or await tx.one("SELECT id FROM invoice WHERE corrects = ?", invoice):
        raise Refusal("nothing_due")
    number = await _numbers(tx, int(today[:4])) + 1
    id = f"inv_{token_hex(10)}"
    lines = [
        {**line, "unit_cents": -line["unit_cents"], "amount_cents": -line["amount_cents"]}
        for line in (await bodies(tx, [found]))[invoice]["lines"]
    ]
    await _insert(tx, {
        "id": id, "family_id": found["family_id"], "number": invoice_number(int(today[:4]), number), "kind": "credit", "corrects": invoice,
        "reason": reason, "source": f"credit/{invoice}", "period": found["period"], "issued_on": today, "due_on": today,
        "total_cents": -found["total_cents"],
    }, lines)  # fmt: skip
    await tx.run("UPDATE invoice_counter SET last_number = ? WHERE id = ?", number, f"{REGIE}:{today[:4]}")
    await enter_money(
        tx, found["family_id"], invoice, found["total_cents"], "credit", today,
        source=f"credit/{invoice}", reference=invoice_number(int(today[:4]), number), agent=who.account, now=now,
    )  # fmt: skip
    await note(tx, found["family_id"], who, "invoice.credited", now, found["number"])
    await publish(tx, [invoice, id], now)
    return id


async def at_counter(
    tx: Transaction, invoice: str, cents: int, mode: str, paid_on: str, reference: str | None, key: str, who: Who, now: int
) -> None:
    """Cash, a cheque, CESU or a transfer, entered once by its `key`; what is above the invoice becomes the family's credit.

    Raises:
        Refusal: ``not_found``, ``entered_before``.
    """
    found = await tx.one("SELECT family_id, number, kind FROM invoice WHERE id = ?", invoice)
    if found is None or found["kind"] != "invoice":
        raise Refusal("not_found")
    made = await enter_money(
        tx, found["family_id"], invoice, cents, mode, paid_on, source=f"counter/{key}", reference=reference, agent=who.account, now=now
    )
    if not made:
        raise Refusal("entered_before")
    await note(tx, found["family_id"], who, "invoice.counter", now, found["number"])
    await publish(tx, [invoice], now)
