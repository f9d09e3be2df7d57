"""The billing base, the letters, the accounts at the counter."""

from server.admissions.service.importing import import_base
from server.admissions.service.letters import dossiers, print_letters
from server.admissions.service.staff import add_agent, close_agent
from server.admissions.service.unlocking import find_accounts, help_account

__all__ = ["add_agent", "close_agent", "dossiers", "find_accounts", "help_account", "import_base", "print_letters"]
