"""Making, changing and revoking the address of a calendar, and answering who reads it."""

from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from server.agenda import rules
from server.agenda.rules import Place
from server.database import Connection, Database, Transaction, marks
from server.errors import Refusal
from server.families.service import families_of
from server.instants import iso

KEPT_DAYS = 30
HOUR = 3_600_000
EVENTS = """
    SELECT b.id, b.date, b.state, b.requested_at, b.decided_at, c.first_name, u.name AS unit, u.starts, u.ends, p.name AS place, p.address
    FROM booking b JOIN opening o ON o.id = b.opening_id JOIN unit u ON u.id = o.unit_id JOIN place p ON p.code = u.place_id
        JOIN child c ON c.id = b.child_id
    WHERE b.family_id IN ({families}) AND b.date >= ? AND b.state IN ('booked', 'waiting', 'to_confirm', 'requested', 'cancelled')
    ORDER BY b.date, u.starts, b.id
"""


async def link_of(reader: Database | Connection, account: str, key: bytes, public_url: str, zone: ZoneInfo) -> dict[str, Any]:
    """``{url, made_at, read_at}``; url None: there is no address."""
    row = await reader.one("SELECT * FROM agenda_link WHERE id = ?", account)
    if row is None or row["hash"] is None:
        return {"url": None, "made_at": None, "read_at": None}
    read_at = iso(row["read_at"], zone) if row["read_at"] else None
    url = f"{public_url}/api/agenda/{rules.address(key, account, row['version'])}.ics"
    return {"url": url, "made_at": iso(row["made_at"], zone), "read_at": read_at}


async def make(database: Database, account: str, key: bytes, now: int) -> None:
    """A new address; the one before, if any, opens nothing any more."""

    async def write(tx: Transaction) -> None:
        row = await tx.one("SELECT version FROM agenda_link WHERE id = ?", account)
        version = row["version"] + 1 if row else 1
        await tx.run(
            "INSERT INTO agenda_link (id, version, hash, made_at) VALUES (?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET"
            " version = excluded.version, hash = excluded.hash, made_at = excluded.made_at, read_at = NULL",
            account, version, rules.fingerprint(rules.address(key, account, version)), now,
        )

    await database.retrying(write)


async def revoke(database: Database, account: str) -> None:
    async def write(tx: Transaction) -> None:
        await tx.run("UPDATE agenda_link SET hash = NULL WHERE id = ?", account)

    await database.retrying(write)


async def read(database: Database, secret: str, town: str, public_url: str, today: str, now: int, zone: ZoneInfo) -> bytes:
    """The calendar behind an address.

    Raises:
        Refusal: ``not_found``, for an address that never was or is revoked, alike.
    """
    row = await database.one("SELECT id, read_at FROM agenda_link WHERE hash = ?", rules.fingerprint(secret))
    if row is None:
        raise Refusal("not_found")
    if now - (row["read_at"] or 0) > HOUR:
        await database.retrying(
            lambda tx: tx.run("UPDATE agenda_link SET read_at = ? WHERE id = ?", now, row["id"]), durable=False
        )
    families = await families_of(database, row["id"], today)  # type: ignore[arg-type]
    since = (date.fromisoformat(today) - timedelta(days=KEPT_DAYS)).isoformat()
    found = await database.all(EVENTS.format(families=marks(families)), *families, since) if families else []
    places = [
        Place(
            one["id"], one["first_name"], one["unit"], ", ".join(filter(None, (one["place"], one["address"]))), one["date"],
            one["starts"], one["ends"], one["state"], one["requested_at"], one["decided_at"],
        )
        for one in found
    ]  # fmt: skip
    return rules.calendar(places, town, public_url, zone)
