"""What the fields of a sign-up may hold, and when a typed dossier is the one that the town wrote about."""

import re
import unicodedata

HOUR = 3_600_000
DAY = 24 * HOUR
KEPT = 2 * DAY
"""How long a sign-up that nobody finishes is kept."""
PENDING_KEPT = 7 * DAY
"""How long an account waits for the click in its mail, new mails included."""
INVITATION_KEPT = 14 * DAY
MOST_MAILS = 5
MOST_INVITATIONS = 5

_USERNAME = re.compile(r"[a-z0-9][a-z0-9._@-]{2,39}")
_UNSAYABLE = re.compile("[\x00-\x1f\x7f\ud800-\udfff<>]")


def username_of(text: str) -> str | None:
    """A user name as it is kept: lower case; None when it holds something else than letters, digits and ``. _ @ -``."""
    name = text.strip().lower()
    return name if _USERNAME.fullmatch(name) else None


def name_of(text: str) -> str | None:
    """A person's name, trimmed; None when nobody could read it."""
    name = " ".join(text.split())
    return name if name and len(name) <= 80 and not _UNSAYABLE.search(name) else None


def same(text: str) -> str:
    """What counts of a dossier's name or number: no case, no accents, no spaces, no hyphens or other signs.

    ``BENALI-MARTIN`` and ``Bénali Martin`` are the same name, ``104 217`` and ``104217`` the same number (promise 3).
    """
    bare = unicodedata.normalize("NFKD", text.casefold().replace("œ", "oe").replace("æ", "ae"))
    return "".join(one for one in bare if one.isalnum())
