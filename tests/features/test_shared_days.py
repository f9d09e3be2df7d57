"""Noé lives with each parent in turns: each books and pays the own days, and asks the other for one of theirs."""

from typing import Any

from quart import Quart

from server.database import Database
from tests.cast import Client, Phone
from tests.conftest import NewPhone
from tests.features.booking import SOIR, book, item, send

HERS, HIS = "2027-01-05", "2027-01-12"
PLAN = "/api/agents/custody/chd_noe"


async def rows_of(phone: Phone, kind: str) -> dict[str, dict[str, Any]]:
    held = await phone.rows()
    (family,) = [held[scope] for scope in held if scope.startswith("f:")]
    return {key: body for key, body in family.items() if key.startswith(f"{kind}/")}


def asking(rid: str, day: str, **more: Any) -> dict[str, Any]:
    return {"items": [{"rid": rid, "child": "chd_noe", "date": day}], **more}


async def told(database: Database) -> list[str]:
    """Who was mailed about days, in order."""
    rows = await database.all("SELECT key FROM outbox WHERE key LIKE '%custody/%' ORDER BY id")
    return [row["key"].rpartition("/")[2] for row in rows]


async def test_each_parent_books_the_own_days_and_is_told_whose_the_others_are(new_phone: NewPhone) -> None:
    nadia, paul = await new_phone("nadia"), await new_phone("paul")
    assert (await book(nadia, item("chd_noe", f"{SOIR}:{HERS}")))["outcome"] == "accepted"
    refused = await book(nadia, item("chd_noe", f"{SOIR}:{HIS}"))
    assert (refused["outcome"], refused["code"]) == ("refused", "OTHER_PARENT_DAY")
    assert (await book(paul, item("chd_noe", f"{SOIR}:{HIS}")))["outcome"] == "accepted"
    assert (await book(nadia, item("chd_lea", f"{SOIR}:{HIS}")))["outcome"] == "accepted", "Léa has one home"


async def test_both_phones_hold_the_days_in_a_few_numbers_and_no_name(new_phone: NewPhone) -> None:
    hers = (await rows_of(await new_phone("nadia"), "custody"))["custody/chd_noe"]
    his = (await rows_of(await new_phone("paul"), "custody"))["custody/chd_noe"]
    assert hers["from"] == his["from"] == "2026-09-01"
    assert sum(hers["runs"]) == sum(his["runs"]) == 365
    assert his["runs"][0] == 0 and his["runs"][1:4] == hers["runs"][:3] == [6, 7, 7]
    assert "chez vous pendant les sept jours à partir du lundi 31 août 2026" in hers["words"]
    assert "première moitié chez l’autre parent les années paires" in his["words"]
    assert len(str(hers)) < 700


async def test_a_day_asked_for_is_given_by_the_other_parent_alone(
    app: Quart, new_phone: NewPhone, database: Database
) -> None:
    nadia, paul, aminata = await new_phone("nadia"), await new_phone("paul"), await new_phone("aminata")
    async with database.transaction() as tx:
        await tx.run("UPDATE account SET email = 'adresse@example.org' WHERE id IN ('acc_nadia', 'acc_paul')")
    asked = await send(nadia, "custody.ask@1", asking("r_ask1", HIS, note="Son anniversaire"))
    assert asked["outcome"] == "accepted"
    assert (await send(nadia, "custody.ask@1", asking("r_ask2", HIS)))["code"] == "ALREADY_ASKED"
    seen = (await rows_of(paul, "swap"))["swap/r_ask1"]
    assert (seen["mine"], seen["state"], seen["note"], seen["date"]) == (False, "asked", "Son anniversaire", HIS)
    yes = {"items": [{"rid": "r_ask1"}], "accept": "yes"}
    for other in (nadia, aminata):
        assert (await send(other, "custody.answer@1", yes))["outcome"] == "void", "only whose day it is may give it"
    assert (await send(paul, "custody.answer@1", yes))["outcome"] == "accepted"
    assert (await send(paul, "custody.answer@1", yes))["code"] == "ALREADY"
    assert (await rows_of(nadia, "swap"))["swap/r_ask1"]["state"] == "agreed"
    assert (await book(nadia, item("chd_noe", f"{SOIR}:{HIS}")))["outcome"] == "accepted"
    assert (await book(paul, item("chd_noe", f"pasteur-matin:{HIS}")))["code"] == "OTHER_PARENT_DAY"
    assert await told(database) == ["acc_paul", "acc_nadia"], "the one who is asked, then the one who asked"


