"""Rules of real towns, written as data, give the instants that a person works out from their regulations."""

import shutil
import tomllib
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from server.activities.rules import Calendar, Limits, RulePair, Terms, fault_in, instant, limits, terms_of
from server.activities.texts import terms_sentence
from server.towns.loader import load_town
from server.towns.reading import folder_of

PARIS = ZoneInfo("Europe/Paris")
FILE = Path(__file__).parent / "real_towns" / "towns.toml"
TOWNS: dict[str, dict[str, Any]] = tomllib.loads(FILE.read_text())
PAIRS = {(town, one["code"]): msgspec.convert(one, RulePair) for town, said in TOWNS.items() for one in said["deadlines"]}
WORKED = [(town, *row) for town, said in TOWNS.items() for row in said["worked"]]


@pytest.fixture(scope="module")
def calendar() -> Calendar:
    return load_town("vigneux").calendar


def instant_of(local: str) -> int:
    day, _, at = local.partition("T")
    return instant(date.fromisoformat(day), at, PARIS)


def terms(town: str, code: str) -> Terms:
    return terms_of(PAIRS[town, code])


@pytest.mark.parametrize(("town", "code", "act", "day", "starts", "expected"), WORKED)
def test_a_worked_value(calendar: Calendar, town: str, code: str, act: str, day: str, starts: str, expected: str) -> None:
    found: Limits = limits(terms(town, code), date.fromisoformat(day), starts, calendar, PARIS)
    at = getattr(found, act)
    shown = datetime.fromtimestamp(at / 1000, PARIS).isoformat(timespec="minutes")
    assert at == instant_of(expected), f"{shown}, expected {expected}"


@pytest.mark.parametrize(("town", "code"), PAIRS)
def test_every_rule_has_worked_values_and_a_sentence(town: str, code: str) -> None:
    assert [row for row in WORKED if row[:2] == (town, code)]
    said = terms_sentence(terms(town, code))
    assert said.endswith(".")
    assert "  " not in said
    assert "None" not in said


SENTENCES = {
    ("cruas", "mercredi"): "Réserver ou annuler : jusqu’au jeudi de la semaine précédente, à 12 h.",
    ("eragny", "vacances"): "Réserver ou annuler : jusqu’à 15 jours francs avant, à minuit (comptés depuis le premier jour des"
    " vacances). À régler en totalité avant la limite.",
    ("vailhauques", "semaine"): "Réserver ou annuler : pour le lundi et le mardi jusqu’au vendredi précédent, à 9 h (ou le jour"
    " ouvré précédent, si ce jour est férié ou chômé) ; pour le jeudi et le vendredi jusqu’au mardi précédent, à 9 h (ou le jour"
    " ouvré précédent, si ce jour est férié ou chômé). Réserver plus tard : accepté jusqu’au début, 50 % de majoration.",
    ("ailleurs", "six-semaines"): "Ouverture des réservations : 6 semaines avant, à 0 h (comptés depuis le premier jour des"
    " vacances). Réserver ou annuler : jusqu’à 3 semaines avant, à minuit (comptés depuis le premier jour des vacances).",
    ("ailleurs", "matin-meme"): "Réserver ou annuler : jusqu’au jour même, à 8 h 30. Réserver plus tard : en liste d’attente"
    " jusqu’à 1 heure 30 minutes avant.",
    ("d-usage", "mercredi-ou-mardi"): "Réserver ou annuler : jusqu’au mercredi de la semaine précédente, à 12 h (ou le jour ouvré"
    " précédent, si ce jour est férié ou chômé).",
    ("d-usage", "vacances-sans-we"): "Réserver ou annuler : jusqu’à 15 jours, week-end exclu, avant, à minuit (comptés depuis le"
    " premier jour des vacances).",
    ("d-usage", "dernier-ouvre"): "Réserver ou annuler : jusqu’au dernier jour ouvré du mois précédent, à 17 h.",
    ("d-usage", "veille-9h"): "Réserver : pour le lundi jusqu’au vendredi précédent, à 9 h ; les autres jours jusqu’à 1 jour avant,"
    " à 9 h. Annuler : jusqu’à 1 jour, week-end exclu, avant, à 9 h.",
    ("d-usage", "jeudi-d-ecole"): "Réserver ou annuler : jusqu’au jeudi de la semaine précédente, à 12 h (ou le même jour d’une"
    " semaine précédente, s’il tombe en dehors des jours d’école).",
    ("d-usage", "deux-mois"): "Ouverture des réservations : 2 mois avant, jour pour jour, à 0 h. Réserver ou annuler : jusqu’à 2 jours"
    " avant, à 12 h.",
}  # fmt: skip


@pytest.mark.parametrize("key", SENTENCES)
def test_what_parents_read(key: tuple[str, str]) -> None:
    assert terms_sentence(terms(*key)).replace("\u00a0", " ") == SENTENCES[key]


def test_a_town_reads_any_of_these_rules_in_its_file(tmp_path: Path) -> None:
    """Each town's week-day rules, one after the other, as the rules of the demo town's own units."""
    folder = Path(shutil.copytree(folder_of("vigneux"), tmp_path / "ville"))
    text = (folder / "activities.toml").read_text()
    source = FILE.read_text()
    for town in ("cruas", "eragny", "veyras", "vailhauques"):
        blocks = source[source.index(f"[[{town}.deadlines]]") :].split("\n\n")[0]
        text += "\n" + blocks.replace(f"{town}.deadlines", "deadlines").replace('code = "', f'code = "{town}-') + "\n"
    for unit, deadline in {
        "matin": "cruas-matin-soir", "mercredi-journee": "cruas-mercredi", "mercredi-matin-repas": "veyras-cantine",
        "soir": "eragny-periscolaire", "vacances-journee": "eragny-vacances", "etude": "vailhauques-semaine",
    }.items():  # fmt: skip
        start = text.index(f'[[units]]\ncode = "{unit}"')
        at = text.index("deadline = ", start)
        text = f'{text[:at]}deadline = "{deadline}"{text[text.index(chr(10), at) :]}'
    (folder / "activities.toml").write_text(text)
    town = load_town(str(folder))
    rules = {unit.written.code: unit.rule.replace("\u00a0", " ") for unit in town.units}
    assert rules["mercredi-journee"] == SENTENCES["cruas", "mercredi"]
    assert rules["vacances-journee"] == SENTENCES["eragny", "vacances"]
    assert rules["etude"] == SENTENCES["vailhauques", "semaine"]


@pytest.mark.parametrize(("town", "code"), PAIRS)
def test_every_rule_can_be_true_on_the_days_it_is_written_for(calendar: Calendar, town: str, code: str) -> None:
    days = [date.fromisoformat(row[3]) for row in WORKED if row[:2] == (town, code)]
    starts = max(row[4] for row in WORKED if row[:2] == (town, code))
    assert fault_in(terms(town, code), sorted(days), starts, calendar, PARIS) is None
    assert all(day < date(2027, 9, 1) and day + timedelta(1) > date(2026, 9, 1) for day in days)
