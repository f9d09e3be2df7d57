"""The scopes as the tables say they should be: to fill them the first time, and to check that they kept up since."""

import json
from collections.abc import Mapping
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from server.accounts.service import account_rows
from server.activities.service import (
    catalog_rows,
    catalog_scope,
    openings_rows,
    openings_scope,
    school_year,
)
from server.attendance.service import attendance_rows
from server.bookings.service import booking_rows, enrolment_rows
from server.custody.service import custody_rows
from server.database import Connection, Transaction, marks
from server.enrolments.service import request_rows
from server.families.service import families_of, family_rows, restriction_rows, scope_of
from server.feed.service import replace_rows
from server.invoices.service import invoice_rows
from server.messages.service import message_rows
from server.news.service import NEWS_SCOPE, document_rows, news_rows, target_scopes, targeted_rows
from server.quotient.service import quotient_rows
from server.tariffs.service import price_rows

Rows = Mapping[str, Mapping[str, Any]]


async def family_scope(connection: Connection, family: str, today: str, zone: ZoneInfo) -> Rows:
    """Everything in ``f:<family>`` but its receipts, which are kept as they were given."""
    return {
        **await family_rows(connection, family, zone),
        **await quotient_rows(connection, family, zone),
        **await enrolment_rows(connection, family, today),
        **await booking_rows(connection, family, today, zone),
        **await request_rows(connection, family, today, zone),
        **await attendance_rows(connection, family, today, zone),
        **await custody_rows(connection, family, today, zone),
        **await invoice_rows(connection, family),
        **await message_rows(connection, family, zone),
    }


async def project_families(tx: Transaction, families: list[str], today: str, now: int, zone: ZoneInfo) -> None:
    """Brings the scopes of families up to date with the tables, writing what differs; receipts stay."""
    for family in sorted(families):
        receipts = {
            row["key"]: json.loads(row["body"])
            for row in await tx.all(
                "SELECT key, body FROM sync_row WHERE scope = ? AND key LIKE 'receipt/%' AND body IS NOT NULL",
                scope_of(family),
            )
        }
        await replace_rows(tx, scope_of(family), {**await family_scope(tx, family, today, zone), **receipts}, now)


async def town_scopes(connection: Connection, year: int, today: str, zone: ZoneInfo) -> dict[str, Rows]:
    """The scopes that everybody shares: the catalogue, the openings of each place, the news."""
    places = await connection.all("SELECT DISTINCT place_id FROM unit ORDER BY place_id")
    scopes: dict[str, Rows] = {
        catalog_scope(year): {**await catalog_rows(connection, year), **await price_rows(connection, year, today)},
        NEWS_SCOPE: {**await news_rows(connection, zone), **await document_rows(connection, zone)},
        **await targeted_rows(connection, zone),
    }
    for place in places:
        scopes[openings_scope(year, place["place_id"])] = await openings_rows(connection, year, place["place_id"])
    return scopes


async def grants_of_account(connection: Connection, account: str, today: str) -> list[str]:
    """The scopes an account may read: its own, its families', the town's, and the openings where its children go."""
    year = school_year(date.fromisoformat(today))
    families = await families_of(connection, account, today)
    scopes = [f"a:{account}", *(scope_of(family) for family in families), NEWS_SCOPE, catalog_scope(year)]
    if not families:
        return scopes
    scopes += await target_scopes(connection, families, today)
    enrolled = await connection.all(
        "SELECT DISTINCT e.units FROM family_child fc JOIN enrolment e ON e.child_id = fc.child_id"
        f" WHERE fc.family_id IN ({marks(families)}) AND e.until >= ?",
        *families, today,
    )
    units = sorted({unit for row in enrolled for unit in json.loads(row["units"])})
    if units:
        places = await connection.all(
            f"SELECT DISTINCT place_id FROM unit WHERE id IN ({marks(units)}) ORDER BY place_id", *units
        )
        scopes += [openings_scope(year, place["place_id"]) for place in places]
    return scopes


async def account_scope(connection: Connection, account: str) -> Rows:
    """``a:<account>`` before its first device."""
    return {**await account_rows(connection, account), **await restriction_rows(connection, account)}
