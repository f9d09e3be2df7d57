"""The layout of every mail: plain text, and the same as simple HTML that any mail reader shows."""

from collections.abc import Sequence
from html import escape

STYLE = "font:16px/1.5 system-ui,sans-serif;color:#1b2428;max-width:36rem;margin:0 auto;padding:1.5rem"
BUTTON = "display:inline-block;padding:.7rem 1.1rem;border-radius:.6rem;background:#0b4f6c;color:#ffffff;text-decoration:none"


def as_text(paragraphs: Sequence[str], action: tuple[str, str] | None, town: str) -> str:
    parts = ["Bonjour,", *paragraphs]
    if action:
        parts.append(f"{action[0]} :\n{action[1]}")
    return "\n\n".join([*parts, _signature(town)]) + "\n"


def as_html(subject: str, paragraphs: Sequence[str], action: tuple[str, str] | None, town: str) -> str:
    parts = [f"<p>{escape(one)}</p>" for one in ("Bonjour,", *paragraphs)]
    if action:
        label, url = escape(action[0]), escape(action[1])
        parts.append(f'<p><a href="{url}" style="{BUTTON}">{label}</a></p>')
        parts.append(f'<p style="color:#55646b">Si le bouton ne s’ouvre pas, recopiez cette adresse : <br>{url}</p>')
    parts.append(f'<p style="color:#55646b">{"<br>".join(escape(line) for line in _signature(town).splitlines())}</p>')
    head = f'<meta charset="utf-8"><title>{escape(subject)}</title>'
    return f'<!doctype html><html lang="fr"><head>{head}</head><body style="{STYLE}">{"".join(parts)}</body></html>'


def _signature(town: str) -> str:
    return f"Portail famille · {town}\nMessage envoyé automatiquement : votre réponse ne serait pas lue."
