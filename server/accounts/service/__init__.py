"""Accounts: passwords, sessions, links sent by mail, second factors. The only door to their tables."""

from server.accounts.rules import normal, throttled_address
from server.accounts.service.changing import ask_new_email, change_password, confirm_email
from server.accounts.service.factors import begin_enrolment, pass_factor, remove_factor
from server.accounts.service.links import make_link, owner_of_expired, use_link
from server.accounts.service.passkeys import add as add_passkey
from server.accounts.service.passkeys import (
    ask_to_add,
    ask_to_sign_in,
    enrol_by_passkey,
    factor_of,
    pass_by_passkey,
    passkeys_of,
    sign_in_by_passkey,
)
from server.accounts.service.passkeys import remove as remove_passkey
from server.accounts.service.passkeys import rename as rename_passkey
from server.accounts.service.passwords import hash_off_loop, hash_password, password_fits, refuse_weak
from server.accounts.service.recovering import ask_recovery, refuse_if_taken, send_password_link, set_password_by_link
from server.accounts.service.sessions import (
    bind_session_to_device,
    end_session,
    end_sessions,
    end_sessions_of_device,
    open_session,
    session_id,
    session_of,
    sessions_of,
    sign_out,
)
from server.accounts.service.signing_in import account_rows, has_password, prove_again, prove_holder, sign_in
from server.accounts.service.throttle import count_failure, forget_failures, key_of, refuse_if_blocked, refuse_then_count

__all__ = [
    "account_rows", "add_passkey", "ask_new_email", "ask_recovery", "ask_to_add", "ask_to_sign_in", "begin_enrolment",
    "bind_session_to_device", "change_password", "confirm_email", "count_failure", "end_session", "end_sessions",
    "end_sessions_of_device", "enrol_by_passkey", "factor_of", "forget_failures", "has_password", "hash_off_loop",
    "hash_password", "key_of", "make_link", "normal", "open_session", "owner_of_expired", "pass_by_passkey", "pass_factor",
    "passkeys_of", "password_fits", "prove_again", "prove_holder", "refuse_if_blocked", "refuse_if_taken", "refuse_then_count",
    "refuse_weak", "remove_factor", "remove_passkey", "rename_passkey", "send_password_link", "session_id", "session_of",
    "sessions_of", "set_password_by_link", "sign_in", "sign_in_by_passkey", "sign_out", "throttled_address", "use_link",
]  # fmt: skip
