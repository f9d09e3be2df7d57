"""PES V2 Recette « ORMC »: late invoices as revenue orders for the Treasury. Not validated: its schema is not published with us.

Structure and keys as public implementations of the format write them. A first file goes through the Treasury's own test.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from lxml import etree

SPACE = "http://www.minefi.gouv.fr/cp/helios/pes_v2/Rev0/aller"
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXY"
COLLECTIVE, ORDINARY, CHILD_CARE = "06", "15", "588"


@dataclass(frozen=True)
class Town:
    """The town's names at the Treasury: SIRET, code of the collectivity (3 digits), of the budget, of the accountant's office."""

    name: str
    siret: str
    collectivity: str
    budget: str
    office: str


@dataclass(frozen=True)
class Debt:
    """One invoice to be collected. ``number``: of the debt, at most 13 digits; ``period``: its month, 1 to 12."""

    number: int
    invoice: str
    period: int
    cents: int
    subject: str
    last_name: str
    first_name: str
    street: str
    postcode: str
    place: str


def plain(text: str, most: int) -> str:
    """Capitals without accents, as the format wants labels."""
    flat = unicodedata.normalize("NFKD", text.replace("’", "'")).encode("ascii", "ignore").decode()
    return " ".join("".join(sign if sign.isalnum() or sign in " '-./" else " " for sign in flat.upper()).split())[:most]


def first_key(collectivity: str, slip: str, year: int, period: int, debt: int) -> int:
    """Modulo 11, weights 2 to 7 from the right; above 9: 1. The period is one digit, as the format has it."""
    digits = f"{collectivity}{slip}{year % 100:02d}{period % 10}{debt:013d}"
    total = sum(int(digit) * (2 + at % 6) for at, digit in enumerate(reversed(digits)))
    key = 11 - total % 11
    return key if key <= 9 else 1


def second_key(year: int, period: int, debt: int) -> str:
    return LETTERS[int(f"{year % 100:02d}{period % 10}00{debt:013d}") % 23]


def orders(town: Town, year: int, slip: int, today: str, debts: Sequence[Debt]) -> bytes:
    """The file of one slip (« bordereau »), in ISO-8859-1; amounts in euros with two decimals."""
    root = etree.Element(f"{{{SPACE}}}PES_Aller", nsmap={"n": SPACE})
    _tree(root, {
        "Enveloppe": {
            "Parametres": {"Version": "2", "TypFic": "PESORMC", "NomFic": f"PESORMC{today.replace('-', '')}{slip:07d}"},
            "Emetteur": {"Sigle": plain(town.name, 38), "Adresse": plain(town.name, 38)},
        },
        "EnTetePES": {
            "DteStr": today, "IdPost": town.office, "IdColl": town.siret, "CodCol": town.collectivity, "CodBud": town.budget,
        },
    })  # fmt: skip
    side = etree.SubElement(root, "PES_RecetteAller")
    _tree(side, {"EnTeteRecette": {"IdVer": "2", "InfoDematerialisee": "0"}})
    bordereau = etree.SubElement(side, "Bordereau")
    _tree(bordereau, {"BlocBordereau": {
        "Exer": str(year), "IdBord": f"{slip:07d}", "DteBordEm": today, "TypBord": COLLECTIVE, "NbrPce": str(len(debts)),
        "MtBordHt": _euros(sum(one.cents for one in debts)), "DteAsp": today, "Objet": "PRESTATIONS PERISCOLAIRES",
    }})  # fmt: skip
    for rank, one in enumerate(debts, 1):
        _tree(etree.SubElement(bordereau, "Piece"), _piece(town, year, f"{slip:07d}", rank, one))
    made = etree.tostring(root, encoding="ISO-8859-1", xml_declaration=True, pretty_print=True)
    assert isinstance(made, bytes)
    return made


def _piece(town: Town, year: int, slip: str, rank: int, one: Debt) -> dict[str, Any]:
    return {
        "BlocPiece": {
            "IdPce": str(rank), "TypPce": ORDINARY, "NatPce": "01", "ObjPce": plain(one.subject, 160), "NumDette": str(one.number),
            "Per": str(one.period % 10), "Cle1": str(first_key(town.collectivity, slip, year, one.period, one.number)),
            "Cle2": second_key(year, one.period, one.number), "NumeroFacture": one.invoice[:20],
        },
        "LigneDePiece": {
            "BlocLignePiece": {"InfoLignePiece": {
                "IdLigne": "1", "ObjLignePce": plain(one.subject, 160), "CodProdLoc": "0001", "Nature": CHILD_CARE, "Majo": "0",
                "TvaIntraCom": "0", "MtHT": _euros(one.cents),
            }},
            "Tiers": {
                "InfoTiers": {
                    "CatTiers": "01", "NatJur": "01", "TypTiers": "01", "Nom": plain(one.last_name, 38),
                    "Prenom": plain(one.first_name, 38),
                },
                "Adresse": {
                    "TypAdr": "1", "Adr2": plain(one.street, 38), "CP": one.postcode, "Ville": plain(one.place, 38), "CodRes": "0",
                },
            },
        },
    }  # fmt: skip


def _tree(parent: Any, parts: dict[str, Any]) -> None:
    """Every leaf is an element whose value stands in the attribute V."""
    for name, value in parts.items():
        child = etree.SubElement(parent, name)
        if isinstance(value, dict):
            _tree(child, value)
        else:
            child.set("V", value)


def _euros(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"
