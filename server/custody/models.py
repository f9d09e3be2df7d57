"""Shared custody as the service entered it, single days that differ, and what one parent asks of the other."""

from tortoise import fields
from tortoise.models import Model


class Custody(Model):
    """How the days of a child of two files are shared. Its id is the child's."""

    id = fields.CharField(primary_key=True, max_length=40, description="the child")
    family_a = fields.CharField(max_length=40, description="the family that A stands for in the cycle")
    family_b = fields.CharField(max_length=40, description="the family that B stands for")
    anchor = fields.CharField(max_length=10, description="the day of the first letter of the cycle, also before since")
    cycle = fields.CharField(max_length=56, description="A or B for each day, over and over: AAAAAAABBBBBBB")
    holidays = fields.TextField(description="JSON, name of the school holidays or * to how and even, see rules.py")
    since = fields.CharField(max_length=10, description="from that day on the plan decides who books")
    note = fields.CharField(max_length=200, null=True, description="what it rests on, as both parents read it")
    version = fields.IntField(default=1)
    entered_by = fields.CharField(max_length=160)
    entered_at = fields.BigIntField()

    class Meta:
        table = "custody"


class CustodyDay(Model):
    """One day that differs from the plan."""

    id = fields.CharField(primary_key=True, max_length=60, description="<child>|<date>")
    child = fields.CharField(max_length=40, db_index=True)
    date = fields.CharField(max_length=10)
    family = fields.CharField(max_length=40, description="whose day it is")
    origin = fields.CharField(max_length=10, description="service | parents")

    class Meta:
        table = "custody_day"


class CustodyAsk(Model):
    """A day of the other parent's that somebody asks for. Its id is made by the device."""

    id = fields.CharField(primary_key=True, max_length=40)
    child = fields.CharField(max_length=40, db_index=True)
    date = fields.CharField(max_length=10)
    asker = fields.CharField(max_length=40, description="the family that would like the day")
    owner = fields.CharField(max_length=40, description="the family whose day it is")
    state = fields.CharField(max_length=10, description="asked | agreed | declined | withdrawn")
    open = fields.CharField(max_length=60, null=True, unique=True, description="<child>|<date> while it waits: one request per day")
    note = fields.CharField(max_length=250, null=True)
    account = fields.CharField(max_length=40)
    asked_at = fields.BigIntField()
    decided_at = fields.BigIntField(null=True)

    class Meta:
        table = "custody_ask"
