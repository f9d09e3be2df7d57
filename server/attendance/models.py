"""Who was there. A booking is a wish, attendance is a fact: both are kept, and a person resolves what contradicts."""

from tortoise import fields
from tortoise.models import Model


class Attendance(Model):
    """What is known of one child in one opening: what the parent announced, what the agent saw."""

    id = fields.CharField(primary_key=True, max_length=130, description="<child>|<opening>")
    child = fields.ForeignKeyField("portail.Child", related_name="attendances", db_index=True)
    opening = fields.ForeignKeyField("portail.Opening", related_name="attendances", db_index=True)
    date = fields.CharField(max_length=10, db_index=True)
    state = fields.CharField(max_length=10, null=True, description="present | excused | unexcused, null: not ticked")
    version = fields.IntField(description="moves with each tick, so that two agents do not overwrite each other")
    ticked_by = fields.CharField(max_length=160, null=True)
    ticked_at = fields.BigIntField(null=True)
    late_minutes = fields.IntField(null=True, description="how long after closing time the child was fetched")
    announced = fields.CharField(max_length=20, null=True, description="reason of an absence that a parent announced")
    announced_note = fields.CharField(max_length=300, null=True)
    announced_by = fields.CharField(max_length=40, null=True, description="account")
    announced_at = fields.BigIntField(null=True)

    class Meta:
        table = "attendance"
