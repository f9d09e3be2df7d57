"""What could not be delivered waits for an agent: why, tried again or dropped, and by whom."""

from collections.abc import Mapping
from typing import Any

from quart import Quart

from server.database import Database
from server.mail.service import send_mail
from server.outbox.service import GiveUp, Worker
from tests.cast import Client
from tests.conftest import Clock

DESK = "/api/agents/dead-letters"


async def _listed(agent: Client) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = await (await agent.get(DESK)).get_json()
    return found


async def test_a_refused_mail_is_seen_tried_again_and_dropped(
    as_sylvie: Client, as_marc: Client, app: Quart, database: Database, clock: Clock
) -> None:
    await app.extensions["portail-worker"].stop()

    async def refuse(payload: Mapping[str, Any]) -> None:
        raise GiveUp("550 mailbox unknown")

    worker = Worker(database, {"mail": refuse}, clock)
    async with database.transaction() as tx:
        await send_mail(tx, "one", "nadia@exemple.fr", "Votre facture", ["Bonjour"], clock())
    await worker.work()
    (dead,) = (await _listed(as_sylvie))["waiting"]
    assert dead["what"] == "Courriel à n…@exemple.fr : Votre facture" and "refuse cette adresse" in dead["why"]
    assert (await as_sylvie.post(f"{DESK}/{dead['id']}/retry")).status_code == 204
    again = await as_marc.post(f"{DESK}/{dead['id']}/drop")
    assert (again.status_code, (await again.get_json())["error"]["code"]) == (409, "already_decided")
    await worker.work()
    assert (await as_marc.post(f"{DESK}/{dead['id']}/drop")).status_code == 204
    found = await _listed(as_sylvie)
    assert found["waiting"] == [] and [(one["state"], one["decided_by"]) for one in found["decided"]] == [("dropped", "Marc Petit")]
    assert "exemple" not in str(found), "what was dropped is forgotten"
