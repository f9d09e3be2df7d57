"""The agents' side of rules: read, try on a day, change."""

from typing import Annotated, Any

import msgspec
from quart import Blueprint
from quart_schema import validate_request

from server.access import allow, signed_in
from server.activities import service
from server.activities.rules import RulePair
from server.web.portal import portal

blueprint = Blueprint("activities", __name__)
Id = Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
Day = Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d{2}-\d{2}$")]


class Trial(msgspec.Struct, forbid_unknown_fields=True):
    unit: Id
    date: Day
    rule: RulePair | None = None


class Change(msgspec.Struct, forbid_unknown_fields=True):
    units: Annotated[list[Id], msgspec.Meta(min_length=1, max_length=50)]
    rule: RulePair


@blueprint.get("/api/agents/rules")
@allow("agent")
async def rules() -> dict[str, Any]:
    """The rules of this agent's service, as they read and as they are written."""
    visitor = await signed_in()
    return {"units": await service.rules_of_service(portal().database, visitor.service)}


@blueprint.post("/api/agents/rules/preview")
@allow("agent")
@validate_request(Trial)
async def preview(data: Trial) -> dict[str, Any]:
    """At what instant would a parent have been refused on that day? With the unit's rule, or with one to try."""
    visitor, town = await signed_in(), portal()
    return await service.preview(town.database, visitor.service, data.unit, data.date, data.rule, town.zone)


@blueprint.put("/api/agents/rules")
@allow("agent")
@validate_request(Change)
async def change(data: Change) -> dict[str, Any]:
    """Gives units another rule; one that cannot be true is refused with the reason."""
    visitor, town = await signed_in(), portal()
    return await service.change_rule(town.database, visitor.service, data.units, data.rule, town.now(), town.zone)
