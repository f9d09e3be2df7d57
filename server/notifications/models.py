"""Where a person's notifications arrive, and which ones they want."""

from collections.abc import Sequence

from tortoise import fields
from tortoise.models import Model

from server.database import Connection, Database, Row, Transaction, marks


class PushSubscription(Model):
    """One browser that agreed to be notified. It ends with its device, or when the push service says that it is gone."""

    id = fields.CharField(primary_key=True, max_length=40)
    account = fields.CharField(max_length=40, db_index=True)
    device = fields.CharField(max_length=40, unique=True)
    endpoint = fields.CharField(max_length=800, unique=True)
    p256dh = fields.CharField(max_length=120)
    auth = fields.CharField(max_length=60)
    created_at = fields.BigIntField()
    last_ok_at = fields.BigIntField(null=True)
    last_error = fields.CharField(max_length=60, null=True)

    class Meta:
        table = "push_subscription"


class NotificationSetting(Model):
    """What a person chose. Without a row: everything by push, what matters by mail as well."""

    account = fields.CharField(primary_key=True, max_length=40)
    topics = fields.TextField(description="JSON: topic to its channels")
    quiet_from = fields.CharField(max_length=5, null=True, description="HH:MM in the zone of the town")
    quiet_to = fields.CharField(max_length=5, null=True)
    detailed = fields.BooleanField(default=False, description="names and amounts may show on a locked screen")

    class Meta:
        table = "notification_setting"


async def subscribe(tx: Transaction, row: Sequence[object]) -> None:
    """One subscription per device and one device per endpoint: whatever was there under either gives way.

    The same again changes nothing: pushes that wait are addressed to the row, and it remembers what reached it.
    """
    _, account, device, endpoint, p256dh, auth, _ = row
    same = "account = ? AND device = ? AND endpoint = ? AND p256dh = ? AND auth = ?"
    if await tx.one(f"SELECT id FROM push_subscription WHERE {same}", account, device, endpoint, p256dh, auth):
        return
    await tx.run("DELETE FROM push_subscription WHERE device = ? OR endpoint = ?", device, endpoint)
    await tx.run(
        "INSERT INTO push_subscription (id, account, device, endpoint, p256dh, auth, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
        *row,
    )


async def unsubscribe(tx: Transaction, account: str, device: str) -> None:
    await tx.run("DELETE FROM push_subscription WHERE account = ? AND device = ?", account, device)


async def gone(tx: Transaction, subscription: str) -> None:
    await tx.run("DELETE FROM push_subscription WHERE id = ?", subscription)


async def subscriptions(reader: Connection | Database, wanted: Sequence[str]) -> dict[str, Row]:
    """By id, those that are still there."""
    rows = await reader.all(f"SELECT * FROM push_subscription WHERE id IN ({marks(wanted)})", *wanted) if wanted else []
    return {row["id"]: row for row in rows}


async def of_account(reader: Connection | Database, account: str) -> Sequence[Row]:
    return await reader.all(
        "SELECT p.* FROM push_subscription p JOIN sync_device d ON d.id = p.device"
        " WHERE p.account = ? AND d.revoked_at IS NULL ORDER BY p.created_at, p.id",
        account,
    )


async def of_accounts(reader: Connection | Database, accounts: Sequence[str]) -> Sequence[Row]:
    """The subscriptions of many accounts: ``id``, ``account``, ``device``."""
    return await reader.all(
        "SELECT p.id, p.account, p.device FROM push_subscription p JOIN sync_device d ON d.id = p.device"
        f" WHERE p.account IN ({marks(accounts)}) AND d.revoked_at IS NULL ORDER BY p.created_at, p.id",
        *accounts,
    )


async def people(reader: Connection | Database, accounts: Sequence[str]) -> Sequence[Row]:
    """Who they are and what they chose, nulls where they chose nothing."""
    return await reader.all(
        "SELECT a.id, a.email, s.topics, s.quiet_from, s.quiet_to, s.detailed FROM account a"
        f" LEFT JOIN notification_setting s ON s.account = a.id WHERE a.id IN ({marks(accounts)}) ORDER BY a.id",
        *accounts,
    )


async def arrived(tx: Transaction, subscriptions: Sequence[str], at: int) -> None:
    await tx.many(
        "UPDATE push_subscription SET last_ok_at = ?, last_error = NULL WHERE id = ?", [(at, one) for one in subscriptions]
    )


async def failed(tx: Transaction, subscription: str, error: str) -> None:
    await tx.run("UPDATE push_subscription SET last_error = ? WHERE id = ?", error, subscription)


async def settings(reader: Connection | Database, account: str) -> Row | None:
    return await reader.one("SELECT * FROM notification_setting WHERE account = ?", account)


async def store_settings(tx: Transaction, account: str, topics: str, quiet: tuple[str | None, str | None], detailed: bool) -> None:
    await tx.run("DELETE FROM notification_setting WHERE account = ?", account)
    await tx.run(
        "INSERT INTO notification_setting (account, topics, quiet_from, quiet_to, detailed) VALUES (?, ?, ?, ?, ?)",
        account, topics, *quiet, detailed,
    )  # fmt: skip
