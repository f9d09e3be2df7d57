"""The address of one's calendar, and the calendar itself for whoever holds the address."""

from typing import Any

from quart import Blueprint, Response, current_app, request

from server.access import PUBLIC, allow, signed_in
from server.agenda import rules, service
from server.errors import Refusal
from server.web.portal import portal

blueprint = Blueprint("agenda", __name__)


def key() -> bytes:
    return str(current_app.secret_key).encode()


async def _mine() -> dict[str, Any]:
    visitor, town = await signed_in(), portal()
    return await service.link_of(town.database, visitor.account, key(), town.config.public_url, town.zone)


@blueprint.get("/api/agenda")
@allow("parent")
async def mine() -> dict[str, Any]:
    """The secret address of one's calendar, if there is one, and when a calendar last read it."""
    return await _mine()


@blueprint.post("/api/agenda")
@allow("parent")
async def make() -> dict[str, Any]:
    """A new address; the one before opens nothing any more."""
    await service.make(portal().database, (await signed_in()).account, key(), portal().now())
    return await _mine()


@blueprint.delete("/api/agenda")
@allow("parent")
async def revoke() -> dict[str, Any]:
    await service.revoke(portal().database, (await signed_in()).account)
    return await _mine()


@blueprint.get("/api/agenda/<name>")
@allow(PUBLIC)
async def read(name: str) -> Response:
    """The calendar, as text/calendar. Its address is the only key: it is not found when it is not exactly right."""
    town = portal()
    if not name.endswith(".ics") or len(name) > 80:
        raise Refusal("not_found")
    secret = name.removesuffix(".ics")
    body = await service.read(
        town.database, secret, town.town.name, town.config.public_url, town.today(), town.now(), town.zone
    )
    etag = f'"{rules.fingerprint(body.decode())[:32]}"'
    headers = {"ETag": etag, "Cache-Control": "private, no-cache", "Content-Disposition": 'inline; filename="planning.ics"'}
    if etag in request.headers.get("If-None-Match", ""):
        return Response("", 304, headers)
    return Response(body, 200, {**headers, "Content-Type": "text/calendar; charset=utf-8"})
