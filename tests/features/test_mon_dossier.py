"""Mon dossier: a parent changes it, off line too; the town checks what it must; nobody overwrites anybody."""

import re
from typing import Any

import pytest

from server.database import Database
from server.syncing.service.projection import family_scope
from tests.cast import Client, Phone
from tests.conftest import PARIS, NewPhone
from tests.features.booking import send

Rows = dict[str, Any]
BENALI = "fam_benali"


async def dossier(phone: Phone) -> Rows:
    return (await phone.rows())[f"f:{BENALI}"]


async def edit(phone: Phone, field: str, value: str, base: int = 0, **more: Any) -> Rows:
    receipt = await send(phone, "dossier.edit@1", {"family": BENALI, "field": field, "base": base, "value": value, **more})
    return receipt["items"][0]


async def put(phone: Phone, contact: str, kind: str = "emergency", base: int = 0, name: str = "Rosa Benali") -> Rows:
    args = {"family": BENALI, "contact": contact, "kind": kind, "name": name, "relation": "grand-mère", "phone": "0612345678", "base": base}
    return (await send(phone, "contact.put@1", args))["items"][0]


async def only_change(client: Client) -> Rows:
    found = (await (await client.get("/api/agents/changes")).get_json())["changes"]
    assert len(found) == 1, found
    return dict(found[0])


async def answer(client: Client, change: str, accept: bool, reason: str | None = None) -> int:
    return (await client.post(f"/api/agents/changes/{change}", json={"accept": accept, "reason": reason})).status_code


async def test_a_telephone_changes_at_once(nadias_phone: Phone) -> None:
    assert await edit(nadias_phone, "phone_work", "01 69 83 56 00") == {"outcome": "accepted", "field": "phone_work"}
    family = (await dossier(nadias_phone))[f"family/{BENALI}"]
    assert (family["phone_work"], family["versions"]["phone_work"]) == ("01 69 83 56 00", 1)


async def test_the_same_value_again_changes_nothing(nadias_phone: Phone) -> None:
    await edit(nadias_phone, "phone_work", "0169835600")
    assert (await edit(nadias_phone, "phone_work", "01.69.83.56.00", base=1))["code"] == "ALREADY"
    assert (await dossier(nadias_phone))[f"family/{BENALI}"]["versions"]["phone_work"] == 1


async def test_what_is_no_telephone_is_refused_with_its_field(nadias_phone: Phone) -> None:
    assert await edit(nadias_phone, "phone_home", "douze") == {
        "outcome": "refused", "code": "BAD_VALUE", "field": "phone_home", "value": "douze",
    }  # fmt: skip


async def test_a_stale_edit_is_told_and_writes_over_nothing(new_phone: NewPhone) -> None:
    first, second = await new_phone("nadia"), await new_phone("nadia")
    await edit(first, "phone_mobile", "0611111111")
    late = await edit(second, "phone_mobile", "0622222222")
    assert late == {"outcome": "refused", "code": "STALE", "field": "phone_mobile", "value": "0622222222"}
    assert (await dossier(second))[f"family/{BENALI}"]["phone_mobile"] == "06 11 11 11 11"
    assert (await edit(second, "phone_mobile", "0622222222", base=1))["outcome"] == "accepted"


async def test_an_edit_sent_twice_is_made_once(nadias_phone: Phone) -> None:
    command = nadias_phone.command("dossier.edit@1", {"family": BENALI, "field": "phone_home", "base": 0, "value": "0169000000"})
    first = (await nadias_phone.exchange(command))["receipts"][0]
    again = (await nadias_phone.exchange(command))["receipts"][0]
    assert first == again
    assert (await dossier(nadias_phone))[f"family/{BENALI}"]["versions"]["phone_home"] == 1


async def test_an_address_waits_until_an_agent_accepts_it(nadias_phone: Phone, as_sylvie: Client) -> None:
    before = (await dossier(nadias_phone))[f"family/{BENALI}"]["address"]
    assert (await edit(nadias_phone, "address", "5, rue Neuve, 91270 Vigneux-sur-Seine"))["code"] == "TO_CHECK"
    rows = await dossier(nadias_phone)
    (pending,) = [body for key, body in rows.items() if key.startswith("change/")]
    assert (pending["old"], pending["new"], pending["state"]) == (before, "5, rue Neuve, 91270 Vigneux-sur-Seine", "pending")
    assert rows[f"family/{BENALI}"]["address"] == before

    change = await only_change(as_sylvie)
    assert (change["field"], change["old"], change["asked_by"]) == ("address", before, "Nadia Benali")
    assert await answer(as_sylvie, change["id"], True) == 204
    rows = await dossier(nadias_phone)
    assert rows[f"family/{BENALI}"]["address"] == "5, rue Neuve, 91270 Vigneux-sur-Seine"
    assert not [key for key in rows if key.startswith("change/")]
    assert await answer(as_sylvie, change["id"], True) == 409


