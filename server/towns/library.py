"""The demo's library of documents: written in ``documents.toml``, set in type, and sent in as an agent would."""

import hashlib
from pathlib import Path

from server.attachments.rules import PIECE_BYTES
from server.attachments.service import Files
from server.database import Database
from server.gateways.typesetting import typeset
from server.news.service import add_document
from server.towns.loader import Town
from server.towns.reading import read
from server.towns.shape import Part, Text
from server.traces.service import Who

FILE = "documents.toml"
TEMPLATE = Path(__file__).with_name("documents.typ")


class Paper(Part, frozen=True):
    heading: Text
    title: Text
    summary: Text
    file: Text
    paragraphs: list[Text]


class Library(Part, frozen=True):
    """documents.toml"""

    documents: list[Paper]


async def build(database: Database, files: Files, town: Town, now: int) -> None:
    """Nothing for a town without such a file, or without an agent who would send them."""
    folder = town.folder
    if not (folder / FILE).exists():
        return
    agent = await database.one("SELECT id, name FROM account WHERE role = 'agent' ORDER BY service, id LIMIT 1")
    if agent is None:
        return
    account, who = agent["id"], Who(agent["id"], agent["name"])
    for rank, paper in enumerate(read(folder, FILE, Library).documents):
        data = {"title": paper.title, "town": town.identity.name, "paragraphs": list(paper.paragraphs)}
        content, id = await typeset(TEMPLATE, data), f"f_library{rank:04}"
        await files.announce(account, id, f"{paper.file}.pdf", len(content), hashlib.sha256(content).hexdigest(), now)
        for start in range(0, len(content), PIECE_BYTES):
            await files.receive(account, id, start, content[start : start + PIECE_BYTES], now)
        await add_document(database, paper.heading, paper.title, paper.summary, id, who, now, town.zone)
