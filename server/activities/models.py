"""What the town offers: services, places, activities, units, openings, places left, enrolments.

Dates are text ``YYYY-MM-DD`` in the town's calendar; instants are UTC milliseconds.
"""

from tortoise import fields
from tortoise.models import Model


class Service(Model):
    code = fields.CharField(primary_key=True, max_length=40)
    name = fields.CharField(max_length=120)
    address = fields.CharField(max_length=200, null=True)
    phones = fields.JSONField(description="[[label, number], …]")
    hours = fields.CharField(max_length=200, null=True)
    position = fields.IntField()

    class Meta:
        table = "service"


class Place(Model):
    """A school or a centre."""

    code = fields.CharField(primary_key=True, max_length=40)
    name = fields.CharField(max_length=120)
    kind = fields.CharField(max_length=20, description="school | centre | studio | gym")
    address = fields.CharField(max_length=200, null=True)

    class Meta:
        table = "place"


class Activity(Model):
    code = fields.CharField(primary_key=True, max_length=40)
    service = fields.ForeignKeyField("portail.Service", related_name="activities", db_index=True)
    name = fields.CharField(max_length=120)
    category = fields.CharField(max_length=20, description="care | homework | leisure | holiday | culture | sport | meal")
    bookable = fields.BooleanField(description="false: shown in the planning, never booked here (school meals)")
    text = fields.TextField()
    position = fields.IntField()

    class Meta:
        table = "activity"


class Unit(Model):
    """What is booked: one activity at one place, with its hours (« unité de consommation »)."""

    id = fields.CharField(primary_key=True, max_length=60)
    activity = fields.ForeignKeyField("portail.Activity", related_name="units", db_index=True)
    place = fields.ForeignKeyField("portail.Place", related_name="units", db_index=True)
    name = fields.CharField(max_length=120)
    starts = fields.CharField(max_length=5)
    ends = fields.CharField(max_length=5)
    grades = fields.JSONField(description="grades that may use it, empty: all")
    counts = fields.JSONField(description="codes of the capacity units that one booking takes a place of")
    excludes = fields.JSONField(description="ids of units that cannot be booked for the same child and day")
    requires = fields.JSONField(null=True, description="ids of units of which one must be booked for the same child and day")
    rule = fields.TextField(description="the terms read back in French")
    terms = fields.JSONField(null=True, description="the rules as written, see rules/written.py, null: never booked here")
    during = fields.CharField(max_length=10, description="school | holidays | any: which days of the calendar it opens")
    weekdays = fields.JSONField(description="0 Monday … 6 Sunday, on which it opens")
    extra_days = fields.JSONField(description="days besides, as YYYY-MM-DD")
    skipped_days = fields.JSONField(description="days on which it does not open all the same")
    position = fields.IntField()

    class Meta:
        table = "unit"


class CapacityUnit(Model):
    """What is counted at a place: several units may share it, and a group that has its own counts in both (« partagée »)."""

    id = fields.CharField(primary_key=True, max_length=60)
    place = fields.ForeignKeyField("portail.Place", related_name="capacities", db_index=True)
    name = fields.CharField(max_length=120)
    capacity = fields.IntField(null=True, description="places of a usual day, null: unlimited, and that is said")

    class Meta:
        table = "capacity_unit"


class PlacePool(Model):
    """Places of one capacity unit on one day (« unité de remplissage »). taken never exceeds capacity."""

    id = fields.CharField(primary_key=True, max_length=80, description="<capacity unit>:<date>")
    capacity = fields.IntField(null=True, description="null: unlimited")
    taken = fields.IntField(default=0)
    level = fields.IntField(default=0, description="as last published: 0 many, 1 few, 2 full")

    class Meta:
        table = "place_pool"


class Opening(Model):
    """One unit on one day. Its deadlines are facts: absolute instants, computed once from the rules."""

    id = fields.CharField(primary_key=True, max_length=80, description="<unit>:<date> (the protocol calls it session)")
    unit = fields.ForeignKeyField("portail.Unit", related_name="openings", db_index=True)
    date = fields.CharField(max_length=10, db_index=True)
    closed = fields.BooleanField(default=False)
    closed_why = fields.CharField(max_length=200, null=True, description="told to the families when it is closed")
    opens_at = fields.BigIntField(null=True, description="bookings open, null: as soon as it is published")
    opens_outside_at = fields.BigIntField(null=True, description="for families from outside, null: with the others")
    add_until = fields.BigIntField()
    remove_until = fields.BigIntField()
    late_add_until = fields.BigIntField(null=True, description="past add_until and until then: see the terms of the unit")
    late_remove_until = fields.BigIntField(null=True)
    pools = fields.JSONField(description="ids of the place pools it takes from, sorted")

    class Meta:
        table = "opening"


class Enrolment(Model):
    """The yearly right to book (« inscription »)."""

    id = fields.CharField(primary_key=True, max_length=80)
    child = fields.ForeignKeyField("portail.Child", related_name="enrolments", db_index=True)
    activity = fields.ForeignKeyField("portail.Activity", related_name="enrolments", db_index=True)
    units = fields.JSONField(description="ids of the units it opens")
    since = fields.CharField(max_length=10)
    until = fields.CharField(max_length=10)

    class Meta:
        table = "enrolment"
        indexes = (("child_id", "activity_id"),)


class CalendarPeriod(Model):
    """School holidays, public holidays and bridges, bounds included."""

    id = fields.CharField(primary_key=True, max_length=60)
    kind = fields.CharField(max_length=20, description="school_holiday | public_holiday | bridge")
    name = fields.CharField(max_length=120)
    starts_on = fields.CharField(max_length=10, db_index=True)
    ends_on = fields.CharField(max_length=10)

    class Meta:
        table = "calendar_period"
