"""The server's decision about the number of a command, taken under the lock of its device."""

from typing import Literal

Verdict = Literal["execute", "replay", "gap", "conflict"]


def judge(last_n: int, n: int, stored: str | None, fingerprint: str) -> Verdict:
    """``last_n``: the last number executed; ``stored``: the fingerprint kept with the receipt of ``n``, None when there is none.

    ``execute`` it now; ``replay`` the stored receipt; ``gap``: something before it never came; ``conflict``: two different
    commands carry this number, so two installations believe they are the same device.
    """
    if n > last_n + 1:
        return "gap"
    if n == last_n + 1:
        return "execute"
    return "replay" if stored is None or stored == fingerprint else "conflict"
