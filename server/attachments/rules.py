"""How large, how many, how long, and what a file is called. Pure."""

import re
import unicodedata

MEGABYTE = 1024 * 1024
MOST_BYTES = 15 * MEGABYTE
"""Of one file; the phone says so before somebody chooses (`pwa/src/local/files.ts`)."""
PIECE_BYTES = 512 * 1024
MOST_WAITING = 24
"""Files of one account that nothing holds yet."""
MOST_WAITING_BYTES = 120 * MEGABYTE
WEEK_MS = 7 * 86_400_000
DAY_MS = 86_400_000
GOING_MS = 600_000
LONGEST_NAME = 80

_UNSAYABLE = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff/\\\\:*?\"<>|]")
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)", re.IGNORECASE)


def tidy_name(name: str, extension: str) -> str:
    """What the file is called when somebody downloads it: its own name without tricks, with the ending of what it really is.

    No path, no control sign, no sign that turns the writing direction, no second ending (``facture.exe.pdf``).
    """
    plain = _UNSAYABLE.sub(" ", unicodedata.normalize("NFC", name.encode("utf-8", "ignore").decode()))
    stem = plain.rpartition(".")[0] or plain
    stem = " ".join(stem.replace(".", "-").split()).strip(" -")[:LONGEST_NAME].strip(" -")
    if not stem or _RESERVED.fullmatch(stem):
        stem = f"document {stem}".strip()
    return f"{stem}.{extension}"


def piece_name(attachment: str, offset: int) -> str:
    return f"parts/{attachment}/{offset:010}"


def blob_name(sha256: str) -> str:
    return f"blobs/{sha256[:2]}/{sha256}"


def offsets(size: int, received: dict[int, int]) -> list[int]:
    """Where the pieces of a whole file begin, given ``offset → length`` of what was kept; empty when they do not join on."""
    found, at = [], 0
    while at < size:
        length = received.get(at, 0)
        if length <= 0:
            return []
        found.append(at)
        at += length
    return found if at == size else []
