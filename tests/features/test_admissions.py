"""What agents do so that families get in: import the billing base, print letters, help with accounts."""

import io
from typing import Any

import pypdf
import pytest
from quart import Quart

from server.accounts.rules import FREE_FAILURES
from server.admissions.service import add_agent, close_agent
from server.database import Database
from server.errors import Refusal
from tests.cast import PASSWORD, Client
from tests.conftest import Clock, NewPhone
from tests.features.mails import link_of, mails
from tests.features.test_signing_up import sign_up

HEADER = "numero_dossier;nom_dossier;resident;adresse;personne;nom;prenom;telephone;identifiant;naissance;classe;ecole\n"
NGUYEN = (
    "106 001;NGUYEN;oui;4, rue des Lilas;adulte;Nguyen;Linh;06 00 00 00 11;;;;\n"
    "106001;Nguyen;;;enfant;Nguyen;Minh;;E-77;14/02/2019;CE1;Groupe scolaire Pasteur\n"
)


async def bring(client: Client, lines: str, dry_run: bool = False, header: str = HEADER) -> Any:
    answer = await client.post("/api/agents/import", json={"csv": header + lines, "dry_run": dry_run})
    return answer.status_code, await answer.get_json()


async def families(database: Database) -> int:
    return len(await database.all("SELECT id FROM family"))


async def test_a_base_is_brought_in_and_again_without_doubles(as_sylvie: Client, app: Quart, database: Database) -> None:
    before = await families(database)
    status, report = await bring(as_sylvie, NGUYEN)
    assert (status, report["created"], report["faults"], report["written"]) == (200, 2, 0, True)
    assert report["lines"][0] == {
        "line": 2, "dossier": "106 001", "person": "Linh Nguyen", "does": "created", "detail": "Dossier créé, Adulte créé",
    }  # fmt: skip
    assert await families(database) == before + 1
    again = (await bring(as_sylvie, NGUYEN))[1]
    assert (again["created"], again["changed"], again["same"]) == (0, 0, 2)
    done = await sign_up(app.test_client(), number="106001", label="nguyen")
    assert done.status_code == 200, "the letter of an imported dossier works"


async def test_a_rehearsal_writes_nothing(as_sylvie: Client, database: Database) -> None:
    before = await families(database)
    report = (await bring(as_sylvie, NGUYEN, dry_run=True))[1]
    assert (report["created"], report["written"]) == (2, False)
    assert await families(database) == before


async def test_one_fault_and_nothing_is_written(as_sylvie: Client, database: Database) -> None:
    before = await families(database)
    report = (await bring(as_sylvie, NGUYEN + "106002;PETIT;peut-être;;adulte;Petit;Zoé;;;;;\n"))[1]
    assert (report["faults"], report["written"]) == (1, False)
    assert report["lines"][-1]["detail"] == "La case resident doit dire oui ou non."
    assert await families(database) == before


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("106002;PETIT;;;enfant;Petit;Zoé;;;31/02/2020;CP;pasteur", "date de naissance"),
        ("106002;PETIT;;;enfant;Petit;Zoé;;;2027-01-01;CP;pasteur", "ne peut pas être"),
        ("106002;PETIT;;;enfant;Petit;Zoé;;;2020-01-01;6e;pasteur", "classe"),
        ("106002;PETIT;;;enfant;Petit;Zoé;;;2020-01-01;CP;ailleurs", "école"),
        ("106002;PETIT;;;chat;Petit;Zoé;;;;;", "adulte ou enfant"),
        (";PETIT;;;adulte;Petit;Zoé;;;;;", "numero_dossier"),
        ("106001;AUTRE;;;adulte;Petit;Zoé;;;;;", "ligne 2"),
        ("106001;NGUYEN;;;adulte;NGUYEN;LINH;;;;;", "déjà à la ligne 2"),
        ("106002;PETIT;;;adulte;Petit;<b>;;;;;", "signe interdit"),
        ("106002;PETIT;;;adulte;Petit;Zoé;;;;;;;", "plus de cases"),
    ],
)
async def test_each_fault_is_told_with_its_line(as_sylvie: Client, line: str, words: str) -> None:
    report = (await bring(as_sylvie, NGUYEN + line + "\n", dry_run=True))[1]
    (fault,) = [one for one in report["lines"] if one["does"] == "fault"]
    assert (fault["line"], words in fault["detail"]) == (4, True), fault


