"""Agents answer at once while a parent writes without network: one order, and nobody has read what they have not seen."""

import asyncio
import itertools
from typing import Any

from server.database import Database
from tests.cast import Client, Phone
from tests.conftest import Clock, NewPhone, SignIn
from tests.features.booking import send
from tests.features.files import document, photo, upload

_ids = itertools.count(1)
INBOX = "/api/agents/messages"
Shown = list[tuple[str, str]]


def _message(thread: str, body: str, **more: Any) -> dict[str, Any]:
    return {"thread": thread, "message": f"m_seen{next(_ids):06}", "body": body, **more}


def _first(body: str = "un", **more: Any) -> dict[str, Any]:
    return _message(f"t_seen{next(_ids):06}", body, service="enfance-education", subject="Mercredi", **more)


async def _reply(agent: Client, thread: str, body: str, **more: Any) -> Any:
    return await agent.post(f"{INBOX}/{thread}/replies", json={"message": f"m_seen{next(_ids):06}", "body": body, **more})


async def _opened(agent: Client, thread: str) -> dict[str, Any]:
    found: dict[str, Any] = await (await agent.get(f"{INBOX}/{thread}")).get_json()
    return found


async def _at_home(phone: Phone, thread: str) -> tuple[dict[str, Any], Shown]:
    """The thread on a phone, and its messages in the order in which the phone shows them."""
    rows = (await phone.rows())["f:fam_benali"]
    messages = [(row["at"], key, row["body"]) for key, row in rows.items() if key.startswith("message/") and row["thread"] == thread]
    return rows[f"thread/{thread}"], [(key.partition("/")[2], body) for _, key, body in sorted(messages)]


async def test_two_agents_answer_while_a_parent_writes_without_network(
    new_phone: NewPhone, as_sylvie: Client, sign_in: SignIn, clock: Clock
) -> None:
    phone, tablet, colleague = await new_phone("nadia"), await new_phone("nadia"), await sign_in("sylvie")
    await send(phone, "message.send@1", first := _first())
    thread = first["thread"]
    seen = (await _opened(as_sylvie, thread))["messages"][-1]["id"]
    clock.set("2026-11-23T09:00")
    # Written without network before the answers, it arrives in the same moment as they do.
    offline = phone.command("message.send@1", _message(thread, "encore une chose"), at="2026-11-23T08:30:00+01:00")
    await asyncio.gather(
        _reply(as_sylvie, thread, "Quel jour ?", needs_answer=True, seen=seen),
        phone.exchange(offline),
        _reply(colleague, thread, "Oui pour mercredi.", needs_answer=True, seen=seen),
    )
    shown, order = await _at_home(phone, thread)
    assert sorted(body for _, body in order) == ["Oui pour mercredi.", "Quel jour ?", "encore une chose", "un"]
    assert (await _at_home(tablet, thread)) == (shown, order)
    assert (shown["unread"], shown["needs_answer"], shown["closed"]) == (2, True, False), "the answers were not seen, the question stands"
    assert shown["read_by_town"] is False, "both answered the first message, nobody saw the second"
    on_the_desk = await _opened(colleague, thread)
    assert [(one["id"], one["body"]) for one in on_the_desk["messages"]] == order
    assert (await _at_home(tablet, thread))[0]["read_by_town"] is True
    last = next(id for id, body in reversed(order) if body in ("Quel jour ?", "Oui pour mercredi."))
    await send(tablet, "thread.read@1", {"thread": thread, "message": last})
    await send(tablet, "message.send@1", _message(thread, "Ce mercredi."))
    shown, order = await _at_home(phone, thread)
    assert (shown["unread"], shown["needs_answer"], order[-1][1]) == (0, False, "Ce mercredi.")


async def test_closing_over_words_that_nobody_read_is_refused(nadias_phone: Phone, as_sylvie: Client, clock: Clock) -> None:
    await send(nadias_phone, "message.send@1", first := _first())
    thread = first["thread"]
    seen = (await _opened(as_sylvie, thread))["messages"][-1]["id"]
    clock.set("2026-11-23T09:00")
    await send(nadias_phone, "message.send@1", _message(thread, "Attendez !"))
    for answer in (
        await as_sylvie.put(f"{INBOX}/{thread}/closed", json={"closed": True}),
        await _reply(as_sylvie, thread, "C’est réglé.", closes=True, seen=seen),
    ):
        assert answer.status_code == 409 and (await answer.get_json())["error"]["code"] == "message_unseen"
    assert [body for _, body in (await _at_home(nadias_phone, thread))[1]] == ["un", "Attendez !"], "the answer was not sent either"
    now_seen = (await _opened(as_sylvie, thread))["messages"][-1]["id"]
    assert (await _reply(as_sylvie, thread, "C’est réglé.", closes=True, seen=now_seen)).status_code == 204
    assert (await _at_home(nadias_phone, thread))[0]["closed"] is True


