"""Brings a billing base into the town's dossiers: reported line by line, all of it or nothing, as often as one likes."""

import asyncio
import hashlib
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

from server.admissions.rules import Base, Line, read_base
from server.database import Database, Row, Transaction
from server.families.service import unlinked_families
from server.instants import day_of
from server.registration.rules import same
from server.syncing.service.projection import project_families
from server.traces.service import Who, note

Progress = Callable[[int], None]


class _DryRun(Exception):
    """Ends the transaction of a rehearsal: nothing of it stays."""


async def import_base(
    database: Database, text: str, who: Who, zone: ZoneInfo, now: int, *, dry_run: bool, progress: Progress = lambda lines: None
) -> dict[str, Any]:
    """``{lines, created, changed, same, faults, written}``; each line ``{line, dossier, person, does, detail}``.

    Recognised again: a dossier by its number, an adult by their name in it, a child by its ``identifiant`` or by its name and day
    of birth in it. Nothing is ever deleted. With one fault nothing is written. `progress` is told how many lines were done.

    Raises:
        BaseUnreadable
    """
    schools = await database.all("SELECT code, name FROM place WHERE kind = 'school'")
    base = read_base(text, {row["code"]: row["name"] for row in schools}, day_of(now, zone))
    report: list[dict[str, Any]] = []

    async def write(tx: Transaction) -> None:
        report.clear()
        touched: set[str] = set()
        for line in base.lines:
            report.append(await _bring(tx, line, touched))
            progress(1)
            if len(report) % 50 == 0:
                await asyncio.sleep(0)  # lets others be served, and the progress be told
        if dry_run or base.faults:
            raise _DryRun
        for family in sorted(touched):
            await note(tx, family, who, "base.imported", now)
        await project_families(tx, await _seen_by_somebody(tx, touched), day_of(now, zone), now, zone)

    try:
        await database.retrying(write)
    except _DryRun:
        written = False
    else:
        written = True
    return _summed(base, report, written)


def _summed(base: Base, report: list[dict[str, Any]], written: bool) -> dict[str, Any]:
    faults = [{"line": at, "dossier": "", "person": "", "does": "fault", "detail": why} for at, why in base.faults.items()]
    lines = sorted([*report, *faults], key=lambda one: one["line"])
    counts = {does: sum(one["does"] == does for one in report) for does in ("created", "changed", "same")}
    return {"lines": lines, **counts, "faults": len(faults), "written": written}


async def _seen_by_somebody(tx: Transaction, families: set[str]) -> list[str]:
    """Only these have a copy on a phone; the others get theirs when somebody joins them."""
    rows = await tx.all("SELECT DISTINCT family_id FROM guardianship")
    return sorted(families & {row["family_id"] for row in rows})


async def _bring(tx: Transaction, line: Line, touched: set[str]) -> dict[str, Any]:
    family, dossier = await _dossier(tx, line)
    bring = _child if line.is_child else _adult
    person = await bring(tx, line, family)
    does = "created" if "created" in (dossier, person) else "changed" if dossier or person else "same"
    if dossier or person:
        touched.add(family)
    said = [text for text in (_words(dossier, "Dossier"), _words(person, "Enfant" if line.is_child else "Adulte")) if text]
    name = f"{line.values['prenom']} {line.values['nom']}"
    return {"line": line.number, "dossier": line.values["numero_dossier"], "person": name, "does": does, "detail": ", ".join(said)}


def _words(what: str, noun: str) -> str:
    return "" if not what else f"{noun} créé" if what == "created" else f"{noun} : {what}"


async def _dossier(tx: Transaction, line: Line) -> tuple[str, str]:
    """The family's id, and what happened to it: ``created``, the changed fields, or nothing."""
    values = line.values
    found = await tx.one(
        "SELECT id, file_label, resident, address FROM family"
        " WHERE LOWER(REPLACE(REPLACE(REPLACE(file_number, ' ', ''), '-', ''), '.', '')) = ?",
        line.dossier,
    )  # fmt: skip
    if found is None:
        family = f"fam_{hashlib.sha256(line.dossier.encode()).hexdigest()[:16]}"
        await tx.run(
            "INSERT INTO family (id, file_number, file_label, resident, address) VALUES (?, ?, ?, ?, ?)",
            family, values["numero_dossier"], values["nom_dossier"], values["resident"].lower() != "non", values["adresse"] or None,
        )  # fmt: skip
        return family, "created"
    changes = {
        "file_label": (values["nom_dossier"], "nom") if same(found["file_label"]) != same(values["nom_dossier"]) else None,
        "address": (values["adresse"], "adresse") if values["adresse"] and values["adresse"] != found["address"] else None,
        "resident": _resident(found, values["resident"].lower()),
    }
    for column, change in changes.items():
        if change:
            await tx.run(f"UPDATE family SET {column} = ? WHERE id = ?", change[0], found["id"])
    return found["id"], " et ".join(change[1] for change in changes.values() if change)


