"""What agents do with a dossier: look at it, accept or refuse what a parent changed, note a care protocol."""

import json
from typing import Any
from zoneinfo import ZoneInfo

from server.database import Connection, Database, Row, Transaction, marks
from server.errors import Refusal
from server.families.service import editing, papers
from server.families.service.reading import families_of, families_of_children, family_rows, scope_of
from server.feed.service import put_rows
from server.instants import iso
from server.traces.service import Who, note

MOST = 200


async def changes(reader: Connection | Database, state: str, zone: ZoneInfo) -> list[dict[str, Any]]:
    """Changes of all families, those that wait longest first."""
    order = "asked_at, id" if state == "pending" else "decided_at DESC, id"
    found = await reader.all(
        "SELECT c.*, f.file_number, f.file_label, a.name AS asked_by, g.name AS decided_by FROM family_change c"
        " JOIN family f ON f.id = c.family_id LEFT JOIN account a ON a.id = c.account LEFT JOIN account g ON g.id = c.agent"
        f" WHERE c.state = ? ORDER BY {order} LIMIT ?",
        state, MOST,
    )  # fmt: skip
    children = await _names(reader, found)
    return [
        {
            "id": row["id"],
            "family": row["family_id"],
            "number": row["file_number"],
            "label": row["file_label"],
            "asked_by": row["asked_by"] or "",
            "decided_by": row["decided_by"],
            "child": next((name for id, name in children.items() if row["target"] and id in row["target"]), None),
            **papers.change_body(row, zone),
        }
        for row in found
    ]


async def _names(reader: Connection | Database, found: Any) -> dict[str, str]:
    wanted = sorted({part for row in found for part in (row["target"] or "").split(".") if part.startswith("chd")})
    rows = await reader.all(f"SELECT id, first_name FROM child WHERE id IN ({marks(wanted)})", *wanted) if wanted else []
    return {row["id"]: row["first_name"] for row in rows}


async def waiting(reader: Connection | Database) -> int:
    found = await reader.one("SELECT COUNT(*) AS n FROM family_change WHERE state = 'pending'")
    return int(found["n"]) if found else 0


async def decide(database: Database, change: str, accept: bool, reason: str | None, who: Who, now: int, zone: ZoneInfo) -> None:
    """Accepts or refuses a change. Deciding twice the same way changes nothing.

    Raises:
        Refusal: ``not_found``; ``already_decided``; ``refusal_reason`` for a refusal without a reason.
    """
    if not accept and not (reason or "").strip():
        raise Refusal("refusal_reason")

    async def write(tx: Transaction) -> None:
        found = await tx.one("SELECT * FROM family_change WHERE id = ?", change)
        if found is None:
            raise Refusal("not_found")
        await tx.lock("family", [found["family_id"]])
        decided = await tx.one(
            "UPDATE family_change SET state = ?, reason = ?, agent = ?, decided_at = ? WHERE id = ? AND state = 'pending' RETURNING id",
            "accepted" if accept else "refused", None if accept else (reason or "").strip()[:300], who.account, now, change,
        )  # fmt: skip
        if decided is None:
            raise Refusal("already_decided")
        if accept:
            await _apply(tx, found, now)
        await note(tx, found["family_id"], who, "change.accepted" if accept else "change.refused", now, found["field"])
        await put_rows(tx, scope_of(found["family_id"]), await editing.changed(tx, found["family_id"], zone), now)

    await database.retrying(write)


async def _apply(tx: Transaction, change: Row, now: int) -> None:
    new = json.loads(change["new"] or "null")
    family, target = change["family_id"], change["target"]
    if change["field"] == "collector":
        await editing.write_contact(tx, family, target, new, now)
    elif change["field"] == "proof":
        await tx.run(
            "INSERT INTO family_proof (id, family_id, child, kind, label, valid_until, seen_at) VALUES (?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (id) DO UPDATE SET label = excluded.label, valid_until = excluded.valid_until, seen_at = excluded.seen_at",
            target, family, new["child"], new["kind"], new["label"], new["valid_until"], now,
        )  # fmt: skip
    elif change["field"] == "care_protocol":
        await tx.run("UPDATE child SET care_protocol = ? WHERE id = ?", bool(new), target)
    else:
        found = await tx.one("SELECT * FROM family WHERE id = ?", family)
        assert found is not None
        await editing.write_field(tx, found, change["field"], new)


async def declare_care_protocol(database: Database, account: str, child: str, exists: bool, today: str, now: int) -> None:
    """A parent says that a child has a PAI, or no longer. Only the yes or no is kept, and no device ever holds it.

    Raises:
        Refusal: ``not_found`` for a child of another family.
    """

    async def write(tx: Transaction) -> None:
        mine = await families_of(tx, account, today)
        family = next((one for one in (await families_of_children(tx, [child]))[child] if one in mine), None)
        if family is None:
            raise Refusal("not_found")
        found = await tx.one("SELECT care_protocol FROM child WHERE id = ?", child)
        old = found["care_protocol"] if found else None
        await editing.propose_change(tx, account, family, "care_protocol", child, None if old is None else bool(old), exists, now)

    await database.retrying(write)


async def search(reader: Connection | Database, words: str) -> list[dict[str, Any]]:
    """Families by number, name of the file, of an adult or of a child; at most 50."""
    like = f"%{words.strip().lower().replace('%', '').replace('_', '')}%"
    found = await reader.all(
        "SELECT f.id, f.file_number AS number, f.file_label AS label,"
        " (SELECT COUNT(*) FROM family_change c WHERE c.family_id = f.id AND c.state = 'pending') AS waiting"
        " FROM family f WHERE LOWER(f.file_number) LIKE ? OR LOWER(f.file_label) LIKE ?"
        " OR EXISTS (SELECT 1 FROM adult a WHERE a.family_id = f.id AND LOWER(a.first_name || ' ' || a.last_name) LIKE ?)"
        " OR EXISTS (SELECT 1 FROM family_child l JOIN child k ON k.id = l.child_id WHERE l.family_id = f.id"
        "   AND LOWER(k.first_name || ' ' || k.last_name) LIKE ?)"
        " ORDER BY f.file_label, f.file_number LIMIT 50",
        like, like, like, like,
    )  # fmt: skip
    return [dict(row) for row in found]


async def sheet(database: Database, family: str, who: Who, now: int, zone: ZoneInfo) -> dict[str, Any]:
    """A family's file as an agent reads it; that it was read is traced.

    Raises:
        Refusal: ``not_found``.
    """
    if await database.one("SELECT id FROM family WHERE id = ?", family) is None:
        raise Refusal("not_found")
    await database.retrying(lambda tx: note(tx, family, who, "file.read", now))
    rows = await family_rows(database, family, zone)  # type: ignore[arg-type]
    protocols = {
        row["id"]: None if row["care_protocol"] is None else bool(row["care_protocol"])
        for row in await database.all(
            "SELECT c.id, c.care_protocol FROM family_child l JOIN child c ON c.id = l.child_id WHERE l.family_id = ?", family
        )
    }
    grouped: dict[str, list[dict[str, Any]]] = {"child": [], "contact": [], "proof": [], "change": []}
    for key, body in rows.items():
        kind, _, id = key.partition("/")
        if kind in grouped and id != "needed":
            grouped[kind].append({"id": id, **body})
    for child in grouped["child"]:
        child["care_protocol"] = protocols[child["id"]]
    return {"id": family, **rows[f"family/{family}"], **grouped, "read_at": iso(now, zone)}
