"""The agents' side of a court's restriction.

Any agent reads it, since whoever hands a child over must know; the services of the children enter it.
"""

from typing import Annotated, Any, Literal

import msgspec
from quart import Blueprint, Response
from quart_schema import validate_request

from server.access import allow, signed_in
from server.restrictions import service
from server.traces.service import Who
from server.web.portal import portal

blueprint = Blueprint("restrictions", __name__)
SERVICES = ("agent:enfance-education", "agent:petite-enfance")
Id = Annotated[str, msgspec.Meta(min_length=1, max_length=40)]
Day = Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d{2}-\d{2}$")]


class Restriction(msgspec.Struct, forbid_unknown_fields=True):
    family: Id
    adult: Id
    child: Id
    limits: Annotated[list[Literal["see", "book", "collect"]], msgspec.Meta(min_length=1, max_length=3)]
    decision: Annotated[str, msgspec.Meta(min_length=3, max_length=160)]
    since: Day
    until: Day | None = None


class Lifting(msgspec.Struct, forbid_unknown_fields=True):
    why: Annotated[str, msgspec.Meta(min_length=3, max_length=300)]


@blueprint.get("/api/agents/dossiers/<family>/restrictions")
@allow("agent")
async def restrictions(family: str) -> dict[str, Any]:
    """The adults and children of a file, and what a court decided about them."""
    town, who = portal(), await signed_in()
    found = await service.of_family(town.database, family, town.today(), town.zone)
    return {**found, "may_enter": f"agent:{who.service}" in SERVICES}


@blueprint.post("/api/agents/restrictions")
@allow(*SERVICES)
@validate_request(Restriction)
async def record(data: Restriction) -> tuple[dict[str, Any], int]:
    town = portal()
    entered = service.Entered(
        data.family, data.adult, data.child, frozenset(data.limits), " ".join(data.decision.split()), data.since, data.until
    )
    return {"id": await service.record(town.database, await _who(), entered, town.now(), town.zone)}, 201


@blueprint.post("/api/agents/restrictions/<restriction>/lift")
@allow(*SERVICES)
@validate_request(Lifting)
async def lift(restriction: str, data: Lifting) -> Response:
    town = portal()
    await service.lift(town.database, await _who(), restriction, data.why.strip(), town.now(), town.zone)
    return Response("", 204)


async def _who() -> Who:
    visitor = await signed_in()
    return Who(visitor.account, visitor.name, visitor.service)
