"""The families' mandates of direct debit: an account number is checked, sealed, and shown by its ends only."""

from secrets import token_hex
from typing import Any

from server.database import Connection, Database, Transaction
from server.errors import Refusal
from server.gateways.sepa import Creditor, compact, is_bic, is_iban, masked
from server.traces.service import Who, note


async def mandates(reader: Connection | Database) -> list[dict[str, Any]]:
    """All of them, those in force first."""
    rows = await reader.all(
        "SELECT m.id, m.reference, m.holder, m.shown_iban, m.bic, m.signed_on, m.revoked_on, m.active, f.file_number, f.file_label"
        " FROM mandate m JOIN family f ON f.id = m.family_id ORDER BY m.active IS NULL, f.file_label, m.made_at DESC"
    )
    return [{**dict(row), "active": row["active"] is not None} for row in rows]


async def add_mandate(
    tx: Transaction, creditor: Creditor, file: str, holder: str, iban: str, bic: str, signed_on: str, who: Who, now: int, today: str
) -> str:
    """A signed mandate; one that the family had before is over. Its reference (RUM).

    Raises:
        Refusal: ``not_found``; ``not_possible`` with what is wrong.
    """
    account, bank = compact(iban), compact(bic)
    family = await tx.one("SELECT id, file_number FROM family WHERE file_number = ?", file)
    if family is None:
        raise Refusal("not_found")
    if not is_iban(account):
        raise Refusal("not_possible", why="cet IBAN n’existe pas : vérifiez chaque signe")
    if bank and not is_bic(bank):
        raise Refusal("not_possible", why="ce BIC n’a pas la bonne forme")
    if signed_on > today:
        raise Refusal("not_possible", why="ce mandat serait signé dans l’avenir")
    await tx.lock("family", [family["id"]])
    await tx.run("UPDATE mandate SET active = NULL, revoked_on = ? WHERE active = ?", today, family["id"])
    reference = f"{family['file_number']}-{token_hex(5).upper()}"
    await tx.run(
        "INSERT INTO mandate (id, family_id, reference, holder, sealed_iban, shown_iban, bic, signed_on, active, revoked_on, agent,"
        " made_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, ?, ?)",
        f"man_{token_hex(10)}", family["id"], reference, holder, creditor.seal(account), masked(account), bank or None, signed_on,
        family["id"], who.account or "", now,
    )  # fmt: skip
    await note(tx, family["id"], who, "mandate.entered", now, reference)
    return reference


async def revoke_mandate(tx: Transaction, mandate: str, who: Who, now: int, today: str) -> None:
    """No debit is made from it any more; what was sent to the bank is.

    Raises:
        Refusal: ``not_found`` when there is none in force of that id.
    """
    found = await tx.one(
        "UPDATE mandate SET active = NULL, revoked_on = ? WHERE id = ? AND active IS NOT NULL RETURNING family_id, reference",
        today, mandate,
    )
    if found is None:
        raise Refusal("not_found")
    await note(tx, found["family_id"], who, "mandate.revoked", now, found["reference"])
