"""The town's news and its library of documents: what is read, by whom, and what agents do with it."""

from server.news.service.documents import (
    add_document,
    describe_document,
    document_file,
    document_rows,
    documents_for_agents,
    public_documents,
    replace_document,
)
from server.news.service.pictures import add_picture, picture_file, pictures
from server.news.service.reading import NEWS_SCOPE, feed_items, news_rows, public_news, target_scopes, targeted_rows
from server.news.service.targeting import refresh_readers
from server.news.service.writing import (
    News,
    correct,
    draft,
    news_for_agents,
    one_for_agents,
    preview,
    publish,
    publish_due,
    render_for_import,
    targets,
    withdraw,
)

__all__ = [
    "NEWS_SCOPE",
    "News",
    "add_document",
    "add_picture",
    "correct",
    "describe_document",
    "document_file",
    "document_rows",
    "documents_for_agents",
    "draft",
    "feed_items",
    "news_for_agents",
    "news_rows",
    "one_for_agents",
    "picture_file",
    "pictures",
    "preview",
    "public_documents",
    "public_news",
    "publish",
    "publish_due",
    "refresh_readers",
    "render_for_import",
    "replace_document",
    "target_scopes",
    "targeted_rows",
    "targets",
    "withdraw",
]
