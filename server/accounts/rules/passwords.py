"""What a password must be: CNIL's deliberation 2022-100 (50 bits where attempts are slowed down) without composition rules.

Twelve characters or more for a parent, fifteen for an agent, any characters, none of them prescribed (ASVS 6.2.5); nothing
that the first guesses of an attacker would find (6.2.4): common words, alone or in pairs, with digits, signs, capitals or
letters drawn as digits, keyboard rows, repetitions, and the person's own name, user name or town.
"""

import math
import re
import unicodedata
from collections.abc import Iterable

from server.accounts.rules.common_words import COMMON_WORDS

PARENT_LENGTH, AGENT_LENGTH, LONGEST = 12, 15, 128
ENOUGH_BITS = 50
FEWEST_DIFFERENT = 5
_CLASSES = ((r"[a-z]", 26), (r"[A-Z]", 26), (r"[0-9]", 10), (r"[^a-zA-Z0-9]", 33))
_DRAWN = {"0": "o", "1": "il", "3": "e", "4": "a", "5": "s", "7": "t", "8": "b", "@": "a", "$": "s", "!": "i", "€": "e"}
_WORDS_BY_START: dict[str, list[str]] = {}
for _word in COMMON_WORDS:
    _WORDS_BY_START.setdefault(_word[0], []).append(_word)


def normal(password: str) -> str:
    """The same text typed on another keyboard is the same password (NFC)."""
    return unicodedata.normalize("NFC", password)


def bits(password: str) -> float:
    """Length × log2 of the alphabet in use, as the CNIL counts."""
    alphabet = sum(size for pattern, size in _CLASSES if re.search(pattern, password))
    return len(password) * math.log2(alphabet) if alphabet else 0.0


def password_faults(password: str, about: Iterable[str] = (), least: int = PARENT_LENGTH) -> list[str]:
    """What is wrong with a password, worst first: ``too_short too_long about_you too_common too_simple``; empty: it will do.

    `about`: what is known of the person (names, user name, e-mail, dossier, town); `least`: the length asked for.
    """
    password = normal(password)
    if len(password) > LONGEST:
        return ["too_long"]
    faults = ["too_short"] if len(password) < least else []
    own = {part for text in about for part in re.split(r"[^a-z0-9]+", plain(text)) if len(part) > 2}
    if own and _made_of(plain(password), own, 2, needs=own):
        faults.append("about_you")
    elif _made_of(plain(password), frozenset(), 2):
        faults.append("too_common")
    if bits(password) < ENOUGH_BITS or len(set(password)) < FEWEST_DIFFERENT:
        faults.append("too_simple")
    return faults


def plain(text: str) -> str:
    """Lower case without accents."""
    return "".join(one for one in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(one))


def _made_of(text: str, own: Iterable[str], most: int, needs: Iterable[str] = ()) -> bool:
    """Whether the text is nothing but digits, signs and at most `most` different words (one of `needs`, if there are any)."""
    extra: dict[str, list[str]] = {}
    for word in own:
        extra.setdefault(word[0], []).append(word)
    wanted = set(needs)
    # From each place of the text, the sets of words that lead there: few, since a set of more than `most` is dropped.
    reached: list[set[frozenset[str]]] = [set() for _ in range(len(text) + 1)]
    reached[0].add(frozenset())
    for at in range(len(text)):
        if not reached[at]:
            continue
        if not text[at].isalpha():
            reached[at + 1] |= reached[at]
        starts = {text[at], *_DRAWN.get(text[at], "")}
        for word in (word for start in starts for words in (_WORDS_BY_START, extra) for word in words.get(start, ())):
            if _stands(word, text, at):
                reached[at + len(word)] |= {used | {word} for used in reached[at] if len(used | {word}) <= most}
    return any(used & wanted if wanted else used or not text.strip("0123456789") for used in reached[-1])


def _stands(word: str, text: str, at: int) -> bool:
    piece = text[at : at + len(word)]
    return len(piece) == len(word) and all(a == b or a in _DRAWN.get(b, "") for a, b in zip(word, piece, strict=True))
