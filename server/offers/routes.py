"""The agents' pages of what their service offers."""

from typing import Annotated, Any, Literal

import msgspec
from quart import Blueprint
from quart_schema import validate_request

from server.access import allow, signed_in
from server.offers import service
from server.traces.service import Who
from server.web.portal import portal

blueprint = Blueprint("offers", __name__)
Id = Annotated[str, msgspec.Meta(min_length=1, max_length=60)]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=120)]
Hour = Annotated[str, msgspec.Meta(pattern="^([01][0-9]|2[0-3]):[0-5][0-9]$")]
Days = Annotated[list[Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d{2}-\d{2}$")]], msgspec.Meta(max_length=200)]
Ids = Annotated[list[Id], msgspec.Meta(max_length=60)]
Places = Annotated[int, msgspec.Meta(ge=0, le=100_000)]


class ActivityWritten(msgspec.Struct, forbid_unknown_fields=True):
    name: Name
    category: Literal["care", "homework", "leisure", "holiday", "culture", "sport", "meal"]
    text: Annotated[str, msgspec.Meta(max_length=2000)]
    bookable: bool


class UnitWritten(msgspec.Struct, forbid_unknown_fields=True):
    activity: Id
    place: Id
    name: Name
    starts: Hour
    ends: Hour
    during: Literal["school", "holidays", "any"]
    weekdays: Annotated[list[Annotated[int, msgspec.Meta(ge=0, le=6)]], msgspec.Meta(max_length=7)]
    extra_days: Days
    skipped_days: Days
    grades: Annotated[list[Literal["PS", "MS", "GS", "CP", "CE1", "CE2", "CM1", "CM2"]], msgspec.Meta(max_length=8)]
    counts: Ids
    excludes: Ids
    requires: Ids
    tariff: Id | None
    like: Id | None = None
    """The unit whose limits it takes over; None: its own stay."""


class CapacityWritten(msgspec.Struct, forbid_unknown_fields=True):
    place: Id
    name: Name
    capacity: Places | None


async def editor() -> service.Editor:
    visitor, town = await signed_in(), portal()
    year = town.town.year
    who = Who(visitor.account, visitor.name, visitor.service)
    return service.Editor(who, visitor.service, town.now(), town.zone, town.today(), year.year, year.starts_on, year.ends_on)


@blueprint.get("/api/agents/offer")
@allow("agent")
async def offer() -> dict[str, Any]:
    """Activities, units, capacities of this agent's service."""
    visitor, town = await signed_in(), portal()
    return await service.offer_of(town.database, visitor.service, town.town.year.year, town.today())


@blueprint.post("/api/agents/activities")
@allow("agent")
@validate_request(ActivityWritten)
async def add_activity(data: ActivityWritten) -> tuple[dict[str, Any], int]:
    return {"code": await service.put_activity(portal().database, await editor(), None, msgspec.to_builtins(data))}, 201


@blueprint.put("/api/agents/activities/<code>")
@allow("agent")
@validate_request(ActivityWritten)
async def change_activity(code: str, data: ActivityWritten) -> dict[str, Any]:
    return {"code": await service.put_activity(portal().database, await editor(), code, msgspec.to_builtins(data))}


@blueprint.post("/api/agents/units")
@allow("agent")
@validate_request(UnitWritten)
async def add_unit(data: UnitWritten) -> tuple[dict[str, Any], int]:
    """A new unit with its openings, from the school calendar and its exceptions."""
    return await service.put_unit(portal().database, await editor(), None, msgspec.to_builtins(data)), 201


@blueprint.put("/api/agents/units/<id>")
@allow("agent")
@validate_request(UnitWritten)
async def change_unit(id: str, data: UnitWritten) -> dict[str, Any]:
    return await service.put_unit(portal().database, await editor(), id, msgspec.to_builtins(data))


@blueprint.post("/api/agents/capacities")
@allow("agent")
@validate_request(CapacityWritten)
async def add_capacity(data: CapacityWritten) -> tuple[dict[str, Any], int]:
    return await service.put_capacity(portal().database, await editor(), None, msgspec.to_builtins(data)), 201


@blueprint.put("/api/agents/capacities/<id>")
@allow("agent")
@validate_request(CapacityWritten)
async def change_capacity(id: str, data: CapacityWritten) -> dict[str, Any]:
    """The places of a usual day, on every coming day that has them."""
    return await service.put_capacity(portal().database, await editor(), id, msgspec.to_builtins(data))
