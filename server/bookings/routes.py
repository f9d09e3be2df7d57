"""The agents' side of places: requests to decide, waiting lists, the counter, closed days, how many places there are."""

from typing import Annotated, Any

import msgspec
from quart import Blueprint
from quart_schema import validate_querystring, validate_request

from server.access import allow, signed_in
from server.bookings.service import closing, desk, overview
from server.traces.service import Who
from server.web.portal import portal

blueprint = Blueprint("places", __name__)
Id = Annotated[str, msgspec.Meta(min_length=1, max_length=120)]
Day = Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d{2}-\d{2}$")]
Reason = Annotated[str, msgspec.Meta(max_length=300)]


class Asks(msgspec.Struct):
    states: str = "requested,waiting,to_confirm"


class Span(msgspec.Struct):
    first: Day
    last: Day


class PlaceSpan(msgspec.Struct):
    place: Id
    first: Day
    last: Day


class Verdict(msgspec.Struct, forbid_unknown_fields=True):
    accept: bool
    reason: Reason = ""


class AtTheDesk(msgspec.Struct, forbid_unknown_fields=True):
    child: Id
    session: Id
    reason: Reason = ""


class Cancelling(msgspec.Struct, forbid_unknown_fields=True):
    reason: Reason = ""
    owed_cents: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)] | None = None


class Closing(msgspec.Struct, forbid_unknown_fields=True):
    sessions: Annotated[list[Id], msgspec.Meta(min_length=1, max_length=200)]
    reason: Reason = ""


class Size(msgspec.Struct, forbid_unknown_fields=True):
    capacity: Annotated[int, msgspec.Meta(ge=0, le=100_000)] | None


async def the_desk(reason: str = "") -> desk.Desk:
    visitor, town = await signed_in(), portal()
    who = Who(visitor.account, visitor.name, visitor.service)
    return desk.Desk(who, visitor.service, town.now(), town.zone, reason.strip())


@blueprint.get("/api/agents/places")
@allow("agent")
async def places() -> dict[str, Any]:
    """Where this agent's service takes children, and what is booked there."""
    visitor = await signed_in()
    return {"places": await overview.places_of(portal().database, visitor.service)}


@blueprint.get("/api/agents/asks")
@allow("agent")
@validate_querystring(Asks)
async def asks(query_args: Asks) -> dict[str, Any]:
    """Requests to decide, waiting lists and places on offer, from today on."""
    visitor, town = await signed_in(), portal()
    found = await overview.asks(town.database, visitor.service, town.today(), town.zone, query_args.states.split(","))
    return {"asks": found, "counts": await overview.counts(town.database, visitor.service, town.today())}


@blueprint.post("/api/agents/asks/<rid>")
@allow("agent")
@validate_request(Verdict)
async def answer(rid: str, data: Verdict) -> dict[str, Any]:
    """Accepts or refuses a request, or gives a place to who waits."""
    return {"state": await desk.answer_request(portal().database, await the_desk(data.reason), rid, data.accept)}


@blueprint.get("/api/agents/families/<family>/days")
@allow("agent")
@validate_querystring(Span)
async def family_days(family: str, query_args: Span) -> dict[str, Any]:
    """One family's children, openings and bookings, for the counter."""
    visitor, town = await signed_in(), portal()
    return await overview.family_days(
        town.database, visitor.service, family, query_args.first, query_args.last, town.zone
    )


@blueprint.post("/api/agents/families/<family>/bookings")
@allow("agent")
@validate_request(AtTheDesk)
async def book(family: str, data: AtTheDesk) -> tuple[dict[str, Any], int]:
    """Books for a family; past a deadline or over capacity with a reason, which is kept and which the family reads."""
    rid = await desk.book_for(portal().database, await the_desk(data.reason), family, data.child, data.session)
    return {"id": rid}, 201


@blueprint.post("/api/agents/bookings/<rid>/cancel")
@allow("agent")
@validate_request(Cancelling)
async def cancel(rid: str, data: Cancelling) -> dict[str, Any]:
    await desk.cancel_for(portal().database, await the_desk(data.reason), rid, data.owed_cents)
    return {"state": "cancelled"}


@blueprint.get("/api/agents/openings")
@allow("agent")
@validate_querystring(PlaceSpan)
async def openings(query_args: PlaceSpan) -> dict[str, Any]:
    """Each opening of a place between two days: its places, who is booked, waits and asks."""
    visitor = await signed_in()
    found = await overview.days(portal().database, visitor.service, query_args.place, query_args.first, query_args.last)
    return {"openings": found}


@blueprint.post("/api/agents/openings/close")
@allow("agent")
@validate_request(Closing)
async def close(data: Closing) -> dict[str, Any]:
    """Closes days: what is booked is cancelled, and each family reads why."""
    return {"cancelled": await closing.close(portal().database, await the_desk(data.reason), data.sessions)}


@blueprint.post("/api/agents/openings/<session>/reopen")
@allow("agent")
async def reopen(session: str) -> dict[str, Any]:
    await closing.reopen(portal().database, await the_desk(), session)
    return {"closed": False}


@blueprint.put("/api/agents/pools/<pool>")
@allow("agent")
@validate_request(Size)
async def resize(pool: str, data: Size) -> dict[str, Any]:
    """Changes the places of one capacity unit on one day; null says unlimited."""
    return await closing.resize(portal().database, await the_desk(), pool, data.capacity)
