"""The service on the web: its SOAP address, its contract, and the page on which the parent pays, refuses or gives up."""

import asyncio
from html import escape
from pathlib import Path
from urllib.parse import urlencode

import eopayment
from quart import Quart, Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from server.simulators.payfip import Treasury

CONTRACT = Path(eopayment.__file__).parent / "resource"
PUBLISHED = "https://www.payfip.gouv.fr/tpa"
STYLE = """
:root { color-scheme: light dark; font: 17px/1.5 system-ui, sans-serif; }
body { max-width: 34rem; margin: 0 auto; padding: 1rem; }
main { display: grid; gap: 1rem; }
dl { display: grid; grid-template-columns: auto 1fr; gap: .3rem 1rem; margin: 0; }
dt { font-weight: 600; } dd { margin: 0; }
button { font: inherit; width: 100%; padding: .8rem; border-radius: .6rem; border: 1px solid; background: none; color: inherit; }
button.main { background: #0b4f6c; color: #fff; border-color: #0b4f6c; }
form { display: grid; gap: .6rem; }
"""


def make_page(treasury: Treasury) -> Quart:
    """The web application, at ``/tpa`` as the service's own."""
    app = Quart(__name__, static_folder=None)

    @app.post("/tpa/services/securite")
    async def soap() -> Response:
        await asyncio.sleep(treasury.knobs.hang)
        status, body = treasury.answer(bytes(await request.data))
        coding = "iso-8859-1" if treasury.knobs.latin else "utf-8"
        return Response(body, status, content_type=f"text/xml; charset={coding}")

    @app.get("/tpa/services/securite")
    async def contract() -> Response:
        text = (CONTRACT / "PaiementSecuriseService.wsdl").read_text()
        return Response(text.replace(PUBLISHED, f"{request.host_url}tpa"), content_type="text/xml; charset=utf-8")

    @app.get("/tpa/services/PaiementSecuriseService_schema<int:number>.xsd")
    async def schema(number: int) -> Response:
        path = CONTRACT / f"PaiementSecuriseService_schema{number}.xsd"
        return Response(path.read_text() if path.is_file() else "", 200 if path.is_file() else 404, content_type="text/xml")

    @app.get("/tpa/paiementws.web")
    async def page() -> Response:
        operation = treasury.open(request.args.get("idop", ""))
        if operation is None:
            return _page("Cette opération n’est plus ouverte", "<p>Revenez sur le site de votre ville et recommencez.</p>", 404)
        asked = operation.asked
        euros = f"{int(asked['montant']) / 100:.2f}".replace(".", ",")
        facts = "".join(
            f"<dt>{name}</dt><dd>{escape(value)}</dd>"
            for name, value in (("Objet", asked.get("objet", "")), ("Référence", asked["refdet"]), ("Montant", f"{euros} €"))
        )
        hidden = f'<input type="hidden" name="idop" value="{escape(operation.idop)}">'
        buttons = (
            '<button class="main" name="result" value="P">Payer par carte</button>'
            '<button name="result" value="V">Payer par prélèvement</button>'
            '<button name="result" value="R">Refuser (carte refusée)</button>'
            '<button name="result" value="Z">Refuser (prélèvement refusé)</button>'
            '<button name="result" value="A">Abandonner</button>'
        )
        form = f'<form method="post" action="/tpa/paiementws.web">{hidden}{buttons}</form>'
        alone = '<button name="result" value="P">Payer, puis fermer l’onglet</button>'
        form += f'<form method="post" action="/tpa/paiementws.web">{hidden}<input type="hidden" name="stay" value="1">{alone}</form>'
        note = "<p>Fermer cet onglet maintenant, ou après avoir payé : le portail doit s’y retrouver dans les deux cas.</p>"
        return _page("Banque de démonstration", f"<p>Aucune carte n’est demandée, rien n’est débité.</p><dl>{facts}</dl>{form}{note}")

    @app.post("/tpa/paiementws.web")
    async def pressed() -> AnyResponse | Response:
        form = await request.form
        operation = treasury.end(form.get("idop", ""), form.get("result", ""))
        if operation is None:
            return _page("Cette opération n’est plus ouverte", "<p>Revenez sur le site de votre ville et recommencez.</p>", 404)
        if "stay" in form:
            return _page("Opération terminée", "<p>Vous pouvez fermer cet onglet.</p>")
        target = operation.asked["urlredirect"]
        back = redirect(f"{target}{'&' if '?' in target else '?'}{urlencode({'idOp': operation.idop})}", 303)
        return back

    return app


def _page(title: str, inside: str, status: int = 200) -> Response:
    head = (
        f'<!doctype html><html lang="fr"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{STYLE}</style></head>'
    )
    page = f"{head}<body><main><h1>{title}</h1>{inside}</main></body></html>"
    return Response(page, status, content_type="text/html; charset=utf-8")
