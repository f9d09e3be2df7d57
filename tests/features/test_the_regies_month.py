"""The régie invoices a month: from bookings and ticked attendance to numbers without a gap, money at the counter and corrections."""

import asyncio
import json
from typing import Any

import msgspec
import pytest
from quart import Quart

from server.database import Database
from server.invoices.rules import BillingRules
from server.invoices.service import check_balances, issue, month
from server.traces.service import PORTAL
from tests.cast import Client
from tests.conftest import PARIS, Clock, SignIn

PERIOD = "2026-11"


@pytest.fixture
async def marc(sign_in: SignIn, clock: Clock) -> Client:
    clock.set("2026-12-03T09:00")
    return await sign_in("marc")


async def run_all(client: Client) -> int:
    total = 0
    while True:
        response = await client.post("/api/agents/billing", json={"period": PERIOD})
        assert response.status_code == 200, await response.get_data()
        told = await response.get_json()
        total += told["issued"]
        if not told["left"]:
            return total


async def numbers(database: Database) -> list[int]:
    rows = await database.all("SELECT number FROM invoice WHERE number LIKE 'F-2026-%' ORDER BY number")
    return [int(row["number"].rpartition("-")[2]) for row in rows]


async def test_a_month_from_bookings_to_the_families_devices(marc: Client, database: Database) -> None:
    before = await (await marc.get(f"/api/agents/billing?period={PERIOD}")).get_json()
    assert (before["issued"], before["left"], before["blocked"]) == (0, 3, None)
    assert before["total_cents"] == sum(draft["total_cents"] for draft in before["drafts"]) > 0
    assert await run_all(marc) == 3
    assert await run_all(marc) == 0, "once"
    assert await numbers(database) == list(range(1, len(await numbers(database)) + 1)), "no gap"
    row = await database.one("SELECT * FROM invoice WHERE family_id = 'fam_benali' AND period = ?", PERIOD)
    assert row is not None
    booked = await database.one(
        "SELECT SUM(cents) AS cents FROM booking WHERE family_id = 'fam_benali' AND state = 'booked' AND date LIKE '2026-11-%'"
    )
    assert booked is not None
    assert (row["total_cents"], row["due_on"]) == (booked["cents"], "2026-12-31")
    held = await database.one("SELECT body FROM sync_row WHERE scope = 'f:fam_benali' AND key = ?", f"invoice/{row['id']}")
    assert held is not None
    assert row["number"] in held["body"]


async def test_an_excused_absence_costs_nothing_and_another_is_due(marc: Client, database: Database) -> None:
    days = await database.all(
        "SELECT b.opening_id, b.date, b.cents FROM booking b WHERE b.child_id = 'chd_lea' AND b.state = 'booked'"
        " AND b.date LIKE '2026-11-%'"
        " AND b.cents > 0 ORDER BY b.date LIMIT 2"
    )
    before = await (await marc.get(f"/api/agents/billing?period={PERIOD}")).get_json()
    for day, state in zip(days, ("excused", "unexcused"), strict=True):
        async with database.transaction() as tx:
            await tx.run(
                "INSERT INTO attendance (id, child_id, opening_id, date, state, version) VALUES (?, 'chd_lea', ?, ?, ?, 1)",
                f"chd_lea|{day['opening_id']}", day["opening_id"], day["date"], state,
            )  # fmt: skip
    after = await (await marc.get(f"/api/agents/billing?period={PERIOD}")).get_json()
    assert before["total_cents"] - after["total_cents"] == days[0]["cents"]
    assert before["unticked"] - after["unticked"] == 2


async def test_unticked_days_hold_the_month_back_where_the_town_says_so(marc: Client, app: Quart, database: Database) -> None:
    here = app.extensions["portail"]
    here.town = msgspec.structs.replace(here.town, billing=BillingRules(unticked="blocks"))
    before = await (await marc.get(f"/api/agents/billing?period={PERIOD}")).get_json()
    assert "ne sont pas pointées" in before["blocked"]
    refused = await marc.post("/api/agents/billing", json={"period": PERIOD})
    assert (refused.status_code, (await refused.get_json())["error"]["code"]) == (409, "run_blocked")
    async with database.transaction() as tx:
        await tx.run(
            "INSERT INTO attendance (id, child_id, opening_id, date, state, version)"
            " SELECT b.child_id || '|' || b.opening_id, b.child_id, b.opening_id, b.date, 'present', 1 FROM booking b"
            f" WHERE b.state = 'booked' AND b.date LIKE '{PERIOD}-%' ON CONFLICT (id) DO UPDATE SET state = 'present'"
        )
    assert await run_all(marc) == 3