async def test_a_day_is_declined_or_taken_back(new_phone: NewPhone) -> None:
    nadia, paul = await new_phone("nadia"), await new_phone("paul")
    await send(paul, "custody.ask@1", asking("r_no", HERS))
    assert (await send(nadia, "custody.answer@1", {"items": [{"rid": "r_no"}], "accept": "no"}))["outcome"] == "accepted"
    assert (await book(paul, item("chd_noe", f"{SOIR}:{HERS}")))["code"] == "OTHER_PARENT_DAY"
    await send(paul, "custody.ask@1", asking("r_again", HERS))
    assert (await send(paul, "custody.withdraw@1", {"items": [{"rid": "r_again"}]}))["outcome"] == "accepted"
    assert (await rows_of(nadia, "swap"))["swap/r_again"]["state"] == "withdrawn"
    late = await send(nadia, "custody.answer@1", {"items": [{"rid": "r_again"}], "accept": "yes"})
    assert (late["outcome"], late["code"]) == ("void", "NOTHING_TO_ANSWER")


async def test_what_cannot_be_asked_for_is_said(new_phone: NewPhone) -> None:
    nadia = await new_phone("nadia")
    for day, child, code in (
        (HERS, "chd_noe", "YOUR_DAY"), (HIS, "chd_lea", "NOT_SHARED"), (HIS, "chd_fatou", "CHILD_UNKNOWN"),
        ("2026-11-20", "chd_noe", "DAY_IS_PAST"),
    ):  # fmt: skip
        items = {"items": [{"rid": f"r_{code.lower()}", "child": child, "date": day}]}
        found = (await send(nadia, "custody.ask@1", items))["items"][0]
        # The week of 16 November was Paul's: an odd one since 31 August.
        assert (found["outcome"], found["code"]) == ("refused", code)


async def test_the_service_enters_a_plan_and_both_phones_follow(
    as_sylvie: Client, as_marc: Client, new_phone: NewPhone, database: Database
) -> None:
    nadia = await new_phone("nadia")
    before = await (await as_sylvie.get(PLAN)).get_json()
    assert [one["label"] for one in before["families"]] == ["BENALI", "MARTIN"]
    body = before["plan"] | {"cycle": "BBAAAAA", "anchor": "2026-08-31", "days": {HERS: "fam_martin"}}
    body.pop("by")
    tried = await (await as_sylvie.post(f"{PLAN}/preview", json=body)).get_json()
    assert "Chaque semaine : chez MARTIN le lundi et le mardi" in tried["sentence"].replace("\u00a0", " ")
    assert (await (await as_sylvie.get(PLAN)).get_json())["plan"]["cycle"] == "A" * 7 + "B" * 7
    assert (await as_sylvie.put(PLAN, json=body)).status_code == 200
    assert (await (await as_sylvie.put(PLAN, json=body)).get_json())["error"]["code"] == "custody_changed"
    assert (await book(nadia, item("chd_noe", f"{SOIR}:{HERS}")))["code"] == "OTHER_PARENT_DAY"
    assert (await book(nadia, item("chd_noe", f"{SOIR}:2027-01-14")))["outcome"] == "accepted"
    wrong = await as_sylvie.put(PLAN, json=body | {"holidays": {"*": {"how": "halves"}}, "version": 2})
    assert (wrong.status_code, (await wrong.get_json())["error"]["code"]) == (422, "custody_wrong")
    assert (await as_sylvie.get("/api/agents/custody/chd_lea")).status_code == 404
    assert (await as_marc.get(PLAN)).status_code == 403
    assert (await as_sylvie.delete(PLAN)).status_code == 204
    assert await rows_of(nadia, "custody") == {}
    assert (await book(nadia, item("chd_noe", f"{SOIR}:2027-01-11")))["outcome"] == "accepted"
    traced = await database.all("SELECT what FROM trace WHERE family = 'fam_martin' AND what LIKE 'custody%' ORDER BY id")
    assert [row["what"] for row in traced] == ["custody.entered", "custody.removed"]


async def test_the_counter_goes_past_the_plan_with_a_reason(as_sylvie: Client) -> None:
    where = "/api/agents/families/fam_benali/bookings"
    body = {"child": "chd_noe", "session": f"{SOIR}:{HIS}"}
    assert (await (await as_sylvie.post(where, json=body)).get_json())["error"]["code"] == "reason_needed"
    assert (await as_sylvie.post(where, json=body | {"reason": "Accord écrit des deux parents"})).status_code == 201
