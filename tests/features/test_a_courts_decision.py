"""What a court takes from a parent is taken at once: from their telephone, from what they may ask, and from the lists."""

from typing import Any

from server.database import Database
from server.restrictions.service import turn
from tests.cast import Client, Phone
from tests.conftest import PARIS, Clock, NewPhone
from tests.features.booking import SOIR, book, item, send
from tests.features.test_second_parent import code_for, invite, join

EVENING = f"{SOIR}:2027-01-12"
PAUL = {"family": "fam_martin", "adult": "adu_paul", "child": "chd_noe", "decision": "Tribunal judiciaire d’Évry, 12 novembre 2026"}


async def entered(agent: Client, limits: list[str], since: str = "2026-11-23", until: str | None = None, **more: str) -> str:
    answer = await agent.post("/api/agents/restrictions", json={**PAUL, **more, "limits": limits, "since": since, "until": until})
    assert answer.status_code == 201, await answer.get_data()
    return str((await answer.get_json())["id"])


async def lifted(agent: Client, id: str) -> Any:
    return await agent.post(f"/api/agents/restrictions/{id}/lift", json={"why": "Jugement du 3 décembre"})


async def invited(holder: Client, database: Database) -> str:
    """The code of an invitation into Nadia's file."""
    assert (await invite(holder)).status_code == 201
    return await code_for(database, "other@example.org")


async def about_noe(phone: Phone) -> list[str]:
    rows = (await phone.rows()).get("f:fam_martin", {})
    return [key for key, body in rows.items() if key == "child/chd_noe" or body.get("child") == "chd_noe"]


async def speaking_of_noe(phone: Phone) -> set[str]:
    """The kinds of rows that name him, besides the parent's own bills and the answers they got."""
    held = {key.partition("/")[0] for rows in (await phone.rows()).values() for key, body in rows.items() if "chd_noe" in str((key, body))}
    return held - {"invoice", "receipt"}


async def test_who_may_see_nothing_loses_the_childs_rows_and_gets_them_back(new_phone: NewPhone, as_sylvie: Client) -> None:
    paul, nadia = await new_phone("paul"), await new_phone("nadia")
    before = await about_noe(paul)
    assert before
    booked = await book(paul, wanted := item("chd_noe", EVENING))
    assert booked["outcome"] == "accepted"
    id = await entered(as_sylvie, ["see"])

    assert {row["k"] for change in (await paul.exchange())["changes"] for row in change["rows"] if "del" in row} >= {"child/chd_noe"}
    assert await about_noe(paul) == []
    assert await speaking_of_noe(paul) == set()
    asked: tuple[tuple[str, dict[str, Any]], ...] = (
        ("reservation.book@1", {"items": [item("chd_noe", f"{SOIR}:2027-01-14")], "mode": "each", "if_full": "ask"}),
        ("reservation.cancel@1", {"items": [{"rid": wanted["rid"]}]}),
        ("absence.declare@1", {"items": [{"rid": wanted["rid"]}], "reason": "illness"}),
        ("dossier.edit@1", {"family": "fam_martin", "field": "diet", "child": "chd_noe", "base": 0, "value": "standard"}),
    )
    for kind, args in asked:
        assert (await send(paul, kind, args))["code"] == "RESTRICTED", kind
    assert (await nadia.rows())["f:fam_benali"]["child/chd_noe"]["shared"] is False
    file = (await (await paul.client.get("/api/privacy/mes-donnees.json")).get_json())["families"][0]["file"]
    assert {kind for kind, rows in file.items() if "chd_noe" in str(rows)} <= {"invoice", "receipt"}

    assert (await lifted(as_sylvie, id)).status_code == 204
    assert set(await about_noe(paul)) > set(before)
    assert (await send(paul, "reservation.cancel@1", {"items": [{"rid": wanted["rid"]}]}))["outcome"] == "accepted"
    assert (await nadia.rows())["f:fam_benali"]["child/chd_noe"]["shared"] is True


async def test_who_may_not_book_still_sees_and_is_told_why(new_phone: NewPhone, as_sylvie: Client) -> None:
    paul = await new_phone("paul")
    id = await entered(as_sylvie, ["book", "collect"], until="2027-06-30")
    assert (await book(paul, item("chd_noe", EVENING)))["code"] == "RESTRICTED"
    assert await about_noe(paul)
    (notice,) = [body for key, body in (await paul.rows())["a:acc_paul"].items() if key.startswith("limit/")]
    assert (notice["limits"], notice["until"], notice["first_name"]) == (["book", "collect"], "2027-06-30", "Noé")
    assert (await lifted(as_sylvie, id)).status_code == 204
    assert [key for key in (await paul.rows())["a:acc_paul"] if key.startswith("limit/")] == []
    assert (await book(paul, item("chd_noe", EVENING)))["outcome"] == "accepted"


