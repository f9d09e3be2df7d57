"""Inscription: a family asks, gives its papers, waits; the service decides; places are never given twice."""

import asyncio
import json
from collections.abc import Sequence
from typing import Any

from server.database import Database
from tests.cast import Client, Phone
from tests.conftest import Clock, NewPhone, SignIn
from tests.features.booking import send

LEA, NOE, IBRAHIM, FATOU = "chd_lea", "chd_noe", "chd_ibrahim", "chd_fatou"
ROUND, GROUP = "modelage-2026", "modelage-2026.0"
OUTING = "sortie-felins"
ANSWERS = {"niveau": "Un peu", "seul": "non"}


def wish(child: str, rid: str, group: str = GROUP, **more: Any) -> dict[str, Any]:
    return {"rid": rid, "child": child, "group": group, "answers": ANSWERS, **more}


async def ask(phone: Phone, *items: dict[str, Any], round_: str = ROUND) -> list[dict[str, Any]]:
    receipt = await send(phone, "enrolment.ask@1", {"round": round_, "items": list(items)})
    found: list[dict[str, Any]] = receipt["items"]
    return found


async def act(agent: Client, ids: Sequence[str], kind: str, **more: Any) -> Any:
    return await agent.post("/api/agents/requests", json={"ids": list(ids), "act": kind, **more})


async def code_of(answer: Any) -> str:
    return str((await answer.get_json())["error"]["code"])


async def the_rows(phone: Phone) -> dict[str, Any]:
    rows = await phone.rows()
    (family,) = [rows[scope] for scope in rows if scope.startswith("f:")]
    return family


async def listed(agent: Client, **filters: str) -> dict[str, Any]:
    query = "&".join(f"{name}={value}" for name, value in filters.items())
    found: dict[str, Any] = await (await agent.get(f"/api/agents/requests?{query}")).get_json()
    return found


async def capacity(database: Database, group: str, places: int | None) -> None:
    async with database.transaction() as tx:
        await tx.run("UPDATE enrolment_group SET capacity = ? WHERE id = ?", places, group)


async def stored_file(database: Database, id: str, account: str) -> None:
    """A file that came whole."""
    async with database.transaction() as tx:
        await tx.run(
            "INSERT INTO attachment (id, account, name, sent_size, sent_sha256, received, state, created_at)"
            " VALUES (?, ?, 'assurance.pdf', 3, '', 3, 'stored', 0)",
            id, account,
        )  # fmt: skip


