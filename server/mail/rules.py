"""What an address may look like, and how many mails one mailbox gets."""

import re

HOUR = 3_600_000
MOST_PER_HOUR = 20
KEPT = 2 * HOUR
_ADDRESS = re.compile(r"[^@\s<>()\[\]\\,;:\"\x00-\x1f\x7f]{1,64}@[a-z0-9](?:[a-z0-9.-]{0,250}[a-z0-9])?\.[a-z]{2,}", re.IGNORECASE)


def address_of(text: str) -> str | None:
    """The address as we keep it (trimmed, its domain in lower case); None when it cannot be one.

    Only the mail that reaches it proves an address: the form is checked to catch slips and to keep headers clean.
    """
    text = text.strip()
    if len(text) > 254 or not text.isascii() or not _ADDRESS.fullmatch(text) or ".." in text or text.startswith("."):
        return None
    local, _, domain = text.rpartition("@")
    return f"{local}@{domain.lower()}"


def veiled(address: str) -> str:
    """``n…i@exemple.fr``: enough for its owner to know it again."""
    local, _, domain = address.rpartition("@")
    return f"{local[0]}…{local[-1] if len(local) > 2 else ''}@{domain}"
