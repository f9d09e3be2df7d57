"""A month's invoices as files: for the families that get them on paper, or all of them for the archive."""

import asyncio
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from server.database import Database, Row, marks
from server.gateways.typesetting import typeset
from server.invoices import texts
from server.invoices.service.reading import bodies

PART = 50
Bodies = dict[str, dict[str, Any]]


async def print_month(
    database: Database, period: str, town: dict[str, Any], online: str | None, folder: Path, *,
    everybody: bool = False, begin: Callable[[int], object] = lambda all: None, progress: Callable[[], object] = lambda: None,
) -> int:  # fmt: skip
    """One PDF per invoice of a month, ``<number>.pdf``; returns how many were made.

    `everybody`: those too who get theirs by mail; `begin` hears how many there are, `progress` of each. A paper that is there
    already is not made again: what stopped goes on where it was.
    """
    only = "" if everybody else "AND (f.email_invoices IS NULL OR f.email_invoices = ?)"
    found = await database.all(
        "SELECT i.*, f.file_number, f.file_label, f.address FROM invoice i JOIN family f ON f.id = i.family_id"
        f" WHERE i.period = ? AND i.kind = 'invoice' {only} ORDER BY i.number",
        *((period,) if everybody else (period, False)),
    )  # fmt: skip
    begin(len(found))
    made = 0
    for start in range(0, len(found), PART):
        some = {row["id"]: row for row in found[start : start + PART]}
        rows = await bodies(database, some.values())
        names = await _names(database, [row["family_id"] for row in some.values()])

        def paper_of(id: str, row: Row, rows: Bodies = rows, names: dict[str, str] = names) -> dict[str, Any]:
            family = {"number": row["file_number"], "label": row["file_label"], "address": row["address"] or ""}
            return texts.invoice_paper(rows[id], family, names, town, online)

        writing = (_print(folder / f"{row['number']}.pdf", partial(paper_of, id, row), progress) for id, row in some.items())
        made += sum(await asyncio.gather(*writing))
    return made


async def _print(path: Path, paper: Callable[[], dict[str, Any]], progress: Callable[[], object]) -> int:
    new = not await asyncio.to_thread(path.exists)
    if new:
        await asyncio.to_thread(_write, path, await typeset(texts.INVOICE, paper()))
    progress()
    return int(new)


async def _names(database: Database, families: list[str]) -> dict[str, str]:
    rows = await database.all(
        f"SELECT c.id, c.first_name FROM family_child fc JOIN child c ON c.id = fc.child_id WHERE fc.family_id IN ({marks(families)})",
        *families,
    )
    return {row["id"]: row["first_name"] for row in rows}


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all."""
    part = path.with_suffix(".part")
    part.write_bytes(content)
    part.replace(path)
