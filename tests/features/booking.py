"""Words for the stories about places: what a parent asks, and what the tables say afterwards."""

import itertools
from typing import Any

from server.database import Database
from tests.cast import Phone

_rids = itertools.count(1)
SOIR = "pasteur-soir"
FREE_EVENING = f"{SOIR}:2026-12-04"  # a Friday; Léa has nothing that evening


def item(child: str, session: str, **more: Any) -> dict[str, Any]:
    return {"rid": f"r_test{next(_rids):06}", "child": child, "session": session, **more}


async def book(phone: Phone, *items: dict[str, Any], mode: str = "each", if_full: str = "ask") -> dict[str, Any]:
    """Sends one booking command; its receipt."""
    args = {"items": list(items), "mode": mode, "if_full": if_full}
    return await send(phone, "reservation.book@1", args)


async def send(phone: Phone, kind: str, args: dict[str, Any]) -> dict[str, Any]:
    answer = await phone.exchange(phone.command(kind, args))
    receipt: dict[str, Any] = answer["receipts"][0]
    return receipt


async def places(database: Database, session: str, capacity: int) -> None:
    """Sets how many places the pools of a session have."""
    async with database.transaction() as tx:
        await tx.run("UPDATE place_pool SET capacity = ? WHERE id = ?", capacity, session)


async def taken(database: Database, pool: str) -> int:
    found = await database.one("SELECT taken FROM place_pool WHERE id = ?", pool)
    assert found is not None
    return int(found["taken"])


async def states(database: Database, session: str) -> dict[str, str]:
    """child → state of its booking, cancelled ones left out."""
    rows = await database.all(
        "SELECT child_id, state FROM booking WHERE opening_id = ? AND state <> 'cancelled' ORDER BY requested_at, id", session
    )
    return {row["child_id"]: row["state"] for row in rows}
