"""The public library: documents by heading, in versions, withdrawn ones gone for everybody."""

from typing import Any

from tests.cast import Client, Phone
from tests.features.files import document, paper, upload

DESK = "/api/agents/documents"
WORDS = {"heading": "Enfance / Éducation", "title": "Règlement intérieur", "summary": "Ce que chacun accepte."}


async def _file(agent: Client, name: str = "reglement.pdf", content: bytes | None = None) -> str:
    return str((await upload(agent, name, content or paper()))["id"])


async def _added(agent: Client, **more: str) -> str:
    answer = await agent.post(DESK, json=WORDS | {"file": await _file(agent)} | more)
    assert answer.status_code == 201, await answer.get_data()
    return str((await answer.get_json())["id"])


async def _library(client: Client) -> list[dict[str, Any]]:
    return list((await (await client.get("/api/public/documents")).get_json())["documents"])


async def test_anybody_finds_a_document_by_its_heading_and_saves_it(as_sylvie: Client, client: Client, nadias_phone: Phone) -> None:
    before = len(await _library(client))
    id = await _added(as_sylvie)
    shown = next(one for one in await _library(client) if one["id"] == id)
    assert (shown["heading"], shown["mime"], shown["version"]) == ("Enfance / Éducation", "application/pdf", 1)
    assert shown["size"] == len(paper()) and len(await _library(client)) == before + 1
    answer = await client.get(shown["url"])
    assert await answer.get_data() == paper()
    assert answer.headers["Content-Disposition"].startswith("attachment; ") and "sandbox" in answer.headers["Content-Security-Policy"]
    assert (await nadias_phone.rows())["t:news"][f"document/{id}"]["title"] == "Règlement intérieur"


async def test_a_new_version_takes_the_place_and_the_former_one_can_still_be_had(as_sylvie: Client, client: Client) -> None:
    id = await _added(as_sylvie)
    newer = await as_sylvie.post(f"{DESK}/{id}/versions", json={"file": await _file(as_sylvie, "reglement-2.docx", document())})
    assert await newer.get_json() == {"version": 2}
    shown = next(one for one in await _library(client) if one["id"] == id)
    assert [one["version"] for one in shown["versions"]] == [2, 1] and shown["name"] == "reglement-2.docx"
    contents = [await (await client.get(one["url"])).get_data() for one in shown["versions"]]
    assert contents == [document(), paper()]


async def test_what_is_withdrawn_is_gone_for_everybody_and_can_come_back(
    as_sylvie: Client, client: Client, nadias_phone: Phone
) -> None:
    id = await _added(as_sylvie)
    assert (await as_sylvie.put(f"{DESK}/{id}", json=WORDS | {"withdrawn": True})).status_code == 204
    assert id not in [one["id"] for one in await _library(client)]
    assert (await client.get(f"/api/public/documents/{id}/1")).status_code == 404
    assert f"document/{id}" not in (await nadias_phone.rows())["t:news"]
    listed = (await (await as_sylvie.get(DESK)).get_json())["documents"]
    assert [one["withdrawn"] for one in listed if one["id"] == id] == [True]
    assert (await as_sylvie.put(f"{DESK}/{id}", json=WORDS | {"title": "Règlement 2026"})).status_code == 204
    assert "Règlement 2026" in [one["title"] for one in await _library(client)]


async def test_a_file_of_somebody_else_makes_no_document(as_sylvie: Client, as_nadia: Client) -> None:
    answer = await as_sylvie.post(DESK, json=WORDS | {"file": await _file(as_nadia)})
    assert answer.status_code == 404
