"""My data: all of it in one file, who looked, closing an account, being forgotten, and what the nights remove."""

import json

from server.database import Database
from server.privacy.service import apply_retention
from tests.cast import PASSWORD, Client
from tests.conftest import PARIS, Clock, NewPhone

BENALI = "fam_benali"


async def test_the_download_holds_all_of_ones_own_and_nothing_of_others(new_phone: NewPhone) -> None:
    phone = await new_phone("nadia")
    response = await phone.client.get("/api/privacy/mes-donnees.json")
    assert response.headers["Content-Disposition"] == 'attachment; filename="mes-donnees.json"'
    data = json.loads(await response.get_data())
    held = (await phone.rows())[f"f:{BENALI}"]
    assert {kind for family in data["families"] for kind in family["file"]} == {key.partition("/")[0] for key in held}
    assert sum(len(rows) for rows in data["families"][0]["file"].values()) == len(held)
    words = json.dumps(data, ensure_ascii=False)
    assert "password" not in words
    assert not [name for name in ("Diallo", "Fatou", "104988", "1185") if name in words]


async def test_the_readable_page_says_the_same_and_runs_nothing(as_nadia: Client, database: Database) -> None:
    async with database.transaction() as tx:
        await tx.run("UPDATE sync_row SET body = REPLACE(body, 'Léa', '<script>x</script>') WHERE key = 'child/chd_lea'")
    response = await as_nadia.get("/api/privacy/mes-donnees.html")
    page = (await response.get_data()).decode()
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert "BENALI" in page
    assert response.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"


async def test_closing_an_account_needs_its_password_and_ends_everything(as_nadia: Client, client: Client, database: Database) -> None:
    assert (await as_nadia.post("/api/privacy/close", json={"password": "not this one"})).status_code == 400
    assert (await as_nadia.post("/api/privacy/close", json={"password": PASSWORD})).status_code == 204
    assert (await as_nadia.get("/api/session")).status_code == 401
    again = await client.post("/api/session", json={"username": "nadia", "password": PASSWORD})
    assert again.status_code == 401
    (account,) = await database.all("SELECT name, email FROM account WHERE id = 'acc_nadia'")
    assert (account["name"], account["email"]) == ("Effacé", None)
    assert await database.all("SELECT id FROM guardianship WHERE account_id = 'acc_nadia'") == []
    assert await database.one("SELECT id FROM family WHERE id = ?", BENALI)


async def test_an_erasure_is_asked_once_and_refused_while_something_is_owed(
    as_nadia: Client, as_aminata: Client, as_sylvie: Client, database: Database
) -> None:
    assert (await as_aminata.post("/api/privacy/erasures", json={"family": BENALI})).status_code == 404
    for _ in range(2):
        assert (await as_nadia.post("/api/privacy/erasures", json={"family": BENALI})).status_code == 204
    (asked,) = (await (await as_sylvie.get("/api/agents/erasures")).get_json())["erasures"]
    path = f"/api/agents/erasures/{asked['id']}"
    response = await as_sylvie.post(path, json={"accept": True})
    assert (await response.get_json())["error"]["code"] == "still_owed"
    async with database.transaction() as tx:
        for unpaid in await tx.all("SELECT id, total_cents FROM invoice WHERE family_id = ?", BENALI):
            await tx.run("DELETE FROM ledger_entry WHERE invoice_id = ?", unpaid["id"])
            await tx.run(
                "INSERT INTO ledger_entry (id, family_id, invoice_id, cents, mode, paid_on, reference, source, agent, entered_at)"
                " VALUES (?, ?, ?, ?, 'cash', '2026-11-23', NULL, ?, NULL, 0)",
                f"led_{unpaid['id']}"[:40], BENALI, unpaid["id"], unpaid["total_cents"], f"test/{unpaid['id']}",
            )  # fmt: skip
    assert (await as_sylvie.post(path, json={"accept": True})).status_code == 204
    assert (await as_sylvie.post(path, json={"accept": True})).status_code == 409
    found = await database.one("SELECT * FROM family WHERE id = ?", BENALI)
    assert found is not None
    assert [found[name] for name in ("address", "phone_mobile", "caf_number", "quotient")] == [None] * 4
    assert await database.all("SELECT id FROM family_proof WHERE family_id = ?", BENALI) == []
    assert await database.all("SELECT id FROM quotient_reading WHERE family_id = ?", BENALI) == []
    assert await database.all("SELECT id FROM quotient_reading WHERE family_id = 'fam_martin'") != []
    (told,) = (await (await as_nadia.get("/api/privacy")).get_json())["erasures"]
    assert told["state"] == "done"


async def test_a_refused_erasure_gives_its_reason(as_nadia: Client, as_sylvie: Client) -> None:
    await as_nadia.post("/api/privacy/erasures", json={"family": BENALI})
    (asked,) = (await (await as_sylvie.get("/api/agents/erasures")).get_json())["erasures"]
    assert (await as_sylvie.post(f"/api/agents/erasures/{asked['id']}", json={"accept": False})).status_code == 400
    told = {"accept": False, "reason": "Léa est inscrite jusqu’en juillet."}
    assert (await as_sylvie.post(f"/api/agents/erasures/{asked['id']}", json=told)).status_code == 204
    assert (await (await as_nadia.get("/api/privacy")).get_json())["erasures"][0]["reason"] == "Léa est inscrite jusqu’en juillet."


async def test_the_night_removes_what_is_too_old_once_and_reports_it(as_sylvie: Client, database: Database, clock: Clock) -> None:
    for _ in range(3):
        await as_sylvie.get(f"/api/agents/dossiers/{BENALI}")
    assert await apply_retention(database, clock(), PARIS) == 0
    clock.set("2027-11-22T03:00")
    assert await apply_retention(database, clock(), PARIS) == 0
    clock.set("2027-11-24T03:00")
    assert await apply_retention(database, clock(), PARIS) == 3
    assert await apply_retention(database, clock(), PARIS) == 0
    assert await database.all("SELECT id FROM trace WHERE what = 'file.read'") == []
    row = await database.one("SELECT lines FROM retention_report WHERE id = '2027-11-24'")
    assert row is not None
    assert json.loads(row["lines"])["traces"] == 3


async def test_traces_of_the_quotient_are_kept_three_years(database: Database, clock: Clock) -> None:
    async with database.transaction() as tx:
        for what in ("quotient.identity", "file.read"):
            await tx.run(
                "INSERT INTO trace (family, account, name, service, what, detail, at) VALUES (?, NULL, 'x', NULL, ?, '', ?)",
                BENALI, what, clock(),
            )  # fmt: skip
    clock.set("2028-12-01T03:00")
    await apply_retention(database, clock(), PARIS)
    assert [row["what"] for row in await database.all("SELECT what FROM trace WHERE family = ?", BENALI)] == ["quotient.identity"]
    clock.set("2029-11-25T03:00")
    await apply_retention(database, clock(), PARIS)
    assert await database.all("SELECT what FROM trace WHERE family = ?", BENALI) == []
