"""The secret address of each adult's calendar. The address itself is not stored: it follows from the server's key."""

from tortoise import fields
from tortoise.models import Model


class AgendaLink(Model):
    id = fields.CharField(primary_key=True, max_length=40, description="the account")
    version = fields.IntField(description="another address with each")
    hash = fields.CharField(max_length=64, null=True, unique=True, description="SHA-256 of the address, null: revoked")
    made_at = fields.BigIntField()
    read_at = fields.BigIntField(null=True, description="when a calendar last read it, to the hour")

    class Meta:
        table = "agenda_link"
