"""The simulation, for everybody, signed in or not. Promise 13 of the guide: for information, « non contractuel »."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta
from quart import Blueprint
from quart_schema import validate_request

from server.access import PUBLIC, allow
from server.tariffs.service import SimulatedChild, Wish, price_rows, simulate
from server.web.portal import portal

blueprint = Blueprint("tariffs", __name__)


class WishIn(msgspec.Struct, forbid_unknown_fields=True):
    unit: Annotated[str, Meta(max_length=60)]
    times: Annotated[int, Meta(ge=0, le=366)]
    """Days a week; for what runs in the holidays, days a year."""
    supplements: Annotated[list[Annotated[str, Meta(max_length=40)]], Meta(max_length=10)] = []


class ChildIn(msgspec.Struct, forbid_unknown_fields=True):
    rank: Annotated[int, Meta(ge=1, le=12)]
    wishes: Annotated[list[WishIn], Meta(max_length=40)]
    traits: Annotated[list[Annotated[str, Meta(max_length=40)]], Meta(max_length=6)] = []


class SimulationIn(msgspec.Struct, forbid_unknown_fields=True):
    """``quotient``: euros; null when it is not known, the highest tariffs then apply."""

    resident: bool
    children: Annotated[list[ChildIn], Meta(min_length=1, max_length=12)]
    quotient: Annotated[float, Meta(ge=0, le=100_000)] | None = None


@blueprint.get("/api/public/prices")
@allow(PUBLIC)
async def prices() -> dict[str, Any]:
    """The facts from which a phone works out any price by itself, by unit."""
    here = portal()
    rows = await price_rows(here.database, here.town.year.year, here.today())
    return {"prices": [{"code": key.removeprefix("price/"), **row} for key, row in rows.items()]}


@blueprint.post("/api/public/simulation")
@allow(PUBLIC)
@validate_request(SimulationIn)
async def simulation(data: SimulationIn) -> dict[str, Any]:
    """What an activity would cost: per unit, per month, per year, with the reasons; nothing is stored."""
    here = portal()
    children = [
        SimulatedChild(child.rank, child.traits, [Wish(one.unit, one.times, one.supplements) for one in child.wishes])
        for child in data.children
    ]
    return await simulate(here.database, here.town.year.year, here.today(), data.resident, data.quotient, children)
