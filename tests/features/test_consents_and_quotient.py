"""Consents, and the quotient that they open: asked, found, not found, recorded by hand, withdrawn, over; and what it costs meanwhile."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from quart import Quart

from server.config import Config
from server.database import Database
from server.gateways.api_particulier import ApiParticulier, Identity, QuotientError
from server.quotient.service import expire
from server.simulators.api_particulier import Knobs
from tests.cast import Client, Phone
from tests.conftest import PARIS, Clock, NewPhone
from tests.features.booking import FREE_EVENING, book, item, send
from tests.features.identity import SIRET, Outside, served

BENALI = "fam_benali"
SOPHIE = {
    "last_name": "DUPONT", "first_names": ["SOPHIE"], "year": 1982, "month": 9, "day": 3, "sex": "F", "country": "99100",
    "town": "13001", "checked": True,
}  # fmt: skip
Rows = dict[str, Any]


@pytest.fixture
async def app(config: Config, clock: Clock, world: Outside) -> AsyncIterator[Quart]:
    async with served(config, clock, world.settings) as app:
        yield app


async def consent(phone: Phone, given: bool, purpose: str = "quotient", version: str = "2026-11") -> Rows:
    receipt = await send(phone, "consent.answer@1", {"purpose": purpose, "version": version, "given": "yes" if given else "no"})
    return receipt["items"][0]


async def family_rows(phone: Phone) -> Rows:
    rows = (await phone.rows())[f"f:{BENALI}"]
    prices = {unit: facts for key, body in rows.items() if key.startswith("enrol/") for unit, facts in body["units"].items() if facts}
    return {"family": rows[f"family/{BENALI}"], "quotient": rows[f"quotient/{BENALI}"], "evening": prices["pasteur-soir"]}


async def forget_the_quotient(phone: Phone) -> None:
    await consent(phone, False)


async def fetch(client: Client, **other: Any) -> tuple[int, Rows]:
    response = await client.post(f"/api/agents/quotients/{BENALI}/identity", json={**SOPHIE, **other})
    return response.status_code, await response.get_json()


async def test_an_answer_is_kept_with_its_text_and_the_last_one_holds(nadias_phone: Phone, as_nadia: Client, database: Database) -> None:
    await consent(nadias_phone, True, "photos")
    await consent(nadias_phone, False, "photos")
    rows = (await nadias_phone.rows())[f"a:{nadias_phone.account}"]
    assert (rows["consent/photos"]["given"], rows["consent/quotient"]["given"]) == (False, True)
    answers = [one for one in (await (await as_nadia.get("/api/consents")).get_json())["answers"] if one["channel"] == "portal"]
    assert [(one["given"], one["version"]) for one in answers] == [(False, "2026-11"), (True, "2026-11")]
    kept = await database.all("SELECT DISTINCT text_hash FROM consent WHERE purpose = 'photos'")
    assert [len(row["text_hash"]) for row in kept] == [64]


async def test_a_text_that_changed_must_be_read_again_but_withdrawing_is_never_refused(nadias_phone: Phone) -> None:
    assert (await consent(nadias_phone, True, version="2025-01"))["code"] == "TEXT_CHANGED"
    assert (await consent(nadias_phone, False, version="2025-01"))["outcome"] == "accepted"


async def test_withdrawing_ends_the_quotient_at_once_and_no_price_of_before_changes(nadias_phone: Phone) -> None:
    before = await family_rows(nadias_phone)
    paid = (await book(nadias_phone, item("chd_lea", FREE_EVENING)))["items"][0]
    assert paid["cents"] == before["evening"]["cents"]
    await consent(nadias_phone, False)
    after = await family_rows(nadias_phone)
    assert (after["family"]["quotient"], after["quotient"]["consent"]) == (None, False)
    assert after["quotient"]["history"][0]["ended_why"] == "withdrawn"
    assert after["evening"]["cents"] > before["evening"]["cents"]
    assert after["evening"]["why"]["kind"] == "highest"
    rows = (await nadias_phone.rows())[f"f:{BENALI}"]
    assert rows[f"resa/{paid['rid']}"]["cents"] == paid["cents"]


async def test_a_consent_without_quotient_puts_the_family_on_the_agents_list(nadias_phone: Phone, as_sylvie: Client) -> None:
    await forget_the_quotient(nadias_phone)
    assert (await (await as_sylvie.get("/api/agents/quotients")).get_json())["requests"] == []
    await consent(nadias_phone, True)
    (waits,) = (await (await as_sylvie.get("/api/agents/quotients")).get_json())["requests"]
    assert (waits["family"], waits["state"]) == (BENALI, "asked")
    assert (await family_rows(nadias_phone))["quotient"]["waiting"]["state"] == "asked"


async def test_an_agent_fetches_by_a_checked_identity_and_prices_follow(nadias_phone: Phone, as_sylvie: Client, world: Outside) -> None:
    await forget_the_quotient(nadias_phone)
    await consent(nadias_phone, True)
    dear = (await family_rows(nadias_phone))["evening"]["cents"]
    assert await fetch(as_sylvie) == (200, {"value": 900, "source": "CAF", "month": "2026-11", "children": 4})
    after = await family_rows(nadias_phone)
    assert after["family"]["quotient"] == {"value": 900, "source": "CAF", "read_on": "2026-11-23"}
    assert (after["quotient"]["channel"], after["quotient"]["until"], after["quotient"]["waiting"]) == ("identity", "2027-02-28", None)
    assert after["evening"]["cents"] < dear
    asked = world.particulier.asked[-1]["args"]
    assert (asked["recipient"], asked["prenoms[]"], asked["codeCogInseeCommuneNaissance"]) == ([SIRET], ["SOPHIE"], ["13001"])


async def test_nothing_of_the_typed_identity_is_kept(nadias_phone: Phone, as_sylvie: Client, database: Database) -> None:
    await fetch(as_sylvie)
    for table in ("quotient_reading", "quotient_request", "trace", "outbox"):
        assert "DUPONT" not in json.dumps([dict(row) for row in await database.all(f"SELECT * FROM {table}")], default=str)


async def test_an_identity_must_have_been_checked(as_sylvie: Client, world: Outside) -> None:
    assert (await fetch(as_sylvie, checked=False))[1]["error"]["code"] == "identity_unchecked"
    assert world.particulier.asked == []


async def test_without_consent_nobody_asks_the_caf(nadias_phone: Phone, as_sylvie: Client, world: Outside) -> None:
    await forget_the_quotient(nadias_phone)
    assert (await fetch(as_sylvie))[1]["error"]["code"] == "no_consent"
    cdap = {"value": 500, "source": "CAF", "channel": "cdap", "month": "2026-11"}
    assert (await as_sylvie.post(f"/api/agents/quotients/{BENALI}/reading", json=cdap)).status_code == 409
    assert world.particulier.asked == []


async def test_a_certificate_needs_no_consent_and_outlives_a_withdrawal(nadias_phone: Phone, as_sylvie: Client) -> None:
    await forget_the_quotient(nadias_phone)
    paper = {"value": 512, "source": "MSA", "channel": "certificate", "month": "2026-10"}
    assert (await as_sylvie.post(f"/api/agents/quotients/{BENALI}/reading", json=paper)).status_code == 204
    await consent(nadias_phone, True)
    await consent(nadias_phone, False)
    rows = await family_rows(nadias_phone)
    assert rows["family"]["quotient"] == {"value": 512, "source": "MSA", "read_on": "2026-11-23"}
    assert rows["quotient"]["channel"] == "certificate"


@pytest.mark.parametrize("wrong", [{"value": 0}, {"month": "2027-01"}, {"month": "2020-01"}, {"channel": "api"}, {"source": "impôts"}])
async def test_a_reading_that_cannot_be_is_refused(as_sylvie: Client, wrong: Rows) -> None:
    paper = {"value": 512, "source": "MSA", "channel": "certificate", "month": "2026-10", **wrong}
    assert (await as_sylvie.post(f"/api/agents/quotients/{BENALI}/reading", json=paper)).status_code == 400


async def test_a_new_quotient_takes_the_place_of_the_old_one_which_stays_in_the_history(nadias_phone: Phone, as_sylvie: Client) -> None:
    await fetch(as_sylvie)
    history = (await family_rows(nadias_phone))["quotient"]["history"]
    assert [(one["value"], one["ended_on"], one["ended_why"]) for one in history] == [(900, None, None), (642, "2026-11-23", "replaced")]


async def test_a_quotient_that_is_over_stops_counting(new_phone: NewPhone, database: Database, clock: Clock) -> None:
    clock.set("2027-02-28T23:00")
    assert await expire(database, clock(), PARIS) == 0
    clock.set("2027-03-01T00:10")
    assert await expire(database, clock(), PARIS) >= 1
    assert await expire(database, clock(), PARIS) == 0
    rows = await family_rows(await new_phone("nadia"))
    assert (rows["family"]["quotient"], rows["quotient"]["history"][0]["ended_why"]) == (None, "expired")


async def test_the_other_parent_and_the_others_see_nothing_of_it(nadias_phone: Phone, new_phone: NewPhone, as_sylvie: Client) -> None:
    await fetch(as_sylvie)
    for name in ("paul", "aminata"):
        rows = await (await new_phone(name)).rows()
        assert not [scope for scope in rows if BENALI in scope]
        assert "quotient/fam_benali" not in str(rows)


@pytest.mark.parametrize(
    ("name", "kind", "code"),
    [
        (["LEFEBVRE", "ALEXIS", 1982, None, None, "F"], "not_found", "37003"),
        (["DESFOUIN", "René", 2002, 12, 5, "M"], "throttled", "00429"),
        (["DELANOUE", "Jean-Marie", 2002, 12, 5, "M"], "later", "37999"),
        (["SITUDI", "Clément", 2002, 12, 5, "M"], "later", "37002"),
    ],
)
async def test_the_sandboxs_own_failures(
    app: Quart, nadias_phone: Phone, as_sylvie: Client, name: list[Any], kind: str, code: str
) -> None:
    await forget_the_quotient(nadias_phone)
    await consent(nadias_phone, True)
    last, first, year, month, day, sex = name
    typed = {"last_name": last, "first_names": [first], "year": year, "month": month, "day": day, "sex": sex, "town": "08480"}
    status, body = await fetch(as_sylvie, **typed)
    assert (status, body["error"]["code"], body["error"]["facts"]["kind"]) == (502, "quotient_unavailable", kind)
    assert "{" not in body["error"]["message"]
    await app.extensions["portail-retries"].settled()
    assert (await (await as_sylvie.get("/api/agents/quotients")).get_json())["requests"][0]["code"] == code
    rows = await family_rows(nadias_phone)
    assert rows["quotient"]["waiting"]["state"] == ("not_found" if kind == "not_found" else "failed")
    assert rows["evening"]["why"]["kind"] == "highest"


ERRORS = [
    (401, "00101", "refused"), (401, "00103", "refused"), (401, "00105", "refused"), (403, "00100", "refused"),
    (404, "37003", "not_found"), (404, "23003", "not_found"), (404, "10003", "not_found"), (404, "35003", "not_found"),
    (409, "00015", "later"), (422, "00366", "form"), (422, "00203", "form"), (429, "00429", "throttled"),
    (502, "37999", "later"), (502, "37008", "later"), (502, "37001", "later"), (502, "37004", "later"), (502, "00501", "later"),
    (504, "37002", "later"), (500, "99999", "unreadable"),
]  # fmt: skip
ANYBODY = Identity("DUPONT", ("SOPHIE",), 1982, 9, 3, "F", "99100", "13001")


@pytest.fixture
def api(app: Quart) -> ApiParticulier:
    found: ApiParticulier = app.extensions["portail"].quotients
    return found


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("status", "code", "kind"), ERRORS)
async def test_every_error_of_the_api_has_its_meaning(api: ApiParticulier, world: Outside, status: int, code: str, kind: str) -> None:
    world.particulier.knobs = Knobs(error=(status, code))
    with pytest.raises(QuotientError) as refused:
        await api.by_identity(ANYBODY)
    assert (refused.value.kind, refused.value.code) == (kind, code)
    assert refused.value.request_id
    assert len(world.particulier.asked) == (2 if code == "00015" else 1)


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_a_request_already_running_there_is_asked_again_once(app: Quart, api: ApiParticulier, world: Outside) -> None:
    world.particulier.knobs = Knobs(error=(409, "00015"), errors=1)
    assert (await api.by_identity(ANYBODY)).value == 900
    assert app.extensions["waited"] == [6.0]


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_after_too_many_requests_nothing_is_sent_until_the_time_told(api: ApiParticulier, world: Outside, clock: Clock) -> None:
    world.particulier.knobs = Knobs(error=(429, "00429"), retry_after=120)
    for _ in range(3):
        with pytest.raises(QuotientError):
            await api.by_identity(ANYBODY)
    assert len(world.particulier.asked) == 1
    world.particulier.knobs = Knobs()
    clock.set("2026-11-23T08:01:59")
    with pytest.raises(QuotientError):
        await api.by_identity(ANYBODY)
    clock.set("2026-11-23T08:02:01")
    assert (await api.by_identity(ANYBODY)).value == 900


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "knobs",
    [
        Knobs(body="<html>"), Knobs(body="[]"), Knobs(body='{"data": {}}'), Knobs(value=0), Knobs(value=-3),
        Knobs(scopes=frozenset({"enfants"})),
    ],
)
async def test_an_answer_that_gives_no_sure_number_is_no_quotient(api: ApiParticulier, world: Outside, knobs: Knobs) -> None:
    world.particulier.knobs = knobs
    with pytest.raises(QuotientError) as refused:
        await api.by_identity(ANYBODY)
    assert refused.value.kind == "unreadable"


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_the_quotient_block_alone_is_enough(api: ApiParticulier, world: Outside) -> None:
    world.particulier.knobs = Knobs(scopes=frozenset({"quotient_familial"}))
    assert (await api.by_identity(ANYBODY)).people == 0


async def test_an_api_that_is_gone_is_not_asked_for_ever() -> None:
    async def at_once(seconds: float) -> None:
        return None

    gone = ApiParticulier("http://127.0.0.1:9", "token", SIRET, pause=at_once)
    with pytest.raises(QuotientError) as refused:
        await gone.by_identity(ANYBODY)
    assert (refused.value.kind, refused.value.code) == ("later", "unreachable")


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("identity", "value"),
    [
        (Identity("BERNARD", ("ELODIE",), 1990, 3, None, "F", "99100", "08480"), 650),
        (Identity("SIMPSON", ("Marge",), 1980, 11, 15, "F", "99404", "13001"), 300),  # born abroad: the town is left out
        (Identity("MARTIN", ("PIERRE",), 1985, 6, 12, "M", "99100", "13055"), 1200),
        (Identity("MARTIN", ("PIERRE",), 1987, 6, 12, "M", "99100", "13055"), 1200),
        (Identity("Martin", ("Pierre",), 1987, 6, 27, "M", "99100", "51108"), 200),
        (Identity("DUBOIS", ("ANGELA", "CLAIRE", "LOUISE"), 1962, 8, 24, "F", "99100", "75107"), 4270),
    ],
)
async def test_the_sandboxs_own_families(api: ApiParticulier, identity: Identity, value: int) -> None:
    assert (await api.by_identity(identity)).value == value


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_a_wrong_token_or_siret_is_our_configuration(api: ApiParticulier) -> None:
    for wrong, code in ((ApiParticulier(api.url, "another", SIRET), "00101"), (ApiParticulier(api.url, api.token, "12"), "00203")):
        with pytest.raises(QuotientError) as refused:
            await wrong.by_identity(ANYBODY)
        assert refused.value.code == code
