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
    phone_home = fields.CharField(max_length=30, null=True)
    phone_mobile = fields.CharField(max_length=30, null=True)
    phone_work = fields.CharField(max_length=30, null=True)
    caf_number = fields.CharField(max_length=20, null=True, description="helps an agent find the family in CDAP")
    email_invoices = fields.BooleanField(null=True, description="null: never asked")
    versions = fields.TextField(null=True, description="JSON: field to number of changes, absent: 0")

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
    diet = fields.CharField(max_length=20, null=True, description="standard | no_pork | vegetarian, null: never said")
    diet_version = fields.IntField(null=True, description="how often the diet was changed, null: never")
    care_protocol = fields.BooleanField(null=True, description="PAI: yes or no, never sent to a device")

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


class FamilyQuotient(Model):
    """What the quotient of a family was, and since when: the prices of past days follow it, as the town decides."""

    id = fields.CharField(primary_key=True, max_length=60)
    family = fields.ForeignKeyField("portail.Family", related_name="quotients", db_index=True)
    value = fields.IntField(null=True, description="euros, null: none")
    source = fields.CharField(max_length=20, null=True)
    known_on = fields.CharField(max_length=10, description="the day the town learnt it")
    own_from = fields.CharField(max_length=10, description="the first day it is for")
    made_at = fields.BigIntField()

    class Meta:
        table = "family_quotient"


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


class FamilyContact(Model):
    """Somebody who may collect the children, or who is called in an emergency."""

    id = fields.CharField(primary_key=True, max_length=40)
    family = fields.ForeignKeyField("portail.Family", related_name="contacts", db_index=True)
    kind = fields.CharField(max_length=10, description="collector | emergency")
    name = fields.CharField(max_length=80)
    relation = fields.CharField(max_length=80, null=True)
    phone = fields.CharField(max_length=30)
    version = fields.IntField()
    made_at = fields.BigIntField()

    class Meta:
        table = "family_contact"


class FamilyProof(Model):
    """A document that the town saw, and until when it is valid. The document itself is not kept."""

    id = fields.CharField(primary_key=True, max_length=120, description="<family>.<kind> or <family>.<kind>.<child>")
    family = fields.ForeignKeyField("portail.Family", related_name="proofs", db_index=True)
    child = fields.CharField(max_length=40, null=True)
    kind = fields.CharField(max_length=20, description="insurance | address | vaccination")
    label = fields.CharField(max_length=80, null=True, description="for an insurance: the insurer")
    valid_until = fields.CharField(max_length=10)
    seen_at = fields.BigIntField()

    class Meta:
        table = "family_proof"


class FamilyChange(Model):
    """What a parent changed and the town must check first: old to new, one field at a time."""

    id = fields.CharField(primary_key=True, max_length=40)
    family = fields.ForeignKeyField("portail.Family", related_name="changes", db_index=True)
    field = fields.CharField(max_length=20, description="address | caf_number | collector | proof | care_protocol")
    target = fields.CharField(max_length=120, null=True, description="the child, contact or proof it is about")
    old = fields.TextField(null=True, description="JSON")
    new = fields.TextField(null=True, description="JSON, null: removal")
    state = fields.CharField(max_length=10, db_index=True, description="pending | accepted | refused | replaced")
    reason = fields.CharField(max_length=300, null=True, description="of a refusal, as the parent reads it")
    account = fields.CharField(max_length=40)
    asked_at = fields.BigIntField()
    agent = fields.CharField(max_length=40, null=True)
    decided_at = fields.BigIntField(null=True)

    class Meta:
        table = "family_change"


class Restriction(Model):
    """What a court took from an adult about one child, as an agent read it in the decision."""

    id = fields.CharField(primary_key=True, max_length=40)
    adult = fields.ForeignKeyField("portail.Adult", related_name="restrictions", db_index=True)
    child = fields.CharField(max_length=40, db_index=True)
    no_sight = fields.BooleanField(description="sees nothing of the child, and so books nothing either")
    no_booking = fields.BooleanField(description="books, cancels and declares nothing for the child")
    no_collecting = fields.BooleanField(description="does not collect the child")
    decision = fields.CharField(max_length=160, description="which court, which day")
    since = fields.CharField(max_length=10)
    until = fields.CharField(max_length=10, null=True, description="the last day, null: until another decision")
    state = fields.CharField(max_length=10, db_index=True, description="coming | in_force | over")
    undo = fields.TextField(null=True, description="JSON: what it took away, to be given back: [[left, family], [unlinked, family]]")
    agent = fields.CharField(max_length=40)
    agent_name = fields.CharField(max_length=160)
    entered_at = fields.BigIntField()
    ended_at = fields.BigIntField(null=True)
    ended_why = fields.CharField(max_length=300, null=True)

    class Meta:
        table = "restriction"
