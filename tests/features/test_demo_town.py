"""The demo town keeps the promises of the real one: places, prices, rows, and who sees what."""

import json
from collections import Counter
from collections.abc import AsyncIterator
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from server.activities.rules import FULL, level
from server.activities.service import catalog_rows, opening_month, openings_rows
from server.database import Database
from server.database.migrating import migrate
from server.news.service import news_rows, public_news
from server.tariffs.service import households, unit_price, unit_tariffs
from server.towns import demo
from server.towns.loader import load_town

PARIS = ZoneInfo("Europe/Paris")
NOW = int(datetime(2026, 11, 23, 8, 0, tzinfo=PARIS).timestamp() * 1000)
BOOKED = ("booked", "to_confirm")
INVENTED = 40


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("towns")


@pytest.fixture
async def town(folder: Path) -> AsyncIterator[Database]:
    """The cast and some invented families, made once; nobody writes to it here."""
    async for database in _made(folder / "demo.db"):
        yield database


async def _made(file: Path) -> AsyncIterator[Database]:
    database = await Database(f"sqlite:///{file}").open()
    await migrate(database)
    if not await database.all("SELECT id FROM account LIMIT 1"):
        await demo.build(database, load_town("vigneux"), families=INVENTED, now_ms=NOW)
    yield database
    await database.close()


async def rows_of(database: Database, scope: str, kind: str = "") -> dict[str, Any]:
    found = await database.all("SELECT key, body FROM sync_row WHERE scope = ? ORDER BY seq", scope)
    return {row["key"]: json.loads(row["body"]) for row in found if row["key"].startswith(kind)}


async def test_no_pool_holds_more_than_its_places_and_each_place_is_a_booking(town: Database) -> None:
    counted: Counter[str] = Counter()
    for row in await town.all(
        "SELECT o.pools FROM booking b JOIN opening o ON o.id = b.opening_id WHERE b.state IN (?, ?)", *BOOKED
    ):
        counted.update(json.loads(row["pools"]))
    pools = await town.all("SELECT * FROM place_pool")
    assert {pool["id"]: pool["taken"] for pool in pools if pool["taken"]} == dict(counted)
    assert [pool["id"] for pool in pools if pool["capacity"] is not None and pool["taken"] > pool["capacity"]] == []
    assert [pool["id"] for pool in pools if pool["level"] != level(pool["capacity"], pool["taken"])] == []


async def test_nobody_is_in_two_places_at_once(town: Database) -> None:
    excludes = {row["id"]: set(json.loads(row["excludes"])) for row in await town.all("SELECT id, excludes FROM unit")}
    days: dict[tuple[str, str], list[str]] = {}
    for row in await town.all("SELECT child_id, date, opening_id FROM booking WHERE active IS NOT NULL"):
        days.setdefault((row["child_id"], row["date"]), []).append(row["opening_id"].rpartition(":")[0])
    for units in days.values():
        assert len(set(units)) == len(units)
        assert not any(excludes[unit] & set(units) for unit in units)


async def test_every_booking_is_for_an_enrolled_child_at_the_price_of_the_family_that_pays(town: Database) -> None:
    homes = await households(town, [row["id"] for row in await town.all("SELECT id FROM family")], "2026-11-23")
    tariffs = await unit_tariffs(town, "2026-11-23")
    enrolled = {
        (row["child_id"], unit)
        for row in await town.all("SELECT * FROM enrolment")
        for unit in json.loads(row["units"])
    }
    bookings = await town.all("SELECT * FROM booking")
    assert len(bookings) > 1000
    for booking in bookings:
        unit = booking["opening_id"].rpartition(":")[0]
        assert (booking["child_id"], unit) in enrolled
        assert booking["cents"] == tariffs[unit].price(homes[booking["family_id"]], booking["child_id"]).cents
        assert booking["requested_at"] < NOW


async def test_every_enrolment_has_a_price_and_its_reason(town: Database) -> None:
    for family in await town.all("SELECT id FROM family"):
        rows = await rows_of(town, f"f:{family['id']}", "enrol/")
        assert rows
        for row in rows.values():
            assert set(row) == {"child", "activity", "since", "until", "units"}
            for unit in row["units"].values():
                assert unit["cents"] >= 0
                assert unit["why"]["kind"] in {"bracket", "effort", "highest", "non_resident"}
                assert "inventée" in unit["why"]["decision"]


async def test_the_price_is_that_of_the_decision_in_force_on_the_day(town: Database) -> None:
    now = await unit_price(town, "pasteur-matin", "fam_benali", "chd_lea", "2026-11-23")
    assert now is not None
    assert (now.cents, now.version) == (100, 2)
    before = await unit_price(town, "pasteur-matin", "fam_benali", "chd_lea", "2026-05-04")
    assert before is not None
    assert (before.cents, before.version) == (95, 1)
    assert await unit_price(town, "pasteur-matin", "fam_benali", "chd_lea", "2010-01-01") is None
    assert await unit_price(town, "nowhere", "fam_benali", "chd_lea", "2026-11-23") is None


