"""The agents' desk of news."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta
from quart import Blueprint, Response
from quart_schema import validate_request

from server.access import allow, signed_in
from server.errors import Refusal
from server.news import service
from server.traces.service import Who
from server.web.portal import portal

blueprint = Blueprint("news_desk", __name__, url_prefix="/api/agents/news")
Line = Annotated[str, Meta(min_length=1, max_length=160)]
Text = Annotated[str, Meta(min_length=1, max_length=20_000)]
Moment = Annotated[str, Meta(pattern=r"^20\d{2}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d$")]
"""Day and hour on the town's clock."""


class PictureIn(msgspec.Struct, forbid_unknown_fields=True):
    """`file`: sent before by way of /api/attachments."""

    file: Annotated[str, Meta(min_length=8, max_length=40)]


class NewsIn(msgspec.Struct, forbid_unknown_fields=True):
    """`version`: the one that the agent saw; 0 for a new draft."""

    title: Line
    summary: Annotated[str, Meta(min_length=1, max_length=400)]
    body: Text
    version: Annotated[int, Meta(ge=0)] = 0
    pinned: bool = False
    targets: Annotated[list[Annotated[str, Meta(max_length=60)]], Meta(max_length=30)] = []
    until: Moment | None = None


class PublishIn(msgspec.Struct, forbid_unknown_fields=True):
    version: Annotated[int, Meta(ge=0)]
    at: Moment | None = None


class VersionIn(msgspec.Struct, forbid_unknown_fields=True):
    version: Annotated[int, Meta(ge=0)]


class PreviewIn(msgspec.Struct, forbid_unknown_fields=True):
    body: Annotated[str, Meta(max_length=20_000)]


@blueprint.get("")
@allow("agent")
async def listed() -> dict[str, Any]:
    """Every item with its state, and whom news can be for."""
    here = portal()
    return {"news": await service.news_for_agents(here.database, here.zone), "targets": await service.targets(here.database)}


@blueprint.get("/pictures")
@allow("agent")
async def pictures() -> dict[str, Any]:
    """The town's own pictures, the latest first."""
    return {"pictures": await service.pictures(portal().database)}


@blueprint.post("/pictures")
@allow("agent")
@validate_request(PictureIn)
async def add_picture(data: PictureIn) -> tuple[dict[str, Any], int]:
    return await service.add_picture(portal().database, data.file, await _agent()), 201


@blueprint.get("/<item>")
@allow("agent")
async def one(item: str) -> dict[str, Any]:
    here = portal()
    return await service.one_for_agents(here.database, item, here.zone)


@blueprint.post("/preview")
@allow("agent")
@validate_request(PreviewIn)
async def preview(data: PreviewIn) -> dict[str, Any]:
    """The Markdown as families will see it, and the pictures that were left out since they are another site's."""
    return await service.preview(portal().database, data.body)


@blueprint.post("")
@allow("agent")
@validate_request(NewsIn)
async def begin(data: NewsIn) -> tuple[dict[str, Any], int]:
    """A new draft."""
    here = portal()
    made = await service.draft(here.database, _said(data), None, 0, await _agent(), here.now())
    return {"id": made}, 201


@blueprint.put("/<item>")
@allow("agent")
@validate_request(NewsIn)
async def change(item: str, data: NewsIn) -> Response:
    """Changes a draft, or what is to be published later."""
    here = portal()
    await service.draft(here.database, _said(data), item, data.version, await _agent(), here.now())
    return Response("", 204)


@blueprint.post("/<item>/publication")
@allow("agent")
@validate_request(PublishIn)
async def publish(item: str, data: PublishIn) -> Response:
    """Publishes now, or at the hour given."""
    here = portal()
    await service.publish(here.database, item, data.version, _instant(data.at), await _agent(), here.now(), here.zone)
    return Response("", 204)


@blueprint.put("/<item>/correction")
@allow("agent")
@validate_request(NewsIn)
async def correct(item: str, data: NewsIn) -> Response:
    """Changes what families read already."""
    here = portal()
    await service.correct(here.database, item, _said(data), data.version, await _agent(), here.now(), here.zone)
    return Response("", 204)


@blueprint.post("/<item>/withdrawal")
@allow("agent")
@validate_request(VersionIn)
async def withdraw(item: str, data: VersionIn) -> Response:
    here = portal()
    await service.withdraw(here.database, item, data.version, await _agent(), here.now())
    return Response("", 204)


async def _agent() -> Who:
    visitor = await signed_in()
    return Who(visitor.account, visitor.name, visitor.service)


def _said(data: NewsIn) -> service.News:
    _readable(data.title, data.summary, data.body)
    return service.News(data.title.strip(), data.summary.strip(), data.body, data.pinned, tuple(data.targets), _instant(data.until))


def _instant(at: str | None) -> int | None:
    """UTC milliseconds."""
    try:
        return None if at is None else int(datetime.fromisoformat(at).replace(tzinfo=portal().zone).timestamp() * 1000)
    except ValueError:
        raise Refusal("malformed") from None  # the 31st of a short month


def _readable(*texts: str) -> None:
    """Refuses what no database or screen can hold: null bytes, control signs, halves of characters."""
    for text in texts:
        if not text.strip() or any((ord(c) < 32 and c not in "\n\r\t") or 0xD800 <= ord(c) <= 0xDFFF or ord(c) == 127 for c in text):
            raise Refusal("malformed")
