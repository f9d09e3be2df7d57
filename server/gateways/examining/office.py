"""Office documents (OOXML, OpenDocument) are kept as they are, when they are what they say and carry no program.

They are zip files: their directory is judged first, then every entry is inflated under a bound, because a directory can lie.
"""

import io
import re
import zipfile
import zlib

from server.gateways.examining import Examined, Unfit

MOST_ENTRIES = 3000
MOST_INFLATED = 150 * 1024 * 1024
MOST_OF_ONE = 60 * 1024 * 1024
PIECE = 256 * 1024
END = b"PK\x05\x06"
END_SIZE = 22
XML = (".xml", ".rels")
OOXML = {
    b"wordprocessingml.document.main+xml": ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    b"spreadsheetml.sheet.main+xml": ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    b"presentationml.presentation.main+xml": ("pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
}
ODF_NAMES = {"text": "odt", "spreadsheet": "ods", "presentation": "odp"}
ODF = {f"application/vnd.oasis.opendocument.{name}": ending for name, ending in ODF_NAMES.items()}
RUNS = re.compile(
    r"\.(exe|dll|com|scr|msi|bat|cmd|ps1|vbs|vbe|js|jse|wsf|hta|jar|class|sh|py|lnk|apk|html?|svg|swf|xlsb|docm|xlsm|pptm)$", re.I
)
PROGRAM_PART = re.compile(r"(vbaproject|vbadata|oleobject|activex|macrosheets|(^|/)(basic|scripts)/)", re.I)
PROGRAM_HEAD = (b"MZ", b"\x7fELF", b"#!", b"\xca\xfe\xba\xbe", b"\xd0\xcf\x11\xe0")
# A link that a person clicks is fine; a template, a picture or an object fetched by itself from elsewhere is not.
FETCHED = re.compile(rb"<Relationship\b[^>]*TargetMode\s*=\s*[\"']External[\"'][^>]*>", re.I)
HYPERLINK = re.compile(rb"Type\s*=\s*[\"'][^\"']*/hyperlink[\"']", re.I)
PROGRAM_TEXT = re.compile(rb"macroEnabled|DDEAUTO|<!DOCTYPE|<!ENTITY|vnd\.sun\.star\.script|script:event-listener|<ddeLink", re.I)


def office(content: bytes) -> Examined:
    """Raises:
    Unfit: ``kind`` (another zip file), ``damaged``, ``locked``, ``active``, ``heavy``.
    """
    # Nothing before its first entry, nothing behind its end: a file that is two files is neither.
    if not content.startswith(b"PK\x03\x04") or content[-END_SIZE:][:4] != END:
        raise Unfit("damaged")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            _judge_directory(entries)
            texts = _inflate(archive, entries)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, UnicodeError) as fault:
        raise Unfit("damaged") from fault
    ending, mime = _what(texts, {entry.filename for entry in entries})
    return Examined(content, mime, ending)


def _judge_directory(entries: list[zipfile.ZipInfo]) -> None:
    if len(entries) > MOST_ENTRIES or sum(entry.file_size for entry in entries) > MOST_INFLATED:
        raise Unfit("heavy")
    names = [entry.filename for entry in entries]
    if len(set(names)) != len(names) or any(name.startswith("/") or "\\" in name or ".." in name.split("/") for name in names):
        raise Unfit("damaged")
    if any(entry.flag_bits & 0x41 for entry in entries):
        raise Unfit("locked")
    if any(RUNS.search(name) or PROGRAM_PART.search(name) for name in names if not name.endswith("/")):
        raise Unfit("active")


def _inflate(archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo]) -> dict[str, bytes]:
    """The texts among the entries; each entry is read to its end, whatever the directory says of its size."""
    left, texts = MOST_INFLATED, {}
    for entry in entries:
        kept = io.BytesIO()
        with archive.open(entry) as file:
            size = 0
            while piece := file.read(PIECE):
                if not size and piece.startswith(PROGRAM_HEAD):
                    raise Unfit("active")
                size += len(piece)
                if size > MOST_OF_ONE or size > left:
                    raise Unfit("heavy")
                if entry.filename.endswith(XML) or entry.filename == "mimetype":
                    kept.write(piece)
        left -= size
        if kept.tell():
            text = kept.getvalue()
            _judge_text(entry.filename, text)
            if entry.filename in ("[Content_Types].xml", "mimetype"):
                texts[entry.filename] = text
    return texts


def _judge_text(name: str, text: bytes) -> None:
    if text[:2] in (b"\xff\xfe", b"\xfe\xff"):
        text = text.decode("utf-16", "ignore").encode()
    if PROGRAM_TEXT.search(text):
        raise Unfit("active")
    if name.endswith(".rels") and any(not HYPERLINK.search(found) for found in FETCHED.findall(text)):
        raise Unfit("active")


def _what(texts: dict[str, bytes], names: set[str]) -> tuple[str, str]:
    """The file ending and the type."""
    if "[Content_Types].xml" in texts:
        for part, (ending, mime) in OOXML.items():
            if part in texts["[Content_Types].xml"]:
                return ending, mime
    declared = texts.get("mimetype", b"").decode("ascii", "ignore").strip()
    if declared in ODF and "content.xml" in names:
        return ODF[declared], declared
    raise Unfit("kind")
