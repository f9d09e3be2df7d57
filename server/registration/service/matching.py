"""From the number and the name of the town's letter to a dossier, tolerantly and without telling what exists."""

import hashlib

from server.accounts.service import count_failure, key_of, refuse_if_blocked, throttled_address
from server.database import Connection, Database
from server.errors import Refusal
from server.registration import rules


async def family_of_letter(database: Database, number: str, label: str, address: str | None, today: str, now: int) -> str:
    """The dossier of a letter or of an invitation's code (given as the number, any name).

    Raises:
        Refusal: ``file_unknown``: no such number, another name, or the dossier has its account already: one answer for all;
            ``too_many_attempts``: per number and per network address.
    """
    keys = [key_of("dossier", rules.same(number)), key_of("dossier_address", throttled_address(address))]
    await refuse_if_blocked(database, keys, now)
    family = await _invited(database, number, now) or await _matching(database, number, label, today)
    if family is None:
        await database.retrying(lambda tx: count_failure(tx, keys, now))
        raise Refusal("file_unknown")
    return family


async def _matching(database: Database, number: str, label: str, today: str) -> str | None:
    rows = await database.all(
        "SELECT f.id, f.file_label, (SELECT COUNT(*) FROM guardianship g WHERE g.family_id = f.id"
        " AND (g.until IS NULL OR g.until >= ?)) AS holders FROM family f"
        " WHERE LOWER(REPLACE(REPLACE(REPLACE(f.file_number, ' ', ''), '-', ''), '.', '')) = ?",
        today, rules.same(number),
    )  # fmt: skip
    matching = [row for row in rows if rules.same(row["file_label"]) == rules.same(label) and not row["holders"]]
    return str(matching[0]["id"]) if len(matching) == 1 else None


async def _invited(reader: Connection | Database, code: str, now: int) -> str | None:
    row = await reader.one(
        "SELECT family_id FROM invitation WHERE id = ? AND used_at IS NULL AND expires_at > ?", code_hash(code), now
    )
    return str(row["family_id"]) if row else None


def code_hash(code: str) -> str:
    """What the database knows of an invitation's code, however it was typed."""
    return hashlib.sha256(rules.same(code).encode()).hexdigest()