async def test_a_refusal_needs_its_reason_and_the_parent_reads_it(nadias_phone: Phone, as_sylvie: Client) -> None:
    await edit(nadias_phone, "caf_number", "1234567A")
    change = await only_change(as_sylvie)
    assert await answer(as_sylvie, change["id"], False) == 400
    assert await answer(as_sylvie, change["id"], False, "Ce numéro est celui d’une autre famille.") == 204
    rows = await dossier(nadias_phone)
    (refused,) = [body for key, body in rows.items() if key.startswith("change/")]
    assert (refused["state"], refused["reason"]) == ("refused", "Ce numéro est celui d’une autre famille.")
    assert rows[f"family/{BENALI}"]["caf_number"] is None


async def test_asking_again_takes_the_place_of_what_waited(nadias_phone: Phone, as_sylvie: Client) -> None:
    await edit(nadias_phone, "address", "5, rue Neuve, Vigneux")
    await edit(nadias_phone, "address", "7, rue Neuve, Vigneux")
    assert (await only_change(as_sylvie))["new"] == "7, rue Neuve, Vigneux"


async def test_whom_to_call_holds_at_once_who_collects_is_checked(nadias_phone: Phone, as_sylvie: Client) -> None:
    assert (await put(nadias_phone, "ct_1"))["outcome"] == "accepted"
    assert (await put(nadias_phone, "ct_2", "collector", name="Omar Diop"))["code"] == "TO_CHECK"
    rows = await dossier(nadias_phone)
    assert [body["name"] for key, body in rows.items() if key.startswith("contact/")] == ["Rosa Benali"]
    change = await only_change(as_sylvie)
    assert await answer(as_sylvie, change["id"], True) == 204
    rows = await dossier(nadias_phone)
    assert rows["contact/ct_2"] == {"kind": "collector", "name": "Omar Diop", "relation": "grand-mère", "phone": "06 12 34 56 78", "v": 1}


async def test_a_contact_edited_on_an_old_version_is_stale(nadias_phone: Phone) -> None:
    await put(nadias_phone, "ct_1")
    await put(nadias_phone, "ct_1", base=1, name="Rosa B.")
    assert (await put(nadias_phone, "ct_1", base=1, name="Rose"))["code"] == "STALE"
    assert (await dossier(nadias_phone))["contact/ct_1"]["name"] == "Rosa B."


async def test_a_right_to_collect_ends_when_the_parent_says_so(nadias_phone: Phone, as_sylvie: Client) -> None:
    await put(nadias_phone, "ct_2", "collector")
    await answer(as_sylvie, (await only_change(as_sylvie))["id"], True)
    receipt = await send(nadias_phone, "contact.remove@1", {"family": BENALI, "contact": "ct_2", "base": 1})
    assert receipt["outcome"] == "accepted"
    assert "contact/ct_2" not in await dossier(nadias_phone)


async def test_an_insurance_is_seen_by_an_agent_before_it_counts(nadias_phone: Phone, as_sylvie: Client) -> None:
    args = {"family": BENALI, "kind": "vaccination", "child": "chd_lea", "valid_until": "2029-04-12"}
    assert (await send(nadias_phone, "proof.declare@1", args))["code"] == "TO_CHECK"
    assert "proof/fam_benali.vaccination.chd_lea" not in await dossier(nadias_phone)
    change = await only_change(as_sylvie)
    assert change["child"] == "Léa"
    await answer(as_sylvie, change["id"], True)
    assert (await dossier(nadias_phone))["proof/fam_benali.vaccination.chd_lea"]["valid_until"] == "2029-04-12"


@pytest.mark.parametrize(
    "args",
    [{"kind": "insurance", "valid_until": "2027-08-31"}, {"kind": "address", "child": "chd_lea", "valid_until": "2027-08-31"},
     {"kind": "insurance", "child": "chd_fatou", "valid_until": "2027-08-31"},
     {"kind": "insurance", "child": "chd_lea", "valid_until": "2027-02-30"}],
)  # fmt: skip
async def test_a_paper_that_makes_no_sense_is_refused(nadias_phone: Phone, args: Rows) -> None:
    assert (await send(nadias_phone, "proof.declare@1", {"family": BENALI, **args}))["outcome"] == "refused"


