"""The process that looks into files: one after the other, until its input ends."""

import json
import sys
from typing import BinaryIO

from server.gateways.examining import LENGTH, Unfit
from server.gateways.examining.kinds import examined

MEMORY = 1536 * 1024 * 1024


def main() -> None:
    _bind()
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    while head := source.read(LENGTH.size):
        (length,) = LENGTH.unpack(head)
        _answer(source.read(length), sink)
        sink.flush()


def _answer(content: bytes, sink: BinaryIO) -> None:
    try:
        found = examined(content)
    except Unfit as refusal:
        _write(sink, json.dumps({"why": refusal.why}).encode())
        return
    except MemoryError:
        _write(sink, json.dumps({"why": "heavy"}).encode())
        return
    except Exception:
        # Decoders raise whatever they like on bytes made to confuse them.
        _write(sink, json.dumps({"why": "damaged"}).encode())
        return
    told = {"mime": found.mime, "extension": found.extension, "width": found.width, "height": found.height}
    for part in (json.dumps(told).encode(), found.content, found.preview or b""):
        _write(sink, part)


def _write(sink: BinaryIO, part: bytes) -> None:
    sink.write(LENGTH.pack(len(part)) + part)


def _bind() -> None:
    """Bounds on this process, where the system knows them."""
    try:
        import resource
    except ImportError:  # Windows
        return
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    main()
