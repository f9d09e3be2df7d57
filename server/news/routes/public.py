"""News and documents for everybody, signed in or not."""

from typing import Any
from urllib.parse import quote

from quart import Blueprint, Response

from server.access import PUBLIC, allow
from server.news import service, texts
from server.web.portal import portal

blueprint = Blueprint("news", __name__)
FOR_EVER = "public, max-age=31536000, immutable"


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


@blueprint.get("/api/public/pictures/<file>")
@allow(PUBLIC)
async def picture(file: str) -> Response:
    """A picture of the town's own collection, drawn anew from what an agent sent."""
    found, content = await service.picture_file(portal().files, file)
    return Response(content, 200, {"Content-Type": found["mime"], "Cache-Control": FOR_EVER})


@blueprint.get("/api/public/documents")
@allow(PUBLIC)
async def read_documents() -> dict[str, Any]:
    """The library by heading and title, each document with its versions."""
    here = portal()
    return {"documents": await service.public_documents(here.database, here.zone)}


@blueprint.get("/api/public/documents/<document>/<int:number>")
@allow(PUBLIC)
async def document(document: str, number: int) -> Response:
    """One version of a document, always to be saved, never to be shown in the portal's own name."""
    here = portal()
    found, content = await service.document_file(here.database, here.files, document, min(number, 2**31 - 1))
    headers = {
        "Content-Type": found["mime"],
        "Content-Disposition": f"attachment; filename=\"document\"; filename*=UTF-8''{quote(found['name'], safe='')}",
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "Cache-Control": "public, max-age=3600",
    }
    return Response(content, 200, headers)
