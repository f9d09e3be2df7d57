"""The planning in a calendar of one's own: a secret address that can be changed, events that keep their names."""

from icalendar import Calendar

from server.database import Database
from tests.cast import Client, Phone
from tests.conftest import Clock
from tests.features.booking import FREE_EVENING, SOIR, book, item, send


async def events(client: Client, url: str) -> dict[str, dict[str, str]]:
    """UID → what a calendar reads."""
    answer = await client.get(url.partition("localhost")[2])
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    text = (await answer.get_data()).decode()
    assert "642" not in text and "€" not in text and "PAI" not in text
    found = Calendar.from_ical(text)
    assert [str(zone["TZID"]) for zone in found.walk("VTIMEZONE")] == ["Europe/Paris"]
    return {
        str(one["UID"]): {"what": str(one["SUMMARY"]), "status": str(one["STATUS"]), "sequence": str(one["SEQUENCE"]),
                          "starts": one["DTSTART"].dt.isoformat(), "where": str(one["LOCATION"])}
        for one in found.walk("VEVENT")
    }  # fmt: skip


async def test_an_event_keeps_its_name_counts_its_changes_and_is_cancelled(
    as_nadia: Client, nadias_phone: Phone, client: Client, clock: Clock
) -> None:
    assert (await (await as_nadia.get("/api/agenda")).get_json())["url"] is None
    url = (await (await as_nadia.post("/api/agenda")).get_json())["url"]
    await book(nadias_phone, wanted := item("chd_lea", FREE_EVENING))
    uid = f"{wanted['rid']}@localhost"
    before = (await events(client, url))[uid]
    assert before["what"] == "Léa : Accueil du soir"
    assert (before["status"], before["starts"]) == ("CONFIRMED", "2026-12-04T16:30:00+01:00")
    assert before["where"].startswith("Groupe scolaire Pasteur")
    clock.set("2026-11-23T09:00")
    await send(nadias_phone, "reservation.cancel@1", {"items": [{"rid": wanted["rid"]}]})
    after = (await events(client, url))[uid]
    assert after["status"] == "CANCELLED"
    assert int(after["sequence"]) > int(before["sequence"])


async def test_the_address_is_a_secret_that_can_be_changed_and_taken_back(
    as_nadia: Client, as_paul: Client, client: Client, database: Database
) -> None:
    first = (await (await as_nadia.post("/api/agenda")).get_json())["url"]
    his = (await (await as_paul.post("/api/agenda")).get_json())["url"]
    assert first != his and first not in str(await database.all("SELECT * FROM agenda_link"))
    assert (await (await as_nadia.get("/api/agenda")).get_json())["url"] == first, "it can be read again"
    assert not {uid for uid in await events(client, first)} & {uid for uid in await events(client, his)}
    assert (await (await as_nadia.get("/api/agenda")).get_json())["read_at"] is not None
    again = await client.get(first.partition("localhost")[2])
    same = await client.get(first.partition("localhost")[2], headers={"If-None-Match": again.headers["ETag"]})
    assert same.status_code == 304
    second = (await (await as_nadia.post("/api/agenda")).get_json())["url"]
    assert (await client.get(first.partition("localhost")[2])).status_code == 404
    assert (await client.get(second.partition("localhost")[2])).status_code == 200
    assert (await (await as_nadia.delete("/api/agenda")).get_json())["url"] is None
    assert (await client.get(second.partition("localhost")[2])).status_code == 404
    assert (await client.get(f"/api/agenda/{SOIR}.ics")).status_code == 404
