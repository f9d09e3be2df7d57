"""The town's letter: a page a family, with the number, the name, and a drawing that opens the sign-up at step 2."""

import asyncio
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import segno
import typst

from server.database import Database, Row, Transaction, marks
from server.errors import Refusal
from server.registration.rules import same
from server.traces.service import Who, note

TEMPLATE = Path(__file__).with_name("letter.typ")
MOST_LETTERS = 300
MOST_LISTED = 200


async def dossiers(database: Database, said: str, state: str, today: str) -> dict[str, Any]:
    """Dossiers to choose from: by number or name, ``without`` or ``with`` an account, or all. ``{dossiers, found}``."""
    rows = await database.all(
        "SELECT f.id, f.file_number, f.file_label, f.address, (SELECT COUNT(*) FROM guardianship g WHERE g.family_id = f.id"
        " AND (g.until IS NULL OR g.until >= ?)) AS holders,"
        " (SELECT MAX(t.at) FROM trace t WHERE t.family = f.id AND t.what = 'letter.printed') AS printed_at"
        " FROM family f ORDER BY f.file_label, f.file_number",
        today,
    )  # fmt: skip
    wanted = same(said)
    chosen = [row for row in rows if wanted in same(f"{row['file_number']} {row['file_label']}") and _in_state(row, state)]
    return {"found": len(chosen), "dossiers": [dict(row) for row in chosen[:MOST_LISTED]]}


def _in_state(row: Row, state: str) -> bool:
    return state == "all" or (state == "with") == bool(row["holders"])


async def print_letters(
    database: Database, families: Sequence[str], who: Who, town: dict[str, Any], base_url: str, today: str, now: int
) -> bytes:
    """A PDF with a page for each family, in the order asked for; noted in each family's file.

    `town`: its ``name`` and the service's ``contact`` lines. Raises:
        Refusal: ``not_found`` (one of the families), ``too_many_letters``
    """
    if len(families) > MOST_LETTERS:
        raise Refusal("too_many_letters", most=MOST_LETTERS)

    async def write(tx: Transaction) -> list[Row]:
        rows = await tx.all(f"SELECT id, file_number, file_label, address FROM family WHERE id IN ({marks(families)})", *families)
        found = {row["id"]: row for row in rows}
        if not families or set(families) - set(found):
            raise Refusal("not_found")
        for family in sorted(found):
            await note(tx, family, who, "letter.printed", now)
        return [found[family] for family in dict.fromkeys(families)]

    rows = await database.retrying(write)
    return await asyncio.to_thread(_compile, rows, town, base_url, today)


def _compile(rows: Sequence[Row], town: dict[str, Any], base_url: str, today: str) -> bytes:
    letters = [
        {
            "number": row["file_number"],
            "label": row["file_label"],
            "address": row["address"] or "",
            "qr": _drawing(f"{base_url}/inscription-compte?dossier={quote(row['file_number'])}"),
        }
        for row in rows
    ]
    data = {"town": town, "url": f"{base_url}/inscription-compte", "day": f"{today[8:]}/{today[5:7]}/{today[:4]}", "letters": letters}
    made = typst.compile(str(TEMPLATE), sys_inputs={"data": json.dumps(data)}, pdf_standards=["ua-1"])
    assert isinstance(made, bytes)
    return made


def _drawing(address: str) -> str:
    made = io.BytesIO()
    segno.make(address, error="m").save(made, kind="svg", scale=4, border=2, xmldecl=False)
    return made.getvalue().decode()
