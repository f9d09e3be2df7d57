"""The digest of a scope: what a phone compares to know that it holds the same live rows as the town.

A sum modulo 2^32 of one CRC-32 per row, so that a change costs one subtraction and one addition, whatever the size of the scope.
"""

import re
import zlib
from collections.abc import Iterable, Mapping
from typing import Any

MODULO = 2**32
_LONE = re.compile("[\ud800-\udfff]")


def digest_of(key: str, seq: int) -> int:
    """What one live row adds to the digest. Half a surrogate pair counts as U+FFFD, as in the twin."""
    return zlib.crc32(_LONE.sub("\ufffd", f"{key}\n{seq}").encode())


def digest_add(digest: int, key: str, seq: int) -> int:
    return (digest + digest_of(key, seq)) % MODULO


def digest_remove(digest: int, key: str, seq: int) -> int:
    return (digest - digest_of(key, seq)) % MODULO


def digest_rows(rows: Iterable[Mapping[str, Any]]) -> int:
    """The digest of rows in the shape of the wire, ``{k, s}``."""
    return sum(digest_of(row["k"], row["s"]) for row in rows) % MODULO


def digest_text(digest: int) -> str:
    """As written on the wire: eight hexadecimal digits."""
    return f"{digest % MODULO:08x}"
