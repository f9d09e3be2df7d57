"""The agents' page of shared custody: read, try, write, remove. Only the service of the schools enters it."""

from typing import Annotated, Any, Literal

import msgspec
from quart import Blueprint, Response
from quart_schema import validate_request

from server.access import allow, signed_in
from server.custody import service
from server.custody.service.entering import Written
from server.traces.service import Who
from server.web.portal import portal

blueprint = Blueprint("custody", __name__)
SERVICE = "agent:enfance-education"
Day = Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d{2}-\d{2}$")]
Name = Annotated[str, msgspec.Meta(max_length=120)]


class Share(msgspec.Struct, forbid_unknown_fields=True):
    how: Literal["cycle", "halves", "whole", "fortnights"]
    even: Name = ""


class PlanBody(msgspec.Struct, forbid_unknown_fields=True):
    anchor: Day
    cycle: Annotated[str, msgspec.Meta(min_length=1, max_length=56, pattern="^[AB]+$")]
    since: Day
    holidays: Annotated[dict[Name, Share], msgspec.Meta(max_length=20)] = {}
    days: Annotated[dict[Day, Name], msgspec.Meta(max_length=200)] = {}
    note: Annotated[str, msgspec.Meta(max_length=200)] = ""
    version: Annotated[int, msgspec.Meta(ge=0)] = 0


def written(data: PlanBody) -> Written:
    shares = {name: {"how": one.how, "even": one.even} for name, one in data.holidays.items()}
    return Written(data.anchor, data.cycle, data.since, shares, data.days, data.note.strip(), data.version)


async def who() -> Who:
    visitor = await signed_in()
    return Who(visitor.account, visitor.name, visitor.service)


@blueprint.get("/api/agents/custody/<child>")
@allow(SERVICE)
async def read(child: str) -> dict[str, Any]:
    """The plan of a child of two files, in words and day by day."""
    return await service.plan_of(portal().database, child, portal().today())


@blueprint.post("/api/agents/custody/<child>/preview")
@allow(SERVICE)
@validate_request(PlanBody)
async def preview(child: str, data: PlanBody) -> dict[str, Any]:
    """What a plan would give, before it counts."""
    return await service.plan_of(portal().database, child, portal().today(), written(data))


@blueprint.put("/api/agents/custody/<child>")
@allow(SERVICE)
@validate_request(PlanBody)
async def write(child: str, data: PlanBody) -> dict[str, Any]:
    town = portal()
    await service.enter(town.database, await who(), child, written(data), town.now(), town.zone)
    return await service.plan_of(town.database, child, town.today())


@blueprint.delete("/api/agents/custody/<child>")
@allow(SERVICE)
async def remove(child: str) -> Response:
    town = portal()
    await service.remove(town.database, await who(), child, town.now(), town.zone)
    return Response("", 204)
