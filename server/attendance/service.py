"""Day lists and ticks of agents, absences that parents announce, and what families see of both."""

import csv
import io
from collections.abc import Iterable
from datetime import date, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from server.attachments.service import files_of, hold
from server.attendance import rules
from server.bookings.service import own_bookings
from server.commands import Answer, Command, Item
from server.database import Connection, Database, Row, Transaction
from server.errors import Refusal
from server.families.service import families_of, families_of_children, lock_children, not_collecting, scope_of
from server.feed.service import Changes, put_changes
from server.instants import iso
from server.traces.service import Who, note

Reader = Connection | Database
LIST = """
    SELECT o.id AS session, u.id AS unit_id, u.name AS unit, u.starts, u.ends, a.name AS activity, c.id AS child, c.first_name,
        c.last_name, c.grade, b.id AS booking, t.state, t.version, t.ticked_by, t.ticked_at, t.announced, t.announced_note,
        t.late_minutes
    FROM opening o JOIN unit u ON u.id = o.unit_id JOIN activity a ON a.code = u.activity_id
        JOIN booking b ON b.opening_id = o.id AND b.state = 'booked' JOIN child c ON c.id = b.child_id
        LEFT JOIN attendance t ON t.opening_id = o.id AND t.child_id = c.id
    WHERE a.service_id = ? AND u.place_id = ? AND o.date = ?
    UNION ALL
    SELECT o.id, u.id, u.name, u.starts, u.ends, a.name, c.id, c.first_name, c.last_name, c.grade, NULL, t.state, t.version,
        t.ticked_by, t.ticked_at, t.announced, t.announced_note, t.late_minutes
    FROM attendance t JOIN opening o ON o.id = t.opening_id JOIN unit u ON u.id = o.unit_id
        JOIN activity a ON a.code = u.activity_id JOIN child c ON c.id = t.child_id
    WHERE a.service_id = ? AND u.place_id = ? AND o.date = ? AND t.state IS NOT NULL AND NOT EXISTS
        (SELECT 1 FROM booking b WHERE b.opening_id = o.id AND b.child_id = c.id AND b.state = 'booked')
"""
WORDS = {"present": "présent", "excused": "absent excusé", "unexcused": "absent non excusé", None: ""}
KEPT_DAYS = 60


async def day_list(reader: Reader, service: str | None, place: str, day: str, zone: ZoneInfo) -> dict[str, Any]:
    """Who is expected at a place on a day, by opening, with what was ticked: ``{units: [{session, …, children: […]}]}``."""
    rows = await reader.all(LIST, service or "", place, day, service or "", place, day)
    units: dict[str, dict[str, Any]] = {}
    for row in await reader.all(
        "SELECT o.id, o.closed, o.closed_why, u.name AS unit, u.starts, u.ends, u.position, a.name AS activity FROM opening o"
        " JOIN unit u ON u.id = o.unit_id JOIN activity a ON a.code = u.activity_id"
        " WHERE a.service_id = ? AND a.bookable AND u.place_id = ? AND o.date = ? ORDER BY u.starts, u.position",
        service or "", place, day,
    ):
        units[row["id"]] = {
            "session": row["id"], "unit": row["unit"], "activity": row["activity"], "starts": row["starts"], "ends": row["ends"],
            "closed": bool(row["closed"]), "why": row["closed_why"], "children": [],
        }  # fmt: skip
    kept_from = await not_collecting(reader, (row["child"] for row in rows))  # type: ignore[arg-type]
    for row in sorted(rows, key=lambda one: (one["last_name"], one["first_name"], one["child"])):
        if row["session"] in units:
            units[row["session"]]["children"].append({**_line(row, zone), "not_to": kept_from.get(row["child"], [])})
    papers = await files_of(reader, [_holder(f"{row['child']}|{row['session']}") for row in rows if row["announced"]])
    for unit in units.values():
        children = unit["children"]
        for one in children:
            one["files"] = papers.get(_holder(f"{one['child']}|{unit['session']}"), [])
        unit["summary"] = rules.summary([one["state"] for one in children], [one["booked"] for one in children])
    return {"units": list(units.values())}


def _line(row: Row, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "child": row["child"], "name": f"{row['last_name']} {row['first_name']}", "grade": row["grade"],
        "booked": row["booking"] is not None, "state": row["state"], "version": row["version"] or 0, "by": row["ticked_by"],
        "at": iso(row["ticked_at"], zone) if row["ticked_at"] else None,
        "announced": row["announced"], "announced_note": row["announced_note"], "late_minutes": row["late_minutes"] or 0,
    }  # fmt: skip


