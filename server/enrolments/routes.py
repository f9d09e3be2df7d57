"""The catalogue of a family, and the agents' side: requests to decide, occasions to enrol."""

from typing import Annotated, Any, Literal

import msgspec
from quart import Blueprint
from quart_schema import validate_querystring, validate_request

from server.access import allow, signed_in
from server.enrolments import service
from server.traces.service import Who
from server.web.portal import portal

blueprint = Blueprint("enrolments", __name__)
Id = Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
Code = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=20)]
Label = Annotated[str, msgspec.Meta(min_length=1, max_length=120)]
Reason = Annotated[str, msgspec.Meta(max_length=300)]
Day = Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d{2}-\d{2}$")]
Instant = Annotated[int, msgspec.Meta(ge=0, le=7_258_118_400_000)]
Places = Annotated[int, msgspec.Meta(ge=0, le=100_000)]


class Filters(msgspec.Struct):
    state: Literal["", "received", "missing", "waiting", "accepted", "refused", "ended"] = "received"
    round: Annotated[str, msgspec.Meta(max_length=80)] = ""
    q: Annotated[str, msgspec.Meta(max_length=60)] = ""


class Doing(msgspec.Struct, forbid_unknown_fields=True):
    ids: Annotated[list[Id], msgspec.Meta(min_length=1, max_length=200)]
    act: Literal["accept", "refuse", "wait", "move", "paper", "good", "end"]
    reason: Reason = ""
    codes: Annotated[list[Id], msgspec.Meta(max_length=20)] = []
    label: Annotated[str, msgspec.Meta(max_length=120)] = ""
    rank: Annotated[int, msgspec.Meta(ge=0, le=10_000)] = 0


class AtTheDesk(msgspec.Struct, forbid_unknown_fields=True):
    child: Id
    group: Id
    reason: Reason = ""


class Paper(msgspec.Struct, forbid_unknown_fields=True):
    code: Code
    label: Label
    needed: bool = True
    proof: Literal["insurance", "address", "vaccination"] | None = None


class Question(msgspec.Struct, forbid_unknown_fields=True):
    code: Code
    label: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    kind: Literal["text", "yes_no", "choice"] = "text"
    choices: Annotated[list[Label], msgspec.Meta(max_length=20)] = []
    needed: bool = True


class GroupWritten(msgspec.Struct, forbid_unknown_fields=True):
    name: Label
    units: Annotated[list[Id], msgspec.Meta(max_length=60)]
    capacity: Places | None
    id: Annotated[str, msgspec.Meta(max_length=60)] | None = None
    grades: Annotated[list[Annotated[str, msgspec.Meta(max_length=10)]], msgspec.Meta(max_length=20)] = []
    ages: tuple[Annotated[int, msgspec.Meta(ge=0, le=120)] | None, Annotated[int, msgspec.Meta(ge=0, le=120)] | None] | None = None


class RoundWritten(msgspec.Struct, forbid_unknown_fields=True):
    activity: Id
    name: Label
    kind: Literal["annual", "period", "event"]
    text: Annotated[str, msgspec.Meta(max_length=2000)]
    since: Day
    until: Day
    windows: Annotated[
        list[tuple[Literal["residents", "renewals", "siblings", "everyone"], Instant]], msgspec.Meta(max_length=4)
    ]
    closes_at: Instant
    decided: bool
    published: bool
    papers: Annotated[list[Paper], msgspec.Meta(max_length=10)]
    questions: Annotated[list[Question], msgspec.Meta(max_length=20)]
    groups: Annotated[list[GroupWritten], msgspec.Meta(max_length=30)]


@blueprint.get("/api/enrolments/catalogue")
@allow("parent")
async def catalogue() -> dict[str, Any]:
    """What the children of this account may be enrolled in, with this family's prices and the places left."""
    visitor, town = await signed_in(), portal()
    return await service.catalogue(town.database, visitor.account, town.now(), town.zone)


@blueprint.get("/api/agents/requests")
@allow("agent")
@validate_querystring(Filters)
async def requests(query_args: Filters) -> dict[str, Any]:
    """The requests of this agent's service."""
    visitor, town = await signed_in(), portal()
    asked = (query_args.state, query_args.round, query_args.q.strip())
    return await service.requests(town.database, visitor.service, *asked, town.zone)


@blueprint.get("/api/agents/requests/<id>")
@allow("agent")
async def request(id: str) -> dict[str, Any]:
    """One request with its answers and papers."""
    visitor, town = await signed_in(), portal()
    return await service.one_request(town.database, visitor.service, id, town.zone)


@blueprint.post("/api/agents/requests")
@allow("agent")
@validate_request(Doing)
async def decide(data: Doing) -> dict[str, Any]:
    """Accepts, refuses, asks for a paper…, one request or several; each is answered for itself."""
    visitor, town = await signed_in(), portal()
    agent = service.Agent(Who(visitor.account, visitor.name, visitor.service), visitor.service, town.now(), town.zone)
    act = service.Act(data.act, data.reason, tuple(data.codes), data.label.strip(), data.rank)
    return {"done": await service.act_on(town.database, agent, data.ids, act)}


@blueprint.post("/api/agents/families/<family>/enrolments")
@allow("agent")
@validate_request(AtTheDesk)
async def enrol(family: str, data: AtTheDesk) -> tuple[dict[str, Any], int]:
    """Enrols a child at the counter, traced; past a rule with a reason that the family reads."""
    visitor, town = await signed_in(), portal()
    agent = service.Agent(Who(visitor.account, visitor.name, visitor.service), visitor.service, town.now(), town.zone)
    return {"id": await service.enrol_at_the_desk(town.database, agent, family, data.child, data.group, data.reason)}, 201


@blueprint.get("/api/agents/rounds")
@allow("agent")
async def rounds() -> dict[str, Any]:
    """The occasions to enrol of this agent's service."""
    visitor = await signed_in()
    return {"rounds": await service.open_rounds_of(portal().database, visitor.service)}


@blueprint.post("/api/agents/rounds")
@allow("agent")
@validate_request(RoundWritten)
async def add_round(data: RoundWritten) -> tuple[dict[str, Any], int]:
    visitor, town = await signed_in(), portal()
    return {"id": await service.put_round(town.database, visitor.service, None, msgspec.to_builtins(data))}, 201


@blueprint.put("/api/agents/rounds/<id>")
@allow("agent")
@validate_request(RoundWritten)
async def change_round(id: str, data: RoundWritten) -> dict[str, Any]:
    visitor, town = await signed_in(), portal()
    return {"id": await service.put_round(town.database, visitor.service, id, msgspec.to_builtins(data))}
