"""How long a trip to FranceConnect may take, and what a new account is called. Pure."""

import re
import unicodedata

FLOW_LIFE = 10 * 60_000
VISIT_LIFE = 30 * 60_000


def plain(text: str) -> str:
    """Letters and digits only, without case, accents, spaces, hyphens: how a name survives being typed by hand."""
    split = unicodedata.normalize("NFKD", text.casefold().replace("œ", "oe").replace("æ", "ae"))
    return "".join(letter for letter in split if letter.isalnum())


def username_of(given_name: str, family_name: str, mark: str) -> str:
    """A name for an account that nobody types: it signs in through FranceConnect."""
    words = [plain(part) for part in (given_name.split(" ")[0], family_name)]
    return "-".join([*(re.sub(r"[^a-z0-9]", "", word)[:20] for word in words if word), mark])