@pytest.mark.parametrize("header", ["numero_dossier;nom_dossier\n", HEADER.replace("adresse", "adrese"), "\n"])
async def test_a_file_that_is_no_base_is_refused(as_sylvie: Client, header: str) -> None:
    status, answer = await bring(as_sylvie, NGUYEN, header=header)
    assert (status, answer["error"]["code"]) == (400, "base_unreadable")


async def test_commas_a_byte_order_mark_and_other_names_of_columns_will_do(as_sylvie: Client) -> None:
    header = "\ufeffNuméro dossier,Nom dossier,Personne,Nom,Prénom\n"
    report = (await bring(as_sylvie, '"106003","LE GALL",adulte,Le Gall,Yann\n', header=header))[1]
    assert (report["created"], report["written"]) == (1, True)


async def test_what_the_base_changes_reaches_the_phones(as_sylvie: Client, new_phone: NewPhone) -> None:
    phone = await new_phone("nadia")
    await phone.rows()
    await bring(as_sylvie, "104217;BENALI;non;;enfant;Benali;Léa;;;12/04/2019;CE2;pasteur\n")
    rows = (await phone.rows())["f:fam_benali"]
    assert rows["child/chd_lea"]["grade"] == "CE2"
    assert rows["family/fam_benali"]["resident"] is False


async def test_a_child_of_two_dossiers_is_recognised_by_its_identifier_only(as_sylvie: Client, database: Database) -> None:
    other = "106009;ROUX;;;enfant;Nguyen;Minh;;e77;14/02/2019;CE1;pasteur\n"
    alike = "106010;BLANC;;;enfant;Nguyen;Minh;;;14/02/2019;CE1;pasteur\n"
    await bring(as_sylvie, NGUYEN + other + alike)
    children = await database.all("SELECT id FROM child WHERE last_name = 'Nguyen'")
    links = await database.all("SELECT child_id FROM family_child WHERE child_id IN (SELECT id FROM child WHERE last_name = 'Nguyen')")
    assert (len(children), len(links)) == (2, 3)


async def test_letters_have_a_page_a_family_with_its_references(as_sylvie: Client, database: Database) -> None:
    listed = await (await as_sylvie.get("/api/agents/letters?state=without")).get_json()
    chosen = [one["id"] for one in listed["dossiers"] if one["file_number"] in ("105412", "105733")]
    answer = await as_sylvie.post("/api/agents/letters", json={"families": chosen})
    assert answer.headers["Content-Type"] == "application/pdf"
    pages = pypdf.PdfReader(io.BytesIO(await answer.get_data())).pages
    words = [page.extract_text() for page in pages]
    assert len(words) == 2
    assert [("105412" in text, "MOREAU" in text) for text in words].count((True, True)) == 1
    assert all("24 heures" in text for text in words)
    noted = await database.all("SELECT name FROM trace WHERE what = 'letter.printed'")
    assert [row["name"] for row in noted] == ["Sylvie Laurent"] * 2


async def test_a_letter_for_nobody_is_not_found(as_sylvie: Client) -> None:
    assert (await as_sylvie.post("/api/agents/letters", json={"families": ["fam_moreau", "fam_nobody"]})).status_code == 404


