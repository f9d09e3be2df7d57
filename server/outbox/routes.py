"""What could not be delivered, for the agents: why, and once more or never."""

from typing import Any

from quart import Blueprint, Response

from server.access import allow, signed_in
from server.outbox import service
from server.web.portal import portal

blueprint = Blueprint("dead_letters", __name__, url_prefix="/api/agents/dead-letters")


@blueprint.get("")
@allow("agent")
async def listed() -> dict[str, Any]:
    """What was given up and waits for a decision, and what was decided lately."""
    here = portal()
    return await service.dead_letters(here.database, here.zone)


@blueprint.post("/<int:item>/retry")
@allow("agent")
async def retry(item: int) -> Response:
    here, who = portal(), await signed_in()
    await service.decide(here.database, item, who.name, here.now(), again=True)
    return Response("", 204)


@blueprint.post("/<int:item>/drop")
@allow("agent")
async def drop(item: int) -> Response:
    """Never sent; its words are forgotten."""
    here, who = portal(), await signed_in()
    await service.decide(here.database, item, who.name, here.now(), again=False)
    return Response("", 204)
