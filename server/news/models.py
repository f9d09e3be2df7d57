from tortoise import fields
from tortoise.models import Model


class NewsItem(Model):
    id = fields.CharField(primary_key=True, max_length=40)
    title = fields.CharField(max_length=160)
    summary = fields.CharField(max_length=400)
    body = fields.TextField()
    published_at = fields.BigIntField()
    pinned = fields.BooleanField(default=False)

    class Meta:
        table = "news_item"
