"""One JSON array, element by element, in bounded memory."""

from __future__ import annotations

import codecs
import itertools
import json
import re
from collections.abc import Iterator
from typing import Any, Literal

from auditor.data.mending import without_lone_escapes
from auditor.data.records import MAX_RECORD
from auditor.data.stream import TextFile, shown
from auditor.rows import Fault, InputError

SPACE = re.compile(r"[ \t\r\n]*")
ODD = re.compile("[\udc00-\udcff]")  # what stands for a NUL (dc00) or an invalid byte until it is counted
Elements = tuple[bytes, int, int, tuple[Fault, ...]]  # text with a line end after each, count, first line, faults
State = Literal["start", "value", "comma", "end"]


def documents(data: bytes) -> Iterator[dict[str, Any]]:
    """The objects of a piece of `elements`."""
    text, at, decode = data.decode(), 0, json.JSONDecoder().raw_decode
    while at < len(text):
        value, end = decode(text, at)
        yield value
        at = end + 1


def elements(file: TextFile) -> Iterator[Elements]:
    """The objects of an array, about 8 MB of text at a time. Raises InputError for broken JSON and what is no object."""
    text = _Text(file)
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    state: State | None = None
    for chunk in itertools.chain(file.chunks(), [None]):
        text.take(decoder.decode(chunk or b"", final=chunk is None).replace("\0", "\udc00"))
        if state is None:
            text.at, state = text.space() + 1, "start"  # behind the bracket
        piece, state = _elements(text, state, last=chunk is None)
        if piece[1]:
            yield piece
    if state != "end":
        raise text.broken("the array is not closed", len(text.text))


class _Text:
    """The text that is not used up yet, and where in the file it begins."""

    def __init__(self, file: TextFile) -> None:
        self.name = shown(file.path)
        self.text = ""
        self.at = 0  # position in `text`
        self.line = 1  # line where `text` begins
        self.column = 0  # characters of that line before `text`
        self.count = 0  # elements so far
        self.decode = json.JSONDecoder().raw_decode

    def take(self, more: str) -> None:
        """Lets go of what is used up and adds what was read."""
        used = self.text[: self.at]
        lines = used.count("\n")
        self.line += lines
        self.column = len(used) - used.rfind("\n") - 1 if lines else self.column + len(used)
        self.text, self.at = self.text[self.at :] + more, 0

    def space(self) -> int:
        match = SPACE.match(self.text, self.at)
        return match.end() if match else self.at

    def value_end(self, at: int, *, last: bool) -> int | None:
        """Where the value at `at` ends; None where it goes on in what is not read yet."""
        try:
            return int(self.decode(self.text, at)[1])
        except json.JSONDecodeError as cause:
            if last or len(self.text) - at > MAX_RECORD:
                raise self.broken(cause.msg, cause.pos) from None
            return None
        except RecursionError:
            raise self.broken("nested too deep", at) from None

    def line_of(self, at: int) -> int:
        return self.line + self.text.count("\n", 0, at)

    def broken(self, why: str, at: int) -> InputError:
        line = self.text.rfind("\n", 0, at)
        column = at - line if line >= 0 else self.column + at + 1
        return InputError(f"{self.name}: line {self.line_of(at)}, column {column}: broken JSON ({why}), want an array of objects")


def _elements(text: _Text, state: State, *, last: bool) -> tuple[Elements, State]:
    """The whole elements in the text, and the state behind them. A loop over elements: an array has no lines to cut at."""
    found: list[bytes] = []
    faults: list[Fault] = []
    first = text.line_of(text.at)
    while (at := text.space()) < len(text.text):
        sign = text.text[at]
        if state == "end":
            raise text.broken("something stands after the array", at)
        if sign == "]" and state != "comma":
            text.at, state = at + 1, "end"
        elif state == "value":
            if sign != ",":
                raise text.broken("Expecting ',' or ']'", at)
            text.at, state = at + 1, "comma"
        else:
            if sign != "{" and sign in '["-0123456789tfnIN':
                line = text.line_of(at)
                raise InputError(f"{text.name}: element {text.count + 1} (line {line}) is no object, want an array of objects")
            end = text.value_end(at, last=last)
            if end is None:
                break
            record, fault = _mended(text.text[at:end])
            if fault:
                faults.append(Fault(kind=fault, row=len(found), line=text.line_of(at), lost=False))
            found.append(record)
            text.at, text.count, state = end, text.count + 1, "value"
    return (b"".join(one + b"\n" for one in found), len(found), first, tuple(faults)), state


def _mended(element: str) -> tuple[bytes, Literal["nul", "invalid-utf8"] | None]:
    """The element as UTF-8, and what was wrong with it."""
    try:
        raw = element.encode()
    except UnicodeEncodeError:
        return ODD.sub("\ufffd", element).encode(), "nul" if "\udc00" in element else "invalid-utf8"
    record = without_lone_escapes(raw)
    return record, None if record is raw else "invalid-utf8"
