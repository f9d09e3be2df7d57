"""News that agents write: tried out, published now or later, corrected, withdrawn, and read by those whom they are for."""

import json
from typing import Any
from xml.etree import ElementTree

from server.database import Database
from server.news.service import publish_due, refresh_readers
from server.notifications.service import FanOut
from server.outbox.service import Worker
from tests.cast import Client, Phone
from tests.conftest import PARIS, Clock, NewPhone
from tests.features.files import paper, photo, upload

DESK = "/api/agents/news"
PASTEUR = "school:pasteur"
ATOM = "{http://www.w3.org/2005/Atom}"


def _words(**more: Any) -> dict[str, Any]:
    return {"title": "Grève jeudi", "summary": "L’accueil du soir est fermé.", "body": "Le **soir** de jeudi.", **more}


async def _draft(agent: Client, **more: Any) -> str:
    answer = await agent.post(DESK, json=_words(**more))
    assert answer.status_code == 201, await answer.get_data()
    return str((await answer.get_json())["id"])


async def _published(agent: Client, **more: Any) -> str:
    item = await _draft(agent, **more)
    answer = await agent.post(f"{DESK}/{item}/publication", json={"version": 1})
    assert answer.status_code == 204, await answer.get_data()
    return item


async def _public(client: Client) -> list[str]:
    return [one["title"] for one in (await (await client.get("/api/public/news")).get_json())["news"]]


async def _held(phone: Phone, item: str) -> dict[str, Any] | None:
    rows = await phone.rows()
    found = [rows[scope][f"news/{item}"] for scope in rows if f"news/{item}" in rows[scope]]
    return found[0] if found else None


async def _refused(answer: Any) -> str:
    assert answer.status_code >= 400
    return str((await answer.get_json())["error"]["code"])


async def _told(database: Database, clock: Clock) -> list[str]:
    """Whom pushes and mails about news are for, once the outbox has found them."""
    worker = Worker(database, {"fanout": FanOut(database, PARIS, clock).deliver}, clock)
    while await worker.work():
        pass
    rows = await database.all("SELECT key FROM outbox WHERE kind IN ('push', 'mail') AND key LIKE '%news/%' ORDER BY key")
    return [row["key"] for row in rows]


async def test_a_draft_is_read_by_nobody_and_news_by_everybody(as_sylvie: Client, client: Client, nadias_phone: Phone) -> None:
    item = await _draft(as_sylvie)
    assert "Grève jeudi" not in await _public(client) and await _held(nadias_phone, item) is None
    assert (await as_sylvie.post(f"{DESK}/{item}/publication", json={"version": 1})).status_code == 204
    assert "Grève jeudi" in await _public(client)
    held = await _held(nadias_phone, item)
    assert held and held["html"] == "<p>Le <strong>soir</strong> de jeudi.</p>" and "corrected_at" not in held


async def test_what_is_scheduled_comes_out_by_itself_and_goes_at_its_end(
    as_sylvie: Client, client: Client, nadias_phone: Phone, database: Database, clock: Clock
) -> None:
    item = await _draft(as_sylvie, until="2026-11-27T18:00")
    later = {"version": 1, "at": "2026-11-24T07:00"}
    assert (await as_sylvie.post(f"{DESK}/{item}/publication", json=later)).status_code == 204
    assert await publish_due(database, clock(), PARIS) == 0
    clock.set("2026-11-24T07:00")
    assert [await publish_due(database, clock(), PARIS) for _ in range(2)] == [1, 0]
    held = await _held(nadias_phone, item)
    assert held and held["at"] == "2026-11-24T07:00:00+01:00"
    clock.set("2026-11-27T18:00")
    assert await publish_due(database, clock(), PARIS) == 1
    assert "Grève jeudi" not in await _public(client) and await _held(nadias_phone, item) is None


async def test_a_correction_says_so_and_a_withdrawal_takes_it_away(
    as_sylvie: Client, as_marc: Client, client: Client, nadias_phone: Phone, clock: Clock
) -> None:
    item = await _published(as_sylvie)
    clock.set("2026-11-23T09:30")
    changed = _words(title="Grève vendredi", version=2)
    assert (await as_sylvie.put(f"{DESK}/{item}/correction", json=changed)).status_code == 204
    held = await _held(nadias_phone, item)
    assert held and (held["title"], held["corrected_at"]) == ("Grève vendredi", "2026-11-23T09:30:00+01:00")
    assert await _refused(await as_marc.put(f"{DESK}/{item}/correction", json=changed)) == "someone_else_wrote"
    assert (await as_marc.post(f"{DESK}/{item}/withdrawal", json={"version": 3})).status_code == 204
    assert await _held(nadias_phone, item) is None and "Grève vendredi" not in await _public(client)
    assert [one["state"] for one in (await (await as_marc.get(DESK)).get_json())["news"] if one["id"] == item] == ["withdrawn"]


