"""What agents read: the requests of their service, filtered and counted, and one of them with its papers and answers."""

from typing import Any
from zoneinfo import ZoneInfo

from server.database import Connection, Database, Row
from server.enrolments import models, rules
from server.enrolments.service.reading import decoded
from server.errors import Refusal
from server.instants import iso

Reader = Connection | Database
MOST = 500
STATES = ("received", "missing", "waiting", "accepted", "refused", "ended")
REQUESTS = """
    SELECT q.*, r.name AS round_name, r.questions, r.since, r.decided, a.name AS activity_name, a.code AS activity, g.name AS group_name,
        g.capacity, g.taken, c.first_name, c.last_name, c.grade, c.born_on, f.file_number, f.file_label, f.resident
    FROM enrolment_request q JOIN enrolment_round r ON r.id = q.round_id JOIN activity a ON a.code = r.activity_id
        JOIN enrolment_group g ON g.id = q.group_id JOIN child c ON c.id = q.child_id JOIN family f ON f.id = q.family_id
    WHERE a.service_id = ?
"""


async def requests(
    reader: Reader, service: str | None, state: str, round_: str, words: str, zone: ZoneInfo
) -> dict[str, Any]:
    """``{requests, counts, rounds}``: oldest first, who waits in the order of their rank."""
    sql, values = REQUESTS, [service or ""]
    for column, value in (("q.state", state), ("q.round_id", round_)):
        if value:
            sql, values = f"{sql} AND {column} = ?", [*values, value]
    if words:
        like = f"%{words.lower()}%"
        sql = f"{sql} AND (LOWER(c.last_name) LIKE ? OR LOWER(c.first_name) LIKE ? OR LOWER(f.file_label) LIKE ? OR f.file_number LIKE ?)"
        values = [*values, like, like, like, like]
    order = "q.group_id, q.rank_key, q.id" if state == "waiting" else "q.asked_at, q.id"
    rows = await reader.all(f"{sql} ORDER BY {order} LIMIT ?", *values, MOST)
    papers = await models.papers_of(reader, (row["id"] for row in rows))
    counted = await reader.all(
        "SELECT q.state, COUNT(*) AS n FROM enrolment_request q JOIN enrolment_round r ON r.id = q.round_id"
        " JOIN activity a ON a.code = r.activity_id WHERE a.service_id = ? GROUP BY q.state",
        service or "",
    )  # fmt: skip
    rounds = await reader.all(
        "SELECT r.id, r.name, a.name AS activity FROM enrolment_round r JOIN activity a ON a.code = r.activity_id"
        " WHERE a.service_id = ? ORDER BY a.position, r.since, r.id",
        service or "",
    )  # fmt: skip
    return {
        "requests": [await _line(reader, row, papers[row["id"]], zone) for row in rows],
        "counts": {state: 0 for state in STATES} | {row["state"]: row["n"] for row in counted},
        "rounds": [dict(row) for row in rounds],
    }


async def one_request(reader: Reader, service: str | None, id: str, zone: ZoneInfo) -> dict[str, Any]:
    """One request as the list shows it, with its answers.

    Raises:
        Refusal: ``not_found``, also for a request of another service.
    """
    row = await reader.one(f"{REQUESTS} AND q.id = ?", service or "", id)
    if row is None:
        raise Refusal("not_found")
    answers = decoded(row["answers"])
    asked = [{"label": one["label"], "answer": answers.get(one["code"], "")} for one in decoded(row["questions"])]
    return {**await _line(reader, row, (await models.papers_of(reader, [id]))[id], zone), "answers": asked}


async def _line(reader: Reader, row: Row, papers: list[Row], zone: ZoneInfo) -> dict[str, Any]:
    return {
        "id": row["id"], "state": row["state"], "reason": row["reason"], "asked_at": iso(row["asked_at"], zone),
        "decided_at": iso(row["decided_at"], zone) if row["decided_at"] else None,
        "rank": await models.rank(reader, row) if row["state"] == "waiting" else None,
        "activity": row["activity_name"], "round": {"id": row["round_id"], "name": row["round_name"]},
        "group": {"id": row["group_id"], "name": row["group_name"], "capacity": row["capacity"], "left": left(row)},
        "child": {
            "id": row["child_id"], "name": f"{row['first_name']} {row['last_name']}", "grade": row["grade"],
            "age": rules.age_on(row["born_on"], row["since"]),
        },
        "family": {"id": row["family_id"], "number": row["file_number"], "label": row["file_label"], "resident": bool(row["resident"])},
        "papers": [
            {**{name: one[name] for name in ("code", "label", "state", "file", "why")}, "needed": bool(one["needed"])}
            for one in papers
        ],
    }  # fmt: skip


def left(group: Row) -> int | None:
    """Places left, never below zero; None: unlimited."""
    return None if group["capacity"] is None else max(group["capacity"] - group["taken"], 0)
