"""Sets papers in type: a template and its data become a tagged PDF, declared PDF/A-3 and PDF/UA. In threads, off the loop."""

import asyncio
import json
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import typst

STANDARDS: list[Literal["ua-1", "a-3a"]] = ["ua-1", "a-3a"]
_kept = threading.local()
# Typesetting burns a core: no more at once than leave the rest of the town served.
_at_once = asyncio.Semaphore(2)


async def typeset(template: Path, data: Mapping[str, Any]) -> bytes:
    """The PDF of a template (typst), which reads `data` as JSON from ``sys.inputs.data``."""
    async with _at_once:
        return await asyncio.to_thread(_compile, template, json.dumps(data, ensure_ascii=False))


def _compile(template: Path, data: str) -> bytes:
    compilers: dict[Path, typst.Compiler] = _kept.__dict__.setdefault("compilers", {})
    if template not in compilers:
        # Only the fonts that come with typst: the same paper on every machine.
        compilers[template] = typst.Compiler(template, root=template.parent, ignore_system_fonts=True, sys_inputs={"data": "{}"})
    made = compilers[template].compile(format="pdf", sys_inputs={"data": data}, pdf_standards=STANDARDS)  # type: ignore[arg-type]
    assert isinstance(made, bytes)
    return made