async def test_nadias_dossier(town: Database) -> None:
    rows = await rows_of(town, "f:fam_benali")
    assert rows["family/fam_benali"]["quotient"] == {"value": 642, "source": "CAF", "read_on": "2026-09-03"}
    assert {row["first_name"]: row["grade"] for key, row in rows.items() if key.startswith("child/")} == {
        "Léa": "CE1",
        "Noé": "PS",
    }
    bookings = [row for key, row in rows.items() if key.startswith("resa/")]
    days = {row["date"] for row in bookings}
    assert min(days) < "2026-11-23"
    assert max(days) > "2026-12-20"
    assert [row["rank"] for row in bookings if row["state"] == "waiting"] == [2]
    assert {row["mine"] for row in bookings} == {True, False}
    assert all("cents" not in row and "asked_at" not in row for row in bookings if not row["mine"])


async def test_a_year_of_invoices_whose_last_one_is_due(town: Database) -> None:
    rows = list((await rows_of(town, "f:fam_benali", "invoice/")).values())
    assert [row["period"] for row in rows] == [
        "2025-12", "2026-01", "2026-02", "2026-03", "2026-04", "2026-05",
        "2026-06", "2026-07", "2026-08", "2026-09", "2026-10",
    ]  # fmt: skip
    assert [row["paid_cents"] == row["total_cents"] for row in rows] == [True] * 10 + [False]
    assert rows[-1]["paid_on"] is None
    assert rows[-1]["due_on"] >= "2026-11-23"
    for row in rows:
        assert row["total_cents"] == sum(line["amount_cents"] for line in row["lines"]) > 0
        assert all(line["amount_cents"] == line["quantity"] * line["unit_cents"] for line in row["lines"])


async def test_last_months_invoice_counts_the_days_that_were_booked(town: Database) -> None:
    counted = Counter(
        (row["child_id"], row["unit"])
        for row in await town.all(
            "SELECT b.child_id, o.unit_id AS unit FROM booking b JOIN opening o ON o.id = b.opening_id"
            " WHERE b.family_id = 'fam_benali' AND b.date LIKE '2026-10-%'"
        )
    )
    lines = (await rows_of(town, "f:fam_benali", "invoice/"))["invoice/inv_benali_2026-10"]["lines"]
    billed = [line["quantity"] for line in lines if not line["label"].startswith("Restauration")]
    assert sorted(billed) == sorted(counted.values())


async def test_some_session_is_full_and_can_still_be_asked_for(town: Database) -> None:
    rows = await rows_of(town, "t:openings:2026:gymnase", "open/gymnase-stage/2026-12")
    add_until, remove_until, fullness = rows["open/gymnase-stage/2026-12"]["days"]["21"]
    assert fullness == FULL
    assert add_until * 1000 > NOW
    assert remove_until < add_until


async def test_meals_are_shown_and_never_booked(town: Database) -> None:
    catalog = await catalog_rows(town, 2026)
    assert catalog["activity/restauration"]["bookable"] is False
    row = (await openings_rows(town, 2026, "pasteur"))["open/pasteur-repas/2026-11"]
    assert row["days"]["23"] == [0, 0, 0]
    meals = (
        "SELECT COUNT(*) AS n FROM booking WHERE opening_id LIKE '%-repas:%' AND opening_id NOT LIKE '%matin-repas%'"
    )
    assert (await town.all(meals))[0]["n"] == 0


async def test_the_catalogue_says_what_the_contract_says(town: Database) -> None:
    fields = {
        "service": {"name", "address", "phones", "hours", "position"},
        "place": {"name", "kind", "address"},
        "activity": {"name", "service", "category", "bookable", "text", "position"},
        "unit": {"activity", "place", "name", "starts", "ends", "rule", "excludes", "position"},
        "calendar": {"kind", "name", "from", "to"},
        "price": {
            "activity", "activity_name", "category", "name", "units", "days", "holidays", "position", "tariff", "version", "since",
            "until", "decision", "per", "ranks", "children", "traits", "rounding", "supplements", "lines",
        },
    }  # fmt: skip
    rows = await rows_of(town, "t:catalog:2026")
    assert {key.split("/")[0] for key in rows} == set(fields)
    assert all(set(body) == fields[key.split("/")[0]] for key, body in rows.items())
    assert rows["service/regie"]["phones"] == [["Régie", "01 69 83 48 22"]]
    assert rows["unit/pasteur-etude"]["excludes"] == ["pasteur-soir"]


