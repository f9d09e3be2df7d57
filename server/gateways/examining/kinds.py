"""Which kind of file this is, by its content alone; its name and what the sender says of it decide nothing."""

import puremagic

from server.gateways.examining import Examined, Unfit
from server.gateways.examining.office import office
from server.gateways.examining.pdf import pdf
from server.gateways.examining.pictures import picture

HEAD = 4096
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ZIPPED = ("application/zip", "application/vnd.openxmlformats", "application/vnd.oasis")


def examined(content: bytes) -> Examined:
    """What is kept of a file.

    Raises:
        Unfit: ``empty``, ``kind``, ``old_office``, ``damaged``, ``locked``, ``active``, ``pixels`` or ``heavy``.
    """
    if not content:
        raise Unfit("empty")
    if content.startswith(OLE):
        raise Unfit("old_office")
    try:
        mimes = {found.mime_type for found in puremagic.magic_string(content[:HEAD])}
    except (puremagic.PureError, ValueError) as fault:
        raise Unfit("kind") from fault
    if "image/jpeg" in mimes:
        return picture(content, "JPEG")
    if "image/png" in mimes:
        return picture(content, "PNG")
    if mimes & {"image/heif", "image/heic"}:
        return picture(content, "HEIF")
    if "application/pdf" in mimes:
        return pdf(content)
    if any(mime.startswith(ZIPPED) for mime in mimes):
        return office(content)
    raise Unfit("kind")
