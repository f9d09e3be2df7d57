"""Two adults and one dossier, or one adult and two."""

from typing import Any

from quart import Quart

from server.database import Database
from tests.cast import Client
from tests.conftest import Clock, NewPhone
from tests.features.mails import link_of, mails
from tests.features.test_signing_up import GOOD, activate, sign_up


async def invite(client: Client, family: str = "fam_benali", email: str = "other@example.org") -> Any:
    return await client.post("/api/account/invitations", json={"family": family, "email": email})


async def code_for(database: Database, to: str) -> str:
    mail = (await mails(database, to))[-1]
    return str(mail["action"][1].partition("#")[2])


async def join(client: Client, code: str) -> Any:
    return await client.post("/api/account/dossiers", json={"code": code})


async def test_an_invited_parent_acts_for_both_dossiers(new_phone: NewPhone, database: Database) -> None:
    nadia, paul = await new_phone("nadia"), await new_phone("paul")
    assert "f:fam_benali" not in await paul.rows()
    assert (await invite(nadia.client)).status_code == 201
    code = await code_for(database, "other@example.org")
    joined = await join(paul.client, code.lower().replace("-", " "))
    assert await joined.get_json() == {"label": "BENALI"}
    held = await paul.rows()
    assert {"f:fam_benali", "f:fam_martin"} <= set(held)
    assert (await mails(database, "nadia@demo.example"))[-1]["subject"] == "Une personne a rejoint votre dossier"
    traces = await database.all("SELECT what FROM trace WHERE family = 'fam_benali' ORDER BY id")
    assert [row["what"] for row in traces] == ["invitation.sent", "account.joined"]


async def test_a_code_works_once(new_phone: NewPhone, database: Database, as_aminata: Client) -> None:
    nadia, paul = await new_phone("nadia"), await new_phone("paul")
    await invite(nadia.client)
    code = await code_for(database, "other@example.org")
    assert (await join(paul.client, code)).status_code == 200
    refused = await join(as_aminata, code)
    assert (await refused.get_json())["error"]["code"] == "code_unknown"
    assert await database.all("SELECT id FROM guardianship WHERE account_id = 'acc_aminata' AND family_id = 'fam_benali'") == []


async def test_a_code_ends_after_two_weeks_or_when_it_is_withdrawn(
    as_nadia: Client, as_paul: Client, database: Database, clock: Clock
) -> None:
    await invite(as_nadia)
    late = await code_for(database, "other@example.org")
    clock.set("2026-12-07T08:00:01")
    assert (await join(as_paul, late)).status_code == 400
    await invite(as_nadia)
    code = await code_for(database, "other@example.org")
    listed = (await (await as_nadia.get("/api/account/dossiers")).get_json())["dossiers"]
    (open_one,) = listed[0]["invitations"]
    assert "other@" not in open_one["email"]
    assert (await as_paul.delete(f"/api/account/invitations/{open_one['id']}")).status_code == 404
    assert (await as_nadia.delete(f"/api/account/invitations/{open_one['id']}")).status_code == 204
    assert (await join(as_paul, code)).status_code == 400


async def test_nobody_invites_into_the_dossier_of_others(as_aminata: Client) -> None:
    refused = await invite(as_aminata)
    assert (refused.status_code, (await refused.get_json())["error"]["code"]) == (404, "not_found")


async def test_guessing_codes_is_slowed_down(as_paul: Client) -> None:
    answers = [(await join(as_paul, f"AAAA-{at:04}")).status_code for at in range(8)]
    assert 429 in answers


async def test_somebody_without_an_account_comes_in_with_the_code(as_nadia: Client, app: Quart, database: Database) -> None:
    await invite(as_nadia, email="rachid@example.org")
    code = await code_for(database, "rachid@example.org")
    client = app.test_client()
    done = await sign_up(
        client, username="rachid", first_name="Rachid", last_name="Benali", email="rachid@example.org",
        email_again="rachid@example.org", number=code, label="Benali",
    )  # fmt: skip
    assert done.status_code == 200
    assert (await activate(client, await link_of(database, "rachid@example.org"))).status_code == 200
    await client.post("/api/session", json={"username": "rachid", "password": GOOD})
    shown = (await (await client.get("/api/account/dossiers")).get_json())["dossiers"]
    assert [one["label"] for one in shown] == ["BENALI"]
    assert sorted(one["name"] for one in shown[0]["holders"]) == ["Nadia Benali", "Rachid Benali"]
