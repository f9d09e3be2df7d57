"""News, and the library of documents. Their files are attachments."""

from tortoise import fields
from tortoise.models import Model


class NewsItem(Model):
    """One piece of news, from its draft to its withdrawal."""

    id = fields.CharField(primary_key=True, max_length=40)
    title = fields.CharField(max_length=160)
    summary = fields.CharField(max_length=400)
    body = fields.TextField(description="Markdown")
    html = fields.TextField(description="what the Markdown says, safe to show")
    state = fields.CharField(max_length=10, db_index=True, description="draft | scheduled | published | over | withdrawn")
    published_at = fields.BigIntField(description="of a scheduled one: when it will be, of a draft: when it was begun")
    until = fields.BigIntField(null=True, description="taken off the lists then, null: stays")
    pinned = fields.BooleanField(default=False)
    targets = fields.JSONField(description="activity:<code> and school:<place>, empty: for everybody, without account too")
    corrected_at = fields.BigIntField(null=True)
    version = fields.IntField(default=1)
    author = fields.CharField(max_length=160)
    changed_by = fields.CharField(max_length=160)
    changed_at = fields.BigIntField()

    class Meta:
        table = "news_item"


class Document(Model):
    """A document of the public library, whatever its version."""

    id = fields.CharField(primary_key=True, max_length=40)
    heading = fields.CharField(max_length=80)
    title = fields.CharField(max_length=160)
    summary = fields.CharField(max_length=400)
    withdrawn = fields.BooleanField(default=False)
    changed_at = fields.BigIntField()

    class Meta:
        table = "document"


class DocumentVersion(Model):
    id = fields.CharField(primary_key=True, max_length=60, description="<document>.<number>")
    document = fields.ForeignKeyField("portail.Document", related_name="versions", db_index=True)
    number = fields.IntField()
    file = fields.CharField(max_length=40, description="the attachment that holds its bytes")
    name = fields.CharField(max_length=160, description="under which it is saved")
    mime = fields.CharField(max_length=100)
    size = fields.IntField(description="bytes")
    author = fields.CharField(max_length=160)
    published_at = fields.BigIntField()

    class Meta:
        table = "document_version"