async def test_openings_are_compact_and_one_month_can_be_published_again(town: Database) -> None:
    rows = await openings_rows(town, 2026, "pasteur")
    assert rows == await rows_of(town, "t:openings:2026:pasteur")
    # Tuesday 24 November: two open days before is Friday the 20th at noon in Paris.
    limit = int(datetime(2026, 11, 20, 12, 0, tzinfo=PARIS).timestamp())
    assert rows["open/pasteur-matin/2026-11"]["days"]["24"] == [limit, limit, 0]
    again = await opening_month(town, "pasteur-matin", "2026-11")
    assert again == {"open/pasteur-matin/2026-11": rows["open/pasteur-matin/2026-11"]}
    assert "2027-05" in {row["month"] for row in rows.values()}
    assert not {"06", "07"} & set(rows["open/pasteur-matin/2027-05"]["days"])  # Ascension and its bridge


async def test_a_foreign_family_shares_nothing(town: Database) -> None:
    nadia, paul, aminata = [
        {row["scope"] for row in await town.all("SELECT scope FROM sync_grant WHERE account = ?", f"acc_{name}")}
        for name in ("nadia", "paul", "aminata")
    ]
    private = {scope for scope in nadia | paul if not scope.startswith("t:")}
    assert private == {"a:acc_nadia", "f:fam_benali", "a:acc_paul", "f:fam_martin"}
    assert aminata & private == set()
    assert "f:fam_diallo" not in nadia | paul
    for name in ("Benali", "Noé", "Léa", "104217"):
        assert name not in json.dumps(await rows_of(town, "f:fam_diallo"), ensure_ascii=False)


async def test_noes_parents_see_his_days_and_nothing_of_each_other(town: Database) -> None:
    benali, martin = await rows_of(town, "f:fam_benali"), await rows_of(town, "f:fam_martin")
    shared = {key for key in benali if key.startswith("resa/")} & {key for key in martin if key.startswith("resa/")}
    assert shared
    assert all(benali[key]["mine"] != martin[key]["mine"] for key in shared)
    assert {body["child"] for key, body in martin.items() if key.startswith("resa/")} == {"chd_noe"}
    assert "642" not in json.dumps(martin)
    assert "1185" not in json.dumps(benali)


async def test_a_family_copies_the_openings_of_the_places_where_its_children_go(town: Database) -> None:
    martin, benali = [
        {
            row["scope"].removeprefix("t:openings:2026:")
            for row in await town.all("SELECT scope FROM sync_grant WHERE account = ?", account)
            if row["scope"].startswith("t:openings:")
        }
        for account in ("acc_paul", "acc_nadia")
    ]
    assert martin == {"centre-pasteur", "pasteur"}
    assert benali == {"centre-pasteur", "emap", "gymnase", "pasteur"}


async def test_the_news_are_the_same_for_everybody_pinned_first(town: Database) -> None:
    public = await public_news(town, PARIS)
    assert [item["pinned"] for item in public] == [True, False, False, False, False]
    assert [item["at"] for item in public[1:]] == sorted((item["at"] for item in public[1:]), reverse=True)
    assert public[0]["at"] == "2026-11-22T09:00:00+01:00"
    rows = await news_rows(town, PARIS)
    assert {key: {**body, "id": key.removeprefix("news/")} for key, body in rows.items()} == {
        f"news/{item['id']}": {name: value for name, value in item.items() if name != "body"} for item in public
    }


async def test_the_demo_is_the_same_every_time(town: Database, tmp_path: Path) -> None:
    async def sample(database: Database) -> Any:
        return [
            tuple(row.values() if isinstance(row, dict) else row)
            for query in (
                "SELECT id, child_id, opening_id, cents, requested_at FROM booking ORDER BY id",
                "SELECT * FROM child ORDER BY id",
            )
            for row in await database.all(query)
        ]

    async for other in _made(tmp_path / "demo.db"):
        assert await sample(other) == await sample(town)


@pytest.mark.parametrize("moment", ["2025-01-15", "2026-09-02", "2027-08-30", "2031-01-01"])
async def test_a_demo_can_be_made_on_any_day(moment: str, tmp_path: Path) -> None:
    database = await Database(f"sqlite:///{tmp_path / 'any.db'}").open()
    await migrate(database)
    now = int(datetime.combine(date.fromisoformat(moment), datetime.min.time(), PARIS).timestamp() * 1000)
    await demo.build(database, load_town("vigneux"), families=2, now_ms=now)
    # The cast's three files, two whose letter nobody has used yet, and two invented ones.
    assert (await database.all("SELECT COUNT(*) AS n FROM family"))[0]["n"] == 7
    await database.close()
