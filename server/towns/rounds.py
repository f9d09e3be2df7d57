"""The occasions to enrol of a town's files, as rows of their tables."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import msgspec

from server.database import Transaction
from server.towns.shape import Round

if TYPE_CHECKING:
    from server.towns.households import Household
    from server.towns.loader import Town

Rows = Sequence[Mapping[str, Any]]
DEMO_REQUESTS = 5
HALF_A_DAY = 43_200_000


def as_written(one: Round, zone: ZoneInfo) -> dict[str, Any]:
    """As the agents' page sends it."""
    return {
        "activity": one.activity, "name": one.name, "kind": one.kind, "text": one.text, "since": one.since, "until": one.until,
        "windows": [[who, _instant(at, zone)] for who, at in one.opens.items()], "closes_at": _instant(one.closes, zone),
        "decided": one.decided, "published": True, "papers": msgspec.to_builtins(one.papers),
        "questions": msgspec.to_builtins(one.questions),
        "groups": [
            {
                "name": group.name, "units": group.units, "grades": group.grades, "ages": group.ages,
                "capacity": None if group.places == "unlimited" else group.places,
            }
            for group in one.groups
        ],
    }  # fmt: skip


def tables(town: "Town") -> dict[str, Rows]:
    written = {one.code: as_written(one, town.zone) for one in town.enrolling.rounds}
    columns = ("name", "kind", "text", "since", "until", "windows", "closes_at", "decided", "papers", "questions", "published")
    return {
        "enrolment_round": [
            {"id": code, "activity_id": one["activity"], **{column: one[column] for column in columns}} for code, one in written.items()
        ],
        "enrolment_group": [
            {"id": f"{code}.{position}", "round_id": code, **group, "taken": 0, "position": position}
            for code, one in written.items()
            for position, group in enumerate(one["groups"])
        ],
    }


def demo_requests(town: "Town", homes: "Iterable[Household]", now_ms: int) -> dict[str, Rows]:
    """Some of the invented families have asked, so that the service has something to decide."""
    requests: list[dict[str, Any]] = []
    papers: list[dict[str, Any]] = []
    for one in town.enrolling.rounds:
        if not one.decided or not one.questions or one.opens.get("everyone", "9") > town_time(now_ms, town.zone):
            continue
        fitting = ((home, child, rank) for home in homes for child in home.children for rank, group in enumerate(one.groups)
                   if child.grade in group.grades and home.adults[0].account)  # fmt: skip
        for number, (home, child, rank) in enumerate(islice(fitting, DEMO_REQUESTS)):
            id, missing = f"q_{one.code}_{number}"[:40], number % 3 == 2
            requests.append({
                "id": id, "round_id": one.code, "group_id": f"{one.code}.{rank}", "child_id": child.id, "family_id": home.id,
                "state": "missing" if missing else "received", "active": f"{child.id}|{one.code}", "rank_key": None, "reason": None,
                "answers": {question.code: (question.choices or ["oui"])[0] for question in one.questions},
                "asked_at": now_ms - (number + 1) * HALF_A_DAY, "decided_at": None, "account": home.adults[0].account,
            })  # fmt: skip
            papers += [
                {
                    "id": f"{id}.{paper.code}", "request_id": id, "code": paper.code, "label": paper.label, "needed": paper.needed,
                    "state": "absent" if missing or not paper.needed else "known", "file": None, "why": None,
                }
                for paper in one.papers
            ]  # fmt: skip
    return {"enrolment_request": requests, "enrolment_paper": papers}


def town_time(now_ms: int, zone: ZoneInfo) -> str:
    return datetime.fromtimestamp(now_ms / 1000, zone).strftime("%Y-%m-%dT%H:%M")


async def count_enrolled(tx: Transaction) -> None:
    """Who is enrolled from the beginning takes a place of the first group of an occasion of the whole year that fits."""
    for group in await tx.all(
        "SELECT g.id, g.grades, g.units, r.activity_id FROM enrolment_group g JOIN enrolment_round r ON r.id = g.round_id"
        " WHERE r.kind = 'annual' ORDER BY g.id"
    ):
        rows = await tx.all(
            "SELECT c.grade, e.units FROM enrolment e JOIN child c ON c.id = e.child_id WHERE e.activity_id = ?", group["activity_id"]
        )
        grades, units = json.loads(group["grades"]), set(json.loads(group["units"]))
        taken = sum((not grades or row["grade"] in grades) and units <= set(json.loads(row["units"])) for row in rows)
        await tx.run("UPDATE enrolment_group SET taken = ? WHERE id = ?", taken, group["id"])


def _instant(moment: str, zone: ZoneInfo) -> int:
    return int(datetime.fromisoformat(moment).replace(tzinfo=zone).timestamp() * 1000)
