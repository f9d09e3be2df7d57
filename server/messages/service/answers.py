"""Words that a service writes often."""

import secrets
from typing import Any

from server.database import Database, Transaction


async def saved_answers(database: Database, service: str) -> list[dict[str, Any]]:
    rows = await database.all("SELECT id, title, body FROM saved_answer WHERE service = ? ORDER BY title, id", service)
    return [dict(row) for row in rows]


async def save_answer(database: Database, service: str, title: str, body: str) -> str:
    answer = f"sa_{secrets.token_urlsafe(9)}"

    async def write(tx: Transaction) -> None:
        await tx.run("INSERT INTO saved_answer (id, service, title, body) VALUES (?, ?, ?, ?)", answer, service, title, body)

    await database.retrying(write)
    return answer


async def drop_answer(database: Database, service: str, answer: str) -> None:
    async def write(tx: Transaction) -> None:
        await tx.run("DELETE FROM saved_answer WHERE id = ? AND service = ?", answer, service)

    await database.retrying(write)
