"""News for everybody, signed in or not."""

from typing import Any

from quart import Blueprint, Response

from server.access import PUBLIC, allow
from server.news import service, texts
from server.web.portal import portal

blueprint = Blueprint("news", __name__)


@blueprint.get("/api/public/news")
@allow(PUBLIC)
async def read_news() -> dict[str, Any]:
    """The town's news that are for everybody, pinned first, then newest first."""
    here = portal()
    return {"news": await service.public_news(here.database, here.zone)}


@blueprint.get("/actualites.atom")
@allow(PUBLIC)
async def feed() -> Response:
    """The same as an Atom feed, for readers and for the town's own site."""
    here = portal()
    items = await service.feed_items(here.database)
    answer = Response(texts.atom(items, here.town.name, here.config.public_url), content_type="application/atom+xml; charset=utf-8")
    answer.headers["Cache-Control"] = "public, max-age=300"
    return answer
