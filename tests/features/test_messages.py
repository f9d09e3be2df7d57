"""A family and a service write to each other; nobody else reads it."""

import itertools
from typing import Any

import pytest

from server.database import Database
from tests.cast import Client, Phone
from tests.conftest import Clock, NewPhone, SignIn
from tests.features.booking import send

_ids = itertools.count(1)
INBOX = "/api/agents/messages"


def _letter(**more: Any) -> dict[str, Any]:
    n = next(_ids)
    return {
        "thread": f"t_test{n:06}", "message": f"m_test{n:06}", "service": "enfance-education", "subject": "Goûter du mercredi",
        "body": "Bonjour,\nLéa peut-elle apporter le sien ?", **more,
    }  # fmt: skip


def _answer_in(letter: dict[str, Any], body: str) -> dict[str, Any]:
    return {"thread": letter["thread"], "message": f"m_test{next(_ids):06}", "body": body}


async def _inbox(agent: Client, **query: str) -> list[dict[str, Any]]:
    found = await (await agent.get(INBOX, query_string=query)).get_json()
    return list(found["threads"])


async def _reply(agent: Client, thread: str, body: str, **more: Any) -> Any:
    return await agent.post(f"{INBOX}/{thread}/replies", json={"message": f"m_reply{next(_ids):06}", "body": body, **more})


async def _thread(phone: Phone, scope: str, thread: str) -> dict[str, Any]:
    found: dict[str, Any] = (await phone.rows())[scope][f"thread/{thread}"]
    return found


async def test_a_message_is_acknowledged_with_a_number(nadias_phone: Phone) -> None:
    letter = _letter()
    receipt = await send(nadias_phone, "message.send@1", letter)
    assert receipt["outcome"] == "accepted" and receipt["items"][0]["number"].startswith("E-261123-")
    shown = await _thread(nadias_phone, "f:fam_benali", letter["thread"])
    assert (shown["subject"], shown["service"], shown["read_by_town"]) == ("Goûter du mercredi", "enfance-education", False)


async def test_the_service_reads_and_answers_and_the_parent_sees_it(nadias_phone: Phone, as_sylvie: Client, clock: Clock) -> None:
    await send(nadias_phone, "message.send@1", letter := _letter())
    listed = await _inbox(as_sylvie)
    assert [(one["thread"], one["unread"], one["waits_for"]) for one in listed] == [(letter["thread"], 1, "town")]
    opened = await (await as_sylvie.get(f"{INBOX}/{letter['thread']}")).get_json()
    assert opened["messages"][0]["body"] == letter["body"]
    assert (await _thread(nadias_phone, "f:fam_benali", letter["thread"]))["read_by_town"] is True
    clock.set("2026-11-23T09:00")
    assert (await _reply(as_sylvie, letter["thread"], "Oui, sans problème.", needs_answer=True)).status_code == 204
    shown = await _thread(nadias_phone, "f:fam_benali", letter["thread"])
    assert (shown["unread"], shown["needs_answer"], shown["last"]) == (1, True, {"side": "town", "excerpt": "Oui, sans problème."})
    assert (await _inbox(as_sylvie))[0]["assigned"] == "acc_sylvie"


async def test_reading_marks_as_read_on_every_phone(new_phone: NewPhone, as_sylvie: Client, clock: Clock) -> None:
    phone, tablet = await new_phone("nadia"), await new_phone("nadia")
    await send(phone, "message.send@1", letter := _letter())
    clock.set("2026-11-23T09:00")
    await _reply(as_sylvie, letter["thread"], "Oui.")
    answer = next(key for key, row in (await phone.rows())["f:fam_benali"].items() if row.get("body") == "Oui.")
    await send(phone, "thread.read@1", {"thread": letter["thread"], "message": answer.removeprefix("message/")})
    assert (await _thread(tablet, "f:fam_benali", letter["thread"]))["unread"] == 0


async def test_the_same_message_sent_again_is_one_message(new_phone: NewPhone, database: Database) -> None:
    letter = _letter()
    await send(await new_phone("nadia"), "message.send@1", letter)
    again = await send(await new_phone("nadia"), "message.send@1", letter)
    assert again["items"][0]["code"] == "ALREADY"
    assert len(await database.all("SELECT id FROM message WHERE thread_id = ?", letter["thread"])) == 1


async def test_a_click_too_many_answers_once(nadias_phone: Phone, as_sylvie: Client, database: Database) -> None:
    await send(nadias_phone, "message.send@1", letter := _letter())
    body = {"message": "m_onlyonce1", "body": "Oui."}
    for _ in range(3):
        assert (await as_sylvie.post(f"{INBOX}/{letter['thread']}/replies", json=body)).status_code == 204
    assert len(await database.all("SELECT id FROM message WHERE thread_id = ?", letter["thread"])) == 2


