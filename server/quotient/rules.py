"""How long a quotient decides prices, which number an agent may record, and how FranceConnect's identity reads. Pure."""

import base64
import json
import re
from datetime import UTC, date, datetime

SOURCES = {"CNAF": "CAF", "MSA": "MSA"}
MOST = 99_999
WARNED_DAYS = 60  # renewing the habilitation takes weeks
LAST_MONTH_OF_VALIDITY = 2  # the CAF's January figures can be read in February: until then the year's before counts
_CODE = re.compile(r"\d{5}|2[AB]\d{3}")


def valid_until(read_on: str) -> str:
    """The last day on which a quotient read on a day decides prices: the end of the next February at least a month away."""
    day = date.fromisoformat(read_on)
    year = day.year if day.month < LAST_MONTH_OF_VALIDITY else day.year + 1
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return f"{year}-02-{29 if leap else 28}"


def token_ends(token: str) -> date | None:
    """The last day of a habilitation's token, read from the token itself (a JWT: the API checks it, not we); None: it does not say."""
    try:
        payload = token.split(".")[1]
        ends = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["exp"]
        return datetime.fromtimestamp(ends, UTC).date()
    except (IndexError, ValueError, KeyError, TypeError, OverflowError, OSError):
        return None


def token_alarm(token: str, today: str) -> int | None:
    """Days until the token's end, from two months before on; None while there is nothing to do."""
    ends = token_ends(token)
    left = (ends - date.fromisoformat(today)).days if ends else WARNED_DAYS + 1
    return left if left <= WARNED_DAYS else None


def is_quotient(value: int) -> bool:
    return 0 < value <= MOST


def is_month(text: str, today: str) -> bool:
    """A month that is over or running, of the last two years."""
    if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", text):
        return False
    return text <= today[:7] and int(today[:4]) - int(text[:4]) <= 2


def birth_parts(text: str) -> tuple[int | None, int | None, int | None]:
    """``1992-00-00`` (presumed), ``1992-11-00``, ``1992-11-14`` → year, month, day; None for what nobody knows."""
    found = re.fullmatch(r"(\d{4})-(\d{2})-(\d{2})", text)
    if found is None:
        return None, None, None
    year, month, day = (int(part) or None for part in found.groups())
    return year, month, day


def birth_town(text: str | None) -> str | None:
    """A town's INSEE code; None for anything else (who was born abroad has an empty one, or a name)."""
    return text if text and _CODE.fullmatch(text) else None
