"""What a well-formed request and a well-formed command look like.

Total on any parsed JSON: the answer is a code and the path of the fault, never an exception. A fault of the envelope refuses the
request; a fault in the arguments of a command refuses that command alone, which keeps its number and gets its receipt.
"""

import re
from typing import Any, TypedDict

from sync.instants import instant_of

MOST_OPS = 50
MOST_BYTES = 256 * 1024
MOST_ITEMS = 60
MOST_ROWS = 500
MOST_CURSORS = 300
LARGEST_N = 2**31 - 1
MOST_TEXT = 5000
MOST_ENTRIES = 20
MOST_FILES = 8
MOST_CENTS = 10_000_000
PROTO = 1

_ID = re.compile(r"[A-Za-z0-9_.:-]{1,80}")
_RID = re.compile(r"[A-Za-z0-9_-]{1,40}")
_APP = re.compile(r"[A-Za-z0-9_.+-]{1,20}")
_VISIBLE = re.compile(r"[\x21-\x7e]{1,80}")
_DAY = re.compile(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])", re.ASCII)
_ID_PATH = re.compile(r"[a-z]{1,20}/[A-Za-z0-9_.:-]{1,70}")
_UNSAYABLE_IN_TEXT = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
_UNSAYABLE = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")


class Fault(TypedDict):
    code: str
    path: str


_ENVELOPE = {"proto", "schema", "app", "req", "device", "actor", "clone_guard", "ack", "cursors", "limit", "ops"}
_OP = {"n", "kind", "at", "hash", "args", "seen"}
EDITABLE = "address|phone_home|phone_mobile|phone_work|caf_number|email_invoices|diet"
# Per kind: the fields of args, then the fields of an item (None: no items). A trailing "?" marks what may be absent.
KINDS: dict[str, tuple[dict[str, str], dict[str, str] | None]] = {
    "reservation.book@1": (
        {
            "items": "items", "mode": "each|all", "if_full": "waitlist|ask", "max_price_cents?": "cents", "family?": "id",
            "together?": "yes|no",
        },
        {"rid": "rid", "child": "id", "session": "id", "max_price_cents?": "cents"},
    ),
    "reservation.cancel@1": ({"items": "items"}, {"rid": "rid"}),
    "reservation.confirm@1": ({"items": "items"}, {"rid": "rid", "max_price_cents": "cents"}),
    "waitlist.join@1": (
        {"items": "items", "family?": "id", "together?": "yes|no"},
        {"rid": "rid", "child": "id", "session": "id", "max_price_cents?": "cents"},
    ),
    "waitlist.leave@1": ({"items": "items"}, {"rid": "rid"}),
    "absence.declare@1": (
        {"items": "items", "reason": "illness|family|school_trip|strike|other", "note?": "line", "files?": "files"},
        {"rid": "rid"},
    ),
    "custody.ask@1": ({"items": "items", "note?": "line"}, {"rid": "rid", "child": "id", "date": "day"}),
    "custody.answer@1": ({"items": "items", "accept": "yes|no"}, {"rid": "rid"}),
    "custody.withdraw@1": ({"items": "items"}, {"rid": "rid"}),
    "message.send@1": (
        {
            "thread": "rid", "message": "rid", "body": "text", "service?": "id", "subject?": "label", "about?": "id_path",
            "family?": "id", "files?": "files",
        },
        None,
    ),
    "thread.read@1": ({"thread": "rid", "message": "rid"}, None),
    "thread.close@1": ({"thread": "rid"}, None),
    "device.rename@1": ({"device": "id", "label": "label"}, None),
    "device.revoke@1": ({"device": "id"}, None),
    "dossier.edit@1": ({"family": "id", "field": EDITABLE, "child?": "id", "base": "count", "value": "line"}, None),
    "contact.put@1": (
        {
            "family": "id", "contact": "id", "kind": "collector|emergency", "name": "label", "relation?": "line",
            "phone": "line", "base": "count",
        },
        None,
    ),
    "contact.remove@1": ({"family": "id", "contact": "id", "base": "count"}, None),
    "proof.declare@1": (
        {"family": "id", "kind": "insurance|address|vaccination", "child?": "id", "label?": "line", "valid_until": "day"},
        None,
    ),
    "enrolment.ask@1": (
        {"round": "id", "family?": "id", "items": "items"},
        {"rid": "rid", "child": "id", "group": "id", "answers?": "lines"},
    ),
    "enrolment.paper@1": ({"request": "rid", "papers": "ids"}, None),
    "enrolment.withdraw@1": ({"items": "items"}, {"rid": "rid"}),
    "consent.answer@1": ({"purpose": "quotient|photos", "version": "label", "given": "yes|no"}, None),
}


def is_whole(value: Any, lowest: int, highest: int) -> bool:
    """A whole number within bounds. True and False are no numbers, and 3.5 or 1e400 never get this far."""
    return isinstance(value, int) and not isinstance(value, bool) and lowest <= value <= highest


def is_label(value: Any) -> bool:
    """A name a person gives: 1 to 80 characters, something to read, nothing a database or a screen chokes on."""
    return isinstance(value, str) and len(value) <= 80 and bool(value.strip(" ")) and not _UNSAYABLE.search(value)


def is_text(value: Any) -> bool:
    """Several lines that a person writes: up to 5,000 characters, something to read."""
    sayable = isinstance(value, str) and len(value) <= MOST_TEXT and not _UNSAYABLE_IN_TEXT.search(value)
    return sayable and re.search("[^ \n\t]", value) is not None


