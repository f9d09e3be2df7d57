"""A thousand files made to do harm: none runs, none is kept as it came, none is shown inline, none holds up the town."""

import asyncio
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from quart import Quart

from server.attachments.rules import MOST_BYTES, tidy_name
from server.attachments.texts import SENTENCES
from server.gateways.examining import Examined, Examiner, Unfit
from tests.cast import Client
from tests.features.files import photo, upload
from tests.features.hostile import FAMILIES, MARK, NAMES, Hostile, hostile_files

KEPT = re.compile(r"image/(jpeg|png)|application/(pdf|vnd\.(openxmlformats-officedocument|oasis\.opendocument)\..+)")
COUNT, SEED = 1000, 20261123


async def test_a_thousand_hostile_files_leave_nothing_behind() -> None:
    examiner, beats = Examiner(), 0

    async def beating() -> None:
        nonlocal beats
        while True:
            await asyncio.sleep(0.002)
            beats += 1

    heart = asyncio.create_task(beating())
    ends: Counter[str] = Counter()
    wrong = []
    for n, one in enumerate(hostile_files(SEED, COUNT)):
        end = await _end(examiner, one)
        ends[end] += 1
        if end not in SENTENCES and end != "kept clean":
            wrong.append((n, one.family, end, one.content[:60]))
    heart.cancel()
    await examiner.close()
    assert wrong == []
    assert sum(ends.values()) == COUNT and {"kind", "damaged", "active", "locked", "heavy", "pixels", "kept clean"} <= set(ends)
    assert beats > COUNT, "the loop went on while they were looked into"


async def _end(examiner: Examiner, one: Hostile) -> str:
    """The reason of a refusal, ``kept clean``, or what is wrong."""
    try:
        kept = await examiner.examine(one.content)
    except Unfit as refusal:
        return refusal.why
    return _judged(one, kept)


def _judged(one: Hostile, kept: Examined) -> str:
    if one.refused:
        return f"kept as {kept.mime}"
    if not KEPT.fullmatch(kept.mime):
        return f"kept as {kept.mime}"
    if MARK in kept.content or (kept.preview and MARK in kept.preview):
        return "kept with what was hidden in it"
    if kept.mime.startswith("image/") and max(kept.width or 0, kept.height or 0) > 2560:
        return "kept too large"
    return "kept clean"


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_over_http_they_are_refused_or_saved_never_shown(app: Quart, as_nadia: Client, client: Client) -> None:
    asked, answers = True, 0

    async def others() -> None:
        nonlocal answers
        while asked:
            answers += (await client.get("/api/health")).status_code == 200
            await asyncio.sleep(0.005)

    beside = asyncio.create_task(others())
    for one in hostile_files(SEED + 1, len(FAMILIES)):
        before = answers
        told = await upload(as_nadia, one.name if one.name.strip("\x00") == one.name else "x", one.content)
        assert answers > before, f"{one.family}: nobody was served meanwhile"
        assert told["state"] in ("stored", "refused") and not (one.refused and told["state"] == "stored"), (one.family, told)
        await _saved_only(as_nadia, told)
        await as_nadia.delete(f"/api/attachments/{told['id']}")
    asked = False
    await beside


async def _saved_only(client: Client, told: dict[str, Any]) -> None:
    for what in ("file", "preview"):
        answer = await client.get(f"/api/attachments/{told['id']}/{what}")
        if told["state"] == "refused":
            assert answer.status_code == 404
        elif answer.status_code == 200:
            assert KEPT.fullmatch(answer.headers["Content-Type"])
            how = answer.headers["Content-Disposition"]
            assert re.fullmatch(r"attachment; filename=\"fichier\"; filename\*=UTF-8''[A-Za-z0-9%._~-]+", how)
            assert "sandbox" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize("name", NAMES)
def test_odd_names_become_plain_ones(name: str) -> None:
    tidy = tidy_name(name, "pdf")
    assert tidy.endswith(".pdf") and tidy.count(".") == 1 and 5 <= len(tidy) <= 100
    assert not re.search(r"[\x00-\x1f\x7f/\\:*?\"<>|\u202a-\u202e]", tidy) and tidy == tidy.strip() and not tidy.startswith(("-", " "))
    assert tidy.lower() not in ("con.pdf", "nul.pdf")


async def test_a_file_that_takes_too_long_ends_its_process_and_the_next_one_is_served() -> None:
    examiner = Examiner(patience=0.0001)
    with pytest.raises(Unfit, match="heavy"):
        await examiner.examine(photo())
    examiner._patience = 20
    assert (await examiner.examine(photo())).mime == "image/jpeg"
    assert examiner._process is not None
    examiner._process.kill()
    await examiner._process.wait()
    assert (await examiner.examine(photo())).mime == "image/jpeg", "killed from outside: another takes its place"
    await examiner.close()


def test_the_phone_says_the_limit_that_the_town_has() -> None:
    said = (Path(__file__).parents[2] / "pwa/src/local/files.ts").read_text()
    (megabytes,) = re.findall(r"MOST_BYTES = (\d+) \* 1024 \* 1024", said)
    assert int(megabytes) * 1024 * 1024 == MOST_BYTES
