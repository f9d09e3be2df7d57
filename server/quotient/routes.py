"""The agents' side of the quotient: who waits, fetching by identity, recording what was read elsewhere."""

from typing import Annotated, Any, Literal

import msgspec
from quart import Blueprint, Response, current_app
from quart_schema import validate_request

from server.access import allow, signed_in
from server.errors import Refusal
from server.gateways.api_particulier import Identity
from server.quotient import service
from server.quotient.rules import token_alarm
from server.traces.service import Who
from server.web.portal import portal

blueprint = Blueprint("quotient", __name__)
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]


class TypedIdentity(msgspec.Struct, forbid_unknown_fields=True):
    """As on the paper that the agent has before them. `checked`: they say that they looked."""

    last_name: Name
    first_names: Annotated[list[Name], msgspec.Meta(min_length=1, max_length=3)]
    year: Annotated[int, msgspec.Meta(ge=1900, le=2030)]
    sex: Literal["M", "F"]
    country: Annotated[str, msgspec.Meta(pattern=r"^99\d{3}$")]
    checked: bool
    month: Annotated[int, msgspec.Meta(ge=1, le=12)] | None = None
    day: Annotated[int, msgspec.Meta(ge=1, le=31)] | None = None
    town: Annotated[str, msgspec.Meta(pattern=r"^(\d{5}|2[AB]\d{3})$")] | None = None


class ReadElsewhere(msgspec.Struct, forbid_unknown_fields=True):
    value: Annotated[int, msgspec.Meta(ge=1, le=99_999)]
    source: Literal["CAF", "MSA", "tax_notice"]
    channel: Literal["cdap", "certificate"]
    month: Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d{2}$")]


@blueprint.get("/api/agents/quotients")
@allow("agent")
async def requests() -> dict[str, Any]:
    """Families that allowed the town to ask and have no quotient yet."""
    town = portal()
    found = await service.requests(town.database, town.now(), town.zone)
    alarm = token_alarm(town.config.particulier_token, town.today())
    return {"requests": found, "api": town.quotients is not None, "token_days": alarm}


@blueprint.post("/api/agents/quotients/<family>/identity")
@allow("agent")
@validate_request(TypedIdentity)
async def fetch(family: str, data: TypedIdentity) -> dict[str, Any]:
    town = portal()
    if town.quotients is None:
        raise Refusal("not_configured")
    if not data.checked:
        raise Refusal("identity_unchecked")
    identity = Identity(
        data.last_name, tuple(data.first_names), data.year, data.month, data.day, data.sex, data.country, data.town
    )
    retries: service.Retries = current_app.extensions["portail-retries"]
    return await service.by_identity(town.database, town.quotients, retries, family, identity, await _who(), town.now, town.zone)


@blueprint.post("/api/agents/quotients/<family>/reading")
@allow("agent")
@validate_request(ReadElsewhere)
async def read_elsewhere(family: str, data: ReadElsewhere) -> Response:
    town = portal()
    await service.record_by_hand(town.database, family, msgspec.structs.asdict(data), await _who(), town.now(), town.zone)
    return Response("", 204)


async def _who() -> Who:
    visitor = await signed_in()
    return Who(visitor.account, visitor.name, visitor.service)
