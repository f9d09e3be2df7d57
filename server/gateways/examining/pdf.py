"""PDF documents are kept as they are, when nothing in them runs, opens something else, or hides.

A document is looked at as text outside its streams, and inside those that are deflated (objects may be packed there), up to a bound.
"""

import re
import zlib

from server.gateways.examining import Examined, Unfit

# Names of ISO 32000 that start a program, send a form, or carry another file. `/JS` is short enough to occur by chance in pictures.
ACTIVE = re.compile(rb"/(JavaScript|Launch|EmbeddedFiles?|RichMedia|ImportData|SubmitForm|XFA)(?![A-Za-z0-9])")
ACTIVE_SHORT = re.compile(rb"/JS(?![A-Za-z0-9])")
LOCKED = re.compile(rb"/Encrypt(?![A-Za-z0-9])")
STREAM = re.compile(rb"stream\r?\n(.*?)endstream", re.DOTALL)
ESCAPED = re.compile(rb"#([0-9A-Fa-f]{2})")
MOST_INFLATED = 60 * 1024 * 1024
MOST_OF_ONE = 8 * 1024 * 1024
ZIP_END = b"PK\x05\x06"
ZIP_END_REACH = 66_000
AFTER_END = 64


def pdf(content: bytes) -> Examined:
    """Raises:
    Unfit: ``damaged`` (cut off, or another file hangs at its end), ``locked`` (encrypted: nobody can look inside), ``active``, ``heavy``.
    """
    end = content.rfind(b"%%EOF")
    if not content.startswith(b"%PDF-") or end < 0 or len(content) - end > AFTER_END or b"startxref" not in content:
        raise Unfit("damaged")
    if ZIP_END in content[-ZIP_END_REACH:]:
        raise Unfit("active")
    outside = STREAM.sub(b"stream endstream", content)
    _refuse(outside, ACTIVE_SHORT)
    if LOCKED.search(_plain(outside)):
        raise Unfit("locked")
    _refuse(content)
    left = MOST_INFLATED
    for found in STREAM.finditer(content):
        inflated = _inflated(found.group(1))
        left -= len(inflated)
        if left < 0:
            raise Unfit("heavy")
        _refuse(inflated)
        if b"/JS" in inflated and b"/S" in inflated:
            _refuse(inflated, ACTIVE_SHORT)
    return Examined(content, "application/pdf", "pdf")


def _refuse(text: bytes, *more: re.Pattern[bytes]) -> None:
    plain = _plain(text)
    if any(pattern.search(plain) for pattern in (ACTIVE, *more)):
        raise Unfit("active")


def _plain(text: bytes) -> bytes:
    """Names may be written with codes: ``/J#61vaScript``."""
    return ESCAPED.sub(lambda found: bytes([int(found.group(1), 16)]), text) if b"#" in text else text


def _inflated(body: bytes) -> bytes:
    try:
        return zlib.decompressobj().decompress(body, MOST_OF_ONE)
    except zlib.error:
        return b""
