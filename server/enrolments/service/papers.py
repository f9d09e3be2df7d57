"""Where a document of a request stands: known to the town already, here as a file, or still to be given."""

from collections.abc import Iterable, Mapping
from typing import Any

from server.attachments.service import drop, hold
from server.database import Row, Transaction
from server.enrolments import models


async def begin(tx: Transaction, request: str, papers: Iterable[Mapping[str, Any]], family: str, child: str, first_day: str) -> None:
    """The documents that a new request wants; a proof of the file that is valid on the first day stands for its own."""
    for paper in papers:
        state = "known" if await _is_known(tx, paper.get("proof"), family, child, first_day) else "absent"
        await models.insert(tx, "enrolment_paper", {
            "id": f"{request}.{paper['code']}", "request_id": request, "code": paper["code"], "label": paper["label"],
            "needed": paper["needed"], "state": state, "file": None, "why": None,
        })  # fmt: skip


async def _is_known(tx: Transaction, proof: str | None, family: str, child: str, first_day: str) -> bool:
    return proof is not None and bool(
        await tx.one(
            "SELECT id FROM family_proof WHERE family_id = ? AND kind = ? AND valid_until >= ? AND (child IS NULL OR child = ?)",
            family, proof, first_day, child,
        )
    )  # fmt: skip


async def give(tx: Transaction, request: Row, account: str, service: str, given: Mapping[str, str]) -> bool:
    """Takes files for documents of the request; False when one of them is unknown, or not with the town yet."""
    known = {paper["code"] for paper in (await models.papers_of(tx, [request["id"]]))[request["id"]]}
    whole = given.keys() <= known
    for code in sorted(known & given.keys()):
        paper = f"{request['id']}.{code}"
        kept, _ = await hold(tx, [given[code]], account, holder=f"enrolment/{paper}", family=request["family_id"], service=service)
        whole = whole and bool(kept)
        if kept:
            await models.change(tx, "enrolment_paper", paper, state="here", file=given[code], why=None)
    return whole


async def forget(tx: Transaction, request: str) -> None:
    """A request that was taken back: nobody needs its documents."""
    await drop(tx, [f"enrolment/{paper['id']}" for paper in (await models.papers_of(tx, [request]))[request]])
