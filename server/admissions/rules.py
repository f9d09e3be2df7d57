"""Reads a billing base: which columns, what each may hold, and what a line says. docs/import.md describes it for towns."""

import csv
import io
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date

from server.registration.rules import same

GRADES = ("PS", "MS", "GS", "CP", "CE1", "CE2", "CM1", "CM2")
NEEDED = ("numero_dossier", "nom_dossier", "personne", "nom", "prenom")
OPTIONAL = ("resident", "adresse", "telephone", "identifiant", "naissance", "classe", "ecole")
MOST_LINES = 50_000
_LONGEST = {"numero_dossier": 20, "nom_dossier": 120, "adresse": 250, "nom": 80, "prenom": 80, "telephone": 30, "identifiant": 30}
_UNSAYABLE = re.compile("[\x00-\x1f\x7f<>]")


class BaseUnreadable(Exception):
    """The file as a whole cannot be used; the text says why, in French."""


@dataclass(frozen=True)
class Line:
    """One person of one dossier."""

    number: int
    values: Mapping[str, str]

    @property
    def dossier(self) -> str:
        return same(self.values["numero_dossier"])

    @property
    def is_child(self) -> bool:
        return self.values["personne"] == "enfant"


@dataclass
class Base:
    """What was read: lines in their order, and the faults, by line number."""

    lines: list[Line] = field(default_factory=list)
    faults: dict[int, str] = field(default_factory=dict)


def read_base(text: str, schools: Mapping[str, str], today: str) -> Base:
    """The lines of a file. `schools`: code → name of every school of the town.

    Raises:
        BaseUnreadable: no header, a column is missing or unknown, too many lines.
    """
    text = text.removeprefix("\ufeff")
    header = text.partition("\n")[0]
    rows = csv.reader(io.StringIO(text), delimiter=";" if header.count(";") >= header.count(",") else ",")
    columns = [re.sub(r"[^a-z_]", "", _bare(name)) for name in next(rows, [])]
    missing = [name for name in NEEDED if name not in columns]
    if missing:
        raise BaseUnreadable(f"Il manque la colonne {', '.join(missing)} dans la première ligne.")
    unknown = [name for name in columns if name not in NEEDED + OPTIONAL]
    if unknown:
        raise BaseUnreadable(f"La colonne {unknown[0] or 'sans nom'} n’est pas connue.")
    base = Base()
    codes = {same(word): code for code, name in schools.items() for word in (code, name)}
    for cells in rows:
        if not any(cell.strip() for cell in cells):
            continue
        if len(base.lines) + len(base.faults) >= MOST_LINES:
            raise BaseUnreadable(f"Le fichier dépasse {MOST_LINES} lignes : partagez-le.")
        _read(base, rows.line_num, columns, cells, codes, today)
    _agree(base)
    return base


def _bare(name: str) -> str:
    return name.strip().lower().replace(" ", "_").translate(str.maketrans("éèêàçô", "eeeaco"))


def _read(base: Base, number: int, columns: list[str], cells: list[str], schools: Mapping[str, str], today: str) -> None:
    if len(cells) > len(columns):
        base.faults[number] = "Il y a plus de cases que de colonnes : un séparateur de trop ?"
        return
    values = dict.fromkeys(NEEDED + OPTIONAL, "") | {name: " ".join(cell.split()) for name, cell in zip(columns, cells, strict=False)}
    values["personne"] = {"adulte": "adulte", "parent": "adulte", "enfant": "enfant"}.get(values["personne"].lower(), "?")
    values["classe"] = values["classe"].upper()
    fault = _fault(values, schools, today)
    if fault:
        base.faults[number] = fault
        return
    values["ecole"] = schools.get(same(values["ecole"]), "")
    values["naissance"] = iso_day(values["naissance"]) or ""
    base.lines.append(Line(number, values))


def _fault(values: Mapping[str, str], schools: Collection[str], today: str) -> str | None:
    for name in NEEDED:
        if not values[name]:
            return f"La case {name} est vide."
    for name, most in _LONGEST.items():
        if len(values[name]) > most or _UNSAYABLE.search(values[name]):
            return f"La case {name} est trop longue ou contient un signe interdit."
    if not same(values["numero_dossier"]) or not same(values["nom_dossier"]):
        return "Le numéro et le nom du dossier doivent contenir des lettres ou des chiffres."
    if values["personne"] == "?":
        return "La case personne doit dire adulte ou enfant."
    if values["resident"].lower() not in ("", "oui", "non"):
        return "La case resident doit dire oui ou non."
    return _fault_of_child(values, schools, today) if values["personne"] == "enfant" else None


def _fault_of_child(values: Mapping[str, str], schools: Collection[str], today: str) -> str | None:
    born = iso_day(values["naissance"])
    if born is None:
        return "La date de naissance d’un enfant s’écrit 03/06/2023 ou 2023-06-03."
    if not "1990-01-01" < born <= today:
        return "Cette date de naissance ne peut pas être celle d’un enfant."
    if values["classe"] not in GRADES:
        return f"La classe doit être l’une de {', '.join(GRADES)}."
    if same(values["ecole"]) not in schools:
        return "Cette école n’est pas connue : donnez son code ou son nom exact."
    return None


def iso_day(text: str) -> str | None:
    """``03/06/2023`` or ``2023-06-03`` → ``2023-06-03``; None when there is no such day."""
    found = re.fullmatch(r"(\d{2})/(\d{2})/(\d{4})", text)
    if found:
        text = f"{found[3]}-{found[2]}-{found[1]}"
    try:
        return date.fromisoformat(text).isoformat() if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text) else None
    except ValueError:
        return None


def _agree(base: Base) -> None:
    """Lines of one dossier must say the same of the dossier; one child is named once in it."""
    seen: dict[tuple[str, str], tuple[int, str]] = {}
    for line in base.lines:
        for name in ("nom_dossier", "resident", "adresse"):
            said = same(line.values[name])
            first = seen.setdefault((line.dossier, name), (line.number, said)) if said else None
            if first and first[1] != said:
                base.faults[line.number] = f"{name} n’est pas le même qu’à la ligne {first[0]} pour ce dossier."
        person = f"{line.values['personne']} {same(line.values['nom'] + line.values['prenom'])} {line.values['naissance']}"
        earlier = seen.setdefault((line.dossier, person), (line.number, ""))
        if earlier[0] != line.number:
            base.faults[line.number] = f"Cette personne est déjà à la ligne {earlier[0]}."
    base.lines = [line for line in base.lines if line.number not in base.faults]
