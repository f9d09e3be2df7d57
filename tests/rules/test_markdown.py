"""What agents write becomes HTML that cannot run, load or send anything, whatever they write."""

import random
import re
from html.parser import HTMLParser

from server.news.rules import ATTRIBUTES, SCHEMES, TABLES, TAGS, render

OWN = "f_picture0001"
PIECES = (
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<svg/onload=alert(1)>",
    "<iframe src='https://evil.example'>", "<style>*{}",
    "javascript:alert(1)", "[a](javascript:alert(1))", "[a](JaVaScRiPt&#58;alert(1))",
    "[a](data:text/html;base64,PHN2Zz4=)", "[a](vbscript:x)",
    "![a](https://evil.example/p.png)", "![a](//evil.example/p.png)", "![a](/api/public/pictures/../../x)",
    "![a](data:image/svg+xml,<svg/>)",
    f"![a](/api/public/pictures/{OWN})", f"![\"onerror=alert(1)](/api/public/pictures/{OWN} \"t\")",
    "<a href=x onclick=y>", "<!--", "-->", "]]>",
    "<![CDATA[", "\n\n", "\n", "# ", "> ", "- ", "1. ", "```", "`", "**", "_", "~~", "[", "](", ")", "|a|b|\n|-|-|\n",
    "\\", "&lt;script&gt;",
    "&#x3c;script&#x3e;", "\u0000", "\u202e", "\ufeff", "\t", "<<<<", "[x]: javascript:alert(1)\n", "[x]",
    "<https://evil.example>", "<javascript:x>",
    "\"><img src=x>", "' onmouseover='x", "https://evil.example/a.png",
)  # fmt: skip


class Reader(HTMLParser):
    """Notes every tag and attribute that a browser would see."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.seen: list[tuple[str, str, str]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen += [(tag, name, value or "") for name, value in attrs] or [(tag, "", "")]


def harmless(tag: str, name: str, value: str) -> bool:
    if tag not in TAGS | TABLES or (name and name not in ATTRIBUTES.get(tag, set()) | {"rel"}):
        return False
    if name == "src":
        return value == f"/api/public/pictures/{OWN}"
    scheme = re.match(r"\s*([a-z][a-z0-9+.-]*):", value, re.IGNORECASE) if name == "href" else None
    return scheme is None or scheme[1].lower() in SCHEMES


def test_a_thousand_hostile_texts_make_nothing_that_runs_or_calls_another_site() -> None:
    chance = random.Random(7)
    for number in range(1000):
        text = "".join(chance.choices(PIECES, k=chance.randint(1, 25)))
        seen = Reader(render(text, {OWN: (8, 6)}).html).seen
        assert all(harmless(*one) for one in seen), (number, text, seen)


def test_deep_and_endless_texts_come_to_an_end() -> None:
    for piece in ("[", "![", ">", "*a ", "<", "- ", "|a", "(", "[a](<", "**a*", "&", "\\"):
        assert isinstance(render((piece * 20_000)[:20_000], {}).html, str)


def test_the_usual_signs_are_understood() -> None:
    made = render(f"# Titre\n\n### Loin\n\n**gras** [lien](https://ville.fr)\n\n1. un\n\n![Vue](/api/public/pictures/{OWN})", {OWN: (8, 6)})
    for part in (
        "<h3>Titre</h3>", "<h4>Loin</h4>", "<strong>gras</strong>", '<a href="https://ville.fr" rel="noopener noreferrer">lien</a>',
        "<ol>", 'alt="Vue" width="8" height="6" loading="lazy"',
    ):  # fmt: skip
        assert part in made.html, made.html
    assert made.removed == [] and made.unnamed == 0
