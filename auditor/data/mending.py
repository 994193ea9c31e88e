"""Bytes that are no text, shown as U+FFFD and counted."""

from __future__ import annotations

import re

from auditor.data.records import Block, Form, spans
from auditor.rows import Fault


def mended(block: Block, form: Form) -> tuple[bytes, list[Fault]]:
    """The text with invalid UTF-8 and NUL as U+FFFD, and a Fault for every record that had some (row: index in the block)."""
    data, faults = block.data, []
    if b"\0" not in data and _is_utf8(data):
        return data, []
    gone = {one.index for one in block.lost}
    kept = (i for i in range(len(data) + len(gone)) if i not in gone)
    for start, end in spans(data, form):
        record, index = data[start:end], next(kept)
        nul, broken = b"\0" in record, not _is_utf8(record)
        if nul or broken:
            line = block.line + data.count(b"\n", 0, start)
            faults += [Fault(kind="nul", row=index, line=line, lost=False)] * nul
            faults += [Fault(kind="invalid-utf8", row=index, line=line, lost=False)] * broken
    return data.decode("utf-8", "replace").replace("\0", "\ufffd").encode(), faults


def _is_utf8(data: bytes) -> bool:
    if data.isascii():
        return True
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


_HIGH, _LOW = rb"[89abAB][0-9a-fA-F]{2}", rb"[c-fC-F][0-9a-fA-F]{2}"
_LONE = re.compile(
    rb"\\u[dD](?:" + _HIGH + rb"(?!\\u[dD]" + _LOW + rb")|" + _LOW + rb"(?<!\\u[dD]" + _HIGH + rb"\\u[dD]" + _LOW + rb"))"
)
"""Half of a surrogate pair alone. It begins with plain letters, which Python finds fast."""

_ESCAPE = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(?P<lone>u[dD][89a-fA-F][0-9a-fA-F]{2})|(?P<nul>u0000)|.)",
    re.DOTALL,
)
"""JSON escapes one by one, so that an escaped backslash before a `u` is not taken for an escape."""


def without_lone_escapes(record: bytes) -> bytes:
    """JSON text whose escaped NULs and halves of surrogate pairs became U+FFFD; the same object where there are none."""
    suspicious = b"\\u0000" in record or ((b"\\ud" in record or b"\\uD" in record) and _LONE.search(record) is not None)
    if not suspicious:
        return record
    mended = _ESCAPE.sub(lambda m: b"\\ufffd" if m["lone"] or m["nul"] else m[0], record)
    return record if mended == record else mended
