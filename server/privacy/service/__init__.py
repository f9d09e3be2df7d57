"""One's own data, leaving, and what the nights remove."""

from server.privacy.service.keeping import apply_retention, keeping, reports
from server.privacy.service.leaving import answer_erasure, ask_erasure, close_account, erase, erasures
from server.privacy.service.own import access_log, everything

__all__ = [
    "access_log", "answer_erasure", "apply_retention", "ask_erasure", "close_account", "erase", "erasures", "everything", "keeping",
    "reports",
]  # fmt: skip
