"""What belongs to another family does not exist: it is not found, not shown, and not acted upon."""

from typing import Any

import pytest

from server.database import Database
from tests.cast import Phone
from tests.conftest import Clock, NewPhone

Rows = dict[str, dict[str, Any]]


def family(rows: Rows) -> dict[str, Any]:
    """The rows of the one family that a phone holds."""
    (scope,) = [scope for scope in rows if scope.startswith("f:")]
    return rows[scope]


def child_named(rows: Rows, first_name: str) -> str:
    return next(
        key.partition("/")[2]
        for key, body in family(rows).items()
        if key.startswith("child/") and body["first_name"] == first_name
    )


def a_bookable_session(rows: Rows, child: str, now_ms: int) -> str:
    """A session that the family could still book for its child."""
    units = {
        unit for key, body in family(rows).items() if key.startswith("enrol/") and body["child"] == child for unit in body["units"]
    }
    for scope in rows:
        for body in rows[scope].values() if scope.startswith("t:openings:") else ():
            for day, (add_until, _, level) in body["days"].items():
                if body["unit"] in units and add_until * 1000 > now_ms and level == 0:
                    return f"{body['unit']}:{body['month']}-{day}"
    raise AssertionError("the demo has nothing to book")


async def test_a_phone_holds_its_own_family_and_what_is_public(new_phone: NewPhone) -> None:
    rows = await (await new_phone("nadia")).rows()
    assert [body["label"] for key, body in family(rows).items() if key.startswith("family/")] == ["BENALI"]
    assert all(scope.startswith(("a:", "f:", "t:")) for scope in rows)
    words = str(rows)
    assert "Léa" in words
    assert not [name for name in ("Diallo", "Aminata", "Fatou", "104988", "1185") if name in words]


async def test_the_other_parent_sees_the_child_they_share_and_no_money(new_phone: NewPhone) -> None:
    rows = family(await (await new_phone("paul")).rows())
    assert [body["first_name"] for key, body in rows.items() if key.startswith("child/")] == ["Noé"]
    of_nadia = [body for key, body in rows.items() if key.startswith("resa/") and not body["mine"]]
    assert of_nadia, "the demo books Noé on Nadia's side too"
    assert not [body for body in of_nadia if {"cents", "max_cents", "receipt", "limit_cents"} & set(body)]
    assert "Léa" not in str(rows)


async def test_asking_for_another_familys_scope_gives_nothing(new_phone: NewPhone) -> None:
    nadia = await new_phone("nadia")
    theirs = [scope for scope in await nadia.rows() if scope.startswith(("f:", "a:"))]
    phone = await new_phone("aminata")
    phone.cursors = dict.fromkeys(theirs, "a1.0")
    answer = await phone.exchange()
    assert not {change["scope"] for change in answer["changes"]} & set(theirs)
    assert "Léa" not in str(answer)


@pytest.mark.parametrize(("who", "whose", "child"), [("nadia", "aminata", "Fatou"), ("paul", "nadia", "Léa"), ("aminata", "paul", "Noé")])
async def test_no_parent_books_for_a_child_of_others(
    new_phone: NewPhone, database: Database, clock: Clock, who: str, whose: str, child: str
) -> None:
    rows = await (await new_phone(whose)).rows()
    theirs = child_named(rows, child)
    phone = await new_phone(who)
    item = {"rid": "r_somebody_tries", "child": theirs, "session": a_bookable_session(rows, theirs, clock())}
    asked = phone.command("reservation.book@1", {"items": [item], "mode": "each", "if_full": "waitlist"})
    receipt = (await phone.exchange(asked))["receipts"][0]
    assert (receipt["outcome"], receipt["items"][0]["code"]) == ("refused", "CHILD_UNKNOWN")
    assert await database.all("SELECT id FROM booking WHERE id = ?", item["rid"]) == []


@pytest.mark.parametrize("kind", ["reservation.cancel@1", "waitlist.leave@1", "reservation.confirm@1"])
async def test_no_parent_touches_the_booking_of_others(new_phone: NewPhone, kind: str) -> None:
    nadia = await new_phone("nadia")
    rows = family(await nadia.rows())
    state = "waiting" if kind == "waitlist.leave@1" else "booked"
    key, before = next((key, body) for key, body in rows.items() if key.startswith("resa/") and body["mine"] and body["state"] == state)
    item = {"rid": key.partition("/")[2]} | ({"max_price_cents": 100} if kind == "reservation.confirm@1" else {})
    phone = await new_phone("aminata")
    receipt = (await phone.exchange(phone.command(kind, {"items": [item]})))["receipts"][0]
    assert receipt["outcome"] == "void"
    assert family(await nadia.rows())[key] == before


async def test_a_phone_cannot_speak_for_another_phone(new_phone: NewPhone) -> None:
    nadia, aminata = await new_phone("nadia"), await new_phone("aminata")
    aminata.device = nadia.device
    assert await refused(aminata, aminata.request()) in {"other_account", "device_unknown"}


async def test_nobody_revokes_or_renames_the_phone_of_another(new_phone: NewPhone) -> None:
    nadia, aminata = await new_phone("nadia"), await new_phone("aminata")
    response = await aminata.client.delete(f"/api/sync/v1/devices/{nadia.device}")
    assert (response.status_code, (await response.get_json())["error"]["code"]) == (404, "not_found")
    for kind, more in (("device.revoke@1", {}), ("device.rename@1", {"label": "À moi"})):
        receipt = (await aminata.exchange(aminata.command(kind, {"device": nadia.device, **more})))["receipts"][0]
        assert (receipt["outcome"], receipt["items"][0]["code"]) == ("refused", "DEVICE_UNKNOWN")
    assert (await nadia.post(nadia.request())).status_code == 200


async def test_an_actor_that_is_not_the_signed_in_account_is_refused(new_phone: NewPhone) -> None:
    nadia, aminata = await new_phone("nadia"), await new_phone("aminata")
    assert await refused(nadia, nadia.request() | {"actor": aminata.account}) == "other_account"


async def refused(phone: Phone, request: dict[str, Any]) -> str:
    response = await phone.post(request)
    assert response.status_code >= 400
    return str((await response.get_json())["error"]["code"])