async def as_csv(reader: Reader, service: str | None, place: str, day: str, zone: ZoneInfo) -> str:
    """The day list for a spreadsheet: UTF-8 with its mark, semicolons, as French spreadsheets open it."""
    out = io.StringIO()
    table = csv.writer(out, delimiter=";", lineterminator="\r\n")
    table.writerow(["Date", "Activité", "Créneau", "Nom", "Classe", "Réservé", "Pointage", "Pointé par", "Absence annoncée"])
    for unit in (await day_list(reader, service, place, day, zone))["units"]:
        for child in unit["children"]:
            booked = "oui" if child["booked"] else "non"
            cells = [day, unit["activity"], unit["unit"], child["name"], child["grade"], booked]
            cells += [WORDS[child["state"]], child["by"] or "", "oui" if child["announced"] else ""]
            table.writerow([_safe(cell) for cell in cells])
    return "\ufeff" + out.getvalue()


def _safe(cell: str) -> str:
    """A name that begins like a formula is no formula."""
    return f"'{cell}" if cell[:1] in "=+-@\t\r" else cell


async def tick(
    database: Database, who: Who, service: str | None, child: str, session: str, state: str | None, version: int, now: int, zone: ZoneInfo
) -> dict[str, Any]:
    """Ticks one child; None takes the tick back. `version`: the one on the agent's screen.

    A child without a booking may be ticked present: it was there.

    Raises:
        Refusal: ``not_found``; ``someone_else_ticked`` with what stands now, when another agent was quicker.
    """
    return await database.retrying(
        partial(_tick, who=who, service=service, child=child, session=session, state=state, version=version, now=now, zone=zone)
    )


async def _tick(
    tx: Transaction, who: Who, service: str | None, child: str, session: str, state: str | None, version: int, now: int, zone: ZoneInfo
) -> dict[str, Any]:
    known = await tx.one(
        "SELECT o.date FROM opening o JOIN unit u ON u.id = o.unit_id JOIN activity a ON a.code = u.activity_id"
        " WHERE o.id = ? AND a.service_id = ?",
        session, service or "",
    )
    if known is None or await tx.one("SELECT id FROM child WHERE id = ?", child) is None:
        raise Refusal("not_found")
    # One statement: of two agents with the same list in hand, the second one is told what the first one saw.
    done = await tx.one(
        "INSERT INTO attendance (id, child_id, opening_id, date, state, version, ticked_by, ticked_at)"
        " VALUES (?, ?, ?, ?, ?, 1, ?, ?) ON CONFLICT (id) DO UPDATE SET state = excluded.state, version = attendance.version + 1,"
        " ticked_by = excluded.ticked_by, ticked_at = excluded.ticked_at WHERE attendance.version = ? RETURNING version",
        f"{child}|{session}", child, session, known["date"], state, who.name, now, version,
    )
    if done is None:
        held = await tx.one("SELECT state, version, ticked_by FROM attendance WHERE id = ?", f"{child}|{session}")
        assert held is not None
        raise Refusal("someone_else_ticked", state=held["state"], version=held["version"], by=held["ticked_by"])
    families = (await families_of_children(tx, [child]))[child]
    for family in families:
        await note(tx, family, who, "attendance.ticked", now, session)
    await put_changes(tx, await _changes(tx, [f"{child}|{session}"], zone), now)
    return {"state": state, "version": done["version"], "by": who.name, "at": iso(now, zone)}


async def note_lateness(tx: Transaction, who: Who, service: str | None, child: str, session: str, minutes: int, now: int) -> None:
    """How long after closing time a child was fetched; the tariff says what it costs. 0 takes it back.

    Raises:
        Refusal: ``not_found`` unless the child is ticked present in an opening of this service.
    """
    done = await tx.one(
        "UPDATE attendance SET late_minutes = ? WHERE id = ? AND state = 'present' AND EXISTS (SELECT 1 FROM opening o JOIN unit u"
        " ON u.id = o.unit_id JOIN activity a ON a.code = u.activity_id WHERE o.id = ? AND a.service_id = ?) RETURNING id",
        minutes or None, f"{child}|{session}", session, service or "",
    )
    if done is None:
        raise Refusal("not_found")
    for family in (await families_of_children(tx, [child]))[child]:
        await note(tx, family, who, "attendance.late", now, session)


async def children_named(reader: Reader, words: str, place: str) -> list[dict[str, Any]]:
    """Children by a part of their name, those of the place's school first: for one who is there without a booking."""
    rows = await reader.all(
        "SELECT id, first_name, last_name, grade, school FROM child WHERE LOWER(last_name) LIKE ? OR LOWER(first_name) LIKE ?"
        " ORDER BY CASE WHEN school = ? THEN 0 ELSE 1 END, last_name, first_name LIMIT 20",
        f"{words.lower()}%", f"{words.lower()}%", place,
    )
    return [{"id": row["id"], "name": f"{row['last_name']} {row['first_name']}", "grade": row["grade"]} for row in rows]


