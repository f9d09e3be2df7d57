"""Tariffs as the régie's agents meet them: read, tried on a family, published from a date with the council's decision.

A version that was once in force is never changed: another one follows it. What was invoiced stands, whatever is published.
"""

import json
from collections import defaultdict
from collections.abc import Mapping
from datetime import date, timedelta
from functools import partial
from typing import Any

import msgspec

from server.database import Connection, Database, Row, Transaction
from server.errors import Refusal
from server.tariffs.rules import Fault, Situation, Tariff, Terms, faults, price
from server.tariffs.service.previewing import preview
from server.tariffs.service.reading import UnitTariff, households, minutes_of
from server.tariffs.texts import fault_sentence
from server.traces.service import Who

Reader = Connection | Database
UNITS = """
    SELECT ut.tariff_code, u.id, u.activity_id, u.name, u.starts, u.ends, a.name AS activity
    FROM unit_tariff ut JOIN unit u ON u.id = ut.unit JOIN activity a ON a.code = u.activity_id ORDER BY a.position, u.position, u.id
"""
ONE_DAY = timedelta(days=1)


async def price_lists(reader: Reader, today: str) -> list[dict[str, Any]]:
    """Every price list with its versions, the youngest first, and the activities that it prices."""
    names: dict[str, list[str]] = defaultdict(list)
    for row in await reader.all(UNITS):
        label = row["activity"] if row["name"] == row["activity"] else f"{row['activity']} – {row['name']}"
        if label not in names[row["tariff_code"]]:
            names[row["tariff_code"]].append(label)
    lists: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in await reader.all("SELECT * FROM tariff ORDER BY code, version DESC"):
        lists[row["code"]].append(_version(row, today))
    return [{"code": code, "labels": names[code], "versions": versions} for code, versions in sorted(lists.items())]


def _version(row: Row, today: str) -> dict[str, Any]:
    ended = row["until"] is not None and row["until"] < today
    return {
        "version": row["version"], "since": row["since"], "until": row["until"], "decision": row["decision"], "agent": row["agent"],
        "state": "past" if ended else "coming" if row["since"] > today else "current", "terms": _json(row["terms"]),
    }  # fmt: skip


async def try_out(
    reader: Reader, code: str, written: Mapping[str, Any], file: str | None, day: str, person: Mapping[str, Any] | None
) -> dict[str, Any]:
    """A tariff before it counts: what is wrong with it, its whole price list, and what somebody would pay and why.

    `file`: the number of a family's file, each of whose children is priced; `person`: somebody made up, as `Situation` says it.

    Raises:
        Refusal: ``not_found``, there is no such file.
    """
    terms, wrong = read_terms(written)
    told: dict[str, Any] = {"faults": [_told(one) for one in wrong], "situations": [], "family": None, "lines": []}
    if terms is None or wrong:
        return told
    tariff = Tariff(code, 0, day, None, "", terms)
    told["situations"] = preview(terms)
    if person is not None:
        told["lines"] = [{"child": "", "label": "", **price(tariff, Situation(**person)).row()}]
    if file:
        told |= await _for_family(reader, tariff, file, day)
    return told


async def _for_family(reader: Reader, tariff: Tariff, file: str, day: str) -> dict[str, Any]:
    family = await reader.one("SELECT id, file_label, resident, quotient FROM family WHERE file_number = ?", file)
    if family is None:
        raise Refusal("not_found")
    home = (await households(reader, [family["id"]], day))[family["id"]]
    names = {
        row["id"]: row["first_name"]
        for row in await reader.all(
            "SELECT c.id, c.first_name FROM family_child fc JOIN child c ON c.id = fc.child_id WHERE fc.family_id = ?", family["id"]
        )
    }
    lines, seen = [], set()
    for row in await reader.all(UNITS):
        label = row["activity"] if row["name"] == row["activity"] else f"{row['activity']} – {row['name']}"
        if row["tariff_code"] != tariff.code or label in seen:
            continue
        seen.add(label)
        unit = UnitTariff(row["id"], row["activity_id"], minutes_of(row["ends"]) - minutes_of(row["starts"]), tariff)
        lines += [{"child": names[child], "label": label, **unit.price(home, child).row()} for child in home.children]
    facts = {"label": family["file_label"], "resident": bool(family["resident"]), "quotient": family["quotient"]}
    return {"family": facts, "lines": lines}


