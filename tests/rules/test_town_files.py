"""A town's files: what cannot be true is refused, with the file and the key."""

import re
import shutil
from pathlib import Path

import pytest

from server.towns.cast import load_cast
from server.towns.loader import load_town
from server.towns.reading import TownError, folder_of, load_identity

SOURCE = folder_of("vigneux")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A town of one's own, to spoil."""
    return Path(shutil.copytree(SOURCE, tmp_path / "ma ville"))


def spoil(folder: Path, file: str, before: str, after: str) -> None:
    text = (folder / file).read_text()
    assert before in text
    (folder / file).write_text(text.replace(before, after, 1))


def refusal(folder: Path) -> str:
    with pytest.raises(TownError) as refused:
        load_town(str(folder))
    return str(refused.value)


def test_a_sound_folder_anywhere_is_read(folder: Path) -> None:
    assert load_town(str(folder)).identity.name == "Vigneux-sur-Seine"


def test_a_town_that_is_not_there() -> None:
    with pytest.raises(TownError, match="nulle-part: no such town"):
        load_town("nulle-part")


def test_a_missing_file(folder: Path) -> None:
    (folder / "tariffs.toml").unlink()
    assert refusal(folder) == "tariffs.toml: the file is missing"


@pytest.mark.parametrize("content", [b"= nothing", b"\xff\xfe\x00"])
def test_a_file_that_is_no_toml(folder: Path, content: bytes) -> None:
    (folder / "news.toml").write_bytes(content)
    assert refusal(folder).startswith("news.toml: not readable as TOML")


@pytest.mark.parametrize(
    ("file", "before", "after", "sentence"),
    [
        ("town.toml", 'brand = "#0b4f6c"', 'brand = "blue"', r"town.toml, colours.brand: .*regex"),
        ("town.toml", 'crest = "VS"\n', "", r"town.toml, top level: .*`crest`"),
        ("town.toml", 'short = "Vigneux"', 'shrt = "Vigneux"', r"town.toml, top level: .*(`shrt`|`short`)"),
        (
            "town.toml",
            "Europe/Paris",
            "Europe/Vigneux",
            "town.toml, time_zone: no time zone is called “Europe/Vigneux”",
        ),
        ("town.toml", "2026-09-01", "2026-09-31", "town.toml, year.starts_on: no such day as “2026-09-31”"),
        ("town.toml", "2027-08-31", "2026-08-31", "town.toml, year.ends_on: a school year lasts up to one year"),
        ("town.toml", "year = 2026", "year = 2031", "town.toml, year.year: not the year it begins in"),
        (
            "town.toml",
            'to = "2027-05-07"',
            'to = "2027-05-06"',
            r"town.toml, year.periods\[0\].to: before the period begins",
        ),
        (
            "town.toml",
            'from = "2027-05-07"\nto = "2027-05-07"',
            'from = "2027-05-10"\nto = "2027-05-10"',
            "must be a bridge",
        ),
        ("services.toml", 'code = "mairie"', 'code = "regie"', r"services.toml, services\[7\]: “regie” is there twice"),
        (
            "services.toml",
            'centre = "centre-lac"',
            'centre = "lac"',
            r"services.toml, places\[1\].centre: “lac” is unknown",
        ),
        ("services.toml", 'grades = ["CP", "CE1", "CE2", "CM1", "CM2"]', "grades = []", "grades: a school has grades"),
        ("activities.toml", 'service = "emap"', 'service = "musee"', r"activities\[6\].service: “musee” is unknown"),
        ("activities.toml", "{ pasteur = 260,", "{ pasteur = 0,", r"activities.toml, pools\[0\].capacity"),
        ("activities.toml", "{ pasteur = 260,", "{", r"units\[0\].pools: pool “matin” has no capacity at “pasteur”"),
        ("activities.toml", "{ pasteur = 260,", "{ pasteurs = 260,", r"pools\[0\].capacity: “pasteurs” is unknown"),
        ("activities.toml", 'starts = "07:00"', 'starts = "7:00"', r"activities.toml, units\[0\].starts"),
        ("activities.toml", 'ends = "08:20"', 'ends = "06:20"', r"units\[0\].ends: before the unit begins"),
        (
            "activities.toml",
            'deadline = "periscolaire"\n',
            "",
            r"units\[0\].deadline: what can be booked has a deadline",
        ),
        (
            "activities.toml",
            'deadline = "mercredi"\n',
            'deadline = "jeudi"\n',
            r"units\[4\].deadline: “jeudi” is unknown",
        ),
        ("activities.toml", "bookable = false\n", "", r"units\[1\].deadline: what can be booked has a deadline"),
        (
            "activities.toml",
            'tariff = "restauration"',
            'deadline = "mercredi"\ntariff = "restauration"',
            "has no deadline",
        ),
        (
            "activities.toml",
            'excludes = ["mercredi-apres-midi"]',
            'excludes = ["matin"]',
            "“matin” is not at the same places",
        ),
        (
            "activities.toml",
            'days = 2, at = "12:00", count',
            'weeks = 2, at = "12:00", count',
            r"deadlines\[0\].add: aucune règle ne s’écrit ainsi",
        ),
        (
            "activities.toml",
            '{ weekday = "wed", weeks = 1',
            '{ weekday = "fri", weeks = 0',
            r"“mercredi”, remove : la limite tombe après le début de l’accueil \(le \d",
        ),
        ("tariffs.toml", "lower = 0", "lower = 5", r"tariffs.toml, brackets\[0\].lower: the first one begins at 0"),
        (
            "tariffs.toml",
            "lower = 501",
            "lower = 300",
            r"tariffs.toml, brackets\[2\].lower: brackets follow each other upwards",
        ),
        (
            "tariffs.toml",
            "[45, 70, 95, 130, 160, 185]",
            "[45, 70, 95]",
            r"cents.accueil-matin: 3 amounts for 6 brackets",
        ),
        ("tariffs.toml", "[45, 70, 95,", "[45, 700, 95,", "cents.accueil-matin: a higher quotient never pays less"),
        ("tariffs.toml", "[45, 70, 95,", "[-45, 70, 95,", r"tariffs.toml, decisions\[0\].cents"),
        ("tariffs.toml", "[45, 70, 95,", "[45.5, 70, 95,", r"tariffs.toml, decisions\[0\].cents"),
        (
            "tariffs.toml",
            "accueil-matin = [45, 70, 100, 135, 165, 190]\n",
            "",
            r"decisions\[1\].outside: not the same codes",
        ),
        (
            "tariffs.toml",
            'until = "2026-08-31"',
            'until = "2026-09-15"',
            r"decisions\[1\].since: decisions follow each other",
        ),
        ("tariffs.toml", 'until = "2026-08-31"', 'until = "2023-08-31"', r"decisions\[0\].until: before it begins"),
        (
            "news.toml",
            'id = "sans-reseau"',
            'id = "quotient-familial"',
            r"news.toml, news\[2\]: “quotient-familial” is there twice",
        ),
    ],
)
def test_a_file_that_cannot_be_true(folder: Path, file: str, before: str, after: str, sentence: str) -> None:
    spoil(folder, file, before, after)
    assert re.search(sentence, refusal(folder)), refusal(folder)