async def test_a_request_goes_from_missing_paper_to_the_planning(
    nadias_phone: Phone, sign_in: SignIn, database: Database, as_marc: Client
) -> None:
    as_ines = await sign_in("ines")
    async with database.transaction() as tx:
        await tx.run("DELETE FROM family_proof WHERE family_id = 'fam_benali'")
    told = await ask(nadias_phone, wish(LEA, "q_lea"))
    assert told == [{"rid": "q_lea", "child": LEA, "outcome": "requested", "code": "PAPER_MISSING"}]
    row = (await the_rows(nadias_phone))["request/q_lea"]
    assert (row["state"], row["title"]) == ("missing", "Atelier de modelage, Année 2026-2027")
    assert [(one["code"], one["state"]) for one in row["papers"]] == [("assurance", "absent"), ("photo", "absent")]
    again = await ask(nadias_phone, wish(LEA, "q_other"))
    assert (again[0]["outcome"], again[0]["code"]) == ("refused", "ALREADY_REQUESTED")
    assert (await ask(nadias_phone, wish(LEA, "q_lea")))[0]["code"] == "ALREADY"

    # Accepting against a missing paper wants a reason; seeing the paper at the desk does not.
    assert await code_of(await act(as_ines, ["q_lea"], "accept")) == "reason_needed"
    assert await code_of(await act(as_marc, ["q_lea"], "accept")) == "not_found"
    assert (await act(as_ines, ["q_lea"], "paper", codes=["assurance"], reason="La page 2 manque")).status_code == 200
    row = (await the_rows(nadias_phone))["request/q_lea"]
    assert (row["papers"][0]["state"], row["papers"][0]["why"]) == ("refused", "La page 2 manque")
    paper = {"request": "q_lea", "papers": {"assurance": "file_lea_1"}}
    assert (await send(nadias_phone, "enrolment.paper@1", paper))["code"] == "FILE_MISSING"
    await stored_file(database, "file_lea_1", nadias_phone.account)
    receipt = await send(nadias_phone, "enrolment.paper@1", paper)
    assert (receipt["outcome"], receipt["code"]) == ("requested", "RECEIVED")
    seen = await listed(as_ines)
    assert [(one["id"], one["state"], one["group"]["left"]) for one in seen["requests"]] == [("q_lea", "received", 12)]
    one = await (await as_ines.get("/api/agents/requests/q_lea")).get_json()
    assert [answer["answer"] for answer in one["answers"]] == ["Un peu", "non"]

    assert (await act(as_ines, ["q_lea"], "accept")).status_code == 200
    rows = await the_rows(nadias_phone)
    assert rows["request/q_lea"]["state"] == "accepted"
    enrolment = rows[f"enrol/{LEA}.{ROUND}"]
    assert (enrolment["activity"], list(enrolment["units"])) == ("modelage", ["emap-modelage"])
    assert enrolment["units"]["emap-modelage"]["cents"] > 0
    assert "t:openings:2026:emap" in await nadias_phone.rows()
    item = {"rid": "r_modelage", "child": LEA, "session": "emap-modelage:2026-12-05"}
    booked = await send(nadias_phone, "reservation.book@1", {"items": [item], "mode": "each", "if_full": "ask"})
    assert booked["outcome"] == "accepted"
    told_by = await database.all("SELECT kind, payload FROM outbox ORDER BY id")
    mails = [json.loads(one["payload"]) for one in told_by if one["kind"] == "mail"]
    assert [mail["subject"] for mail in mails] == ["Une pièce manque à votre demande d’inscription", "Inscription acceptée"]
    traces = await database.all("SELECT what, name FROM trace WHERE family = 'fam_benali' ORDER BY id")
    assert [(one["what"], one["name"]) for one in traces][-2:] == [("enrolment.paper", "Inès Robert"), ("enrolment.accept", "Inès Robert")]
    # Ended by the service: first the bookings to come, then the right.
    assert await code_of(await act(as_ines, ["q_lea"], "end", reason="Déménagement")) == "not_possible"
    await send(nadias_phone, "reservation.cancel@1", {"items": [{"rid": "r_modelage"}]})
    assert (await act(as_ines, ["q_lea"], "end", reason="Déménagement")).status_code == 200
    rows = await the_rows(nadias_phone)
    assert (rows["request/q_lea"]["state"], rows["request/q_lea"]["reason"]) == ("ended", "Déménagement")
    assert f"enrol/{LEA}.{ROUND}" not in rows


async def test_who_may_ask_and_from_when(nadias_phone: Phone, new_phone: NewPhone, database: Database, clock: Clock) -> None:
    told = await ask(
        nadias_phone, wish(NOE, "q_noe"), wish("chd_fatou", "q_else"), wish(LEA, "q_no", answers={"niveau": "Expert", "seul": "non"}),
        wish(LEA, "q_group", group="modelage-2026.9"),
    )  # fmt: skip
    assert [one["code"] for one in told] == ["NOT_FOR_THIS_CHILD", "CHILD_UNKNOWN", "ANSWER_NEEDED", "ROUND_UNKNOWN"]
    assert (await ask(nadias_phone, wish(LEA, "q_sport", group="sports-2026.0"), round_="sports-2026"))[0]["code"] == "ALREADY_ENROLLED"
    async with database.transaction() as tx:
        await tx.run("UPDATE family SET resident = ? WHERE id = 'fam_diallo'", False)
    aminata = await new_phone("aminata")
    early = (await ask(aminata, wish(FATOU, "q_f", group=f"{OUTING}.0"), round_=OUTING))[0]
    assert (early["code"], early["opens"]) == ("NOT_OPEN_YET", "2027-02-01T09:00:00+01:00")
    clock.set("2027-02-01T09:00")
    assert (await ask(await new_phone("aminata"), wish(FATOU, "q_f", group=f"{OUTING}.0"), round_=OUTING))[0]["outcome"] == "requested"
    clock.set("2027-04-16T12:01")
    nadia = await new_phone("nadia")
    late = (await ask(nadia, wish(LEA, "q_l", group=f"{OUTING}.0"), round_=OUTING))[0]
    assert (late["code"], late["deadline"]) == ("DEADLINE_PASSED", "2027-04-16T12:00:00+02:00")
    shown = await (await nadia.client.get("/api/enrolments/catalogue")).get_json()
    assert OUTING not in [one["id"] for one in shown["rounds"]]


