"""The dossier: adults, children, and which account may act for which family."""

from tortoise import fields
from tortoise.models import Model


class Family(Model):
    """A billing file of the town (« dossier »), known to its parents by number and name."""

    id = fields.CharField(primary_key=True, max_length=40)
    file_number = fields.CharField(max_length=20, unique=True)
    file_label = fields.CharField(max_length=120)
    resident = fields.BooleanField(default=True)
    quotient = fields.IntField(null=True, description="quotient familial in euros, null: highest tariff")
    quotient_source = fields.CharField(max_length=20, null=True, description="CAF | MSA | tax_notice")
    quotient_read_on = fields.CharField(max_length=10, null=True)
    address = fields.CharField(max_length=250, null=True)

    class Meta:
        table = "family"


class Adult(Model):
    id = fields.CharField(primary_key=True, max_length=40)
    family = fields.ForeignKeyField("portail.Family", related_name="adults", db_index=True)
    account = fields.ForeignKeyField("portail.Account", related_name="adults", null=True, on_delete=fields.SET_NULL, db_index=True)
    first_name = fields.CharField(max_length=80)
    last_name = fields.CharField(max_length=80)
    phone = fields.CharField(max_length=30, null=True)

    class Meta:
        table = "adult"


class Child(Model):
    id = fields.CharField(primary_key=True, max_length=40)
    first_name = fields.CharField(max_length=80)
    last_name = fields.CharField(max_length=80)
    born_on = fields.CharField(max_length=10)
    grade = fields.CharField(max_length=10, description="PS MS GS CP CE1 CE2 CM1 CM2")
    school = fields.CharField(max_length=40, description="code of the place")

    class Meta:
        table = "child"


class FamilyChild(Model):
    """A child belongs to one family, or to two when the parents live apart."""

    id = fields.CharField(primary_key=True, max_length=80)
    family = fields.ForeignKeyField("portail.Family", related_name="child_links", db_index=True)
    child = fields.ForeignKeyField("portail.Child", related_name="family_links", db_index=True)

    class Meta:
        table = "family_child"
        unique_together = (("family", "child"),)


class Guardianship(Model):
    """The right of an account to act for a family: what the one door of access.py reads."""

    id = fields.CharField(primary_key=True, max_length=80)
    account = fields.ForeignKeyField("portail.Account", related_name="guardianships", db_index=True)
    family = fields.ForeignKeyField("portail.Family", related_name="guardianships", db_index=True)
    since = fields.CharField(max_length=10)
    until = fields.CharField(max_length=10, null=True)

    class Meta:
        table = "guardianship"
        unique_together = (("account", "family"),)
