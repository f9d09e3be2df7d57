"""What a court's decision keeps an account from asking is taken out of a command before any feature sees it."""

from collections.abc import Collection
from dataclasses import replace

from server.commands import Answer, Command, Item
from server.database import Transaction, marks
from server.families.service import barred_children
from server.syncing.service.installations import scope_of


async def without_barred(tx: Transaction, command: Command) -> tuple[Command | None, list[Item]]:
    """The command without the items that may not be asked (None: nothing is left of it), and the refusals of those."""
    args = command.args
    if "items" not in args and "child" not in args:
        return command, []
    barred = await barred_children(tx, command.account)
    if not barred:
        return command, []
    if args.get("child") in barred:
        return None, [{"outcome": "refused", "code": "RESTRICTED", "child": args["child"]}]
    items = args.get("items", [])
    children = await _children_of(tx, items)
    refused = [_refusal(item, children) for item in items if children.get(item["rid"]) in barred]
    left = [item for item in items if children.get(item["rid"]) not in barred]
    if not refused:
        return command, []
    return (replace(command, args={**args, "items": left}) if left else None), refused


def refused_only(command: Command, refused: list[Item]) -> Answer:
    return Answer(scope_of(command.account), refused)


async def _children_of(tx: Transaction, items: Collection[Item]) -> dict[str, str]:
    """rid → child: named by the item, or held by the booking that it is about."""
    named = {item["rid"]: item["child"] for item in items if "child" in item}
    rids = sorted({item["rid"] for item in items} - named.keys())
    rows = await tx.all(f"SELECT id, child_id FROM booking WHERE id IN ({marks(rids)})", *rids) if rids else []
    return {**named, **{row["id"]: row["child_id"] for row in rows}}


def _refusal(item: Item, children: dict[str, str]) -> Item:
    told: Item = {name: item[name] for name in ("rid", "session") if name in item}
    return {**told, "child": children[item["rid"]], "outcome": "refused", "code": "RESTRICTED"}
