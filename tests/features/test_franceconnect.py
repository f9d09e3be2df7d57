"""Signing in through FranceConnect, linking, unlinking, leaving, and the quotient that comes with it."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from quart import Quart

from server.config import Config
from server.database import Database
from server.simulators.api_particulier import Knobs as QuotientKnobs
from tests.cast import Client, Phone
from tests.conftest import Clock
from tests.features.identity import Outside, query, served
from tests.features.test_consents_and_quotient import consent

LETTER = {"number": "105412", "label": "Moreau"}


@pytest.fixture
async def app(config: Config, clock: Clock, world: Outside) -> AsyncIterator[Quart]:
    async with served(config, clock, world.settings) as app:
        yield app


async def who(client: Client) -> str | None:
    response = await client.get("/api/session")
    return (await response.get_json())["account"]["username"] if response.status_code == 200 else None


async def links(database: Database) -> list[str]:
    return [row["account_id"] for row in await database.all("SELECT account_id FROM franceconnect_link ORDER BY account_id")]


async def linked(client: Client, world: Outside, person: str = "nadia") -> None:
    assert await world.trip(client, person, "liaison") == "/parametres?fc=lie"


async def test_the_way_there_asks_for_what_franceconnect_wants(client: Client, world: Outside) -> None:
    asked = query(await world.leave(client))
    assert (asked["response_type"], asked["acr_values"], asked["code_challenge_method"]) == ("code", "eidas1", "S256")
    assert asked["scope"] == "openid identite_pivot preferred_username email"
    assert len(asked["nonce"]) >= 32
    assert len(asked["state"]) >= 32


async def test_a_linked_account_opens(as_nadia: Client, client: Client, world: Outside) -> None:
    await linked(as_nadia, world)
    assert await world.trip(client, "nadia") == "/accueil"
    assert await who(client) == "nadia"


async def test_somebody_unknown_gets_no_session_and_no_account(client: Client, world: Outside, database: Database) -> None:
    before = (await database.all("SELECT COUNT(*) AS n FROM account"))[0]["n"]
    assert await world.trip(client, "nadia") == "/connexion/franceconnect"  # same name, same e-mail as an account: no likeness counts
    assert await who(client) is None
    assert (await (await client.get("/api/franceconnect")).get_json())["visitor"] == "Nadia BENALI"
    assert (await database.all("SELECT COUNT(*) AS n FROM account"))[0]["n"] == before


async def test_the_letter_links_a_newcomer_to_a_file(client: Client, world: Outside, database: Database) -> None:
    await world.trip(client, "pierre")
    assert (await client.post("/api/franceconnect/dossier", json=LETTER)).status_code == 204
    assert (await who(client) or "").startswith("pierre-duval-")
    found = await database.one(
        "SELECT file_label FROM family f JOIN guardianship g ON g.family_id = f.id"
        " JOIN franceconnect_link l ON l.account_id = g.account_id"
    )
    assert found is not None
    assert found["file_label"] == "MOREAU"
    assert (await client.post("/api/franceconnect/dossier", json=LETTER)).status_code == 410


async def test_a_wrong_number_and_a_wrong_name_get_one_answer_and_are_counted(client: Client, world: Outside) -> None:
    await world.trip(client, "pierre")
    answers = []
    for letter in ({**LETTER, "label": "DURAND"}, {**LETTER, "number": "999999"}):
        response = await client.post("/api/franceconnect/dossier", json=letter)
        answers.append((response.status_code, (await response.get_json())["error"]["code"]))
    assert answers == [(answers[0][0], "file_unknown")] * 2
    codes = [
        (await (await client.post("/api/franceconnect/dossier", json={**LETTER, "label": "DURAND"})).get_json())["error"]["code"]
        for _ in range(8)
    ]
    assert codes[-1] == "too_many_attempts"


async def test_the_letter_without_franceconnect_opens_nothing(client: Client) -> None:
    assert (await client.post("/api/franceconnect/dossier", json=LETTER)).status_code == 410


async def test_two_first_visits_at_once_make_one_account(app: Quart, world: Outside, database: Database) -> None:
    windows = [app.test_client() for _ in range(3)]
    for window in windows:
        await world.trip(window, "pierre")
    answers = await asyncio.gather(*(window.post("/api/franceconnect/dossier", json=LETTER) for window in windows))
    assert 204 in [answer.status_code for answer in answers]
    assert len(await links(database)) == 1
    assert len(await database.all("SELECT id FROM account WHERE username LIKE 'pierre-%'")) == 1
    again = app.test_client()
    assert await world.trip(again, "pierre") == "/accueil"


async def test_an_identity_opens_one_account_and_an_account_has_one_identity(as_nadia: Client, as_paul: Client, world: Outside) -> None:
    await linked(as_nadia, world)
    assert await world.trip(as_paul, "nadia", "liaison") == "/parametres?fc=autre"
    assert await world.trip(as_nadia, "paul", "liaison") == "/parametres?fc=different"
    assert await world.trip(as_nadia, "nadia", "liaison") == "/parametres?fc=lie"


async def test_unlinking_needs_a_password(as_nadia: Client, client: Client, world: Outside, database: Database) -> None:
    await linked(as_nadia, world)
    assert (await as_nadia.delete("/api/franceconnect")).status_code == 204
    assert await links(database) == []
    assert await world.trip(client, "nadia") == "/connexion/franceconnect"
    await client.post("/api/franceconnect/dossier", json=LETTER)
    response = await client.delete("/api/franceconnect")
    assert (response.status_code, (await response.get_json())["error"]["code"]) == (409, "password_first")


async def test_an_agent_never_comes_in_through_franceconnect(as_sylvie: Client, world: Outside) -> None:
    response = await as_sylvie.get("/api/franceconnect/connexion", query_string={"motif": "liaison"})
    assert response.headers["Location"] == "/connexion"


async def test_the_session_changes_and_the_way_out_ends_it_there_too(as_nadia: Client, client: Client, world: Outside) -> None:
    await linked(as_nadia, world)
    await world.trip(client, "nadia")
    first = client.cookie_jar
    assert (await (await client.get("/api/franceconnect")).get_json())["session"] is True
    await client.delete("/api/session")
    answer = await client.get("/api/franceconnect/deconnexion")
    away = query(answer.headers["Location"])
    assert answer.headers["Location"].startswith(f"{world.franceconnect.issuer}/session/end?")
    assert away["id_token_hint"].count(".") == 2
    assert away["post_logout_redirect_uri"] == "http://localhost/api/franceconnect/fin"
    assert (await client.get("/api/franceconnect/deconnexion")).headers["Location"] == "/"
    assert (await client.get("/api/franceconnect/fin")).headers["Location"] == "/"
    assert first is client.cookie_jar


async def test_the_quotient_comes_inside_the_return_when_it_is_allowed(nadias_phone: Phone, world: Outside) -> None:
    await consent(nadias_phone, False)
    assert await world.trip(nadias_phone.client, "nadia", "quotient", dossier="fam_benali") == "/dossier?fc=sans-accord"
    await consent(nadias_phone, True)
    assert await world.trip(nadias_phone.client, "nadia", "quotient", dossier="fam_benali") == "/dossier?fc=quotient"
    rows = (await nadias_phone.rows())["f:fam_benali"]
    assert rows["family/fam_benali"]["quotient"] == {"value": 412, "source": "CAF", "read_on": "2026-11-23"}
    assert (rows["quotient/fam_benali"]["channel"], rows["quotient/fam_benali"]["month"]) == ("franceconnect", "2026-11")


async def test_signing_in_fetches_a_quotient_that_is_wanting(nadias_phone: Phone, client: Client, world: Outside) -> None:
    await linked(nadias_phone.client, world)
    await consent(nadias_phone, False)
    await consent(nadias_phone, True)
    assert await world.trip(client, "nadia") == "/accueil"
    assert (await nadias_phone.rows())["f:fam_benali"]["family/fam_benali"]["quotient"]["value"] == 412


async def test_nobody_fetches_for_the_file_of_others(as_nadia: Client, world: Outside, database: Database) -> None:
    assert await world.trip(as_nadia, "nadia", "quotient", dossier="fam_diallo") == "/dossier?fc=refus"
    assert await database.all("SELECT id FROM quotient_reading WHERE channel = 'franceconnect'") == []


@pytest.mark.parametrize(
    ("knobs", "word"),
    [((404, "37003"), "not_found"), ((401, "00101"), "refused"), ((429, "00429"), "throttled"), ((502, "37999"), "later"),
     ((504, "37002"), "later"), ((422, "00366"), "form")],
)  # fmt: skip
@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_a_quotient_that_does_not_come_is_said_and_an_agent_takes_over(
    nadias_phone: Phone, as_sylvie: Client, world: Outside, knobs: tuple[int, str], word: str
) -> None:
    world.particulier.knobs = QuotientKnobs(error=knobs)
    assert await world.trip(nadias_phone.client, "nadia", "quotient", dossier="fam_benali") == f"/dossier?fc=quotient-{word}"
    (waits,) = (await (await as_sylvie.get("/api/agents/quotients")).get_json())["requests"]
    assert (waits["family"], waits["code"]) == ("fam_benali", knobs[1])
    rows = (await nadias_phone.rows())["f:fam_benali"]
    assert rows["family/fam_benali"]["quotient"]["value"] == 642  # what was known still counts
