"""PF-Sync over HTTP: see sync/README.md."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Annotated, Any

import msgspec
from quart import Blueprint, Response, request
from quart_schema import document_request, document_response, validate_request

from server.access import allow, signed_in
from server.errors import Refusal
from server.feed.service import heads_of
from server.syncing import service
from server.web.portal import portal

blueprint = Blueprint("syncing", __name__, url_prefix="/api/sync/v1")
HEARTBEAT_SECONDS = 15
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=80, pattern="^[^\\u0000-\\u001f\\u007f]+$")]


class NewDevice(msgspec.Struct, forbid_unknown_fields=True):
    label: Name
    platform: Annotated[str, msgspec.Meta(min_length=1, max_length=40, pattern="^[^\\u0000-\\u001f\\u007f]+$")]
    app: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_.+-]{1,20}$")]
    clone_guard: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_.:-]{1,60}$")]


class Registered(msgspec.Struct):
    device: str
    last_n: int
    epoch: str
    server_time: str


class DeviceShown(msgspec.Struct):
    device: str
    label: str
    platform: str
    app: str
    created_at: str
    seen_at: str
    revoked_at: str | None
    current: bool


class Devices(msgspec.Struct):
    devices: list[DeviceShown]


class Op(msgspec.Struct):
    n: Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)]
    kind: Annotated[str, msgspec.Meta(max_length=60)]
    at: str
    args: dict[str, Any]
    hash: str | msgspec.UnsetType = msgspec.UNSET
    seen: dict[str, Any] | msgspec.UnsetType = msgspec.UNSET


class ExchangeRequest(msgspec.Struct):
    """The shape for readers of the API; sync/commands.py is the judge of it."""

    proto: int
    schema: int
    app: str
    req: str
    device: str
    actor: str
    cursors: dict[str, str | None]
    ops: Annotated[list[Op], msgspec.Meta(max_length=50)]
    ack: int = 0
    limit: Annotated[int, msgspec.Meta(ge=1, le=500)] = 500
    clone_guard: str | msgspec.UnsetType = msgspec.UNSET


class ExchangeReply(msgspec.Struct):
    proto: int
    req: str
    device: str
    epoch: str
    server_time: str
    last_n: int
    expected_n: int
    receipts: list[dict[str, Any]]
    stopped: dict[str, Any] | None
    changes: list[dict[str, Any]]
    scopes: dict[str, list[str]]
    policy: dict[str, Any]


@blueprint.post("/devices")
@allow("parent", "agent")
@validate_request(NewDevice)
@document_response(Registered, 201)
async def register_device(data: NewDevice) -> tuple[dict[str, Any], int]:
    """Registers this installation of the app."""
    town, who = portal(), await signed_in()
    now = town.now()
    facts = msgspec.structs.asdict(data)
    made = await service.register(town.database, who.account, who.session, facts, now, town.zone)
    return {**made, "server_time": town.iso(now)}, 201


@blueprint.get("/devices")
@allow("parent", "agent")
@document_response(Devices)
async def list_devices() -> dict[str, Any]:
    """The account's installations, the latest seen first."""
    town, who = portal(), await signed_in()
    return {"devices": await service.devices(town.database, who.account, who.device, town.zone)}


@blueprint.delete("/devices/<device>")
@allow("parent", "agent")
async def revoke_device(device: str) -> Response:
    """Ends an installation: at logout, or for a lost phone."""
    town, who = portal(), await signed_in()
    await service.revoke(town.database, who.account, device, town.now(), town.zone)
    return Response("", 204)


@blueprint.post("/exchange")
@allow("parent", "agent")
@document_request(ExchangeRequest)
@document_response(ExchangeReply)
async def exchange() -> Response:
    """Commands up, receipts and changes down."""
    town = portal()
    received_at = town.now()
    if request.mimetype != "application/json":
        raise Refusal("not_json")
    who = await signed_in()
    try:
        asked = msgspec.json.decode(await request.get_data(as_text=False))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Refusal("malformed") from error
    told = await service.exchange(town.database, who.account, asked, received_at, town.zone)
    return Response(msgspec.json.encode(told), content_type="application/json")


@blueprint.get("/heads")
@allow("parent", "agent")
async def heads() -> Response:
    """Server-sent events: the heads of the scopes this account may read, now and each time one moves."""
    town, who = portal(), await signed_in()

    async def stream() -> AsyncIterator[bytes]:
        scopes = {head["id"]: head["seq"] for head in await heads_of(town.database, who.account)}  # type: ignore[arg-type]
        queue = town.heads.listen([*scopes, f"a:{who.account}"])
        try:
            yield _event(scopes)
            while not town.heads.closing:
                try:
                    await asyncio.wait_for(queue.get(), HEARTBEAT_SECONDS)
                except TimeoutError:
                    yield b": still here\n\n"
                    continue
                moved = {head["id"]: head["seq"] for head in await heads_of(town.database, who.account)}  # type: ignore[arg-type]
                if moved != scopes:
                    scopes = moved
                    yield _event(scopes)
        finally:
            town.heads.leave(queue)

    response = Response(stream(), content_type="text/event-stream", headers={"X-Accel-Buffering": "no"})
    response.timeout = None
    return response


def _event(heads: dict[str, int]) -> bytes:
    return f"event: head\ndata: {json.dumps(heads)}\n\n".encode()
