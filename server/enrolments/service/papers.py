"""Where a document of a request stands: known to the town already, on its way from a phone, or still to be given."""

from collections.abc import Mapping
from typing import Any

from server.database import Transaction

Paper = Mapping[str, Any]


async def first_state(
    tx: Transaction, paper: Paper, given: Mapping[str, str], family: str, child: str, first_day: str
) -> tuple[str, str | None]:
    """(state, file) of a document when it is asked for: ``here`` or ``awaited`` when the phone names a file of the family's own."""
    file = given.get(paper["code"])
    if file:
        return "awaited", file
    if paper.get("proof") and await tx.one(
        "SELECT id FROM family_proof WHERE family_id = ? AND kind = ? AND valid_until >= ? AND (child IS NULL OR child = ?)",
        family, paper["proof"], first_day, child,
    ):  # fmt: skip
        return "known", None
    return "absent", None