async def test_news_for_a_school_are_read_by_its_families_only(
    as_sylvie: Client, client: Client, new_phone: NewPhone, database: Database, clock: Clock
) -> None:
    nadia, aminata = await new_phone("nadia"), await new_phone("aminata")
    item = await _published(as_sylvie, targets=[PASTEUR])
    held = await _held(nadia, item)
    assert held and len(held["audience"]) == 1, "Léa goes to Pasteur"
    assert await _held(aminata, item) is None and "Grève jeudi" not in await _public(client)
    async with database.transaction() as tx:
        await tx.run("UPDATE child SET school = 'pasteur' WHERE id = 'chd_ibrahim'")
    await refresh_readers(database, clock(), PARIS)
    assert await _held(aminata, item), "Ibrahim goes there now"
    async with database.transaction() as tx:
        await tx.run("UPDATE child SET school = 'bashung' WHERE id = 'chd_ibrahim'")
    await refresh_readers(database, clock(), PARIS)
    assert await _held(aminata, item) is None
    await _draft(as_sylvie, targets=["activity:emap-enfants"])
    assert await _refused(await as_sylvie.post(DESK, json=_words(targets=["school:nowhere"]))) == "malformed"


async def test_each_reader_is_told_once_however_often_it_is_asked_for(
    as_sylvie: Client, new_phone: NewPhone, database: Database, clock: Clock, app: Any
) -> None:
    await app.extensions["portail-worker"].stop()
    nadia, aminata = await new_phone("nadia"), await new_phone("aminata")
    async with database.transaction() as tx:
        for phone in (nadia, aminata):
            await tx.run(
                "INSERT INTO push_subscription (id, account, device, endpoint, p256dh, auth, created_at) VALUES (?, ?, ?, ?, '', '', 0)",
                f"ps_{phone.account}", phone.account, phone.device, f"https://fcm.googleapis.com/{phone.account}",
            )  # fmt: skip
    item = await _published(as_sylvie, targets=[PASTEUR])
    assert await _told(database, clock) == [f"push/news/{item}/ps_acc_nadia"]
    async with database.transaction() as tx:  # a worker died after the portion and before its note
        await tx.run("UPDATE outbox SET state = 'waiting', run_at = 0 WHERE kind = 'fanout'")
        await tx.run(
            "UPDATE outbox SET payload = ? WHERE kind = 'fanout'",
            json.dumps({"event": {"topic": "news", "id": f"news/{item}", "page": "/", "generic": None}, "scopes": ["t:news"], "after": ""}),
        )
    assert await _told(database, clock) == [f"push/news/{item}/ps_acc_aminata", f"push/news/{item}/ps_acc_nadia"]


async def test_nothing_an_agent_writes_runs_or_calls_another_site(as_sylvie: Client) -> None:
    hostile = "<script>alert(1)</script> <img src=x onerror=alert(1)> [a](javascript:alert(1)) ![b](https://evil.example/p.png)"
    shown = await (await as_sylvie.post(f"{DESK}/preview", json={"body": hostile})).get_json()
    assert "<script" not in shown["html"] and "<img" not in shown["html"] and 'href="javascript' not in shown["html"]
    assert shown["removed"] == ["https://evil.example/p.png"]
    assert await _refused(await as_sylvie.post(DESK, json=_words(body=hostile))) == "foreign_picture"


async def test_a_picture_of_the_town_is_shown_with_its_size_and_needs_words(as_sylvie: Client, client: Client) -> None:
    told = await upload(as_sylvie, "fete.jpg", photo(size=(800, 600)))
    added = await (await as_sylvie.post(f"{DESK}/pictures", json={"file": told["id"]})).get_json()
    assert (added["width"], added["height"]) == (800, 600)
    assert [one["id"] for one in (await (await as_sylvie.get(f"{DESK}/pictures")).get_json())["pictures"]] == [told["id"]]
    address = f"/api/public/pictures/{told['id']}"
    item = await _published(as_sylvie, body=f"![La cour décorée]({address})")
    html = (await (await client.get("/api/public/news")).get_json())["news"]
    shown = next(one["html"] for one in html if one["id"] == item)
    assert f'src="{address}"' in shown and 'alt="La cour décorée"' in shown and 'width="800"' in shown
    answer = await client.get(address)
    assert answer.status_code == 200 and answer.headers["Content-Type"] == "image/jpeg"
    assert await _refused(await as_sylvie.post(DESK, json=_words(body=f"![]({address})"))) == "picture_unnamed"
    text = await upload(as_sylvie, "texte.pdf", paper())
    assert await _refused(await as_sylvie.post(f"{DESK}/pictures", json={"file": text["id"]})) == "not_a_picture"
    assert (await client.get(f"/api/public/pictures/{text['id']}")).status_code == 404, "only what is in the collection"


async def test_the_feed_is_atom(as_sylvie: Client, client: Client) -> None:
    item = await _published(as_sylvie, title="Été & <fête>")
    await _published(as_sylvie, title="Pour Pasteur", targets=[PASTEUR])
    answer = await client.get("/actualites.atom")
    assert answer.headers["Content-Type"] == "application/atom+xml; charset=utf-8"
    feed = ElementTree.fromstring(await answer.get_data())
    assert feed.tag == f"{ATOM}feed" and all(feed.find(f"{ATOM}{name}") is not None for name in ("id", "title", "updated", "author"))
    first = feed.findall(f"{ATOM}entry")[0]
    assert first.findtext(f"{ATOM}title") == "Été & <fête>" and first.findtext(f"{ATOM}content", "").startswith("<p>Le <strong>")
    assert first.findtext(f"{ATOM}id") == f"http://localhost/actualites?lire={item}"
    assert first.findtext(f"{ATOM}updated") == "2026-11-23T07:00:00Z"
    ids = [entry.findtext(f"{ATOM}id") for entry in feed.findall(f"{ATOM}entry")]
    assert len(set(ids)) == len(ids) and "Pour Pasteur" not in str(await answer.get_data(as_text=True))
