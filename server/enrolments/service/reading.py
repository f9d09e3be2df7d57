"""Requests as the devices of their family hold them."""

import json
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from server.database import Connection, Row, Transaction, marks
from server.enrolments import models
from server.families.service import scope_of
from server.feed.service import Changes
from server.instants import iso

Rows = dict[str, dict[str, Any]]
KEPT_DAYS = 400
FOUND = """
    SELECT q.*, r.name AS round_name, r.activity_id, r.since, r.until, r.decided, a.name AS activity_name, a.service_id,
        g.name AS group_name
    FROM enrolment_request q JOIN enrolment_round r ON r.id = q.round_id JOIN activity a ON a.code = r.activity_id
        JOIN enrolment_group g ON g.id = q.group_id
"""


def decoded(value: Any) -> Any:
    """Hand-written SQL gets JSON columns as text."""
    return json.loads(value) if isinstance(value, str) else value


async def request_rows(connection: Connection, family: str, today: str, zone: ZoneInfo) -> Rows:
    """``request/<id>`` of a family, from a school year ago on; one that was withdrawn is gone."""
    since = (date.fromisoformat(today) - timedelta(days=KEPT_DAYS)).isoformat()
    found = await connection.all(f"{FOUND} WHERE q.family_id = ? AND r.until >= ? AND q.state <> 'withdrawn' ORDER BY q.id", family, since)
    papers = await models.papers_of(connection, (row["id"] for row in found))
    return {f"request/{row['id']}": await _body(connection, row, papers[row["id"]], zone) for row in found}


async def changed_requests(connection: Connection, ids: Iterable[str], zone: ZoneInfo) -> Changes:
    """The rows of these requests in the scope of the family that asked; a withdrawn one is a tombstone."""
    wanted = sorted(set(ids))
    changes: Changes = {}
    if not wanted:
        return changes
    papers = await models.papers_of(connection, wanted)
    for row in await connection.all(f"{FOUND} WHERE q.id IN ({marks(wanted)})", *wanted):
        body = None if row["state"] == "withdrawn" else await _body(connection, row, papers[row["id"]], zone)
        changes.setdefault(scope_of(row["family_id"]), {})[f"request/{row['id']}"] = body
    return changes


async def _body(connection: Connection, row: Row, papers: list[Row], zone: ZoneInfo) -> dict[str, Any]:
    body: dict[str, Any] = {
        "child": row["child_id"], "round": row["round_id"], "activity": row["activity_id"], "service": row["service_id"],
        "title": f"{row['activity_name']}, {row['round_name']}", "group": row["group_name"], "state": row["state"],
        "direct": not row["decided"], "since": row["since"], "until": row["until"], "asked_at": iso(row["asked_at"], zone),
        "papers": [
            {"code": one["code"], "label": one["label"], "needed": bool(one["needed"]), "state": one["state"]}
            | ({"why": one["why"]} if one["why"] else {})
            for one in papers
        ],
    }  # fmt: skip
    if row["state"] == "waiting":
        body["rank"] = await models.rank(connection, row)
    if row["reason"]:
        body["reason"] = row["reason"]
    if row["decided_at"]:
        body["decided_at"] = iso(row["decided_at"], zone)
    return body


async def behind(tx: Transaction, group: str) -> list[str]:
    """Everybody who waits for the group: their ranks may have changed."""
    return [row["id"] for row in await models.waiting(tx, group)]
