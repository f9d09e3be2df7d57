"""Which services have a mailbox, and what an acknowledgement of receipt bears. Pure."""

import hashlib
from base64 import b32encode
from datetime import UTC, datetime

# The seven correspondents of the town's guide; the town hall itself is in the directory only.
MAILBOXES = ("enfance-education", "petite-enfance", "regie", "emap", "sports", "amandier", "jeunesse")
EXCERPT = 90


def number_of(thread: str, at: int) -> str:
    """What a parent reads out on the telephone: the day and five letters or digits, ``E-261123-7K3F9``."""
    day = datetime.fromtimestamp(at / 1000, UTC)
    return f"E-{day:%y%m%d}-{b32encode(hashlib.sha256(thread.encode()).digest()).decode()[:5]}"


def excerpt(body: str) -> str:
    """The beginning of a message on one line, for lists."""
    line = " ".join(body.split())
    return line if len(line) <= EXCERPT else line[: EXCERPT - 1].rstrip() + "…"
