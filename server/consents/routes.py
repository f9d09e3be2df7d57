"""The list of one's own answers, with their dates: the proof of what was allowed and when."""

from typing import Any

from quart import Blueprint

from server.access import allow, signed_in
from server.consents import service
from server.web.portal import portal

blueprint = Blueprint("consents", __name__)


@blueprint.get("/api/consents")
@allow("parent")
async def mine() -> dict[str, Any]:
    """Every answer this account gave, the latest first."""
    town = portal()
    return {"answers": await service.history(town.database, [(await signed_in()).account], town.zone)}
