"""How many places there are where they are counted: on a usual day, shared by units and groups, or without a limit."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from server.bookings.service.closing import resize
from server.bookings.service.desk import Desk
from server.database import Database, Transaction
from server.errors import Refusal
from server.offers import rules
from server.offers.service.editing import Editor


async def put_capacity(database: Database, editor: Editor, id: str | None, written: Mapping[str, Any]) -> dict[str, Any]:
    """Creates (`id` None) or changes a capacity, on every coming day that had the usual number; days set by hand stay.

    Places that appear are offered to who waits, day by day. Fewer than are taken takes nobody's place away.

    Raises:
        Refusal: ``not_found``.
    """
    if id is None:
        return {"id": await database.retrying(partial(_create, written=written)), "days": 0}
    days = await database.retrying(partial(_change, editor=editor, id=id, written=written))
    desk = Desk(editor.who, editor.service, editor.now, editor.zone)
    for pool in days:
        await resize(database, desk, pool, written["capacity"])
    return {"id": id, "days": len(days)}


async def _create(tx: Transaction, written: Mapping[str, Any]) -> str:
    if await tx.one("SELECT code FROM place WHERE code = ?", written["place"]) is None:
        raise Refusal("not_found")
    known = {row["id"] for row in await tx.all("SELECT id FROM capacity_unit")}
    place = written["place"]
    id = f"{place}-{rules.slug(written['name'], {one.removeprefix(f'{place}-') for one in known})}"
    await tx.run(
        "INSERT INTO capacity_unit (id, place_id, name, capacity) VALUES (?, ?, ?, ?)", id, place, written["name"], written["capacity"]
    )
    return id


async def _change(tx: Transaction, editor: Editor, id: str, written: Mapping[str, Any]) -> list[str]:
    """Notes the new number; the pools of coming days that still have the usual one."""
    before = await tx.one("SELECT * FROM capacity_unit WHERE id = ?", id)
    mine = await tx.all(
        "SELECT u.id, u.counts FROM unit u JOIN activity a ON a.code = u.activity_id WHERE a.service_id = ?", editor.service or ""
    )
    used = await tx.all("SELECT counts FROM unit")
    if before is None or (any(f'"{id}"' in row["counts"] for row in used) and not any(f'"{id}"' in row["counts"] for row in mine)):
        raise Refusal("not_found")
    await tx.run("UPDATE capacity_unit SET name = ?, capacity = ? WHERE id = ?", written["name"], written["capacity"], id)
    if before["capacity"] == written["capacity"]:
        return []
    rows = await tx.all("SELECT id, capacity FROM place_pool WHERE id LIKE ? ORDER BY id", f"{id}:%")
    return [row["id"] for row in rows if row["id"].rpartition(":")[2] >= editor.today and row["capacity"] == before["capacity"]]
