"""The régie's direct debits: mandates, runs, the file for the bank, what it gives back; and the export for the Treasury."""

from functools import partial
from typing import Annotated, Any

import msgspec
from msgspec import Meta
from quart import Response
from quart_schema import validate_querystring, validate_request

from server.access import allow
from server.errors import Refusal
from server.gateways.sepa import Creditor, is_creditor, is_iban, rejections
from server.invoices import service
from server.invoices.routes.agents import REGIE, Day, blueprint, who_asks
from server.web.portal import Portal, portal

Reason = Annotated[str, Meta(pattern=r"^[A-Z]{2}\d{2}$")]


class MandateIn(msgspec.Struct, forbid_unknown_fields=True):
    file: Annotated[str, Meta(min_length=1, max_length=20)]
    holder: Annotated[str, Meta(min_length=2, max_length=70)]
    iban: Annotated[str, Meta(min_length=10, max_length=60)]
    signed_on: Day
    bic: Annotated[str, Meta(max_length=20)] = ""


class RunIn(msgspec.Struct, forbid_unknown_fields=True):
    collect_on: Day


class RejectionIn(msgspec.Struct, forbid_unknown_fields=True):
    debit: Annotated[str, Meta(min_length=1, max_length=35)]
    reason: Reason


class FileIn(msgspec.Struct, forbid_unknown_fields=True):
    """A pain.002 as the bank gave it, as text."""

    content: Annotated[str, Meta(min_length=1, max_length=200_000)]


class Treasury(msgspec.Struct):
    """The town's codes at the Treasury."""

    collectivity: Annotated[str, Meta(pattern=r"^\d{3}$")]
    budget: Annotated[str, Meta(pattern=r"^[0-9A-Za-z]{1,10}$")]
    office: Annotated[str, Meta(pattern=r"^\d{6}$")]


def _creditor(here: Portal) -> Creditor | None:
    config = here.config
    if not config.sepa_creditor or not is_creditor(config.sepa_creditor) or not is_iban(config.sepa_iban):
        return None
    return Creditor(f"Régie de {here.town.short}", config.sepa_creditor, config.sepa_iban, config.sepa_bic, config.sepa_key)


def _known_creditor(here: Portal) -> Creditor:
    found = _creditor(here)
    if found is None:
        raise Refusal("not_configured")
    return found


@blueprint.get("/api/agents/debits")
@allow(REGIE)
async def debits() -> dict[str, Any]:
    """Mandates, runs, and what a run of today would hold."""
    here = portal()
    if _creditor(here) is None:
        return {"open": False, "mandates": [], "runs": [], "waiting": [], "first_day": "", "notice": 0}
    notice = here.town.billing.debit_notice_days
    waiting = await service.debitable(here.database, here.today())
    return {
        "open": True,
        "mandates": await service.mandates(here.database),
        "runs": await service.debit_runs(here.database),
        "waiting": [{name: row[name] for name in ("number", "file_number", "file_label", "cents")} for row in waiting],
        "first_day": service.first_day(here.today(), notice),
        "notice": notice,
    }


@blueprint.post("/api/agents/mandates")
@allow(REGIE)
@validate_request(MandateIn)
async def add_mandate(data: MandateIn) -> dict[str, Any]:
    """A signed mandate; the account number is checked, sealed, and never shown whole again."""
    here = portal()
    reference = await here.database.retrying(
        partial(
            service.add_mandate, creditor=_known_creditor(here), file=data.file.strip(), holder=data.holder.strip(), iban=data.iban,
            bic=data.bic, signed_on=data.signed_on, who=await who_asks(), now=here.now(), today=here.today(),
        )
    )  # fmt: skip
    return {"reference": reference}


@blueprint.delete("/api/agents/mandates/<mandate>")
@allow(REGIE)
async def revoke_mandate(mandate: str) -> tuple[str, int]:
    here = portal()
    await here.database.retrying(
        partial(service.revoke_mandate, mandate=mandate, who=await who_asks(), now=here.now(), today=here.today())
    )
    return "", 204


@blueprint.post("/api/agents/debits")
@allow(REGIE)
@validate_request(RunIn)
async def make_run(data: RunIn) -> dict[str, Any]:
    """Everything that may be debited, on a day; the families read it on their invoices."""
    here = portal()
    _known_creditor(here)
    run = await here.database.retrying(
        partial(
            service.make_run, collect_on=data.collect_on, notice=here.town.billing.debit_notice_days, who=await who_asks(), now=here.now(),
            today=here.today(),
        )
    )  # fmt: skip
    return {"run": run}


@blueprint.get("/api/agents/debits/<run>/file")
@allow(REGIE)
async def debit_file(run: str) -> Response:
    """The pain.008 for the bank."""
    here = portal()
    content = await service.debit_file(here.database, _known_creditor(here), run)
    headers = {"Content-Disposition": f'attachment; filename="{run}.xml"', "Cache-Control": "no-store"}
    return Response(content, content_type="application/xml", headers=headers)


@blueprint.post("/api/agents/debits/<run>/settlement")
@allow(REGIE)
async def settle(run: str) -> dict[str, Any]:
    """The money of a run is on the account."""
    here = portal()
    paid = await here.database.retrying(partial(service.settle, run=run, who=await who_asks(), now=here.now(), today=here.today()))
    return {"paid": paid}


@blueprint.post("/api/agents/debits/rejections")
@allow(REGIE)
@validate_request(RejectionIn)
async def reject(data: RejectionIn) -> dict[str, int]:
    """One debit that the bank gave back, by hand."""
    return await _reject([(data.debit, data.reason)])


@blueprint.post("/api/agents/debits/rejections-file")
@allow(REGIE)
@validate_request(FileIn)
async def reject_by_file(data: FileIn) -> dict[str, int]:
    """The bank's file of what it gave back (pain.002)."""
    try:
        return await _reject(rejections(data.content.encode()))
    except ValueError as error:
        raise Refusal("not_possible", why="ce fichier n’est pas un compte rendu de rejets (pain.002)") from error


async def _reject(found: list[tuple[str, str]]) -> dict[str, int]:
    here = portal()
    return await here.database.retrying(
        partial(service.reject, rejected=found, who=await who_asks(), now=here.now(), today=here.today())
    )


@blueprint.get("/api/agents/orders.xml")
@allow(REGIE)
@validate_querystring(Treasury)
async def orders(query_args: Treasury) -> Response:
    """Late invoices as PES V2 ORMC. Not validated: the Treasury's schema is not at hand."""
    here = portal()
    codes = (query_args.collectivity, query_args.budget, query_args.office)
    siret = here.config.particulier_siret or "0" * 14
    content = await service.treasury_orders(here.database, here.town.name, siret, codes, here.today())
    name = f"NON-VALIDE-PES-ORMC-{here.today()}.xml"
    return Response(content, content_type="application/xml", headers={"Content-Disposition": f'attachment; filename="{name}"'})
