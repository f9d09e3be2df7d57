"""Day lists for agents: read, print, export, tick."""

from typing import Annotated, Any, Literal

import msgspec
from quart import Blueprint, Response
from quart_schema import validate_querystring, validate_request

from server.access import allow, signed_in
from server.attendance import service
from server.traces.service import Who
from server.web.portal import portal

blueprint = Blueprint("attendance", __name__)
Day = Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d{2}-\d{2}$")]
Id = Annotated[str, msgspec.Meta(min_length=1, max_length=120)]


class PlaceDay(msgspec.Struct):
    place: Id
    date: Day


class Named(msgspec.Struct):
    q: Annotated[str, msgspec.Meta(min_length=2, max_length=40)]
    place: str = ""


class Tick(msgspec.Struct, forbid_unknown_fields=True):
    child: Id
    session: Id
    state: Literal["present", "excused", "unexcused"] | None
    version: Annotated[int, msgspec.Meta(ge=0)]


class Lateness(msgspec.Struct, forbid_unknown_fields=True):
    child: Id
    session: Id
    minutes: Annotated[int, msgspec.Meta(ge=0, le=300)]


@blueprint.get("/api/agents/attendance")
@allow("agent")
@validate_querystring(PlaceDay)
async def day_list(query_args: PlaceDay) -> dict[str, Any]:
    """Who is expected at a place on a day, with what was ticked."""
    visitor, town = await signed_in(), portal()
    return await service.day_list(town.database, visitor.service, query_args.place, query_args.date, town.zone)


@blueprint.get("/api/agents/attendance.csv")
@allow("agent")
@validate_querystring(PlaceDay)
async def export(query_args: PlaceDay) -> Response:
    visitor, town = await signed_in(), portal()
    text = await service.as_csv(town.database, visitor.service, query_args.place, query_args.date, town.zone)
    name = f"pointage-{query_args.place}-{query_args.date}.csv"
    safe = "".join(letter for letter in name if letter.isascii() and (letter.isalnum() or letter in "-."))
    return Response(
        text, 200, {"Content-Type": "text/csv; charset=utf-8", "Content-Disposition": f'attachment; filename="{safe}"'}
    )


@blueprint.put("/api/agents/attendance")
@allow("agent")
@validate_request(Tick)
async def tick(data: Tick) -> dict[str, Any]:
    """Ticks one child; 409 ``someone_else_ticked`` when another agent was quicker."""
    visitor, town = await signed_in(), portal()
    who = Who(visitor.account, visitor.name, visitor.service)
    return await service.tick(
        town.database, who, visitor.service, data.child, data.session, data.state, data.version, town.now(), town.zone
    )


@blueprint.put("/api/agents/attendance/lateness")
@allow("agent")
@validate_request(Lateness)
async def lateness(data: Lateness) -> dict[str, Any]:
    """A child that is there was fetched after closing time."""
    visitor, town = await signed_in(), portal()
    who = Who(visitor.account, visitor.name, visitor.service)
    await town.database.retrying(
        lambda tx: service.note_lateness(tx, who, visitor.service, data.child, data.session, data.minutes, town.now())
    )
    return {"minutes": data.minutes}


@blueprint.get("/api/agents/children")
@allow("agent")
@validate_querystring(Named)
async def children(query_args: Named) -> dict[str, Any]:
    """Children by the beginning of a name: for one who is there without a booking."""
    return {"children": await service.children_named(portal().database, query_args.q, query_args.place)}