async def test_an_account_is_unlocked_at_the_counter(as_sylvie: Client, client: Client, database: Database) -> None:
    for _ in range(FREE_FAILURES["account"]):
        await client.post("/api/session", json={"username": "nadia", "password": "faux"})
    found = (await (await as_sylvie.get("/api/agents/accounts?q=104217")).get_json())["accounts"]
    assert [(one["username"], one["blocked_minutes"], one["email"]) for one in found] == [("nadia", 1, "n…a@demo.example")]
    assert (await as_sylvie.post("/api/agents/accounts/acc_nadia/help", json={"what": "unlock"})).status_code == 204
    assert (await client.post("/api/session", json={"username": "nadia", "password": PASSWORD})).status_code == 200
    noted = await database.all("SELECT name, what FROM trace WHERE family = 'fam_benali'")
    assert [(row["name"], row["what"]) for row in noted] == [("Sylvie Laurent", "account.unlock")]


async def test_a_link_goes_to_the_parent_and_never_to_the_agent(as_sylvie: Client, database: Database) -> None:
    answer = await as_sylvie.post("/api/agents/accounts/acc_nadia/help", json={"what": "password"})
    assert (answer.status_code, await answer.get_data()) == (204, b"")
    assert [mail["to"] for mail in await mails(database)] == ["nadia@demo.example"]


async def test_an_activation_is_sent_again_for_who_calls(as_sylvie: Client, client: Client, database: Database, clock: Clock) -> None:
    await sign_up(client)
    found = (await (await as_sylvie.get("/api/agents/accounts?q=claire")).get_json())["accounts"]
    assert found[0]["pending"] is True
    clock.set("2026-11-25T09:00")
    assert (await as_sylvie.post(f"/api/agents/accounts/{found[0]['id']}/help", json={"what": "activation"})).status_code == 204
    link = await link_of(database, "claire@example.org")
    assert (await client.post("/api/activation", json={"link": link})).status_code == 200


async def test_agents_cannot_touch_each_others_accounts(as_sylvie: Client) -> None:
    assert (await as_sylvie.post("/api/agents/accounts/acc_marc/help", json={"what": "password"})).status_code == 404
    assert (await (await as_sylvie.get("/api/agents/accounts?q=marc")).get_json())["accounts"] == []


async def test_a_new_agent_chooses_a_password_with_a_link(app: Quart, database: Database, clock: Clock) -> None:
    link = await add_agent(database, "Fatima", "Fatima Roy", "sports", "fatima@ville.example", "http://localhost", "2026-11-23", clock())
    client = app.test_client()
    body = {"link": link.partition("#")[2], "password": "tambour abeille"}
    assert (await client.post("/api/recovery/password", json=body)).status_code == 200
    answer = await client.post("/api/session", json={"username": "fatima", "password": "tambour abeille"})
    assert (await answer.get_json())["account"]["service"] == "sports"


async def test_an_agents_password_is_longer(app: Quart, database: Database, clock: Clock) -> None:
    link = await add_agent(database, "fatima", "Fatima Roy", "sports", "fatima@ville.example", "http://localhost", "2026-11-23", clock())
    body = {"link": link.partition("#")[2], "password": "xk7vqplmzrtw"}
    refused = await app.test_client().post("/api/recovery/password", json=body)
    assert (await refused.get_json())["error"]["facts"]["reasons"] == ["too_short"]


async def test_an_agent_of_no_service_or_of_a_known_name_is_not_made(database: Database, clock: Clock) -> None:
    for username, service, fault in (("x.y", "nulle-part", "service_unknown"), ("marc", "sports", "username_taken")):
        with pytest.raises(Refusal) as refused:
            await add_agent(database, username, "Nom", service, "a@ville.example", "http://localhost", "2026-11-23", clock())
        assert list(refused.value.facts["fields"].values()) == [fault]


async def test_an_agent_who_leaves_is_signed_out_everywhere(as_sylvie: Client, client: Client, database: Database) -> None:
    assert await close_agent(database, "sylvie")
    assert not await close_agent(database, "nadia")
    assert (await as_sylvie.get("/api/session")).status_code == 401
    assert (await client.post("/api/session", json={"username": "sylvie", "password": PASSWORD})).status_code == 401