def _resident(found: Row, said: str) -> tuple[bool, str] | None:
    return (said == "oui", "domicile") if said and (said == "oui") != bool(found["resident"]) else None


async def _adult(tx: Transaction, line: Line, family: str) -> str:
    values = line.values
    name = same(values["prenom"] + values["nom"])
    rows = await tx.all("SELECT id, first_name, last_name, phone FROM adult WHERE family_id = ?", family)
    found = next((row for row in rows if same(row["first_name"] + row["last_name"]) == name), None)
    if found is None:
        await tx.run(
            "INSERT INTO adult (id, family_id, account_id, first_name, last_name, phone) VALUES (?, ?, NULL, ?, ?, ?)",
            _id("adu", family, name), family, values["prenom"], values["nom"], values["telephone"] or None,
        )  # fmt: skip
        return "created"
    if values["telephone"] and values["telephone"] != found["phone"]:
        await tx.run("UPDATE adult SET phone = ? WHERE id = ?", values["telephone"], found["id"])
        return "téléphone"
    return ""


async def _child(tx: Transaction, line: Line, family: str) -> str:
    values = line.values
    found = await _known_child(tx, line, family)
    if found is None:
        child = _id("chd", values["identifiant"] or family, same(values["prenom"] + values["nom"]) + values["naissance"])
        if values["identifiant"]:
            child = _id("chd", "identifiant", same(values["identifiant"]))
        await tx.run(
            "INSERT INTO child (id, first_name, last_name, born_on, grade, school) VALUES (?, ?, ?, ?, ?, ?)",
            child, values["prenom"], values["nom"], values["naissance"], values["classe"], values["ecole"],
        )  # fmt: skip
        await _belongs(tx, family, child)
        return "created"
    changed = [
        word
        for column, word in (("grade", "classe"), ("school", "ecole"))
        if values[word] != found[column] and await _set(tx, column, values[word], found["id"])
    ]
    joined = await _belongs(tx, family, found["id"])
    return " et ".join([*changed, *(["second dossier"] if joined else [])])


async def _set(tx: Transaction, column: str, value: str, child: str) -> bool:
    await tx.run(f"UPDATE child SET {column} = ? WHERE id = ?", value, child)
    return True


async def _known_child(tx: Transaction, line: Line, family: str) -> Row | None:
    """By the town's own identifier, in whatever dossier; else by name and day of birth within this dossier only."""
    if line.values["identifiant"]:
        wanted = _id("chd", "identifiant", same(line.values["identifiant"]))
        found = await tx.one("SELECT * FROM child WHERE id = ?", wanted)
        if found:
            return found
    rows = await tx.all("SELECT c.* FROM child c JOIN family_child fc ON fc.child_id = c.id WHERE fc.family_id = ?", family)
    name = same(line.values["prenom"] + line.values["nom"])
    matching = (row for row in rows if same(row["first_name"] + row["last_name"]) == name and row["born_on"] == line.values["naissance"])
    return next(matching, None)


async def _belongs(tx: Transaction, family: str, child: str) -> bool:
    if family in await unlinked_families(tx, child):
        return False  # a court's decision took it out of this file
    made = await tx.one(
        "INSERT INTO family_child (id, family_id, child_id) VALUES (?, ?, ?) ON CONFLICT (family_id, child_id) DO NOTHING RETURNING id",
        f"{family}|{child}", family, child,
    )  # fmt: skip
    return made is not None


def _id(kind: str, *parts: str) -> str:
    return f"{kind}_{hashlib.sha256('|'.join(parts).encode()).hexdigest()[:20]}"
