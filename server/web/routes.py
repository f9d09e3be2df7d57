"""Whether the server is well."""

from typing import Any

from quart import Blueprint

from server.access import PUBLIC, allow
from server.web.portal import portal

blueprint = Blueprint("web", __name__)


@blueprint.get("/api/health")
@allow(PUBLIC)
async def health() -> dict[str, Any]:
    """200 when the database answers; for load balancers and monitoring."""
    here = portal()
    await here.database.one("SELECT 1 AS one")
    return {"status": "ok", "database": here.database.dialect, "server_time": here.iso(here.now())}
