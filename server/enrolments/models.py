"""Rounds of enrolment, their groups and places, and what families ask for.

Dates are text ``YYYY-MM-DD`` in the town's calendar, instants are UTC milliseconds.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from tortoise import fields
from tortoise.models import Model

from server.database import Connection, Database, Row, Transaction, marks

Reader = Connection | Database


class EnrolmentRound(Model):
    """One occasion to enrol in an activity: a school year, a period of holidays, a single outing."""

    id = fields.CharField(primary_key=True, max_length=40)
    activity = fields.ForeignKeyField("portail.Activity", related_name="rounds", db_index=True)
    name = fields.CharField(max_length=120)
    kind = fields.CharField(max_length=10, description="annual | period | event")
    text = fields.TextField()
    since = fields.CharField(max_length=10, description="first day of the right that it gives")
    until = fields.CharField(max_length=10)
    windows = fields.JSONField(description="[[residents | renewals | siblings | everyone, opens at], …]")
    closes_at = fields.BigIntField()
    decided = fields.BooleanField(description="the service decides each request, false: first come, first served")
    papers = fields.JSONField(description="[{code, label, needed, proof}, …]")
    questions = fields.JSONField(description="[{code, label, kind, choices, needed}, …]")
    published = fields.BooleanField(description="families see it")

    class Meta:
        table = "enrolment_round"


class EnrolmentGroup(Model):
    """Classes or ages of a round, the units that it opens, and its places. taken never exceeds capacity but by an agent."""

    id = fields.CharField(primary_key=True, max_length=60)
    round = fields.ForeignKeyField("portail.EnrolmentRound", related_name="groups", db_index=True)
    name = fields.CharField(max_length=120)
    grades = fields.JSONField(description="empty: all")
    ages = fields.JSONField(null=True, description="[youngest, eldest] on the first day, null: no such limit")
    units = fields.JSONField(description="ids of the units that it opens")
    capacity = fields.IntField(null=True, description="null: unlimited")
    taken = fields.IntField(default=0)
    position = fields.IntField()

    class Meta:
        table = "enrolment_group"


class EnrolmentRequest(Model):
    """What a family asks for one child. Its id is made by the device."""

    id = fields.CharField(primary_key=True, max_length=40)
    round = fields.ForeignKeyField("portail.EnrolmentRound", related_name="requests", db_index=True)
    group = fields.ForeignKeyField("portail.EnrolmentGroup", related_name="requests", db_index=True)
    child = fields.ForeignKeyField("portail.Child", related_name="requests", db_index=True)
    family = fields.ForeignKeyField("portail.Family", related_name="requests", db_index=True)
    state = fields.CharField(
        max_length=10, db_index=True, description="received | missing | waiting | accepted | refused | withdrawn | ended"
    )
    active = fields.CharField(max_length=90, null=True, unique=True, description="<child>|<round> while it counts")
    answers = fields.JSONField(description="code of the question to what was answered")
    rank_key = fields.BigIntField(null=True, description="of one who waits: the order")
    reason = fields.CharField(max_length=300, null=True, description="in the words of who decided, read by the family")
    asked_at = fields.BigIntField()
    decided_at = fields.BigIntField(null=True)
    account = fields.CharField(max_length=40, description="who asked")

    class Meta:
        table = "enrolment_request"
        indexes = (("group_id", "state", "rank_key"),)


class EnrolmentPaper(Model):
    """One document of a request."""

    id = fields.CharField(primary_key=True, max_length=80, description="<request>.<code>")
    request = fields.ForeignKeyField("portail.EnrolmentRequest", related_name="papers", db_index=True)
    code = fields.CharField(max_length=30)
    label = fields.CharField(max_length=120)
    needed = fields.BooleanField()
    state = fields.CharField(max_length=10, description="absent | here | known | good | refused")
    file = fields.CharField(max_length=40, null=True, description="the attachment")
    why = fields.CharField(max_length=300, null=True, description="what is wrong with it, read by the family")

    class Meta:
        table = "enrolment_paper"


ACTIVE = ("received", "missing", "waiting", "accepted")


async def take(tx: Transaction, group: str) -> bool:
    """Takes a place. The check and its effect are one statement: no place is given twice."""
    return bool(
        await tx.one(
            "UPDATE enrolment_group SET taken = taken + 1 WHERE id = ? AND (capacity IS NULL OR taken < capacity) RETURNING id", group
        )
    )


async def take_over_capacity(tx: Transaction, group: str) -> None:
    await tx.run("UPDATE enrolment_group SET taken = taken + 1 WHERE id = ?", group)


async def release(tx: Transaction, group: str) -> None:
    await tx.run("UPDATE enrolment_group SET taken = taken - 1 WHERE id = ?", group)


async def round_of(reader: Reader, id: str) -> Row | None:
    return await reader.one("SELECT r.*, a.service_id FROM enrolment_round r JOIN activity a ON a.code = r.activity_id WHERE r.id = ?", id)


async def group_of(reader: Reader, id: str) -> Row | None:
    return await reader.one("SELECT * FROM enrolment_group WHERE id = ?", id)


async def request(reader: Reader, id: str) -> Row | None:
    return await reader.one("SELECT * FROM enrolment_request WHERE id = ?", id)


async def papers_of(reader: Reader, requests: Iterable[str]) -> dict[str, list[Row]]:
    wanted = sorted(set(requests))
    found: dict[str, list[Row]] = {id: [] for id in wanted}
    if wanted:
        for row in await reader.all(f"SELECT * FROM enrolment_paper WHERE request_id IN ({marks(wanted)}) ORDER BY id", *wanted):
            found[row["request_id"]].append(row)
    return found


async def insert(tx: Transaction, table: str, row: dict[str, Any], conflict: str = "") -> bool:
    """Adds a row; with `conflict`, a unique column: False when it is there already."""
    rest = f" ON CONFLICT ({conflict}) DO NOTHING RETURNING id" if conflict else " RETURNING id"
    return bool(await tx.one(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks(row)}){rest}", *row.values()))


async def change(tx: Transaction, table: str, id: str, **changes: Any) -> None:
    """Changes a row; a request that no longer counts gives up its `active`."""
    if table == "enrolment_request" and changes.get("state", "received") not in ACTIVE:
        changes["active"] = None
    await tx.run(f"UPDATE {table} SET {', '.join(f'{name} = ?' for name in changes)} WHERE id = ?", *changes.values(), id)


async def rank(reader: Reader, request: Row) -> int:
    row = await reader.one(
        "SELECT COUNT(*) AS n FROM enrolment_request WHERE group_id = ? AND state = 'waiting'"
        " AND (rank_key < ? OR (rank_key = ? AND id < ?))",
        request["group_id"], request["rank_key"], request["rank_key"], request["id"],
    )  # fmt: skip
    assert row is not None
    return int(row["n"]) + 1


async def waiting(reader: Reader, group: str) -> Sequence[Row]:
    """Who waits for a place of the group, the first one first."""
    return await reader.all("SELECT * FROM enrolment_request WHERE group_id = ? AND state = 'waiting' ORDER BY rank_key, id", group)
