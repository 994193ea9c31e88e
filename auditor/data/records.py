"""Text cut into blocks of whole records: where a quoted line break does not end one."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from auditor.rows import InputError

MAX_RECORD = 128 << 20  # bytes; a record beyond it is a quote that nobody closed, or no text of records


@dataclass(frozen=True, slots=True)
class Form:
    """How records are told apart."""

    delimiter: bytes = b""
    quoting: bool = False  # a field may stand in double quotes


@dataclass(frozen=True, slots=True)
class Lost:
    """A line whose quote nobody closed: left out, so that it does not swallow the lines below it."""

    index: int  # among the records of its block
    line: int  # 1-based line in the file
    last: bool  # the unfinished last line of the file


@dataclass(frozen=True, slots=True)
class Block:
    """Whole records in one piece of bytes; the lines of those that are lost are blank in it."""

    data: bytes
    line: int  # 1-based line in the file of its first byte
    lost: tuple[Lost, ...] = ()
    last: bool = False


@functools.lru_cache(maxsize=16)
def patterns(form: Form) -> tuple[re.Pattern[bytes], re.Pattern[bytes]]:
    """(a record with its line end, a field with the groups quoted, tail and bare).

    Quotes mean something only at the start of a field, as in RFC 4180 and in Arrow's parser.
    """
    end = rb"(?:\r\n|\r|\n|\Z)"
    if not form.quoting:
        stop = re.escape(form.delimiter)
        return re.compile(rb"[^\r\n]*+" + end), re.compile(rb"(?P<quoted>(?!))?(?P<tail>)(?P<bare>[^" + stop + rb"\r\n]*+)")
    stop = rb"[^" + re.escape(form.delimiter) + rb"\r\n]"
    field = rb'(?:"(?:[^"]++|"")*+"' + stop + rb'*+|(?!")' + stop + rb"*+)"
    record = field + rb"(?:" + re.escape(form.delimiter) + field + rb")*+" + end
    one = rb'(?:"(?P<quoted>(?:[^"]++|"")*+)"(?P<tail>' + stop + rb'*+)|(?P<bare>(?!")' + stop + rb"*+))"
    return re.compile(record), re.compile(one)


def cells(record: bytes, form: Form) -> list[str]:
    """The fields of one record, quotes taken off."""
    field, found, at = patterns(form)[1], [], 0
    while (match := field.match(record, at)) is not None:
        quoted, tail, bare = match["quoted"], match["tail"], match["bare"]
        raw = bare if quoted is None else quoted.replace(b'""', b'"') + tail
        found.append(raw.decode("utf-8", "replace").replace("\0", "\ufffd"))
        at = match.end()
        if record[at : at + 1] != form.delimiter:
            break
        at += 1
    return found


def spans(data: bytes, form: Form) -> Iterator[tuple[int, int]]:
    """(start, end) of every record that is no blank line. A loop over records: only for blocks with faults, and samples."""
    record, at = patterns(form)[0], 0
    while at < len(data):
        match = record.match(data, at)
        end = match.end() if match is not None else len(data)
        if data[at:end].strip(b"\r\n"):
            yield at, end
        at = end


def blocks(chunks: Iterator[bytes], form: Form, line: int = 1, name: str = "") -> Iterator[Block]:
    """Blocks of whole records. Raises InputError for a record of more than 128 MB."""
    rest = b""
    for chunk, last in _with_last(chunks):
        data = rest + chunk if rest else chunk
        force = last or len(data) > MAX_RECORD
        block, end = _cut(data, form, line, last=last, force=force)
        if end == 0 and force and not last:
            raise InputError(f"{name}: line {line} has more than {MAX_RECORD >> 20} MB, want records in lines; check the format")
        rest = data[end:]
        line += data.count(b"\n", 0, end)
        if end:
            yield block


def _with_last(chunks: Iterator[bytes]) -> Iterator[tuple[bytes, bool]]:
    before = next(chunks, None)
    while before is not None:
        after = next(chunks, None)
        yield before, after is None
        before = after


def _cut(data: bytes, form: Form, line: int, *, last: bool, force: bool) -> tuple[Block, int]:
    """The block of the whole records at the start of `data`, and where it ends."""
    if not form.quoting or b'"' not in data:
        end = len(data) if last else data.rfind(b"\n") + 1
        return Block(data if end == len(data) else data[:end], line, (), last), end
    found = _by_parity(data, form.delimiter, last)
    if found is None or (found == 0 and force):
        return _walk(data, form, line, last=last, force=force)
    end = found
    return Block(data if end == len(data) else data[:end], line, (), last), end


def _by_parity(data: bytes, delimiter: bytes, last: bool) -> int | None:
    """Where the last whole record ends, by counting quotes; None where one of them stands in no proper place.

    Every quote with an even number before it must follow a delimiter, a line end or a quote, and every other one must
    be followed by one of these: then an odd count is the inside of a cell, by induction from the start.
    """
    octets = np.frombuffer(data, np.uint8)
    quotes = np.flatnonzero(octets == 34)
    ends = np.flatnonzero(octets == 10)
    outside = ends[np.searchsorted(quotes, ends) % 2 == 0]
    end = int(outside[-1]) + 1 if len(outside) else 0
    if last:
        if len(quotes) % 2:
            return None
        end = len(data)
    quotes = quotes[: np.searchsorted(quotes, end)]
    padded = np.concatenate([np.array([10], np.uint8), octets[:end], np.array([10], np.uint8)])
    proper = np.zeros(256, bool)
    proper[[10, 13, 34, delimiter[0]]] = True
    well = proper[padded[quotes[0::2]]].all() and proper[padded[quotes[1::2] + 2]].all()
    return end if well else None


def _walk(data: bytes, form: Form, line: int, *, last: bool, force: bool) -> tuple[Block, int]:
    """The same record by record, for blocks in which quotes stand in odd places."""
    record, field = patterns(form)
    kept: list[bytes] = []
    lost: list[Lost] = []
    at = index = clean = 0
    while at < len(data):
        match = record.match(data, at)
        end = match.end() if match is not None else len(data)
        if match is None and not force:
            break
        if match is not None and end == len(data) and not last and data[end - 1 :] != b"\n":
            break
        if match is None or swallows(data[at:end], field):
            newline = data.find(b"\n", at)
            end = newline + 1 if newline >= 0 else len(data)
            lost.append(Lost(index, line + data.count(b"\n", 0, at), newline < 0))
            kept += [data[clean:at], b"\n" if newline >= 0 else b""]
            clean, index = end, index + 1
        else:
            index += bool(data[at:end].strip(b"\r\n"))
        at = end
    kept.append(data[clean:at])
    return Block(b"".join(kept) if lost else data[:at], line, tuple(lost), last), at


def swallows(record: bytes, field: re.Pattern[bytes]) -> bool:
    """True where a quoted field goes over a line end and its closing quote is followed by more text: nobody meant it so."""
    if b"\n" not in record.rstrip(b"\r\n"):
        return False
    at = 0
    while at < len(record) and (match := field.match(record, at)) is not None:
        if match["tail"] and b"\n" in match["quoted"]:
            return True
        at = match.end() + 1
    return False
