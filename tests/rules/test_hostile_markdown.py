"""A thousand texts written to do harm: what becomes of them holds no program, loads nothing from elsewhere, and is soon there."""

import random
import re
from html.parser import HTMLParser
from urllib.parse import urlsplit

from server.news.rules import ATTRIBUTES, SCHEMES, TABLES, TAGS, render

COUNT, SEED = 1000, 20261123
OWN = "picture0001"
PICTURES = {OWN: (800, 600)}
SCRIPTS = (
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<svg onload=alert(1)>", "<iframe src=//evil.example>",
    "<style>*{background:url(//evil.example)}</style>", "<a href=javascript:alert(1)>x</a>", "<base href=//evil.example>",
    "<meta http-equiv=refresh content='0;url=//evil.example'>", "<form action=//evil.example><input>",
    "<math><mi//xlink:href='data:x,<script>alert(1)</script>'>", "<template><script>alert(1)</script></template>",
    "<!--><img src=x onerror=alert(1)>-->", "<![CDATA[<script>]]>", "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<details open ontoggle=alert(1)>", "<object data=//evil.example>", "<link rel=stylesheet href=//evil.example>",
)  # fmt: skip
ADDRESSES = (
    "javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\tscript:alert(1)", "&#106;avascript:alert(1)", "javascript&colon;alert(1)",
    "vbscript:x", "data:text/html,<script>alert(1)</script>", "data:image/svg+xml;base64,PHN2Zz4=", "//evil.example/x.png",
    "https://evil.example/x.png", "http://evil.example", "\\\\evil.example\\x", "file:///etc/passwd", "blob:x", "ftp://evil.example",
    "/api/public/pictures/unknown001", f"/api/public/pictures/{OWN}", f"/api/public/pictures/{OWN}/../../session",
    f"/api/public/pictures/{OWN}?x=//evil.example", "\x01javascript:alert(1)", "mailto:x@y.fr?body=<script>", "tel:+33169835600",
    "https://user:secret@evil.example", "javascript://%0aalert(1)", "x" * 3000, "<javascript:alert(1)>", "ｊavascript:alert(1)",
)  # fmt: skip
ENDLESS = (
    "[", "![", "*", "**", "_", "`", "> ", "- ", "1. ", "<", "&", "~~", "|", "[](", "![](", "\\", "#", "***", "[a](b", "<!--", "| a ",
    "\u202e", "&#0;", "\t", "* * ",
)  # fmt: skip


def _a_text(chance: random.Random) -> str:
    kind = chance.randrange(6)
    script, address = chance.choice(SCRIPTS), chance.choice(ADDRESSES)
    if kind == 0:
        return f"Bonjour {script} **gras {script}**\n\n    {script}\n\n> {script}"
    if kind == 1:
        return f"[lien]({address}) [lien](<{address}>) <{address}> [r]\n\n[r]: {address} \"{script}\"\n"
    if kind == 2:
        return f"![image]({address}) ![{script}]({address} '{script}') ![r]\n\n[r]: {address}"
    if kind == 3:
        return chance.choice(ENDLESS) * chance.randrange(10, 4000) + script
    if kind == 4:
        return f"| a | {script} |\n|---|:-:|\n| [x]({address}) | ![y]({address}) |\n\n# {script}\n###### {address}\n"
    pieces = SCRIPTS + ADDRESSES + ENDLESS + ("\n", " ", "\n\n", "é", "```", "---", "\u2028", "\ud83d")
    letters = "".join(chance.choice(pieces) for _ in range(40))
    return letters.encode("utf-8", "replace").decode()


class _Looks(HTMLParser):
    """What a browser would make of it: every tag and attribute that is not what an agent may write."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.faults: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in TAGS | TABLES:
            self.faults.append(f"<{tag}>")
        for name, value in attrs:
            if name not in ATTRIBUTES.get(tag, set()) | {"rel", "title"}:
                self.faults.append(f"<{tag} {name}>")
            if name == "src" and value != f"/api/public/pictures/{OWN}":
                self.faults.append(f"{name}={value!r}")
            if name == "href" and not self._leads_somewhere(value or ""):
                self.faults.append(f"{name}={value!r}")

    def _leads_somewhere(self, address: str) -> bool:
        # Browsers leave out tabs and line ends, and blanks and control signs in front.
        plain = re.sub(r"[\t\r\n]", "", address).lstrip("".join(map(chr, range(33))))
        scheme = re.match(r"([A-Za-z][A-Za-z0-9+.-]*):", plain)
        return scheme is None or scheme[1].lower() in SCHEMES

    def handle_comment(self, data: str) -> None:
        self.faults.append("a comment")

    def handle_decl(self, decl: str) -> None:
        self.faults.append("a declaration")


def test_a_thousand_hostile_texts_become_harmless() -> None:
    chance = random.Random(SEED)
    wrong = []
    for _ in range(COUNT):
        text = _a_text(chance)
        looks = _Looks()
        looks.feed(render(text, PICTURES).html)
        looks.close()
        wrong += [(fault, text[:200]) for fault in looks.faults]
    assert wrong == []


def test_the_hostile_texts_would_be_seen() -> None:
    """The looking itself: raw, they are full of faults."""
    for script in SCRIPTS:
        looks = _Looks()
        looks.feed(script)
        looks.close()
        assert looks.faults or script == "<![CDATA[<script>]]>", script
    assert not _Looks()._leads_somewhere("java\tscript:alert(1)") and _Looks()._leads_somewhere("/messages")


def test_a_picture_from_elsewhere_is_named_and_left_out() -> None:
    made = render("![x](https://evil.example/x.png)", PICTURES)
    assert made.removed == ["https://evil.example/x.png"] and urlsplit(made.removed[0]).hostname not in made.html