async def publish_version(
    database: Database, code: str, since: str, decision: str, written: Mapping[str, Any], after: int, who: Who, now: int, today: str
) -> int:
    """Publishes a version from a day on, the one before ends the day before; its number. `after`: the version on the agent's screen.

    Raises:
        Refusal: ``not_found``; ``tariff_wrong`` with the reason.
    """
    terms, wrong = read_terms(written)
    if terms is None or wrong:
        raise Refusal("tariff_wrong", sentence=fault_sentence(wrong[0]))
    return await database.retrying(
        partial(_publish, code=code, since=since, decision=decision, terms=terms, after=after, who=who, now=now, today=today)
    )


async def _publish(
    tx: Transaction, code: str, since: str, decision: str, terms: Terms, after: int, who: Who, now: int, today: str
) -> int:
    last = await _last(tx, code, after)
    if since < today:
        raise Refusal("tariff_wrong", sentence="une décision ne vaut pas pour le passé : choisissez aujourd’hui ou un jour à venir.")
    if since <= last["since"]:
        begun = f"la version {last['version']} commence le {last['since']} : deux tarifs vaudraient le même jour."
        raise Refusal("tariff_wrong", sentence=begun)
    if last["until"] is not None and _before(since) > last["until"]:
        raise Refusal("tariff_wrong", sentence=f"aucun tarif ne vaudrait après le {last['until']} et avant le {since}.")
    version = int(last["version"]) + 1
    await tx.run("UPDATE tariff SET until = ?, waits = ? WHERE id = ?", _before(since), True, last["id"])
    await tx.run(
        "INSERT INTO tariff (id, code, version, since, until, decision, terms, waits, agent, made_at)"
        " VALUES (?, ?, ?, ?, NULL, ?, ?, ?, ?, ?)",
        f"{code}.{version}", code, version, since, decision, msgspec.json.encode(terms).decode(), True, who.name, now,
    )  # fmt: skip
    return version


async def withdraw_version(database: Database, code: str, version: int, today: str) -> None:
    """Takes back the last version while it is still to come; the one before goes on.

    Raises:
        Refusal: ``not_found``; ``tariff_wrong`` once it is in force.
    """

    async def write(tx: Transaction) -> None:
        last = await _last(tx, code, version)
        if last["since"] <= today:
            raise Refusal("tariff_wrong", sentence="cette version est en vigueur : publiez-en une autre.")
        await tx.run("DELETE FROM tariff WHERE id = ?", last["id"])
        await tx.run("UPDATE tariff SET until = NULL, waits = ? WHERE code = ? AND until = ?", True, code, _before(last["since"]))

    await database.retrying(write)


async def _last(tx: Transaction, code: str, expected: int) -> Row:
    known = await tx.all("SELECT id FROM tariff WHERE code = ?", code)
    await tx.lock("tariff", [row["id"] for row in known])
    last = await tx.one("SELECT * FROM tariff WHERE code = ? ORDER BY version DESC LIMIT 1", code)
    if last is None:
        raise Refusal("not_found")
    if last["version"] != expected:
        raise Refusal("tariff_wrong", sentence="quelqu’un d’autre vient d’en changer : relisez la liste.")
    return last


def read_terms(written: Mapping[str, Any]) -> tuple[Terms | None, list[Fault]]:
    """What was entered as terms, or why it is none."""
    try:
        terms = msgspec.convert(written, Terms)
    except msgspec.ValidationError as error:
        return None, [Fault("shape", "", {"detail": str(error)})]
    return terms, faults(terms)


def _told(fault: Fault) -> dict[str, str]:
    return {"code": fault.code, "where": fault.where, "sentence": fault_sentence(fault)}


def _before(day: str) -> str:
    return (date.fromisoformat(day) - ONE_DAY).isoformat()


def _json(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value
