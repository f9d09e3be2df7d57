"""The page of the demo's mailbox: every mail, newest first, with its links."""

import re
from html import escape

from quart import Quart, Response, jsonify

from server.simulators.mailbox import Mailbox, Received

LINK = re.compile(r"https?://[^\s<>\"]+")
STYLE = """
:root { color-scheme: light dark; font: 17px/1.5 system-ui, sans-serif; }
body { max-width: 44rem; margin: 0 auto; padding: 1rem; }
article { border: 1px solid color-mix(in srgb, currentColor 30%, transparent); border-radius: .8rem; padding: 0 1rem; margin: 1rem 0; }
h2 { font-size: 1.1rem; margin-bottom: 0; }
p { overflow-wrap: anywhere; white-space: pre-line; }
"""


def make_page(box: Mailbox, town: str) -> Quart:
    """The web application."""
    app = Quart(__name__, static_folder=None)

    @app.get("/")
    async def every_mail() -> Response:
        mails = "".join(map(_article, reversed(box.received))) or "<p>Aucun message pour l’instant.</p>"
        head = (
            '<!doctype html><html lang="fr"><head><meta charset="utf-8"><title>Boîte aux lettres de la démonstration</title>'
            f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{STYLE}</style></head>'
        )
        intro = f"Tout message envoyé par le portail de {escape(town)} arrive ici. Aucun ne part plus loin."
        page = f"{head}<body><main><h1>Boîte aux lettres de la démonstration</h1><p>{intro}</p>{mails}</main></body></html>"
        return Response(page, content_type="text/html; charset=utf-8")

    @app.get("/mails.json")
    async def as_data() -> Response:
        return jsonify(
            [
                {
                    "to": list(one.recipients),
                    "subject": one.subject,
                    "text": one.body("plain"),
                    "links": LINK.findall(one.body("plain")),
                    "files": [name for name, _, _ in one.files],
                }
                for one in reversed(box.received)
            ]
        )

    @app.get("/mails/<int:number>/<int:rank>")
    async def attached(number: int, rank: int) -> Response:
        found = [mail.files for mail in box.received if mail.number == number]
        if not found or rank >= len(found[0]):
            return Response("", 404)
        name, kind, content = found[0][rank]
        return Response(content, content_type=kind, headers={"Content-Disposition": f'inline; filename="{name}"'})

    return app


def _article(mail: Received) -> str:
    text = LINK.sub(lambda found: f'<a href="{found[0]}">{found[0]}</a>', escape(mail.body("plain")))
    to = escape(", ".join(mail.recipients))
    date = escape(str(mail.message["Date"] or ""))
    files = "".join(
        f'<p>Pièce jointe : <a href="/mails/{mail.number}/{rank}">{escape(name)}</a></p>' for rank, (name, _, _) in enumerate(mail.files)
    )
    return f"<article><h2>{escape(mail.subject)}</h2><p>À : {to} · {date}</p><p>{text}</p>{files}</article>"
