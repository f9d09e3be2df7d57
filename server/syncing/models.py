"""Devices, their receipts, and what our own bugs left to a human."""

from tortoise import fields
from tortoise.models import Model


class SyncDevice(Model):
    """One installation of the app. It numbers its commands 1, 2, 3…, last_n is the last one executed."""

    id = fields.CharField(primary_key=True, max_length=40)
    account = fields.CharField(max_length=40, db_index=True)
    label = fields.CharField(max_length=80)
    platform = fields.CharField(max_length=40)
    app = fields.CharField(max_length=20)
    clone_guard = fields.CharField(max_length=60)
    last_n = fields.IntField(default=0)
    ack_n = fields.IntField(default=0)
    created_at = fields.BigIntField()
    seen_at = fields.BigIntField()
    revoked_at = fields.BigIntField(null=True)

    class Meta:
        table = "sync_device"


class SyncReceipt(Model):
    """The answer to one command, for ever."""

    id = fields.BigIntField(primary_key=True)
    device = fields.CharField(max_length=40)
    n = fields.IntField()
    hash = fields.CharField(max_length=80)
    kind = fields.CharField(max_length=60)
    outcome = fields.CharField(max_length=30)
    body = fields.TextField()
    scope = fields.CharField(max_length=60)
    received_at = fields.BigIntField()

    class Meta:
        table = "sync_receipt"
        unique_together = (("device", "n"),)


class SyncDeadletter(Model):
    """A command whose handler failed: consumed, answered, and kept for a human."""

    id = fields.BigIntField(primary_key=True)
    device = fields.CharField(max_length=40)
    n = fields.IntField()
    kind = fields.CharField(max_length=60)
    args = fields.TextField()
    error = fields.TextField()
    at = fields.BigIntField()

    class Meta:
        table = "sync_deadletter"
