"""Contacts, papers and pending changes of a family as its devices hold them."""

import json
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from server.database import Connection, Row
from server.families.rules import NEEDED_PROOFS
from server.instants import iso

Rows = dict[str, dict[str, Any]]
# A refusal stays in sight for a while, then it is history.
KEPT_DECISIONS = 30 * 86_400_000


def versions_of(family: Row) -> dict[str, int]:
    """field → how often it was changed; absent: never."""
    return dict(json.loads(family["versions"] or "{}"))


async def paper_rows(connection: Connection, family: str, zone: ZoneInfo) -> Rows:
    rows: Rows = {"proof/needed": {"kinds": [list(needed) for needed in NEEDED_PROOFS]}}
    for contact in await connection.all("SELECT * FROM family_contact WHERE family_id = ? ORDER BY made_at, id", family):
        rows[f"contact/{contact['id']}"] = contact_body(contact)
    # A child may have left the file, by a court's decision: its papers leave the devices with it.
    held = {row["child_id"] for row in await connection.all("SELECT child_id FROM family_child WHERE family_id = ?", family)}
    for proof in await connection.all("SELECT * FROM family_proof WHERE family_id = ? ORDER BY id", family):
        if proof["child"] and proof["child"] not in held:
            continue
        rows[f"proof/{proof['id']}"] = proof_body(proof)
    for change in await connection.all(
        "SELECT * FROM family_change WHERE family_id = ? AND field <> 'care_protocol' AND (state = 'pending'"
        " OR (state = 'refused' AND decided_at > (SELECT MAX(asked_at) FROM family_change) - ?)) ORDER BY asked_at, id",
        family, KEPT_DECISIONS,
    ):  # fmt: skip
        said = [json.loads(change[side] or "null") for side in ("old", "new")]
        if any(isinstance(body, dict) and (body.get("child") or None) not in {None, *held} for body in said):
            continue
        rows[f"change/{change['id']}"] = change_body(change, zone)
    return rows


def contact_body(contact: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "kind": contact["kind"],
        "name": contact["name"],
        "relation": contact["relation"],
        "phone": contact["phone"],
        "v": contact["version"],
    }


def proof_body(proof: Mapping[str, Any]) -> dict[str, Any]:
    return {key: proof[key] for key in ("kind", "child", "label", "valid_until")}


def change_body(change: Mapping[str, Any], zone: ZoneInfo) -> dict[str, Any]:
    return {
        "field": change["field"],
        "target": change["target"],
        "old": json.loads(change["old"] or "null"),
        "new": json.loads(change["new"] or "null"),
        "state": change["state"],
        "reason": change["reason"],
        "asked_at": iso(change["asked_at"], zone),
        "decided_at": None if change["decided_at"] is None else iso(change["decided_at"], zone),
    }
