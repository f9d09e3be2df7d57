"""Agents create and change the occasions to enrol: windows, groups, places, papers, questions."""

import json
import secrets
from collections.abc import Mapping
from functools import partial
from typing import Any

from server.database import Database, Row, Transaction, marks
from server.enrolments import models, rules
from server.errors import Refusal

LISTS = ("windows", "papers", "questions")


async def put_round(database: Database, service: str | None, id: str | None, written: Mapping[str, Any]) -> str:
    """Stores a round (None: a new one) and its groups; returns its id. Requests stay where they are.

    Raises:
        Refusal: ``not_found``; ``round_impossible`` with the reason.
    """
    return await database.retrying(partial(_put, service=service, id=id, written=written))


async def _put(tx: Transaction, service: str | None, id: str | None, written: Mapping[str, Any]) -> str:
    await _check(tx, service, written)
    before = await models.round_of(tx, id) if id else None
    if id and (before is None or before["service_id"] != service or before["activity_id"] != written["activity"]):
        raise Refusal("not_found")
    plain = {name: written[name] for name in ("name", "kind", "text", "since", "until", "closes_at", "decided", "published")}
    row = {**plain, "activity_id": written["activity"], **{name: _json(written[name]) for name in LISTS}}
    if before is None:
        id = f"rnd_{secrets.token_hex(6)}"
        await models.insert(tx, "enrolment_round", {"id": id, **row})
    else:
        await models.change(tx, "enrolment_round", before["id"], **row)
    assert id is not None
    await _put_groups(tx, id, written["groups"])
    return id


async def _put_groups(tx: Transaction, round_: str, groups: list[Mapping[str, Any]]) -> None:
    held = {row["id"]: row for row in await tx.all("SELECT * FROM enrolment_group WHERE round_id = ?", round_)}
    await tx.lock("enrolment_group", held)
    kept: set[str] = set()
    for position, group in enumerate(groups):
        columns = {
            "name": group["name"], "grades": _json(group["grades"]), "ages": _json(group["ages"]) if group["ages"] else None,
            "units": _json(group["units"]), "capacity": group["capacity"], "position": position,
        }  # fmt: skip
        id = group.get("id") or f"{round_}.{secrets.token_hex(3)}"
        kept.add(id)
        if id in held:
            await models.change(tx, "enrolment_group", id, **columns)
        else:
            await models.insert(tx, "enrolment_group", {"id": id, "round_id": round_, "taken": 0, **columns})
    for id in sorted(held.keys() - kept):
        if await tx.one("SELECT id FROM enrolment_request WHERE group_id = ? LIMIT 1", id):
            why = f"des familles ont demandé le groupe « {held[id]['name']} » : il ne peut plus être retiré"
            raise Refusal("round_impossible", why=why)
        await tx.run("DELETE FROM enrolment_group WHERE id = ?", id)


async def _check(tx: Transaction, service: str | None, written: Mapping[str, Any]) -> None:
    if await tx.one("SELECT code FROM activity WHERE code = ? AND service_id = ?", written["activity"], service or "") is None:
        raise Refusal("not_found")
    faults = rules.faults(written)
    units = sorted({unit for group in written["groups"] for unit in group["units"]})
    known: list[Row] = list(
        await tx.all(f"SELECT id FROM unit WHERE activity_id = ? AND id IN ({marks(units)})", written["activity"], *units)
    ) if units else []
    if len(known) != len(units):
        faults.append("un des créneaux n’est pas de cette activité")
    if faults:
        raise Refusal("round_impossible", why=faults[0])


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
