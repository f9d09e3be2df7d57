"""The agents' side of the dossier, and the one thing a parent says without leaving a copy on a device."""

from typing import Annotated, Any, Literal

import msgspec
from quart import Blueprint, Response
from quart_schema import validate_querystring, validate_request

from server.access import allow, signed_in
from server.families import service
from server.traces.service import Who
from server.web.portal import portal

blueprint = Blueprint("families", __name__)


class Decision(msgspec.Struct, forbid_unknown_fields=True):
    accept: bool
    reason: Annotated[str, msgspec.Meta(max_length=300)] | None = None


class CareProtocol(msgspec.Struct, forbid_unknown_fields=True):
    exists: bool


class Search(msgspec.Struct):
    q: Annotated[str, msgspec.Meta(max_length=80)] = ""


class State(msgspec.Struct):
    state: Literal["pending", "accepted", "refused"] = "pending"


async def who() -> Who:
    """The agent who asks, as traces name them."""
    visitor = await signed_in()
    return Who(visitor.account, visitor.name, visitor.service)


@blueprint.put("/api/families/children/<child>/care-protocol")
@allow("parent")
@validate_request(CareProtocol)
async def say_care_protocol(child: str, data: CareProtocol) -> Response:
    """A PAI: yes or no, said on line only; an agent checks it. Nobody reads it back through here."""
    visitor, town = await signed_in(), portal()
    await service.declare_care_protocol(town.database, visitor.account, child, data.exists, town.today(), town.now())
    return Response("", 204)


@blueprint.get("/api/agents/changes")
@allow("agent")
@validate_querystring(State)
async def changes(query_args: State) -> dict[str, Any]:
    """What parents changed and the town checks: old and new, field by field."""
    town = portal()
    found = await service.changes(town.database, query_args.state, town.zone)
    return {"changes": found, "waiting": await service.waiting(town.database)}


@blueprint.post("/api/agents/changes/<change>")
@allow("agent")
@validate_request(Decision)
async def decide(change: str, data: Decision) -> Response:
    town = portal()
    await service.decide(town.database, change, data.accept, data.reason, await who(), town.now(), town.zone)
    return Response("", 204)


@blueprint.get("/api/agents/dossiers")
@allow("agent")
@validate_querystring(Search)
async def search(query_args: Search) -> dict[str, Any]:
    """Files by number or by a name; nothing without at least two letters."""
    words = query_args.q.strip()
    return {"families": await service.search(portal().database, words) if len(words) >= 2 else []}


@blueprint.get("/api/agents/dossiers/<family>")
@allow("agent")
async def sheet(family: str) -> dict[str, Any]:
    town = portal()
    return await service.sheet(town.database, family, await who(), town.now(), town.zone)