async def test_an_internal_note_stays_in_the_town(nadias_phone: Phone, as_sylvie: Client) -> None:
    await send(nadias_phone, "message.send@1", letter := _letter())
    await as_sylvie.post(f"{INBOX}/{letter['thread']}/notes", json={"body": "Allergie à vérifier avec la directrice."})
    opened = await (await as_sylvie.get(f"{INBOX}/{letter['thread']}")).get_json()
    assert [one["side"] for one in opened["messages"]] == ["family", "note"]
    assert "Allergie" not in str(await nadias_phone.rows())


async def test_another_service_sees_nothing_until_it_is_handed_over(
    nadias_phone: Phone, as_sylvie: Client, sign_in: SignIn
) -> None:
    await send(nadias_phone, "message.send@1", letter := _letter(subject="Ma facture"))
    marc = await sign_in("marc")
    assert await _inbox(marc) == []
    assert (await marc.get(f"{INBOX}/{letter['thread']}")).status_code == 404
    assert (await _reply(marc, letter["thread"], "Bonjour")).status_code == 404
    handed = await as_sylvie.put(f"{INBOX}/{letter['thread']}/service", json={"service": "regie"})
    assert handed.status_code == 204
    assert [one["subject"] for one in await _inbox(marc)] == ["Ma facture"]
    assert (await as_sylvie.get(f"{INBOX}/{letter['thread']}")).status_code == 404
    assert (await _thread(nadias_phone, "f:fam_benali", letter["thread"]))["service"] == "regie"


async def test_neither_the_other_parent_nor_a_stranger_reads_or_writes_in_it(nadias_phone: Phone, new_phone: NewPhone) -> None:
    await send(nadias_phone, "message.send@1", letter := _letter(about="child/chd_noe"))
    for name in ("paul", "aminata"):
        other = await new_phone(name)
        assert "Goûter" not in str(await other.rows())
        assert (await send(other, "message.send@1", _answer_in(letter, "Bonjour")))["code"] == "THREAD_UNKNOWN"
        assert (await send(other, "thread.close@1", {"thread": letter["thread"]}))["outcome"] == "void"


async def test_writing_reopens_what_was_closed(nadias_phone: Phone, as_sylvie: Client, clock: Clock) -> None:
    await send(nadias_phone, "message.send@1", letter := _letter())
    await as_sylvie.get(f"{INBOX}/{letter['thread']}")
    await as_sylvie.put(f"{INBOX}/{letter['thread']}/closed", json={"closed": True})
    assert [one["closed"] for one in await _inbox(as_sylvie, state="closed")] == [True]
    clock.set("2026-11-23T10:00")
    await send(nadias_phone, "message.send@1", _answer_in(letter, "Une dernière question."))
    assert [one["unread"] for one in await _inbox(as_sylvie)] == [1]


async def test_two_agents_and_a_parent_agree_on_the_order(
    nadias_phone: Phone, as_sylvie: Client, sign_in: SignIn, clock: Clock
) -> None:
    colleague = await sign_in("sylvie")
    await send(nadias_phone, "message.send@1", letter := _letter(body="un"))
    for minute, who, words in ((1, as_sylvie, "deux"), (2, colleague, "trois")):
        clock.set(f"2026-11-23T09:0{minute}")
        await _reply(who, letter["thread"], words)
    clock.set("2026-11-23T09:03")
    await send(nadias_phone, "message.send@1", _answer_in(letter, "quatre"))
    rows = [row for key, row in (await nadias_phone.rows())["f:fam_benali"].items() if key.startswith("message/")]
    at_home = [row["body"] for row in sorted(rows, key=lambda row: row["at"])]
    opened = await (await as_sylvie.get(f"{INBOX}/{letter['thread']}")).get_json()
    assert at_home == [one["body"] for one in opened["messages"]] == ["un", "deux", "trois", "quatre"]


@pytest.mark.parametrize("service", ["mairie", "cuisine", "regie;drop"])
async def test_a_service_without_a_mailbox_is_refused(nadias_phone: Phone, service: str) -> None:
    receipt = await send(nadias_phone, "message.send@1", _letter(service=service))
    assert receipt["code"] in ("THREAD_UNKNOWN", "MALFORMED")


async def test_an_answer_is_told_without_its_words(nadias_phone: Phone, as_sylvie: Client, database: Database) -> None:
    await send(nadias_phone, "message.send@1", letter := _letter())
    await _reply(as_sylvie, letter["thread"], "Le secret de Léa")
    mails = await database.all("SELECT payload FROM outbox WHERE kind = 'mail'")
    assert len(mails) == 1 and "secret" not in mails[0]["payload"]


async def test_saved_answers_belong_to_a_service(as_sylvie: Client, sign_in: SignIn) -> None:
    saved = await as_sylvie.post(f"{INBOX}/answers", json={"title": "Goûter", "body": "Bonjour, oui."})
    assert saved.status_code == 201
    marc = await sign_in("marc")
    assert (await (await marc.get(f"{INBOX}/answers")).get_json())["answers"] == []
    await marc.delete(f"{INBOX}/answers/{(await saved.get_json())['id']}")
    assert len((await (await as_sylvie.get(f"{INBOX}/answers")).get_json())["answers"]) == 1
