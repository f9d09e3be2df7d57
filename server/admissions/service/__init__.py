"""The billing base, the letters, the accounts at the counter."""

from server.admissions.service.importing import import_base
from server.admissions.service.letters import dossiers, print_letters
from server.admissions.service.unlocking import find_accounts, help_account

__all__ = ["dossiers", "find_accounts", "help_account", "import_base", "print_letters"]