async def test_in_a_shared_file_the_account_loses_the_file_and_no_code_brings_it_back(
    new_phone: NewPhone, as_nadia: Client, as_sylvie: Client, database: Database
) -> None:
    paul = await new_phone("paul")
    code = await invited(as_nadia, database)
    assert (await join(paul.client, code)).status_code == 200
    assert "f:fam_benali" in await paul.rows()
    adult = await database.one("SELECT id FROM adult WHERE family_id = 'fam_benali' AND account_id = 'acc_paul'")
    assert adult is not None

    again = await invited(as_nadia, database)
    id = await entered(as_sylvie, ["see"], family="fam_benali", adult=adult["id"])
    assert (await paul.exchange())["scopes"]["removed"][0] == "f:fam_benali"
    assert await speaking_of_noe(paul) == set(), "nor in his own file"
    assert "Léa" not in str(await paul.rows())
    refused = await join(paul.client, again)
    assert (refused.status_code, (await refused.get_json())["error"]["code"]) == (409, "restricted")
    assert (await lifted(as_sylvie, id)).status_code == 204
    assert "chd_noe" in str((await paul.rows())["f:fam_martin"])
    assert "f:fam_benali" in await paul.rows()


async def test_a_restriction_begins_and_ends_on_its_days(new_phone: NewPhone, as_sylvie: Client, database: Database, clock: Clock) -> None:
    paul = await new_phone("paul")
    await entered(as_sylvie, ["see"], since="2026-11-25", until="2026-11-26")
    assert await turn(database, clock(), PARIS) == 0
    assert await about_noe(paul)
    clock.set("2026-11-25T00:01")
    assert [await turn(database, clock(), PARIS) for _ in range(2)] == [1, 0]
    assert await about_noe(paul) == []
    clock.set("2026-11-27T00:01")
    assert [await turn(database, clock(), PARIS) for _ in range(2)] == [1, 0]
    assert await about_noe(paul)


async def test_it_is_entered_by_the_schools_service_read_by_all_agents_and_traced(
    as_sylvie: Client, as_marc: Client, new_phone: NewPhone
) -> None:
    nadia = await new_phone("nadia")
    as_nadia = nadia.client
    body = {**PAUL, "limits": ["collect"], "since": "2026-11-23"}
    assert (await as_marc.post("/api/agents/restrictions", json=body)).status_code == 403
    assert (await as_nadia.post("/api/agents/restrictions", json=body)).status_code == 403
    await entered(as_sylvie, ["collect"])
    for wrong, code in (({}, "restriction_known"), ({"adult": "adu_nadia"}, "not_found"), ({"child": "chd_lea"}, "not_found"),
                        ({"since": "2026-02-30"}, "restriction_dates"), ({"until": "2026-11-22"}, "restriction_dates")):  # fmt: skip
        refused = await as_sylvie.post("/api/agents/restrictions", json={**body, **wrong})
        assert (await refused.get_json())["error"]["code"] == code, wrong
    for family in ("fam_martin", "fam_benali"):
        seen = await (await as_marc.get(f"/api/agents/dossiers/{family}/restrictions")).get_json()
        assert [(one["adult"], one["child"], one["limits"], one["by"]) for one in seen["restrictions"]] == [
            ("Paul Martin", "Noé", ["collect"], "Sylvie Laurent")
        ]
        assert seen["may_enter"] is False
    held = (await nadia.rows())["f:fam_benali"].values()
    day = next(row["date"] for row in held if row.get("child") == "chd_noe" and row.get("unit") == SOIR and row.get("state") == "booked")
    units = (await (await as_sylvie.get(f"/api/agents/attendance?place=pasteur&date={day}")).get_json())["units"]
    assert next(one["not_to"] for unit in units for one in unit["children"] if one["child"] == "chd_noe") == ["Paul Martin"]
    log = (await (await as_nadia.get("/api/privacy")).get_json())["access_log"]
    assert "restriction.entered" in [line["what"] for line in log]
