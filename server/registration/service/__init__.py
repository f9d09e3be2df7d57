"""How somebody comes in, and into which dossiers."""

from server.registration.service.finishing import (
    activate,
    forget_unfinished,
    resend,
    resend_for_account,
    resend_for_link,
    validate,
)
from server.registration.service.inviting import invitations, invite, join_with_code, withdraw
from server.registration.service.joining import holders_of, join_family, leave_family, set_grants
from server.registration.service.matching import family_of_letter
from server.registration.service.steps import accept, begin, cancel, found, save_file, save_person, shown

__all__ = [
    "accept", "activate", "begin", "cancel", "family_of_letter", "forget_unfinished", "found", "holders_of", "invitations", "invite",
    "join_family", "join_with_code", "leave_family", "resend", "resend_for_account", "resend_for_link", "save_file", "save_person",
    "set_grants", "shown", "validate", "withdraw",
]  # fmt: skip
