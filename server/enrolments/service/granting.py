"""An accepted request becomes the right to book, at once on every phone of the child's families; and who is told."""

import json
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from server.activities.service import openings_scope, school_year
from server.bookings.service import enrolment_rows
from server.bookings.service.desk import Desk, book_in
from server.database import Row, Transaction, marks
from server.enrolments import models, texts
from server.enrolments.service.reading import behind, changed_requests, decoded
from server.families.service import accounts_of, families_of_children, scope_of
from server.feed.service import Changes, grant, put_changes
from server.instants import day_of
from server.mail.service import send_mail
from server.notifications.service import notify
from server.traces.service import PORTAL, Who

TITLES = {
    "accepted": "Inscription acceptée", "refused": "Inscription refusée", "waiting": "Inscription en liste d’attente",
    "missing": "Une pièce manque à votre demande d’inscription", "ended": "Fin d’une inscription",
}  # fmt: skip


async def enrol(tx: Transaction, request: Row, now: int, zone: ZoneInfo, who: Who = PORTAL) -> None:
    """Gives the right to book; of an outing, books its day. The place of the group is taken already.

    Raises:
        Refusal: ``not_possible``, a day of the outing has no place left.
    """
    round_, group = await _round_and_group(tx, request)
    since = max(round_["since"], day_of(now, zone))
    await tx.run(
        "INSERT INTO enrolment (id, child_id, activity_id, units, since, until) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id)"
        " DO UPDATE SET units = excluded.units, since = excluded.since, until = excluded.until",
        _enrolment_id(request), request["child_id"], round_["activity_id"], _text(group["units"]), since, round_["until"],
    )  # fmt: skip
    await models.change(tx, "enrolment_request", request["id"], state="accepted", decided_at=now, rank_key=None, reason=None)
    if round_["kind"] == "event":
        for_whom = Who(who.account or request["account"], who.name, who.service)
        desk = Desk(for_whom, round_["service_id"], now, zone, "Inscription acceptée", over_capacity=False)
        for opening in await _openings(tx, decoded(group["units"]), since, round_["until"]):
            await book_in(tx, desk, request["family_id"], request["child_id"], opening)
    await _grant_places(tx, request["child_id"], decoded(group["units"]), round_, now, zone)
    await publish_enrolments(tx, request["child_id"], now, zone)


async def end_enrolment(tx: Transaction, request: Row, now: int, zone: ZoneInfo) -> int:
    """Takes the right back from tomorrow on (from today, when it has not begun); returns how many bookings are left after it."""
    today = day_of(now, zone)
    row = await tx.one("SELECT since FROM enrolment WHERE id = ?", _enrolment_id(request))
    if row is not None and row["since"] >= today:
        await tx.run("DELETE FROM enrolment WHERE id = ?", _enrolment_id(request))
    else:
        yesterday = (date.fromisoformat(today) - timedelta(days=1)).isoformat()
        await tx.run("UPDATE enrolment SET until = ? WHERE id = ?", yesterday, _enrolment_id(request))
    await models.release(tx, request["group_id"])
    await publish_enrolments(tx, request["child_id"], now, zone, gone=_enrolment_id(request))
    left = await tx.one(
        "SELECT COUNT(*) AS n FROM booking b JOIN opening o ON o.id = b.opening_id JOIN unit u ON u.id = o.unit_id"
        " WHERE b.child_id = ? AND b.active IS NOT NULL AND b.date >= ? AND u.activity_id ="
        " (SELECT activity_id FROM enrolment_round WHERE id = ?)",
        request["child_id"], today, request["round_id"],
    )  # fmt: skip
    return int(left["n"]) if left else 0


async def publish_enrolments(tx: Transaction, child: str, now: int, zone: ZoneInfo, gone: str = "") -> None:
    """Every enrolment of the child's families again: one more among the enrolled can change a sibling's price."""
    changes: Changes = {}
    for family in (await families_of_children(tx, [child]))[child]:
        rows: dict[str, Any] = dict(await enrolment_rows(tx, family, day_of(now, zone)))
        if gone and f"enrol/{gone}" not in rows:
            rows[f"enrol/{gone}"] = None
        changes[scope_of(family)] = rows
    await put_changes(tx, changes, now)


async def tell(tx: Transaction, request: Row, state: str, reason: str | None, now: int, zone: ZoneInfo) -> None:
    """A notification and a mail to the family that asked, once for each answer."""
    child = await tx.one("SELECT first_name FROM child WHERE id = ?", request["child_id"])
    round_ = await models.round_of(tx, request["round_id"])
    assert child is not None
    assert round_ is not None
    activity = await tx.one("SELECT name FROM activity WHERE code = ?", round_["activity_id"])
    assert activity is not None
    sentence = texts.answer(state, child["first_name"], f"{activity['name']} ({round_['name']})", reason)
    event, page = f"enrolment/{request['id']}/{state}/{now}", f"/inscription?demande={request['id']}"
    accounts = await accounts_of(tx, request["family_id"], day_of(now, zone))
    if accounts:
        for person in await tx.all(f"SELECT id, email FROM account WHERE id IN ({marks(accounts)})", *accounts):
            if person["email"]:
                # The key is the one that a mail of this notification would have: nobody gets two.
                await send_mail(tx, f"{event}/{person['id']}", person["email"], TITLES[state], [sentence], now, ("Voir ma demande", page))
    await notify(tx, accounts, "answers", event, page, now, zone, detail=sentence, about=request["id"])


async def publish(tx: Transaction, ids: Iterable[str], groups: Iterable[str], now: int, zone: ZoneInfo) -> None:
    """Brings requests to the phones, and the new ranks of everybody who waits for the groups."""
    touched = set(ids)
    for group in sorted(set(groups)):
        touched.update(await behind(tx, group))
    await put_changes(tx, await changed_requests(tx, touched, zone), now)


async def _round_and_group(tx: Transaction, request: Row) -> tuple[Row, Row]:
    round_, group = await models.round_of(tx, request["round_id"]), await models.group_of(tx, request["group_id"])
    assert round_ is not None
    assert group is not None
    return round_, group


async def _openings(tx: Transaction, units: list[str], since: str, until: str) -> list[str]:
    rows = await tx.all(
        f"SELECT id FROM opening WHERE unit_id IN ({marks(units)}) AND date >= ? AND date <= ? AND NOT closed ORDER BY id",
        *units, since, until,
    )  # fmt: skip
    return [row["id"] for row in rows]


async def _grant_places(tx: Transaction, child: str, units: list[str], round_: Row, now: int, zone: ZoneInfo) -> None:
    """The openings of a place that the family had nothing at before: its phones may read them from now on."""
    places = await tx.all(f"SELECT DISTINCT place_id FROM unit WHERE id IN ({marks(units)}) ORDER BY place_id", *units)
    years = {school_year(date.fromisoformat(day)) for day in (day_of(now, zone), round_["since"], round_["until"])}
    scopes = [openings_scope(year, row["place_id"]) for year in sorted(years) for row in places]
    for family in (await families_of_children(tx, [child]))[child]:
        accounts = await accounts_of(tx, family, day_of(now, zone))
        await grant(tx, [(account, scope) for account in accounts for scope in scopes])


def _enrolment_id(request: Row) -> str:
    return f"{request['child_id']}.{request['round_id']}"


def _text(units: Any) -> str:
    return units if isinstance(units, str) else json.dumps(units)