async def test_the_meal_of_a_shared_child_is_in_both_homes(nadias_phone: Phone, new_phone: NewPhone) -> None:
    paul = await new_phone("paul")
    assert (await edit(nadias_phone, "diet", "vegetarian", child="chd_noe"))["outcome"] == "accepted"
    assert (await paul.rows())["f:fam_martin"]["child/chd_noe"]["diet"] == "vegetarian"
    late = await send(paul, "dossier.edit@1", {"family": "fam_martin", "field": "diet", "base": 0, "value": "no_pork", "child": "chd_noe"})
    assert late["code"] == "STALE"


async def test_a_care_protocol_reaches_the_agents_and_no_device(
    nadias_phone: Phone, as_nadia: Client, as_aminata: Client, as_sylvie: Client
) -> None:
    path = "/api/families/children/chd_lea/care-protocol"
    assert (await as_aminata.put(path, json={"exists": True})).status_code == 404
    assert (await as_nadia.put(path, json={"exists": True})).status_code == 204
    change = await only_change(as_sylvie)
    assert (change["field"], change["new"]) == ("care_protocol", True)
    await answer(as_sylvie, change["id"], True)
    sheet = await (await as_sylvie.get(f"/api/agents/dossiers/{BENALI}")).get_json()
    assert [child["care_protocol"] for child in sheet["child"] if child["id"] == "chd_lea"] == [True]
    held = str(await nadias_phone.rows()).lower()
    assert "care_protocol" not in held
    assert not re.search(r"(?<![a-z])pai(?![a-z])", held)


@pytest.mark.parametrize(
    ("kind", "args"),
    [
        ("dossier.edit@1", {"field": "phone_home", "base": 0, "value": "0169000000"}),
        ("contact.put@1", {"contact": "ct_9", "kind": "emergency", "name": "X", "phone": "0169000000", "base": 0}),
        ("contact.remove@1", {"contact": "ct_9", "base": 0}),
        ("proof.declare@1", {"kind": "address", "valid_until": "2027-08-31"}),
    ],
)
async def test_nobody_changes_the_file_of_others(new_phone: NewPhone, database: Database, kind: str, args: Rows) -> None:
    before = await database.all("SELECT * FROM family ORDER BY id")
    receipt = await send(await new_phone("aminata"), kind, {"family": BENALI, **args})
    assert (receipt["outcome"], receipt["items"][0]["code"]) == ("refused", "NOT_YOURS")
    assert [dict(row) for row in await database.all("SELECT * FROM family ORDER BY id")] == [dict(row) for row in before]


async def test_a_contact_of_another_family_cannot_be_taken_over(nadias_phone: Phone, new_phone: NewPhone) -> None:
    await put(nadias_phone, "ct_1")
    paul = await new_phone("paul")
    args = {"family": "fam_martin", "contact": "ct_1", "kind": "emergency", "name": "À moi", "phone": "0612345678", "base": 1}
    assert (await send(paul, "contact.put@1", args))["code"] == "NOT_YOURS"
    assert (await dossier(nadias_phone))["contact/ct_1"]["name"] == "Rosa Benali"


async def test_reading_a_file_is_noted_and_the_parent_reads_who(as_nadia: Client, as_sylvie: Client) -> None:
    assert (await as_sylvie.get(f"/api/agents/dossiers/{BENALI}")).status_code == 200
    log = (await (await as_nadia.get("/api/privacy")).get_json())["access_log"]
    assert (log[0]["name"], log[0]["service"], log[0]["what"]) == ("Sylvie Laurent", "enfance-education", "file.read")


async def test_agents_find_files_by_number_parent_or_child(as_sylvie: Client) -> None:
    async def found(words: str) -> list[str]:
        answer = await (await as_sylvie.get("/api/agents/dossiers", query_string={"q": words})).get_json()
        return sorted(family["label"] for family in answer["families"])

    assert await found("104217") == ["BENALI"]
    assert await found("nadia ben") == ["BENALI"]
    assert await found("Fatou") == ["DIALLO"]
    assert await found("%") == []
    assert await found("zzzz") == []


async def test_what_phones_hold_is_what_the_tables_say(nadias_phone: Phone, database: Database, as_sylvie: Client) -> None:
    await edit(nadias_phone, "phone_work", "0169835600")
    await put(nadias_phone, "ct_1")
    await edit(nadias_phone, "address", "5, rue Neuve, Vigneux")
    held = {key: body for key, body in (await dossier(nadias_phone)).items() if not key.startswith("receipt/")}
    assert held == await family_scope(database, BENALI, "2026-11-23", PARIS)  # type: ignore[arg-type]
