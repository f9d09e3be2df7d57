"""What a field of the dossier may hold, which ones the town checks first, and which papers it wants to see. Pure."""

import re
from datetime import date

DIETS = ("standard", "no_pork", "vegetarian")
# What decides who takes a child home, where invoices go and whose money is asked: an agent looks at it first.
CHECKED = frozenset({"address", "caf_number"})
PHONES = frozenset({"phone_home", "phone_mobile", "phone_work"})
# Papers the town wants: kind, and whether each child needs its own.
NEEDED_PROOFS = (("address", False), ("insurance", True), ("vaccination", True))
LATEST_PROOF_YEARS = 12

_CAF = re.compile(r"\d{5,8}[A-Z]?")
_PHONE = re.compile(r"(?:\+33|0033|0)([1-9]\d{8})|\+(?!33)(\d{6,14})")


class Unfit(ValueError):
    """This cannot stand in that field."""


def phone_of(text: str) -> str | None:
    """A telephone as it is read, ``06 12 34 56 78`` or ``+32470123456``; None when it is none."""
    found = _PHONE.fullmatch(re.sub(r"[\s.\-/()]", "", text))
    if found is None:
        return None
    if found[2]:
        return f"+{found[2]}"
    digits = f"0{found[1]}"
    return " ".join(digits[i : i + 2] for i in range(0, 10, 2))


def value_of(field: str, text: str) -> str | bool | None:
    """What is kept of what a parent typed in a field; None: emptied.

    Raises:
        Unfit
    """
    text = " ".join(text.split())
    if field in PHONES:
        return _kept(phone_of(text)) if text else None
    if field == "caf_number":
        return _kept(text.upper().replace(" ", "") if _CAF.fullmatch(text.upper().replace(" ", "")) else None) if text else None
    if field == "email_invoices":
        return {"yes": True, "no": False}[text] if text in ("yes", "no") else _kept(None)
    if field == "diet":
        return _kept(text if text in DIETS else None)
    if not text:
        return None
    return _kept(text if 5 <= len(text) <= 250 else None)


def _kept(value: str | None) -> str:
    if value is None:
        raise Unfit
    return value


def proof_day(text: str, today: str) -> str:
    """The last day a paper is valid.

    Raises:
        Unfit: no such day, or one that cannot be meant.
    """
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise Unfit from error
    if day.year > date.fromisoformat(today).year + LATEST_PROOF_YEARS or day.year < 2000:
        raise Unfit
    return text