async def test_the_catalogue_says_places_prices_and_for_whom(as_nadia: Client) -> None:
    shown = await (await as_nadia.get("/api/enrolments/catalogue")).get_json()
    rounds = {one["id"]: one for one in shown["rounds"]}
    assert set(rounds) == {ROUND, "atelier-2026", "sports-2026", "stage-printemps-2027", OUTING}
    assert set(rounds[ROUND]["children"]) == {LEA, NOE}
    for_lea = rounds[ROUND]["children"][LEA]
    assert (for_lea["groups"], for_lea["enrolled"]) == ([GROUP], [])
    assert for_lea["prices"]["emap-modelage"]["cents"] > 0
    assert rounds["sports-2026"]["children"][LEA]["enrolled"] == ["sports-2026.0"]
    assert rounds[OUTING]["children"][NOE]["groups"] == [f"{OUTING}.0"]
    group = rounds[ROUND]["groups"][0]
    assert (group["left"], group["units"][0]["place"]) == (12, "Atelier de l’EMAP")


async def test_first_come_first_served_then_ranks_and_moving_up(
    nadias_phone: Phone, new_phone: NewPhone, sign_in: SignIn, database: Database
) -> None:
    """An outing: who has the papers is in, and on the day's list; then the waiting list, which nobody jumps."""
    as_omar, group = await sign_in("omar"), f"{OUTING}.0"
    await capacity(database, group, 1)
    aminata = await new_phone("aminata")
    await ask(nadias_phone, wish(LEA, "q_lea", group=group), wish(NOE, "q_noe", group=group), round_=OUTING)
    await ask(aminata, *[wish(child, f"q_{child[4:]}", group=group) for child in (IBRAHIM, FATOU)], round_=OUTING)
    for id in ("q_lea", "q_noe", "q_ibrahim", "q_fatou"):
        assert (await act(as_omar, [id], "good", codes=["autorisation"])).status_code == 200
    states = {one["id"]: (one["state"], one["rank"]) for one in (await listed(as_omar, state=""))["requests"]}
    assert states == {"q_lea": ("accepted", None), "q_noe": ("waiting", 1), "q_ibrahim": ("waiting", 2), "q_fatou": ("waiting", 3)}
    rows = await the_rows(nadias_phone)
    assert [body["session"] for key, body in rows.items() if key.startswith("resa/") and body["unit"] == "amandier-sortie"] == [
        "amandier-sortie:2027-04-24"
    ]
    assert await code_of(await act(as_omar, ["q_fatou"], "move", rank=1)) == "reason_needed"
    assert (await act(as_omar, ["q_fatou"], "move", rank=1, reason="Fratrie")).status_code == 200
    assert (await the_rows(nadias_phone))["request/q_noe"]["rank"] == 2
    receipt = await send(aminata, "enrolment.withdraw@1", {"items": [{"rid": "q_fatou"}, {"rid": "q_lea"}]})
    assert [one["outcome"] for one in receipt["items"]] == ["accepted", "void"]
    assert (await the_rows(nadias_phone))["request/q_noe"]["rank"] == 1
    assert (await send(nadias_phone, "enrolment.withdraw@1", {"items": [{"rid": "q_lea"}]}))["code"] == "ASK_THE_SERVICE"
    # In bulk: one is in over capacity with its reason, each answered for itself.
    done = (await (await act(as_omar, ["q_noe", "q_lea"], "accept", reason="Un car plus grand")).get_json())["done"]
    assert [(one.get("state"), one.get("code")) for one in done] == [("accepted", None), (None, "already_decided")]
    assert (await act(as_omar, ["q_ibrahim"], "refuse", reason="Le car est complet")).status_code == 200
    assert (await the_rows(aminata))["request/q_ibrahim"]["reason"] == "Le car est complet"


