"""Bookings as the devices of their families hold them, and the answer to a command."""

import json
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from server.bookings import models
from server.commands import Answer, Command, Item
from server.database import Connection, Row, Transaction
from server.families.service import accounts_of, families_of_children, scope_of
from server.feed.service import Changes, put_changes
from server.instants import day_of, iso
from server.notifications.service import notify
from server.tariffs.service import households, unit_tariffs

Rows = dict[str, dict[str, Any]]
KEPT_DAYS = 60
TOLD = ("CLOSED", "TOWN")
"""Cancelled by the town, with a reason: the family keeps the row to read it."""


async def answer(
    tx: Transaction, command: Command, family: str, outcomes: list[Item], touched: Iterable[str]
) -> Answer:
    """What a command did, with every row that it changed in the scopes of both parents."""
    scope = scope_of(family) if family else f"a:{command.account}"
    rids = sorted(set(touched))
    await _tell(tx, rids, command.received_at, command.zone)
    return Answer(scope, outcomes, await changed_rows(tx, rids, command.zone))


async def publish(tx: Transaction, rids: Iterable[str], zone: ZoneInfo, now: int, decided: Iterable[str] = ()) -> None:
    """Brings changed bookings to the phones, and tells whom a freed place is offered to.

    `decided`: those that the town itself decided just now, booked, refused or cancelled: their families are told too.
    """
    wanted = sorted({*rids, *decided})
    await put_changes(tx, await changed_rows(tx, wanted, zone), now)
    await _tell(tx, wanted, now, zone)
    for rid, booking in (await models.by_ids(tx, decided)).items():
        accounts = await accounts_of(tx, booking["family_id"], day_of(now, zone))
        await notify(tx, accounts, "answers", f"decision/{rid}/{now}", f"/planning?jour={booking['date']}", now, zone, about=rid)


async def own_bookings(tx: Transaction, rids: Iterable[str], families: Iterable[str]) -> dict[str, Row]:
    """Those of the bookings named that one of the families pays for."""
    paying = set(families)
    return {rid: found for rid, found in (await models.by_ids(tx, rids)).items() if found["family_id"] in paying}


async def _tell(tx: Transaction, rids: Iterable[str], now: int, zone: ZoneInfo) -> None:
    """An offer runs out: who waited for it hears of it at once, wherever they are."""
    for rid, booking in (await models.by_ids(tx, rids)).items():
        if booking["state"] != "to_confirm" or booking["reason"] != "PLACE_FREED" or booking["decided_at"] != now:
            continue
        event = f"place/{rid}/{booking['hold_until']}"
        ttl = max((booking["hold_until"] - now) // 1000, 60)
        accounts = await accounts_of(tx, booking["family_id"], day_of(now, zone))
        await notify(tx, accounts, "places", event, f"/planning?jour={booking['date']}", now, zone, about=rid, ttl=ttl)


async def changed_rows(connection: Connection, rids: Iterable[str], zone: ZoneInfo) -> Changes:
    """The rows of these bookings, in the scope of each family that holds the child. A cancelled one is a tombstone."""
    found = await models.by_ids(connection, sorted(set(rids)))
    holding = await families_of_children(connection, (row["child_id"] for row in found.values()))
    changes: Changes = {}
    for rid, booking in found.items():
        rank = await _rank(connection, booking)
        for family in holding[booking["child_id"]]:
            gone = booking["state"] == "cancelled" and booking["reason"] not in TOLD
            changes.setdefault(scope_of(family), {})[f"resa/{rid}"] = None if gone else _body(booking, family, rank, zone)
    return changes


async def booking_rows(connection: Connection, family: str, today: str, zone: ZoneInfo) -> Rows:
    """``resa/…`` of a family's children, from two months ago on."""
    since = (date.fromisoformat(today) - timedelta(days=KEPT_DAYS)).isoformat()
    rows: Rows = {}
    for booking in await models.of_families_children(connection, family, since):
        rows[f"resa/{booking['id']}"] = _body(booking, family, await _rank(connection, booking), zone)
    return rows


async def _rank(connection: Connection, booking: Row) -> int | None:
    if booking["state"] != "waiting":
        return None
    return await models.rank(connection, booking["opening_id"], booking["requested_at"], booking["id"])


def _body(booking: Row, family: str, rank: int | None, zone: ZoneInfo) -> dict[str, Any]:
    """One booking as a family reads it: who does not pay learns neither the price nor who asked."""
    unit, _, day = booking["opening_id"].rpartition(":")
    mine = booking["family_id"] == family
    body: dict[str, Any] = {
        "child": booking["child_id"],
        "session": booking["opening_id"],
        "unit": unit,
        "date": day,
        "state": booking["state"],
        "mine": mine,
    }
    if rank is not None:
        body["rank"] = rank
    if mine:
        body["cents"] = booking["cents"]
        if booking["together"]:
            body["together"] = True
        if booking["max_cents"] is not None:
            body["max_cents"] = booking["max_cents"]
        if booking["state"] == "to_confirm":
            body |= {"reason": booking["reason"], "until": iso(booking["hold_until"], zone)}
        if booking["state"] == "requested":
            body["reason"] = booking["reason"]
        if booking["note"]:
            body["note"] = booking["note"]
        if booking["n"] > 0:
            body["receipt"] = {"device": booking["device"], "n": booking["n"]}
    # To the second: a thousand of them weigh on a phone's first load, and nobody reads thousandths.
    return {**body, "decided_at": iso(booking["decided_at"] // 1000 * 1000, zone)}


async def enrolment_rows(connection: Connection, family: str, today: str) -> Rows:
    """``enrol/…`` of a family's children: the units they may book, each with this family's price and its reason."""
    home = (await households(connection, [family], today))[family]
    found = await connection.all(
        "SELECT e.id, e.child_id, e.activity_id, e.units, e.since, e.until FROM family_child fc"
        " JOIN enrolment e ON e.child_id = fc.child_id WHERE fc.family_id = ? AND e.until >= ? ORDER BY e.id",
        family, today,
    )
    tariffs = await unit_tariffs(connection, today)
    rows: Rows = {}
    for enrolment in found:
        units = {
            # School meals have no price here: they are shown, never booked.
            unit: tariffs[unit].price(home, enrolment["child_id"]).row() if unit in tariffs else {}
            for unit in json.loads(enrolment["units"])
        }
        rows[f"enrol/{enrolment['id']}"] = {
            "child": enrolment["child_id"],
            "activity": enrolment["activity_id"],
            "since": enrolment["since"],
            "until": enrolment["until"],
            "units": units,
        }
    return rows
