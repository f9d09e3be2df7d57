"""News for everybody, signed in or not."""

from typing import Any

from quart import Blueprint

from server.access import PUBLIC, allow
from server.news.service import public_news
from server.web.portal import portal

blueprint = Blueprint("news", __name__)


@blueprint.get("/api/public/news")
@allow(PUBLIC)
async def read_news() -> dict[str, Any]:
    """The town's news, pinned first, then newest first."""
    here = portal()
    return {"news": await public_news(here.database, here.zone)}