async def test_parallel_acceptances_never_give_a_place_twice(
    nadias_phone: Phone, new_phone: NewPhone, sign_in: SignIn, database: Database
) -> None:
    as_ines = await sign_in("ines")
    await capacity(database, GROUP, 1)
    aminata = await new_phone("aminata")
    await ask(nadias_phone, wish(LEA, "q_lea"))
    await ask(aminata, wish(FATOU, "q_fatou"), wish("chd_moussa", "q_moussa"))
    answers = await asyncio.gather(*[act(as_ines, [id], "accept") for id in ("q_lea", "q_fatou", "q_moussa", "q_lea")])
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
    found = await database.one("SELECT taken FROM enrolment_group WHERE id = ?", GROUP)
    assert found is not None
    assert found["taken"] == 1
    accepted = await database.all("SELECT id FROM enrolment_request WHERE state = 'accepted'")
    enrolled = await database.all("SELECT id FROM enrolment WHERE activity_id = 'modelage'")
    assert (len(accepted), len(enrolled)) == (1, 1)
    left = next(one["id"] for one in (await listed(as_ines))["requests"])
    assert (await act(as_ines, [left], "accept", reason="Dérogation")).status_code == 200


async def test_agents_open_an_occasion_to_enrol(sign_in: SignIn, as_nadia: Client, as_marc: Client) -> None:
    as_ines = await sign_in("ines")
    (written,) = [one for one in (await (await as_ines.get("/api/agents/rounds")).get_json())["rounds"] if one["id"] == ROUND]
    kept = {name: value for name, value in written.items() if name not in ("id", "activity_name")}
    kept["groups"] = [{name: value for name, value in group.items() if name not in ("taken", "waiting")} for group in kept["groups"]]
    kept["groups"][0]["capacity"] = None
    assert (await as_ines.put(f"/api/agents/rounds/{ROUND}", json=kept)).status_code == 200
    shown = await (await as_nadia.get("/api/enrolments/catalogue")).get_json()
    assert [one["groups"][0]["left"] for one in shown["rounds"] if one["id"] == ROUND] == [None]
    fresh = {**kept, "name": "Stage de février", "kind": "period", "groups": [{**kept["groups"][0], "id": None}], "published": False}
    answer = await as_ines.post("/api/agents/rounds", json=fresh)
    assert answer.status_code == 201
    wrong = {**fresh, "closes_at": fresh["windows"][0][1]}
    assert await code_of(await as_ines.post("/api/agents/rounds", json=wrong)) == "round_impossible"
    assert await code_of(await as_marc.put(f"/api/agents/rounds/{ROUND}", json=kept)) == "not_found"
    shown = await (await as_nadia.get("/api/enrolments/catalogue")).get_json()
    assert len(shown["rounds"]) == 5


async def test_the_counter_enrols_a_child(sign_in: SignIn, nadias_phone: Phone, as_marc: Client) -> None:
    as_ines = await sign_in("ines")
    path = "/api/agents/families/fam_benali/enrolments"
    assert await code_of(await as_marc.post(path, json={"child": LEA, "group": GROUP})) == "not_found"
    assert await code_of(await as_ines.post(path, json={"child": FATOU, "group": GROUP})) == "not_found"
    assert await code_of(await as_ines.post(path, json={"child": NOE, "group": GROUP})) == "reason_needed"
    made = await as_ines.post(path, json={"child": LEA, "group": GROUP})
    assert made.status_code == 201
    assert f"enrol/{LEA}.{ROUND}" in await the_rows(nadias_phone)
    assert await code_of(await as_ines.post(path, json={"child": LEA, "group": GROUP})) == "not_possible"
