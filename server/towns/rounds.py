"""The occasions to enrol of a town's files, as rows of their tables."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import msgspec

from server.database import Transaction
from server.towns.shape import Round

if TYPE_CHECKING:
    from server.towns.loader import Town

Rows = Sequence[Mapping[str, Any]]


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
