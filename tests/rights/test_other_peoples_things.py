"""What belongs to another family does not exist: it is not found, not shown, and not acted upon."""

from collections.abc import Awaitable, Callable

import pytest

from server.database import Database
from tests.cast import Phone

NewPhone = Callable[[str], Awaitable[Phone]]


async def test_a_phone_holds_its_own_family_and_what_is_public(new_phone: NewPhone) -> None:
    rows = await (await new_phone("nadia")).rows()
    assert {scope for scope in rows if scope.startswith("f:")} == {"f:benali"}
    assert all(scope.startswith(("a:", "f:", "t:")) for scope in rows)
    words = str(rows)
    assert "Léa" in words
    assert not [name for name in ("Diallo", "Aminata", "Fatou", "104988", "1185") if name in words]


async def test_the_other_parent_sees_the_child_they_share_and_no_money(new_phone: NewPhone) -> None:
    rows = (await (await new_phone("paul")).rows())["f:martin"]
    children = [body["first_name"] for key, body in rows.items() if key.startswith("child/")]
    assert children == ["Noé"]
    of_nadia = [body for key, body in rows.items() if key.startswith("resa/") and not body["mine"]]
    assert of_nadia, "the demo books Noé on Nadia's side too"
    assert not [body for body in of_nadia if {"cents", "max_cents", "receipt", "limit_cents"} & set(body)]
    assert not [key for key, body in rows.items() if key.startswith("invoice/") and "Léa" in str(body)]


async def test_asking_for_another_familys_scope_gives_nothing(new_phone: NewPhone) -> None:
    phone = await new_phone("aminata")
    phone.cursors = {"f:benali": "a1.0", "a:nadia": "a1.0"}
    answer = await phone.exchange()
    assert {change["scope"] for change in answer["changes"]} & {"f:benali", "a:nadia"} == set()
    assert "Léa" not in str(answer)


@pytest.mark.parametrize("who", ["nadia", "paul", "aminata"])
async def test_no_parent_books_for_a_child_of_others(new_phone: NewPhone, database: Database, who: str) -> None:
    others = {"nadia": "fatou", "paul": "lea", "aminata": "noe"}
    opening = await database.one(
        "SELECT o.id FROM opening o JOIN enrolment e ON e.child_id = ? WHERE e.units LIKE '%' || o.unit_id || '%'"
        " AND o.add_until > ? ORDER BY o.id LIMIT 1" if database.dialect == "sqlite" else
        "SELECT o.id FROM opening o JOIN enrolment e ON e.child_id = ? WHERE e.units::text LIKE '%' || o.unit_id || '%'"
        " AND o.add_until > ? ORDER BY o.id LIMIT 1",
        others[who], 1_795_000_000_000,
    )  # fmt: skip
    assert opening
    phone = await new_phone(who)
    item = {"rid": f"r_{who}_tries", "child": others[who], "session": opening["id"]}
    asked = phone.command("reservation.book@1", {"items": [item], "mode": "each", "if_full": "waitlist"})
    receipt = (await phone.exchange(asked))["receipts"][0]
    assert (receipt["outcome"], receipt["items"][0]["code"]) == ("refused", "CHILD_UNKNOWN")
    assert await database.all("SELECT id FROM booking WHERE id = ?", item["rid"]) == []


async def test_no_parent_cancels_the_booking_of_others(new_phone: NewPhone, database: Database) -> None:
    theirs = await database.one("SELECT id FROM booking WHERE family_id = 'benali' AND state = 'booked' ORDER BY date DESC LIMIT 1")
    assert theirs
    phone = await new_phone("aminata")
    receipt = (await phone.exchange(phone.command("reservation.cancel@1", {"items": [{"rid": theirs["id"]}]})))["receipts"][0]
    assert (receipt["outcome"], receipt["items"][0]["code"]) == ("void", "NOTHING_TO_CANCEL")
    after = await database.one("SELECT state FROM booking WHERE id = ?", theirs["id"])
    assert after and after["state"] == "booked"


async def test_a_phone_cannot_speak_for_another_phone(new_phone: NewPhone) -> None:
    nadia, aminata = await new_phone("nadia"), await new_phone("aminata")
    aminata.device = nadia.device
    response = await aminata.post(aminata.request())
    assert response.status_code in {403, 410}
    assert (await response.get_json())["error"]["code"] in {"other_account", "device_unknown"}


async def test_nobody_revokes_the_phone_of_another(new_phone: NewPhone) -> None:
    nadia, aminata = await new_phone("nadia"), await new_phone("aminata")
    response = await aminata.client.delete(f"/api/sync/v1/devices/{nadia.device}")
    assert (response.status_code, (await response.get_json())["error"]["code"]) == (404, "not_found")
    revoke = aminata.command("device.revoke@1", {"device": nadia.device})
    receipt = (await aminata.exchange(revoke))["receipts"][0]
    assert (receipt["outcome"], receipt["items"][0]["code"]) == ("refused", "DEVICE_UNKNOWN")
    assert (await nadia.post(nadia.request())).status_code == 200


async def test_an_actor_that_is_not_the_signed_in_account_is_refused(new_phone: NewPhone) -> None:
    phone = await new_phone("nadia")
    response = await phone.post(phone.request() | {"actor": "aminata"})
    assert (response.status_code, (await response.get_json())["error"]["code"]) == (403, "other_account")
