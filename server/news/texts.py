"""The town's news as an Atom feed. Source: RFC 4287."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

ATOM = "http://www.w3.org/2005/Atom"
EMPTY_SINCE = 0


def atom(items: Sequence[Mapping[str, Any]], town: str, home: str) -> bytes:
    """`items`: rows of ``news_item``, the newest first; `home`: the portal's address. Pictures get whole addresses."""
    feed = Element("feed", {"xmlns": ATOM, "xml:lang": "fr"})
    _text(feed, "id", f"{home}/actualites.atom")
    _text(feed, "title", f"Actualités du Portail famille de {town}")
    _text(feed, "updated", _instant(max((_changed(item) for item in items), default=EMPTY_SINCE)))
    SubElement(feed, "link", {"rel": "self", "type": "application/atom+xml", "href": f"{home}/actualites.atom"})
    SubElement(feed, "link", {"rel": "alternate", "type": "text/html", "href": f"{home}/actualites"})
    _text(SubElement(feed, "author"), "name", town)
    for item in items:
        entry = SubElement(feed, "entry")
        _text(entry, "id", f"{home}/actualites?lire={item['id']}")
        _text(entry, "title", item["title"])
        _text(entry, "published", _instant(item["published_at"]))
        _text(entry, "updated", _instant(_changed(item)))
        SubElement(entry, "link", {"rel": "alternate", "type": "text/html", "href": f"{home}/actualites?lire={item['id']}"})
        _text(entry, "summary", item["summary"])
        SubElement(entry, "content", {"type": "html"}).text = item["html"].replace('src="/api/', f'src="{home}/api/')
    return b'<?xml version="1.0" encoding="utf-8"?>\n' + tostring(feed, encoding="unicode").encode()


def _changed(item: Mapping[str, Any]) -> int:
    return int(item["corrected_at"] or item["published_at"])


def _instant(at: int) -> str:
    return datetime.fromtimestamp(at // 1000, UTC).isoformat().replace("+00:00", "Z")


def _text(parent: Element, name: str, text: str) -> None:
    SubElement(parent, name).text = text
