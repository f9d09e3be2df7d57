"""The régie's tariffs: read, tried, published from a date, taken back while they are still to come."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta
from quart_schema import validate_request

from server.access import allow, signed_in
from server.tariffs import service
from server.tariffs.routes.public import blueprint
from server.traces.service import Who
from server.web.portal import portal

REGIE = "agent:regie"
Day = Annotated[str, Meta(pattern=r"^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$")]
Code = Annotated[str, Meta(max_length=40)]


class PersonIn(msgspec.Struct, forbid_unknown_fields=True):
    """Somebody made up; ``quotient`` null: not known."""

    resident: bool = True
    quotient: Annotated[float, Meta(ge=0, le=100_000)] | None = None
    rank: Annotated[int, Meta(ge=1, le=12)] = 1
    children: Annotated[int, Meta(ge=1, le=12)] = 1
    days: Annotated[int, Meta(ge=1, le=31)] = 1
    minutes: Annotated[int, Meta(ge=1, le=1440)] | None = None
    traits: Annotated[list[Code], Meta(max_length=10)] = []
    options: Annotated[list[Code], Meta(max_length=10)] = []
    outcome: Annotated[str, Meta(pattern="^(present|excused|unexcused|unbooked|late)$")] = "present"


class TrialIn(msgspec.Struct, forbid_unknown_fields=True):
    code: Code
    terms: dict[str, Any]
    date: Day
    file: Annotated[str, Meta(max_length=20)] = ""
    person: PersonIn | None = None


class VersionIn(msgspec.Struct, forbid_unknown_fields=True):
    """``after``: the last version on the agent's screen."""

    code: Code
    since: Day
    decision: Annotated[str, Meta(min_length=5, max_length=200)]
    terms: dict[str, Any]
    after: Annotated[int, Meta(ge=0, le=100_000)]


@blueprint.get("/api/agents/tariffs")
@allow(REGIE)
async def tariffs() -> dict[str, Any]:
    """Every price list with its versions and their council decisions."""
    here = portal()
    return {"tariffs": await service.price_lists(here.database, here.today())}


@blueprint.post("/api/agents/tariffs/trial")
@allow(REGIE)
@validate_request(TrialIn)
async def trial(data: TrialIn) -> dict[str, Any]:
    """The test bench: what is wrong with a tariff, its whole price list, and what a family or somebody made up would pay."""
    person = None if data.person is None else service.somebody(msgspec.structs.asdict(data.person))
    return await service.try_out(portal().database, data.code, data.terms, data.file.strip() or None, data.date, person)


@blueprint.post("/api/agents/tariffs")
@allow(REGIE)
@validate_request(VersionIn)
async def publish(data: VersionIn) -> dict[str, Any]:
    """Another version from a day on; refused when a quotient would fall in no bracket or in two, or two versions in one day."""
    here, visitor = portal(), await signed_in()
    who = Who(visitor.account, visitor.name, visitor.service)
    version = await service.publish_version(
        here.database, data.code, data.since, data.decision.strip(), data.terms, data.after, who, here.now(), here.today()
    )
    return {"version": version}


@blueprint.delete("/api/agents/tariffs/<code>/<int:version>")
@allow(REGIE)
async def withdraw(code: str, version: int) -> tuple[str, int]:
    """Takes back a version that is still to come."""
    here = portal()
    await service.withdraw_version(here.database, code, version, here.today())
    return "", 204
