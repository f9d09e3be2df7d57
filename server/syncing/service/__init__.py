"""The exchange: commands up, receipts and changes down; and the devices that take part."""

from server.syncing.service.executing import exchange
from server.syncing.service.installations import devices, register, revoke
from server.syncing.service.projection import (
    account_scope,
    family_scope,
    grants_of_account,
    project_families,
    town_scopes,
)

__all__ = [
    "account_scope",
    "devices",
    "exchange",
    "family_scope",
    "grants_of_account",
    "project_families",
    "register",
    "revoke",
    "town_scopes",
]