def test_a_price_that_a_unit_needs_must_be_decided(folder: Path) -> None:
    for amounts in ("atelier = [255, 360, 490, 615, 735, 820]\n", "atelier = 1275\n"):
        spoil(folder, "tariffs.toml", amounts, "")
    assert refusal(folder) == "tariffs.toml, decisions[1].cents: no amount for “atelier”, which a unit asks for"


def test_a_unit_that_never_opens(folder: Path) -> None:
    # The year ends on the Tuesday of the autumn holidays: their only week-days are a Monday and a Tuesday.
    spoil(folder, "town.toml", "2027-08-31", "2026-10-20")
    fridays = 'during = "holidays"\ndays = ["fri"]'
    spoil(folder, "activities.toml", 'during = "holidays"\ndays = ["mon", "tue", "wed", "thu", "fri"]', fridays)
    expected = "activities.toml, units[7].days: “centre-pasteur-vacances-journee” never opens in the school year"
    assert refusal(folder) == expected


def test_units_at_the_same_hours_exclude_each_other_without_being_told() -> None:
    units = {unit.id: unit for unit in load_town("vigneux").units}
    assert units["pasteur-etude"].excludes == ("pasteur-soir",)
    assert units["pasteur-soir"].excludes == ("pasteur-etude",)
    assert "centre-pasteur-mercredi-apres-midi" in units["centre-pasteur-mercredi-matin-repas"].excludes
    assert "centre-pasteur-mercredi-journee" in units["emap-atelier"].excludes
    assert units["pasteur-matin"].excludes == ()
    for unit in units.values():
        assert all(unit.id in units[other].excludes for other in unit.excludes)


def test_the_formulas_of_wednesday_share_their_places() -> None:
    units = {unit.id: unit for unit in load_town("vigneux").units}
    day, morning = units["centre-lac-mercredi-journee"], units["centre-lac-mercredi-matin-repas"]
    assert set(morning.pools) < set(day.pools)
    assert set(units["centre-lac-mercredi-apres-midi"].pools) < set(day.pools)


def test_the_identity_alone_is_checked_too(folder: Path) -> None:
    spoil(folder, "town.toml", 'time_zone = "Europe/Paris"', 'time_zone = "../../etc/passwd"')
    with pytest.raises(TownError, match=r"town\.toml, time_zone"):
        load_identity(str(folder))


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        ('school = "pasteur"', 'school = "hugo"', "cast.toml, children[0].school: “hugo” is unknown"),
        ('service = "regie"', 'service = "caisse"', "cast.toml, agents[1].service: “caisse” is unknown"),
        ('children = ["noe"]', 'children = ["zoe"]', "cast.toml, families[1].children: “zoe” is unknown"),
        ("capacity = 2", "capacity = 1", "cast.toml, shortages[0].booked: more children than places"),
    ],
)
def test_a_cast_that_cannot_be_true_is_refused(before: str, after: str, sentence: str, folder: Path) -> None:
    spoil(folder, "cast.toml", before, after)
    with pytest.raises(TownError) as refused:
        load_cast(load_town(str(folder)))
    assert str(refused.value).startswith(sentence)
