"""The dossier: what devices hold of it, what parents change, what agents check."""

from server.families.service.checking import changes, decide, declare_care_protocol, search, sheet, waiting
from server.families.service.editing import declare_proof, edit, put_contact, remove_contact
from server.families.service.reading import (
    accounts_of,
    billing_facts,
    families_of,
    families_of_children,
    family_rows,
    lock_children,
    note_quotient,
    quotients_of,
    scope_of,
)
from server.families.service.restricting import barred_children, kept_out, limits_of, not_collecting, restriction_rows, unlinked_families

__all__ = [
    "accounts_of",
    "barred_children",
    "billing_facts",
    "changes",
    "decide",
    "declare_care_protocol",
    "declare_proof",
    "edit",
    "families_of",
    "families_of_children",
    "family_rows",
    "kept_out",
    "limits_of",
    "lock_children",
    "not_collecting",
    "note_quotient",
    "put_contact",
    "quotients_of",
    "remove_contact",
    "restriction_rows",
    "scope_of",
    "search",
    "sheet",
    "unlinked_families",
    "waiting",
]
