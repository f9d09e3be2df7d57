"""Scopes and their rows: what the devices copy. Queries are hand-written SQL, see service.py."""

from tortoise import fields
from tortoise.models import Model


class SyncScope(Model):
    """The unit of authorisation, ordering and catching up. seq moves under this row's lock only."""

    id = fields.CharField(primary_key=True, max_length=60, description="f:<family> | a:<account> | t:…")
    gen = fields.CharField(max_length=20)
    seq = fields.BigIntField(default=0)
    floor_seq = fields.BigIntField(default=0, description="tombstones up to here are gone")
    live_count = fields.IntField(default=0)
    digest = fields.BigIntField(default=0, description="sum of crc32(key, seq) over live rows, modulo 2^32")

    class Meta:
        table = "sync_scope"


class SyncRow(Model):
    """The latest version of one object in one scope, a null body is a tombstone."""

    id = fields.BigIntField(primary_key=True)
    scope = fields.CharField(max_length=60)
    key = fields.CharField(max_length=120)
    seq = fields.BigIntField()
    body = fields.TextField(null=True, description="ready JSON")
    deleted_at = fields.BigIntField(null=True)

    class Meta:
        table = "sync_row"
        unique_together = (("scope", "key"),)
        indexes = (("scope", "seq"),)


class SyncGrant(Model):
    """Which account may read which scope."""

    id = fields.BigIntField(primary_key=True)
    account = fields.CharField(max_length=40)
    scope = fields.CharField(max_length=60, db_index=True)

    class Meta:
        table = "sync_grant"
        unique_together = (("account", "scope"),)