async def test_a_quotient_that_comes_late_prices_what_is_not_invoiced_where_the_town_says_so(
    marc: Client, app: Quart, database: Database, clock: Clock
) -> None:
    before = await (await marc.get(f"/api/agents/billing?period={PERIOD}")).get_json()
    read = {"value": 300, "source": "CAF", "channel": "certificate", "month": "2026-10"}
    assert (await marc.post("/api/agents/quotients/fam_benali/reading", json=read)).status_code == 204
    after = await (await marc.get(f"/api/agents/billing?period={PERIOD}")).get_json()
    assert after["total_cents"] == before["total_cents"], "read in December: November keeps its prices"
    here = app.extensions["portail"]
    here.town = msgspec.structs.replace(here.town, billing=BillingRules(late_quotient="unbilled"))
    cheaper = await (await marc.get(f"/api/agents/billing?period={PERIOD}")).get_json()
    assert cheaper["total_cents"] < before["total_cents"]
    assert await run_all(marc) == 3
    line = await database.one(
        "SELECT l.why FROM invoice_line l JOIN invoice i ON i.id = l.invoice_id WHERE i.family_id = 'fam_benali' AND i.period = ?"
        " AND l.unit = 'pasteur-matin'",
        PERIOD,
    )
    assert line is not None
    assert json.loads(line["why"])["quotient"] == 300


async def test_what_remains_due_of_a_late_cancelling_is_invoiced(marc: Client, database: Database) -> None:
    before = await (await marc.get(f"/api/agents/billing?period={PERIOD}")).get_json()
    async with database.transaction() as tx:
        found = await tx.one(
            "SELECT id, cents FROM booking WHERE child_id = 'chd_lea' AND state = 'booked' AND date LIKE '2026-11-%' LIMIT 1"
        )
        assert found is not None
        await tx.run("UPDATE booking SET state = 'cancelled', active = NULL, owed_cents = 7 WHERE id = ?", found["id"])
    after = await (await marc.get(f"/api/agents/billing?period={PERIOD}")).get_json()
    assert before["total_cents"] - after["total_cents"] == found["cents"] - 7


async def test_a_month_that_is_not_over_is_not_issued(marc: Client) -> None:
    response = await marc.post("/api/agents/billing", json={"period": "2026-12"})
    assert (response.status_code, (await response.get_json())["error"]["code"]) == (409, "run_blocked")


async def test_two_agents_at_once_make_neither_gap_nor_double(database: Database, clock: Clock) -> None:
    now = clock()
    await asyncio.gather(*(issue(database, PERIOD, PORTAL, now, "2026-12-03", zone=PARIS, at_once=2, together=1) for _ in range(4)))
    while (await issue(database, PERIOD, PORTAL, now, "2026-12-03", zone=PARIS, at_once=1))[1]:
        pass
    assert (await month(database, PERIOD)).to_issue == []
    found = await numbers(database)
    assert found == list(range(1, len(found) + 1))
    per_family = await database.all("SELECT family_id, COUNT(*) AS n FROM invoice WHERE period = ? GROUP BY family_id", PERIOD)
    assert [row["n"] for row in per_family] == [1, 1, 1]


async def test_money_at_the_counter_is_entered_once_and_in_the_journal(marc: Client, database: Database) -> None:
    entry = {"cents": 1000, "mode": "cheque", "on": "2026-12-03", "key": "page-0001", "reference": "=HYPERLINK(1)"}
    for expected in (200, 409):
        response = await marc.post("/api/agents/invoices/inv_benali_2026-10/payments", json=entry)
        assert response.status_code == expected
    listed = await (await marc.get("/api/agents/invoices?state=due&q=104217")).get_json()
    (invoice,) = listed["invoices"]
    assert invoice["due_cents"] == invoice["total_cents"] - 1000
    text = (await (await marc.get("/api/agents/journal.csv?date=2026-12-03")).get_data()).decode()
    lines = text.removeprefix("\ufeff").splitlines()
    assert lines[1].startswith("2026-12-03;chèque;10,00;F-2026-")
    assert ";'=HYPERLINK(1);Marc Petit" in lines[1], "a cell is never a formula"
    assert lines[2].startswith("2026-12-03;Total chèque;10,00")


