"""Agents create and change activities, units, openings and capacities on pages; phones see it at once."""

from typing import Any

from server.database import Database
from tests.cast import Client, Phone
from tests.conftest import SignIn
from tests.features.booking import item, send
from tests.features.test_enrolling import act, ask, wish


async def code_of(answer: Any) -> str:
    return str((await answer.get_json())["error"]["code"])


async def posted(agent: Client, path: str, body: dict[str, Any], method: str = "POST") -> dict[str, Any]:
    answer = await agent.open(path, method=method, json=body)
    assert answer.status_code in (200, 201), await answer.get_data()
    found: dict[str, Any] = await answer.get_json()
    return found


async def test_a_new_activity_is_enrolled_in_and_booked(
    sign_in: SignIn, nadias_phone: Phone, as_marc: Client, database: Database
) -> None:
    """From nothing to a booked place, without a file of the town: activity, shared capacity, two groups, round, request, booking."""
    as_ines = await sign_in("ines")
    activity = {"name": "Éveil à la gravure", "category": "culture", "text": "Le vendredi.", "bookable": True}
    code = (await posted(as_ines, "/api/agents/activities", activity))["code"]
    assert code == "eveil-a-la-gravure"
    assert await code_of(await as_marc.put(f"/api/agents/activities/{code}", json=activity)) == "not_found"
    shared = (await posted(as_ines, "/api/agents/capacities", {"place": "emap", "name": "Salle de gravure", "capacity": 2}))["id"]
    own = (await posted(as_ines, "/api/agents/capacities", {"place": "emap", "name": "Petits", "capacity": None}))["id"]
    unit = {
        "activity": code, "place": "emap", "name": "Petits graveurs", "starts": "17:00", "ends": "18:00", "during": "school",
        "weekdays": [4], "extra_days": ["2026-12-05"], "skipped_days": ["2026-12-11"], "grades": ["CP", "CE1"], "counts": [shared, own],
        "excludes": [], "requires": [], "tariff": "atelier", "like": "emap-atelier",
    }  # fmt: skip
    made = await posted(as_ines, "/api/agents/units", unit)
    id = made["id"]
    big = (await posted(as_ines, "/api/agents/units", {**unit, "name": "Grands graveurs", "grades": ["CM1"], "counts": [shared]}))["id"]
    assert await code_of(await as_ines.post("/api/agents/units", json={**unit, "ends": "16:00"})) == "unit_impossible"
    assert await code_of(await as_ines.post("/api/agents/units", json={**unit, "counts": ["pasteur-soir"]})) == "unit_impossible"
    days = [row["date"] for row in await database.all("SELECT date FROM opening WHERE unit_id = ? ORDER BY date", id)]
    assert days[:4] == ["2026-11-27", "2026-12-04", "2026-12-05", "2026-12-18"]
    assert made == {"id": id, "openings": len(days), "kept": []}
    rows = await nadias_phone.rows()
    assert rows["t:catalog:2026"][f"unit/{id}"]["name"] == "Petits graveurs"
    assert rows["t:catalog:2026"][f"activity/{code}"]["name"] == "Éveil à la gravure"
    assert f"{big}" not in rows["t:catalog:2026"][f"unit/{id}"]["excludes"]  # no child is of both groups

    round_ = {
        "activity": code, "name": "Essai", "kind": "annual", "text": "", "since": "2026-11-23", "until": "2027-06-30",
        "windows": [["everyone", 0]], "closes_at": 1_900_000_000_000, "decided": True, "published": True, "papers": [], "questions": [],
        "groups": [{"name": "Petits", "units": [id], "capacity": 5, "grades": ["CE1"]}],
    }  # fmt: skip
    opened = (await posted(as_ines, "/api/agents/rounds", round_))["id"]
    shown = await (await nadias_phone.client.get("/api/enrolments/catalogue")).get_json()
    (group,) = next(one["groups"] for one in shown["rounds"] if one["id"] == opened)
    assert (await ask(nadias_phone, wish("chd_lea", "q_lea", group=group["id"], answers={}), round_=opened))[0]["code"] == "RECEIVED"
    assert (await act(as_ines, ["q_lea"], "accept")).status_code == 200
    wanted = item("chd_lea", f"{id}:2026-12-05")
    receipt = await send(nadias_phone, "reservation.book@1", {"items": [wanted], "mode": "each", "if_full": "ask"})
    assert receipt["outcome"] == "accepted"
    pool = await database.one("SELECT taken, capacity FROM place_pool WHERE id = ?", f"{shared}:2026-12-05")
    assert pool is not None
    assert (pool["taken"], pool["capacity"]) == (1, 2)

    # Another pattern: days without bookings go, the booked one stays and is told; counting elsewhere is refused.
    changed = await posted(as_ines, f"/api/agents/units/{id}", {**unit, "weekdays": [3], "extra_days": [], "like": None}, "PUT")
    assert changed["kept"] == ["2026-12-05"]
    assert await code_of(await as_ines.put(f"/api/agents/units/{id}", json={**unit, "counts": [own]})) == "unit_impossible"
    assert await code_of(await as_marc.put(f"/api/agents/units/{id}", json=unit)) == "not_found"
    month = (await nadias_phone.rows())["t:openings:2026:emap"][f"open/{id}/2026-12"]["days"]
    assert list(month) == ["03", "05", "10", "17"]


async def test_a_usual_capacity_reaches_every_coming_day_but_those_set_by_hand(as_sylvie: Client, database: Database) -> None:
    offer = await (await as_sylvie.get("/api/agents/offer")).get_json()
    soir = next(one for one in offer["capacities"] if one["id"] == "pasteur-soir")
    assert (soir["capacity"], soir["shared_by"]) == (320, ["Accueil du soir"])
    by_hand = "pasteur-soir:2026-12-15"
    assert (await as_sylvie.put(f"/api/agents/pools/{by_hand}", json={"capacity": 7})).status_code == 200
    done = await posted(as_sylvie, "/api/agents/capacities/pasteur-soir", {"place": "pasteur", "name": "Soir", "capacity": None}, "PUT")
    assert done["days"] > 50
    pools = {row["id"]: row["capacity"] for row in await database.all("SELECT id, capacity FROM place_pool WHERE id LIKE 'pasteur-soir:%'")}
    assert (pools[by_hand], pools["pasteur-soir:2026-12-14"], pools["pasteur-soir:2026-11-20"]) == (7, None, 320)
