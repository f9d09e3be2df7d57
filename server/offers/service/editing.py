"""Activities and units: entered, checked, written, and on every phone at once."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from server.activities.service import catalog_rows, catalog_scope
from server.database import Database, Row, Transaction, marks
from server.errors import Refusal
from server.feed.service import encoded, put_rows
from server.offers import rules
from server.offers.service.openings import reopen_unit
from server.offers.service.reading import LISTS, unit_of
from server.tariffs.service import price_rows
from server.traces.service import Who

PLAIN = ("name", "starts", "ends", "during")


@dataclass(frozen=True)
class Editor:
    """Who edits, of which service, when, in which school year."""

    who: Who
    service: str | None
    now: int
    zone: ZoneInfo
    today: str
    year: int
    first: str
    last: str


async def put_activity(database: Database, editor: Editor, code: str | None, written: Mapping[str, Any]) -> str:
    """Creates (`code` None) or changes an activity of the agent's service; returns its code.

    Raises:
        Refusal: ``not_found``.
    """
    return await database.retrying(partial(_put_activity, editor=editor, code=code, written=written))


async def _put_activity(tx: Transaction, editor: Editor, code: str | None, written: Mapping[str, Any]) -> str:
    if code is None:
        known = await tx.all("SELECT code, position FROM activity")
        code = rules.slug(written["name"], {row["code"] for row in known}, 30)
        position = max((row["position"] for row in known), default=0) + 1
        await tx.run(
            "INSERT INTO activity (code, service_id, name, category, bookable, text, position) VALUES (?, ?, ?, ?, ?, ?, ?)",
            code, editor.service, written["name"], written["category"], written["bookable"], written["text"], position,
        )  # fmt: skip
    else:
        await _own_activity(tx, editor, code)
        await tx.run(
            "UPDATE activity SET name = ?, category = ?, bookable = ?, text = ? WHERE code = ?",
            written["name"], written["category"], written["bookable"], written["text"], code,
        )  # fmt: skip
    await publish(tx, editor, code)
    return code


async def put_unit(database: Database, editor: Editor, id: str | None, written: Mapping[str, Any]) -> dict[str, Any]:
    """Creates or changes a unit and its openings from today on: ``{id, openings, kept}``, `kept`: days that stay open because
    children are booked there.

    Raises:
        Refusal: ``not_found``; ``unit_impossible`` with the reason.
    """
    return await database.retrying(partial(_put_unit, editor=editor, id=id, written=written))


async def _put_unit(tx: Transaction, editor: Editor, id: str | None, written: Mapping[str, Any]) -> dict[str, Any]:
    await _own_activity(tx, editor, written["activity"])
    before = await _own_unit(tx, editor, id) if id else None
    if before and (before["place_id"] != written["place"] or before["activity_id"] != written["activity"]):
        raise Refusal("unit_impossible", why="un créneau garde son lieu et son activité : créez-en un autre")
    await _check(tx, editor, written, before)
    like = await _own_unit(tx, editor, written["like"]) if written.get("like") else None
    bookable = await tx.one("SELECT bookable FROM activity WHERE code = ?", written["activity"])
    assert bookable is not None
    terms = (like or before or {"terms": None})["terms"] if bookable["bookable"] else None
    if bookable["bookable"] and terms is None:
        raise Refusal("unit_impossible", why="choisissez le créneau dont il reprend les limites")
    values = {
        **{name: written[name] for name in PLAIN},
        **{name: json.dumps(written[name]) for name in LISTS if name != "excludes"},
        "terms": terms if isinstance(terms, str) or terms is None else json.dumps(terms),
        "rule": (like or before or {"rule": ""})["rule"] if bookable["bookable"] else "",
    }
    if before is None:
        id = await _insert(tx, written, values)
    else:
        await tx.run(f"UPDATE unit SET {', '.join(f'{name} = ?' for name in values)} WHERE id = ?", *values.values(), id)
    assert id is not None
    await _exclude(tx, id, written)
    await tx.run("DELETE FROM unit_tariff WHERE unit = ?", id)
    if written["tariff"]:
        await tx.run("INSERT INTO unit_tariff (unit, tariff_code) VALUES (?, ?)", id, written["tariff"])
    done = await reopen_unit(tx, editor, id)
    await publish(tx, editor, written["activity"])
    return {"id": id, **done}


async def _insert(tx: Transaction, written: Mapping[str, Any], values: Mapping[str, Any]) -> str:
    known = {row["id"] for row in await tx.all("SELECT id FROM unit")}
    place = written["place"]
    code = rules.slug(written["name"], {one.removeprefix(f"{place}-") for one in known})
    last = await tx.one("SELECT MAX(position) AS n FROM unit")
    row = {
        "id": f"{place}-{code}", "activity_id": written["activity"], "place_id": place, **values, "excludes": "[]",
        "position": ((last or {})["n"] or 0) + 1,
    }  # fmt: skip
    await tx.run(f"INSERT INTO unit ({', '.join(row)}) VALUES ({marks(row)})", *row.values())
    return row["id"]


async def _exclude(tx: Transaction, id: str, written: Mapping[str, Any]) -> None:
    """Units that a child cannot have together: those whose hours overlap, and those that the agent adds; always both ways."""
    kinds = {row["code"]: row["kind"] for row in await tx.all("SELECT code, kind FROM place")}
    all_units = [unit_of(row) for row in await tx.all("SELECT * FROM unit")]
    slots = {one["id"]: rules.slot_of(one, kinds[one["place"]] == "school") for one in all_units}
    wanted = rules.excluded_by_hours(slots[id], slots.values()) | (set(written["excludes"]) & slots.keys() - {id})
    for one in all_units:
        now = set(one["excludes"])
        after = wanted if one["id"] == id else (now | {id} if one["id"] in wanted else now - {id})
        if after != now:
            await tx.run("UPDATE unit SET excludes = ? WHERE id = ?", json.dumps(sorted(after)), one["id"])


async def _check(tx: Transaction, editor: Editor, written: Mapping[str, Any], before: Row | None) -> None:
    faults = rules.faults(written, editor.first, editor.last)
    counts = sorted(set(written["counts"]))
    known = await tx.all(
        f"SELECT id FROM capacity_unit WHERE place_id = ? AND id IN ({marks(counts)})", written["place"], *counts
    ) if counts else []
    if len(known) != len(counts):
        faults.append("les places se comptent au lieu même du créneau")
    if written["tariff"] and await tx.one("SELECT id FROM tariff WHERE code = ?", written["tariff"]) is None:
        faults.append("ce tarif n’existe pas")
    if before is not None and set(unit_of(before)["counts"]) != set(counts) and await _is_booked(tx, editor, before["id"]):
        faults.append("des enfants y ont réservé : les places déjà prises ne peuvent pas être comptées ailleurs")
    if faults:
        raise Refusal("unit_impossible", why=faults[0])


async def _is_booked(tx: Transaction, editor: Editor, unit: str) -> bool:
    return bool(
        await tx.one(
            "SELECT b.id FROM opening o JOIN booking b ON b.opening_id = o.id AND b.active IS NOT NULL"
            " WHERE o.unit_id = ? AND o.date >= ? LIMIT 1",
            unit, editor.today,
        )
    )  # fmt: skip


async def publish(tx: Transaction, editor: Editor, activity: str) -> None:
    """The rows of an activity again: itself, every unit (what excludes what), its prices."""
    catalog, prices = await catalog_rows(tx, editor.year), await price_rows(tx, editor.year, editor.today)
    rows = {key: body for key, body in catalog.items() if key == f"activity/{activity}" or key.startswith("unit/")}
    rows |= {key: body for key, body in prices.items() if body["activity"] == activity}
    held = {
        row["key"]: row["body"]
        for row in await tx.all("SELECT key, body FROM sync_row WHERE scope = ? AND body IS NOT NULL", catalog_scope(editor.year))
    }
    changed = {key: body for key, body in rows.items() if held.get(key) != encoded(body)}
    await put_rows(tx, catalog_scope(editor.year), changed, editor.now)


async def _own_activity(tx: Transaction, editor: Editor, code: str) -> None:
    if await tx.one("SELECT code FROM activity WHERE code = ? AND service_id = ?", code, editor.service or "") is None:
        raise Refusal("not_found")


async def _own_unit(tx: Transaction, editor: Editor, id: str) -> Row:
    found = await tx.one(
        "SELECT u.* FROM unit u JOIN activity a ON a.code = u.activity_id WHERE u.id = ? AND a.service_id = ?", id, editor.service or ""
    )
    if found is None:
        raise Refusal("not_found")
    return found
