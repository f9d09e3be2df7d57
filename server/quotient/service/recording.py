"""The readings of a family's quotient: recording one, ending one, and what its devices and prices show of them.

Prices follow from the day on: bookings made before keep the price they were made at.
"""

import secrets
from dataclasses import dataclass
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from server.bookings.service import enrolment_rows
from server.consents.service import who_gave
from server.database import Connection, Database, Row, Transaction
from server.families.service import family_rows, note_quotient, scope_of
from server.feed.service import put_rows
from server.instants import day_of, iso
from server.quotient import rules
from server.traces.service import PORTAL, Who, note

FROM_THE_CAF = ("franceconnect", "identity", "cdap")  # what a consent opened, and its withdrawal ends


@dataclass(frozen=True)
class Reading:
    value: int
    source: str
    channel: str
    month: str | None
    computed: str | None
    read_on: str
    account: str | None
    request_id: str | None = None


async def record(tx: Transaction, family: str, reading: Reading, who: Who, now: int, zone: ZoneInfo) -> None:
    """A new reading decides from today on; the one before ends. Prices and the parent's screens follow at once."""
    today = day_of(now, zone)
    await tx.lock("family", [family])
    await _end(tx, family, today, "replaced", None)
    await tx.run(
        "INSERT INTO quotient_reading (id, family_id, value, source, channel, month, computed, read_on, until, ended_on, ended_why,"
        " agent, account, request_id, made_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, NULL, ?, ?, ?, ?)",
        f"qf_{secrets.token_hex(8)}", family, reading.value, reading.source, reading.channel, reading.month, reading.computed,
        reading.read_on, rules.valid_until(reading.read_on), who.account if who.service else None, reading.account,
        reading.request_id, now,
    )  # fmt: skip
    await tx.run("DELETE FROM quotient_request WHERE family_id = ?", family)
    await note(tx, family, who, f"quotient.{reading.channel}", now, reading.request_id or "")
    await publish(tx, family, now, zone)


async def end_fetched(tx: Transaction, family: str, account: str, now: int, zone: ZoneInfo) -> None:
    """A consent was withdrawn: what was read on its ground stops counting; a certificate that a parent brought does not."""
    await tx.lock("family", [family])
    await _end(tx, family, day_of(now, zone), "withdrawn", account)
    await tx.run("DELETE FROM quotient_request WHERE family_id = ? AND account = ?", family, account)
    await note(tx, family, PORTAL, "quotient.withdrawn", now)
    await publish(tx, family, now, zone)


async def expire(database: Database, now: int, zone: ZoneInfo) -> int:
    """Quotients that are over stop deciding prices; returns how many families that concerned."""
    today = day_of(now, zone)
    over = await database.all("SELECT family_id FROM quotient_reading WHERE ended_on IS NULL AND until < ? LIMIT 500", today)

    async def write(tx: Transaction, family: str) -> None:
        await tx.lock("family", [family])
        await tx.run(
            "UPDATE quotient_reading SET ended_on = ?, ended_why = 'expired' WHERE family_id = ? AND ended_on IS NULL AND until < ?",
            today, family, today,
        )  # fmt: skip
        await note(tx, family, PORTAL, "quotient.expired", now)
        await publish(tx, family, now, zone)

    for row in over:
        await database.retrying(partial(write, family=row["family_id"]))
    return len(over)


async def _end(tx: Transaction, family: str, today: str, why: str, account: str | None) -> None:
    """Ends the reading in force. `account`: only one that was fetched on this account's consent."""
    fetched = ", ".join(f"'{channel}'" for channel in FROM_THE_CAF)
    only = f" AND channel IN ({fetched}) AND account = ?" if account else ""
    await tx.run(
        f"UPDATE quotient_reading SET ended_on = ?, ended_why = ? WHERE family_id = ? AND ended_on IS NULL{only}",
        today, why, family, *((account,) if account else ()),
    )  # fmt: skip


async def publish(tx: Transaction, family: str, now: int, zone: ZoneInfo) -> None:
    """Brings the prices and the rows of a family up to date with its readings."""
    today = day_of(now, zone)
    current = await _current(tx, family)
    if current:
        own = f"{current['month']}-01" if current["month"] else current["read_on"]
        await note_quotient(tx, family, current["value"], current["source"], current["read_on"], own, now)
    else:
        await note_quotient(tx, family, None, None, today, today, now)
    await tx.run(
        "UPDATE family SET quotient = ?, quotient_source = ?, quotient_read_on = ? WHERE id = ?",
        *((current["value"], current["source"], current["read_on"]) if current else (None, None, None)), family,
    )  # fmt: skip
    dossier = await family_rows(tx, family, zone)
    rows: dict[str, Any] = {
        f"family/{family}": dossier[f"family/{family}"],
        **await enrolment_rows(tx, family, today),
        **await quotient_rows(tx, family, zone),
    }
    await put_rows(tx, scope_of(family), rows, now)


async def _current(reader: Connection | Database, family: str) -> Row | None:
    return await reader.one(
        "SELECT * FROM quotient_reading WHERE family_id = ? AND ended_on IS NULL ORDER BY made_at DESC, id DESC LIMIT 1", family
    )


async def quotient_rows(reader: Connection | Database, family: str, zone: ZoneInfo) -> dict[str, dict[str, Any]]:
    """``quotient/<family>``: where the quotient comes from, until when it holds, what waits, and what came before."""
    readings = await reader.all(
        "SELECT * FROM quotient_reading WHERE family_id = ? ORDER BY ended_on IS NOT NULL, made_at DESC, id DESC LIMIT 12", family
    )
    waits = await reader.one("SELECT * FROM quotient_request WHERE family_id = ?", family)
    current = next((row for row in readings if row["ended_on"] is None), None)
    return {
        f"quotient/{family}": {
            "consent": bool(await consenting(reader, family)),
            "until": current["until"] if current else None,
            "month": current["month"] if current else None,
            "channel": current["channel"] if current else None,
            "waiting": {"state": waits["state"], "asked_at": iso(waits["asked_at"], zone)} if waits else None,
            "history": [
                {key: row[key] for key in ("value", "source", "channel", "month", "read_on", "until", "ended_on", "ended_why")}
                for row in readings
            ],
        }
    }


async def consenting(reader: Connection | Database, family: str) -> list[str]:
    """The accounts of a family that allow the town to ask for its quotient."""
    guardians = await reader.all("SELECT account_id FROM guardianship WHERE family_id = ? ORDER BY since, id", family)
    return await who_gave(reader, [row["account_id"] for row in guardians], "quotient")