async def test_a_photo_goes_with_a_message_and_a_document_with_its_answer(
    nadias_phone: Phone, as_sylvie: Client, as_marc: Client, clock: Clock
) -> None:
    picture = await upload(nadias_phone.client, "manteau.jpg", photo())
    receipt = await send(nadias_phone, "message.send@1", first := _first("Ce manteau est à Léa.", files=[picture["id"]]))
    assert "code" not in receipt["items"][0]
    opened = await _opened(as_sylvie, first["thread"])
    assert [one["name"] for one in opened["messages"][0]["files"]] == ["manteau.jpg"]
    assert (await as_sylvie.get(f"/api/attachments/{picture['id']}/file")).status_code == 200
    clock.set("2026-11-23T09:00")
    form = await upload(as_sylvie, "décharge.docx", document())
    assert (await _reply(as_sylvie, first["thread"], "Signez ceci.", files=[form["id"]])).status_code == 204
    rows = (await nadias_phone.rows())["f:fam_benali"]
    (told,) = [row for key, row in rows.items() if key.startswith("message/") and row["body"] == "Signez ceci."]
    assert told["files"] == [{"id": form["id"], "name": "décharge.docx", "mime": form["mime"], "size": form["size"]}]
    assert (await nadias_phone.client.get(f"/api/attachments/{form['id']}/file")).status_code == 200
    await as_sylvie.put(f"{INBOX}/{first['thread']}/service", json={"service": "regie"})
    assert [(await one.get(f"/api/attachments/{picture['id']}/file")).status_code for one in (as_sylvie, as_marc)] == [404, 200]


async def test_words_arrive_even_if_a_file_does_not_and_somebody_elses_file_never_does(
    nadias_phone: Phone, new_phone: NewPhone, as_sylvie: Client
) -> None:
    theirs = await upload((await new_phone("aminata")).client, "secret.jpg", photo())
    receipt = await send(nadias_phone, "message.send@1", first := _first("Voici", files=[theirs["id"], "f_lost00001"]))
    assert (receipt["outcome"], receipt["items"][0]["code"]) == ("accepted", "FILES_MISSING")
    assert "files" not in (await _opened(as_sylvie, first["thread"]))["messages"][0]
    refused = await _reply(as_sylvie, first["thread"], "Voici", files=[theirs["id"]])
    assert (await refused.get_json())["error"]["code"] == "file_missing"


async def test_an_absence_brings_its_certificate_to_the_service_and_to_nobody_else(
    nadias_phone: Phone, as_paul: Client, as_sylvie: Client, as_marc: Client, database: Database
) -> None:
    (booking,) = await database.all(
        "SELECT b.id, b.child_id, b.opening_id, u.place_id FROM booking b JOIN opening o ON o.id = b.opening_id"
        " JOIN unit u ON u.id = o.unit_id JOIN activity a ON a.code = u.activity_id"
        " WHERE b.child_id IN ('chd_lea', 'chd_noe') AND b.family_id = 'fam_benali'"
        " AND b.state = 'booked' AND o.date = '2026-11-23' AND a.service_id = 'enfance-education' ORDER BY b.child_id DESC, b.id LIMIT 1"
    )
    paper = await upload(nadias_phone.client, "certificat.jpg", photo())
    told = {"items": [{"rid": booking["id"]}], "reason": "illness", "files": [paper["id"]]}
    assert (await send(nadias_phone, "absence.declare@1", told))["outcome"] == "accepted"
    row = (await nadias_phone.rows())["f:fam_benali"][f"att/{booking['child_id']}/{booking['opening_id']}"]
    assert [one["id"] for one in row["files"]] == [paper["id"]]
    listed = await (await as_sylvie.get(f"/api/agents/attendance?place={booking['place_id']}&date=2026-11-23")).get_json()
    assert [file["name"] for unit in listed["units"] for child in unit["children"] for file in child["files"]] == ["certificat.jpg"]
    statuses = [(await one.get(f"/api/attachments/{paper['id']}/file")).status_code for one in (as_sylvie, as_marc, as_paul)]
    assert statuses == [200, 404, 404]
