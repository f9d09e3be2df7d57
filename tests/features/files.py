"""Files as people have them, made here: photos with a place in them, papers, documents; and how a phone sends them."""

import hashlib
import io
import itertools
import zipfile
from typing import Any

import pillow_heif
from PIL import Image

from tests.cast import Client

pillow_heif.register_heif_opener()
_ids = itertools.count(1)
GPS = 0x8825
PIECE = 512 * 1024


def photo(kind: str = "JPEG", size: tuple[int, int] = (640, 480), **options: Any) -> bytes:
    """A photo that says where it was taken, and by whom."""
    image = Image.effect_noise(size, 60).convert("RGB")
    told = Image.Exif()
    told[0x010F] = "Téléphone de Nadia"
    told[GPS] = {1: "N", 2: (48.0, 42.0, 30.0), 3: "E", 4: (2.0, 25.0, 0.0)}
    out = io.BytesIO()
    image.save(out, kind, exif=told, **options)
    return out.getvalue()


def paper(*objects: bytes) -> bytes:
    """A small PDF; `objects` stand in it as they are."""
    body = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n2 0 obj\n<< /Type /Pages /Kids [] /Count 0 >>\nendobj\n"
    body += b"".join(b"%d 0 obj\n%s\nendobj\n" % (n, text) for n, text in enumerate(objects, 3))
    return body + b"trailer\n<< /Root 1 0 R >>\nstartxref\n0\n%%EOF\n"


def document(**more: bytes) -> bytes:
    """A Word document; `more`: further entries, ``word__vbaProject_bin=…`` for ``word/vbaProject.bin``."""
    types = b'<Types><Override ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>'
    entries = {"[Content_Types].xml": types, "word/document.xml": b"<w:document>Bonjour</w:document>"}
    entries |= {name.replace("__", "/").replace("_bin", ".bin").replace("_rels", ".rels"): content for name, content in more.items()}
    return zipped(entries)


def zipped(entries: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return out.getvalue()


def new_id() -> str:
    return f"f_test{next(_ids):06}"


async def announce(client: Client, id: str, name: str, content: bytes) -> Any:
    said = {"name": name, "size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    return await client.put(f"/api/attachments/{id}", json=said)


async def piece(client: Client, id: str, offset: int, content: bytes) -> dict[str, Any]:
    answer = await client.patch(
        f"/api/attachments/{id}", data=content, headers={"Upload-Offset": str(offset), "Content-Type": "application/octet-stream"}
    )
    assert answer.status_code == 200, await answer.get_data()
    told: dict[str, Any] = await answer.get_json()
    return told


async def upload(client: Client, name: str, content: bytes, id: str = "") -> dict[str, Any]:
    """Sends a whole file; what the town says of it: ``{id, state, …}``."""
    id = id or new_id()
    told: dict[str, Any] = await (await announce(client, id, name, content)).get_json()
    while told.get("state") == "coming":
        told = await piece(client, id, told["offset"], content[told["offset"] : told["offset"] + PIECE])
    return told
