"""Accounts on the wire: the password's door and the account's settings, and passkeys."""

from server.accounts.routes.account import blueprint
from server.accounts.routes.passkeys import blueprint as passkeys_blueprint

__all__ = ["blueprint", "passkeys_blueprint"]
