"""What an agent's Markdown becomes, and whom news are for. Pure.

Nothing that is written here runs in a browser or calls another site: raw HTML is shown as text, pictures are only those of the
town's own collection, and what the renderer made is cleaned a second time.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token

PICTURE = re.compile(r"/api/public/pictures/([A-Za-z0-9_-]{8,40})\Z")
PICTURES = "news/pictures"
"""What holds the files of the town's collection of pictures."""
TARGET = re.compile(r"(activity|school):([a-z0-9-]{1,40})\Z")
MOST_TARGETS = 30
EVERYBODY = "t:news"
TAGS = {"p", "h3", "h4", "h5", "h6", "ul", "ol", "li", "strong", "em", "s", "a", "blockquote", "hr", "br", "img", "code", "pre"}
TABLES = {"table", "thead", "tbody", "tr", "th", "td"}
ATTRIBUTES: dict[str, set[str]] = {
    "*": set(), "a": {"href"}, "img": {"src", "alt", "width", "height", "loading"}, "ol": {"start"}, "th": {"scope"},
}  # fmt: skip
SCHEMES = {"http", "https", "mailto", "tel"}
Sizes = Mapping[str, tuple[int, int]]


@dataclass
class Rendered:
    """`removed`: the addresses of pictures that were left out since they are not the town's; `unnamed`: pictures without a description."""

    html: str = ""
    removed: list[str] = field(default_factory=list)
    unnamed: int = 0


_markdown = MarkdownIt("commonmark", {"html": False, "maxNesting": 12}).enable(["table", "strikethrough"])


def render(text: str, pictures: Sizes) -> Rendered:
    """`pictures`: the town's own, id → (width, height). Headings begin below the title, which is the page's second level."""
    made = Rendered()
    tokens = _markdown.parse(text)
    _order_headings(tokens)
    for token in tokens:
        for child in token.children or ():
            if child.type == "image":
                _own_picture(child, pictures, made)
    html = _markdown.renderer.render(tokens, _markdown.options, {}).replace("<th", '<th scope="col"')
    html = html.replace('<th scope="col"ead', "<thead")
    made.html = nh3.clean(
        html, tags=TAGS | TABLES, attributes=ATTRIBUTES, url_schemes=SCHEMES, attribute_filter=_second_look, link_rel="noopener noreferrer"
    ).strip()
    return made


def _own_picture(token: Token, pictures: Sizes, made: Rendered) -> None:
    source = str(token.attrs.get("src", ""))
    words = token.content.strip()
    found = PICTURE.match(source)
    if not found or found[1] not in pictures:
        made.removed.append(source[:200])
        token.type, token.tag, token.content, token.children = "text", "", words, None
        return
    width, height = pictures[found[1]]
    token.attrs = {"src": source, "alt": "", "width": width, "height": height, "loading": "lazy"}
    made.unnamed += not words


def _order_headings(tokens: Sequence[Token]) -> None:
    """No level is skipped, whatever the author wrote: who listens to the page goes from heading to heading."""
    last = 2
    for opening, closing in zip(tokens, tokens[2:], strict=False):
        if opening.type == "heading_open":
            last = min(2 + int(opening.tag[1]), last + 1, 6)
            opening.tag = closing.tag = f"h{last}"


def _second_look(tag: str, attribute: str, value: str) -> str | None:
    if tag == "img" and attribute == "src" and not PICTURE.match(value):
        return None
    return value


def scope_of(target: str) -> str:
    """The scope whose readers a targeted piece of news is for."""
    return f"{EVERYBODY}:{target}"


def scopes_of(targets: Sequence[str]) -> list[str]:
    return sorted(scope_of(target) for target in targets) or [EVERYBODY]


def well_formed(targets: Sequence[str]) -> bool:
    return len(targets) <= MOST_TARGETS and len(set(targets)) == len(targets) and all(TARGET.match(one) for one in targets)

