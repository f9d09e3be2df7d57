"""What makes two commands the same: their kind and their arguments, written in one canonical way."""

import hashlib
import re
from json.encoder import encode_basestring
from typing import Any

DEEPEST = 32
LARGEST = 2**53 - 1
UNWRITABLE = "?"  # not JSON on purpose: such arguments are refused as malformed, whatever they were
_LONE = re.compile("[\ud800-\udfff]")


def canonical(value: Any, depth: int = 0) -> str:
    """JSON with sorted keys, no spaces and whole numbers only. Total: what cannot be written so becomes ``?``."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, str):
        return _LONE.sub(lambda half: f"\\u{ord(half[0]):04x}", encode_basestring(value))
    if isinstance(value, int | float):
        whole = isinstance(value, int) or value.is_integer()
        return str(int(value)) if whole and abs(value) <= LARGEST else UNWRITABLE
    if depth >= DEEPEST:
        return UNWRITABLE
    if isinstance(value, list):
        return "[" + ",".join(canonical(item, depth + 1) for item in value) + "]"
    if isinstance(value, dict):
        return "{" + ",".join(f"{canonical(key)}:{canonical(value[key], depth + 1)}" for key in sorted(value)) + "}"
    return UNWRITABLE


def fingerprint(kind: str, args: Any) -> str:
    """The text that stands for a command. The moment it was made and what the screen showed are no part of it."""
    return f"{kind}\n{canonical(args)}"


def fingerprint_hash(kind: str, args: Any) -> str:
    """What the server stores beside a receipt. It computes this itself; a hash sent by a device proves nothing."""
    return "sha256:" + hashlib.sha256(fingerprint(kind, args).encode()).hexdigest()
