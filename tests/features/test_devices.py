"""A parent's installations: named, listed, and ended when the phone is lost."""

from tests.cast import Phone
from tests.conftest import Clock, NewPhone
from tests.features.booking import send


async def test_a_phone_is_renamed(nadias_phone: Phone) -> None:
    receipt = await send(nadias_phone, "device.rename@1", {"device": nadias_phone.device, "label": "  Téléphone de Nadia "})
    assert receipt["outcome"] == "accepted"
    row = (await nadias_phone.rows())["a:acc_nadia"][f"device/{nadias_phone.device}"]
    assert row["label"] == "Téléphone de Nadia"


async def test_a_lost_phone_is_ended_from_another_one(new_phone: NewPhone) -> None:
    kept, lost = await new_phone("nadia"), await new_phone("nadia")
    assert (await send(kept, "device.revoke@1", {"device": lost.device}))["outcome"] == "accepted"
    assert (await lost.client.get("/api/session")).status_code == 401
    told = await lost.post(lost.request())
    assert (told.status_code, (await told.get_json())["error"]["code"]) == (403, "device_revoked"), "so that it empties itself"
    listed = (await (await kept.client.get("/api/sync/v1/devices")).get_json())["devices"]
    assert [(one["device"], one["revoked_at"] is not None) for one in listed if one["device"] == lost.device] == [(lost.device, True)]


async def test_an_ended_phone_that_signs_in_again_is_told_to_wipe(new_phone: NewPhone) -> None:
    kept, lost = await new_phone("nadia"), await new_phone("nadia")
    await kept.client.delete(f"/api/sync/v1/devices/{lost.device}")
    lost.client = kept.client
    answer = await lost.post(lost.request())
    assert (answer.status_code, (await answer.get_json())["error"]["code"]) == (403, "device_revoked")


async def test_somebody_elses_phone_is_not_found(new_phone: NewPhone) -> None:
    nadia, aminata = await new_phone("nadia"), await new_phone("aminata")
    assert (await aminata.client.delete(f"/api/sync/v1/devices/{nadia.device}")).status_code == 404
    receipt = await send(aminata, "device.revoke@1", {"device": nadia.device})
    assert receipt["code"] == "DEVICE_UNKNOWN"
    assert (await nadia.client.get("/api/session")).status_code == 200


async def test_an_unknown_phone_is_asked_to_register_anew(nadias_phone: Phone) -> None:
    answer = await nadias_phone.post(nadias_phone.request() | {"device": "d_from_before_the_backup"})
    assert (answer.status_code, (await answer.get_json())["error"]["code"]) == (410, "device_unknown")


async def test_commands_of_another_account_are_not_sent_under_mine(nadias_phone: Phone) -> None:
    answer = await nadias_phone.post(nadias_phone.request() | {"actor": "acc_paul"})
    assert (answer.status_code, (await answer.get_json())["error"]["code"]) == (403, "other_account")


async def test_one_account_does_not_fill_the_town_with_phones(nadias_phone: Phone, clock: Clock) -> None:
    first = nadias_phone.device
    clock.set("2026-11-23T09:00")
    for _ in range(40):
        await nadias_phone.register()
    listed = (await (await nadias_phone.client.get("/api/sync/v1/devices")).get_json())["devices"]
    assert sum(one["revoked_at"] is None for one in listed) == 40
    assert [one["revoked_at"] is not None for one in listed if one["device"] == first] == [True]
