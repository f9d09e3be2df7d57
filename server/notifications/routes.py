"""Subscribing a browser to pushes, choosing what to be told, trying it out."""

from typing import Annotated, Any

import msgspec
from quart import Blueprint, Response
from quart_schema import document_response, validate_request

from server.access import PUBLIC, allow, signed_in
from server.errors import Refusal
from server.notifications import service
from server.web.portal import portal

blueprint = Blueprint("notifications", __name__)
Hour = Annotated[str, msgspec.Meta(pattern="^([01][0-9]|2[0-3]):[0-5][0-9]$")]
Base64 = Annotated[str, msgspec.Meta(pattern="^[A-Za-z0-9_-]+=*$", min_length=16, max_length=120)]


class Keys(msgspec.Struct, forbid_unknown_fields=True):
    p256dh: Base64
    auth: Base64


class Subscription(msgspec.Struct, forbid_unknown_fields=True):
    endpoint: Annotated[str, msgspec.Meta(min_length=10, max_length=800, pattern="^https?://[!-~]+$")]
    keys: Keys


class Choices(msgspec.Struct, forbid_unknown_fields=True):
    topics: dict[str, list[str]]
    quiet: tuple[Hour, Hour] | None = None
    detailed: bool = False


class PushKey(msgspec.Struct):
    key: str


class Tried(msgspec.Struct):
    sent: bool


@blueprint.get("/api/public/push-key")
@allow(PUBLIC)
@document_response(PushKey)
async def push_key() -> dict[str, str]:
    """The town's public key, which a browser binds its subscription to."""
    return {"key": _web_push().public_key}


@blueprint.put("/api/sync/v1/push-subscription")
@allow("parent", "agent")
@validate_request(Subscription)
async def subscribe(data: Subscription) -> Response:
    """Binds this browser's subscription to its device; sending it again changes nothing."""
    here, who = portal(), await signed_in()
    keys = data.keys
    await service.subscribe(
        here.database, who.account, who.device, data.endpoint, keys.p256dh, keys.auth, _web_push(), here.now(), here.zone
    )
    return Response("", 204)


@blueprint.delete("/api/sync/v1/push-subscription")
@allow("parent", "agent")
async def unsubscribe() -> Response:
    """No more pushes on this device."""
    here, who = portal(), await signed_in()
    await service.unsubscribe(here.database, who.account, who.device, here.now(), here.zone)
    return Response("", 204)


@blueprint.put("/api/notifications")
@allow("parent", "agent")
@validate_request(Choices)
async def choose(data: Choices) -> Response:
    """What to be told, by which channel, when not, and whether details may show on a locked screen."""
    here, who = portal(), await signed_in()
    quiet = data.quiet or (None, None)
    await service.choose(here.database, who.account, data.topics, quiet, data.detailed, here.now(), here.zone)
    return Response("", 204)


@blueprint.post("/api/notifications/trial")
@allow("parent", "agent")
@document_response(Tried)
async def try_out() -> dict[str, Any]:
    """Sends a trial push to this device; ``sent`` is false when it is not subscribed."""
    here, who = portal(), await signed_in()
    return {"sent": await service.try_out(here.database, who.account, who.device, here.now())}


def _web_push() -> Any:
    found = portal().web_push
    if found is None:
        raise Refusal("not_found")
    return found
