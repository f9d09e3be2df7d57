"""Bookings and the waiting list."""

from tortoise import fields
from tortoise.models import Model


class Booking(Model):
    """A child's place, or wish for a place, in one opening. Its id is made by the device (rid)."""

    id = fields.CharField(primary_key=True, max_length=40)
    child = fields.ForeignKeyField("portail.Child", related_name="bookings", db_index=True)
    family = fields.ForeignKeyField("portail.Family", related_name="bookings", db_index=True, description="who pays")
    opening = fields.ForeignKeyField("portail.Opening", related_name="bookings", db_index=True)
    date = fields.CharField(max_length=10)
    state = fields.CharField(max_length=12, description="booked | waiting | to_confirm | cancelled | expired")
    reason = fields.CharField(max_length=20, null=True, description="of to_confirm: PRICE_CHANGED | PLACE_FREED")
    active = fields.CharField(max_length=130, null=True, unique=True, description="<child>|<opening> while it counts: one booking per child and slot")
    cents = fields.IntField()
    price_version = fields.IntField()
    max_cents = fields.IntField(null=True)
    requested_at = fields.BigIntField(description="arrival at the server: the waiting list's order")
    decided_at = fields.BigIntField()
    hold_until = fields.BigIntField(null=True, db_index=True, description="of to_confirm: the place is kept until then")
    account = fields.CharField(max_length=40, description="who asked")
    device = fields.CharField(max_length=40)
    n = fields.IntField(description="the command that last decided it")

    class Meta:
        table = "booking"
        indexes = (("opening_id", "state", "requested_at"), ("child_id", "date"))