async def test_a_credit_note_clears_what_is_due_and_keeps_what_was_paid(marc: Client, database: Database) -> None:
    invoice = "inv_benali_2026-10"
    paid = {"cents": 1000, "mode": "cash", "on": "2026-12-03", "key": "page-0001"}
    await marc.post(f"/api/agents/invoices/{invoice}/payments", json=paid)
    total = (await database.one("SELECT total_cents FROM invoice WHERE id = ?", invoice))["total_cents"]  # type: ignore[index]
    response = await marc.post(f"/api/agents/invoices/{invoice}/credit", json={"reason": "Erreur de pointage"})
    assert response.status_code == 200
    again = await marc.post(f"/api/agents/invoices/{invoice}/credit", json={"reason": "Erreur de pointage"})
    assert again.status_code == 409
    sums = {
        row["invoice_id"]: row["cents"]
        for row in await database.all(
            "SELECT invoice_id, SUM(cents) AS cents FROM ledger_entry WHERE family_id = 'fam_benali' AND mode IN ('cash', 'credit')"
            " GROUP BY invoice_id"
        )
    }
    assert sums == {invoice: total, None: 1000}
    note = await database.one("SELECT total_cents FROM invoice WHERE corrects = ?", invoice)
    assert note is not None
    assert note["total_cents"] == -total
    found = await numbers(database)
    assert found == list(range(1, len(found) + 1))


async def test_a_reminder_goes_to_those_who_are_late_once_a_day(marc: Client, database: Database) -> None:
    late = await (await marc.get("/api/agents/invoices?state=late")).get_json()
    ids = [one["id"] for one in late["invoices"]]
    assert len(ids) == late["count"] >= 3
    first: Any = await (await marc.post("/api/agents/reminders", json={"invoices": ids})).get_json()
    assert (first["sent"] >= len(ids), first["without_mail"]) == (True, 0)
    again: Any = await (await marc.post("/api/agents/reminders", json={"invoices": ids})).get_json()
    assert again == {"sent": 0, "without_mail": 0}


async def test_the_bench_says_what_a_family_pays_and_why(marc: Client) -> None:
    found = await (await marc.get("/api/agents/prices?file=104217&date=2026-11-23")).get_json()
    assert found["family"] == {"label": "BENALI", "resident": True, "quotient": 642}
    by_unit = {(line["child"], line["unit"]): line for line in found["lines"]}
    assert by_unit["Léa", "pasteur-matin"]["cents"] == 100
    assert by_unit["Léa", "gymnase-stage"]["why"]["kind"] == "effort"
    assert (await marc.get("/api/agents/prices?file=0&date=2026-11-23")).status_code == 404


async def test_only_the_regie_sits_at_this_desk(as_sylvie: Client, as_nadia: Client) -> None:
    for other in (as_sylvie, as_nadia):
        response = await other.get(f"/api/agents/billing?period={PERIOD}")
        assert (response.status_code, (await response.get_json())["error"]["code"]) == (403, "not_allowed")


async def test_the_nightly_check_finds_and_mends_a_balance_that_devices_hold_wrong(database: Database, clock: Clock) -> None:
    assert (await check_balances(database, clock())).wrong == 0
    async with database.transaction() as tx:
        await tx.run(
            "INSERT INTO ledger_entry (id, family_id, invoice_id, cents, mode, paid_on, source, entered_at)"
            " VALUES ('led_1', 'fam_benali', 'inv_benali_2026-10', 100, 'cash', '2026-11-23', 'test', 0)"
        )
    assert (await check_balances(database, clock())).mended == 1
    assert (await check_balances(database, clock())).wrong == 0


async def test_a_child_fetched_late_is_noted_on_the_days_list_and_paid_by_begun_quarters(
    marc: Client, as_sylvie: Client, database: Database
) -> None:
    """Sylvie notes it, Marc invoices it; the tariff's own version says what it costs."""
    terms = {"grids": [{"amount": {"method": "flat", "cents": 100}}], "overrun": {"step": 15, "cents": 500, "grace": 5}}
    day = await database.one(
        "SELECT b.opening_id, b.date, o.unit_id FROM booking b JOIN opening o ON o.id = b.opening_id WHERE b.child_id = 'chd_lea'"
        " AND b.state = 'booked' AND b.date LIKE '2026-11-%' AND o.unit_id = 'pasteur-matin' ORDER BY b.date LIMIT 1"
    )
    assert day is not None
    async with database.transaction() as tx:
        await tx.run("UPDATE tariff SET terms = ? WHERE code = 'accueil-matin' AND version = 2", json.dumps(terms))
    late = {"child": "chd_lea", "session": day["opening_id"], "minutes": 20}
    assert (await as_sylvie.put("/api/agents/attendance/lateness", json=late)).status_code == 404, "not ticked yet"
    before = await (await marc.get(f"/api/agents/billing?period={PERIOD}")).get_json()
    tick = {"child": "chd_lea", "session": day["opening_id"], "state": "present", "version": 0}
    assert (await as_sylvie.put("/api/agents/attendance", json=tick)).status_code == 200
    assert (await as_sylvie.put("/api/agents/attendance/lateness", json=late)).status_code == 200
    assert (await marc.put("/api/agents/attendance/lateness", json=late)).status_code == 404, "not the régie's list"
    after = await (await marc.get(f"/api/agents/billing?period={PERIOD}")).get_json()
    assert after["total_cents"] - before["total_cents"] == 1000