async def declare(tx: Transaction, command: Command) -> Answer:
    """``absence.declare``: a child will not come, today or tomorrow. The booking stays: what it costs is the town's rule."""
    families = await families_of(tx, command.account, command.today)
    tomorrow = (date.fromisoformat(command.today) + timedelta(days=1)).isoformat()
    mine = await own_bookings(tx, [item["rid"] for item in command.args["items"]], families)
    await lock_children(tx, {booking["child_id"] for booking in mine.values()})
    outcomes: list[Item] = []
    touched: list[str] = []
    missing: list[str] = []
    for item in command.args["items"]:
        booking = mine.get(item["rid"])
        if booking is None or booking["state"] != "booked" or not rules.may_announce(booking["date"], command.today, tomorrow):
            outcomes.append({"rid": item["rid"], "outcome": "void", "code": "NOTHING_TO_CANCEL"})
            continue
        key = f"{booking['child_id']}|{booking['opening_id']}"
        await tx.run(
            "INSERT INTO attendance (id, child_id, opening_id, date, state, version, announced, announced_note, announced_by,"
            " announced_at) VALUES (?, ?, ?, ?, NULL, 0, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET announced = excluded.announced,"
            " announced_note = excluded.announced_note, announced_by = excluded.announced_by, announced_at = excluded.announced_at",
            key, booking["child_id"], booking["opening_id"], booking["date"], command.args["reason"], command.args.get("note") or None,
            command.account, command.received_at,
        )  # fmt: skip
        touched.append(key)
        missing += await _keep_papers(tx, command, key, booking) if len(touched) == 1 else []
        told = {"rid": item["rid"], "child": booking["child_id"], "session": booking["opening_id"], "cents": booking["cents"]}
        outcomes.append({**told, "outcome": "accepted", **({"code": "FILES_MISSING"} if missing else {})})
    family = next((booking["family_id"] for booking in mine.values()), families[0] if families else "")
    scope = scope_of(family) if family else f"a:{command.account}"
    return Answer(scope, outcomes, await _changes(tx, touched, command.zone))


async def _keep_papers(tx: Transaction, command: Command, key: str, booking: Row) -> list[str]:
    """The certificate that came along, for the family and the service that looks after the child; what did not arrive."""
    files = command.args.get("files", ())
    desk = await tx.one(
        "SELECT a.service_id FROM opening o JOIN unit u ON u.id = o.unit_id JOIN activity a ON a.code = u.activity_id WHERE o.id = ?",
        booking["opening_id"],
    )
    assert desk is not None
    _, missing = await hold(
        tx, files, command.account, holder=_holder(key), family=booking["family_id"], service=desk["service_id"]
    )
    return missing


def _holder(key: str) -> str:
    """Under what name attachments belong to an absence."""
    return f"absence/{key}"


async def attendance_rows(connection: Connection, family: str, today: str, zone: ZoneInfo) -> dict[str, dict[str, Any]]:
    """``att/<child>/<session>`` of a family's children, from two months ago on."""
    since = (date.fromisoformat(today) - timedelta(days=KEPT_DAYS)).isoformat()
    rows = await connection.all(
        "SELECT t.* FROM family_child fc JOIN attendance t ON t.child_id = fc.child_id WHERE fc.family_id = ? AND t.date >= ?"
        " ORDER BY t.id",
        family, since,
    )
    papers = await files_of(connection, [_holder(row["id"]) for row in rows if row["announced"]], family)
    return {f"att/{row['child_id']}/{row['opening_id']}": _body(row, zone, papers.get(_holder(row["id"]))) for row in rows}


async def _changes(tx: Transaction, keys: Iterable[str], zone: ZoneInfo) -> Changes:
    changes: Changes = {}
    for key in keys:
        row = await tx.one("SELECT * FROM attendance WHERE id = ?", key)
        assert row is not None
        for family in (await families_of_children(tx, [row["child_id"]]))[row["child_id"]]:
            papers = await files_of(tx, [_holder(key)], family)
            body = _body(row, zone, papers.get(_holder(key)))
            changes.setdefault(scope_of(family), {})[f"att/{row['child_id']}/{row['opening_id']}"] = body
    return changes


def _body(row: Row, zone: ZoneInfo, papers: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    body = {"child": row["child_id"], "session": row["opening_id"], "date": row["date"], "state": row["state"]}
    if row["ticked_at"]:
        body["ticked_at"] = iso(row["ticked_at"], zone)
    if row["announced"]:
        body |= {"announced": row["announced"], "announced_at": iso(row["announced_at"], zone)}
    if papers:
        body["files"] = papers
    return body