def check_request(body: Any) -> Fault | None:
    """The envelope. None when it is sound; ``upgrade_required`` when it speaks another protocol, else ``malformed``."""
    if not isinstance(body, dict):
        return _malformed("")
    unknown = sorted(set(body) - _ENVELOPE)
    if unknown:
        return _malformed(_name(unknown[0]))
    if not is_whole(body.get("proto"), 1, LARGEST_N):
        return _malformed("proto")
    if body["proto"] != PROTO:
        return {"code": "upgrade_required", "path": "proto"}
    sound = {
        "schema": is_whole(body.get("schema"), 1, LARGEST_N),
        "app": _matches(_APP, body.get("app")),
        **{name: _matches(_ID, body.get(name)) for name in ("req", "device", "actor")},
        "clone_guard": "clone_guard" not in body or _matches(_ID, body["clone_guard"]),
        "ack": "ack" not in body or is_whole(body["ack"], 0, LARGEST_N),
        "limit": "limit" not in body or is_whole(body["limit"], 1, MOST_ROWS),
        "cursors": isinstance(body.get("cursors"), dict) and len(body["cursors"]) <= MOST_CURSORS,
        "ops": isinstance(body.get("ops"), list),
    }
    for name, right in sound.items():
        if not right:
            return _malformed(name)
    for scope in sorted(body["cursors"]):
        if not _matches(_ID, scope) or not _is_cursor(body["cursors"][scope]):
            return _malformed(f"cursors.{_name(scope)}")
    if len(body["ops"]) > MOST_OPS:
        return {"code": "too_large", "path": "ops"}
    return next((fault for i, op in enumerate(body["ops"]) if (fault := _check_op(op, f"ops[{i}]"))), None)


def _check_op(op: Any, path: str) -> Fault | None:
    if not isinstance(op, dict):
        return _malformed(path)
    unknown = sorted(set(op) - _OP)
    if unknown:
        return _malformed(f"{path}.{_name(unknown[0])}")
    sound = {
        "n": is_whole(op.get("n"), 1, LARGEST_N),
        "kind": _matches(_VISIBLE, op.get("kind")) and len(op["kind"]) <= 60,
        "at": instant_of(op.get("at")) is not None,
        "hash": "hash" not in op or _matches(_VISIBLE, op["hash"]),
        "args": isinstance(op.get("args"), dict),
        "seen": "seen" not in op or isinstance(op["seen"], dict),
    }
    return next((_malformed(f"{path}.{name}") for name, right in sound.items() if not right), None)


def check_command(kind: str, args: Any) -> Fault | None:
    """The arguments of one command of a sound envelope. ``UNKNOWN_KIND`` or ``MALFORMED``, both reasons of a refusal."""
    if kind not in KINDS:
        return {"code": "UNKNOWN_KIND", "path": "kind"}
    fields, item_fields = KINDS[kind]
    path = _fault_in(args, fields, "args")
    if path is None and item_fields is not None:
        path = _fault_in_items(args["items"], item_fields)
    return None if path is None else {"code": "MALFORMED", "path": path}


def _fault_in_items(items: list[Any], fields: dict[str, str]) -> str | None:
    seen: set[str] = set()
    for i, item in enumerate(items):
        path = _fault_in(item, fields, f"args.items[{i}]")
        if path is not None:
            return path
        if item["rid"] in seen:
            return f"args.items[{i}].rid"
        seen.add(item["rid"])
    return None


def _fault_in(value: Any, fields: dict[str, str], path: str) -> str | None:
    if not isinstance(value, dict):
        return path
    unknown = sorted(set(value) - {field.rstrip("?") for field in fields})
    if unknown:
        return f"{path}.{_name(unknown[0])}"
    for field, shape in fields.items():
        name = field.rstrip("?")
        if name not in value:
            if not field.endswith("?"):
                return f"{path}.{name}"
        elif not _fits(value[name], shape):
            return f"{path}.{name}"
    return None


def _fits(value: Any, shape: str) -> bool:
    if shape == "items":
        return isinstance(value, list) and 1 <= len(value) <= MOST_ITEMS
    if shape == "cents":
        return is_whole(value, 0, MOST_CENTS)
    if shape == "label":
        return is_label(value)
    if shape == "line":
        return isinstance(value, str) and len(value) <= 250 and not _UNSAYABLE.search(value)
    if shape == "text":
        return is_text(value)
    if shape in ("lines", "ids"):
        return _is_table(value, "line" if shape == "lines" else "rid")
    if shape == "files":
        return _is_files(value)
    if shape == "id_path":
        return _matches(_ID_PATH, value)
    if shape == "count":
        return is_whole(value, 0, LARGEST_N)
    if shape == "day":
        return _matches(_DAY, value)
    if shape in ("id", "rid"):
        return _matches(_ID if shape == "id" else _RID, value)
    return isinstance(value, str) and value in shape.split("|")


def _is_cursor(value: Any) -> bool:
    return value is None or (isinstance(value, str) and len(value) <= 60)


def _is_files(value: Any) -> bool:
    """Files that were sent before: one to eight, each once."""
    sound = isinstance(value, list) and 1 <= len(value) <= MOST_FILES and all(_matches(_RID, one) for one in value)
    return sound and len(set(value)) == len(value)


def _is_table(value: Any, shape: str) -> bool:
    """Codes and what belongs to each: at most twenty."""
    if not isinstance(value, dict) or len(value) > MOST_ENTRIES:
        return False
    return all(_matches(_RID, key) and _fits(one, shape) for key, one in value.items())


def _matches(shape: re.Pattern[str], value: Any) -> bool:
    return isinstance(value, str) and shape.fullmatch(value) is not None


def _malformed(path: str) -> Fault:
    return {"code": "malformed", "path": path}


def _name(name: str) -> str:
    """A field's name as it may be told back: what the sender made up is not repeated."""
    return name if _matches(_ID, name) else "?"
