"""How a delimited file is written, told from its first block: delimiter, quoting, header, padding."""

from __future__ import annotations

import itertools
import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from auditor.data.records import Form, cells, patterns, spans, swallows
from auditor.data.stream import TextFile, shown
from auditor.rows import InputError

LOOKED_AT = 1_000  # records that decide on delimiter and header
CONSISTENT = 0.95  # share of them that must have as many of a delimiter as the first
OTHERS = (b",", b";", b"\t", b"|")
NAMES = {b",": "comma", b";": "semicolon", b"\t": "tab", b"|": "bar"}


@dataclass(frozen=True, slots=True)
class Dialect:
    """What was found, and what of it had to be assumed."""

    form: Form
    names: tuple[str, ...]
    skip: int  # bytes of the header
    line: int  # 1-based line of the first record
    padded: bool  # a blank follows every delimiter of the first block
    said: tuple[str, ...] = ()


def dialect(file: TextFile, own: bytes) -> Dialect:
    """The dialect of a file whose ending means the delimiter `own`.

    Raises InputError for a file with no record and for column names that stand twice.
    """
    chunks = file.chunks()
    sample = next(chunks, b"")
    whole = next(chunks, None) is None
    if not whole:
        sample = sample[: sample.rfind(b"\n") + 1] or sample
    delimiter = _delimiter(sample, own)
    said = [] if delimiter == own else [f"fields are told apart by {NAMES[delimiter]}: the first line has no {NAMES[own]}"]
    form = Form(delimiter, _quoting(sample, Form(delimiter, True), strict=own == b"\t", whole=whole))
    if not form.quoting:
        said.append("quotes are taken as text: some begin a field and are not closed at the end of one")
    found = list(itertools.islice(spans(sample, form), LOOKED_AT + 1))
    if not found:
        raise InputError(f"{shown(file.path)}: got blank lines only, want a header and at least one record")
    padded = is_padded(sample[found[0][1] :] or sample, form)
    plain = [sample[a:b].rstrip(b"\r\n") for a, b in found]
    records = [cells(unpadded(record, form) if padded else record, form) for record in plain]
    first = [c.strip() for c in records[0]]
    if headerless(records[0], records[1:]):
        names = tuple(f"column_{i + 1}" for i in range(len(first)))
        said.append(
            f"no header: the first line holds values like those below it; columns are named column_1 to column_{len(first)}"
        )
        skip = 0
    else:
        names, more = _named(first, file)
        said += more
        skip = found[0][1]
        if len(found) == 1:
            raise InputError(f"{shown(file.path)}: got a header of {len(names)} columns and no record, want at least one record")
    return Dialect(form, names, skip, 1 + sample.count(b"\n", 0, skip), padded, tuple(said))


def is_padded(data: bytes, form: Form) -> bool:
    """True where a blank follows every delimiter that stands outside of quotes, and there is one."""
    if form.quoting and b'"' in data:
        data = re.sub(rb'"(?:[^"]++|"")*+"', b"q", data)
    count = data.count(form.delimiter)
    return form.delimiter in (b",", b";", b"|") and count > 0 and data.count(form.delimiter + b" ") == count


def unpadded(data: bytes, form: Form) -> bytes:
    """The data with the blanks after delimiters taken away."""
    if form.quoting and b'"' in data:
        return re.sub(rb'("(?:[^"]++|"")*+")|(?<=' + re.escape(form.delimiter) + rb") +", rb"\1", data)
    return re.sub(re.escape(form.delimiter) + rb" +", form.delimiter, data)


def _delimiter(sample: bytes, own: bytes) -> bytes:
    """The delimiter of the ending; another one where the first line has none of it and the records agree on the other."""
    lines = [line for line in sample.split(b"\n", LOOKED_AT)[:LOOKED_AT] if line.strip()]
    if not lines or own in lines[0]:
        return own
    for other in OTHERS:
        count = lines[0].count(other)
        form = Form(other, True)
        counts = [len(cells(line.rstrip(b"\r"), form)) - 1 for line in lines]
        if count and counts.count(counts[0]) >= CONSISTENT * len(counts):
            return other
    return own


def _quoting(sample: bytes, form: Form, *, strict: bool, whole: bool) -> bool:
    """Whether quotes enclose fields: not where they swallow lines and are not closed at the end of their field.

    In a TSV one such field decides, since many writers of it never quote; elsewhere it takes more of them than of
    fields that are closed as they should be, and single ones are left out as faults.
    """
    if b'"' not in sample:
        return True
    pattern, field = patterns(form)
    broken = well = 0
    for start, end in spans(sample, form):
        record = sample[start:end]
        if b'"' not in record or (end == len(sample) and not whole):  # the last record of a sample may go on
            continue
        cut = pattern.match(record) is None and b"\n" not in record
        broken += not cut and (pattern.match(record) is None or swallows(record, field))
        well += record.count(b'"' + form.delimiter) + record.rstrip(b"\r\n").endswith(b'"')
        if strict and broken:
            return False
    return broken <= well


def headerless(first: Sequence[str], rest: Sequence[Sequence[str]]) -> bool:
    """True only where it is certain that the first record holds values.

    Against it speaks a cell that is no number above a column of numbers. For it speak: a text that comes again at
    least twice below itself in a column that has other texts too (so that neither a survey's tick columns nor headers
    repeated in joined files count), or three and more numbers above numbers that do not rise throughout, nor fall as
    whole numbers (so that years or positions as names do not count).
    """
    rest = [r for r in rest if len(r) == len(first) and list(r) != list(first)]
    if not rest:
        return False
    numbers: list[float] = []
    evident = False
    for i, cell in enumerate(c.strip() for c in first):
        below = [text for r in rest if (text := r[i].strip())]
        value = number(cell)
        if below and all(number(v) is not None for v in below):
            if value is None:
                return False
            numbers.append(value)
        elif cell and value is None:
            counts = Counter(below)
            evident |= counts[cell] >= 2 and len(counts) >= 2
    steps = [b - a for a, b in itertools.pairwise(numbers)]
    rising, falling = all(s > 0 for s in steps), all(s < 0 for s in steps)
    whole = all(n == int(n) for n in numbers)
    return evident or (len(steps) >= 2 and not rising and not (falling and whole))


def number(text: str) -> float | None:
    """The finite number that a text spells, or None."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) and "_" not in text else None


def _named(cells: list[str], file: TextFile) -> tuple[tuple[str, ...], list[str]]:
    """The column names; those that are empty are named by their place."""
    names = [c or f"column_{i + 1}" for i, c in enumerate(cells)]
    twice = next((n for n in names if names.count(n) > 1), None)
    if twice is not None:
        at = [str(i + 1) for i, n in enumerate(names) if n == twice]
        raise InputError(
            f"{shown(file.path)}: line 1 has the column name {twice!r} {len(at)} times (columns {', '.join(at[:6])}), "
            "want each once; rename them"
        )
    said = [f"column {i + 1} has no name: it is called {names[i]!r}" for i, c in enumerate(cells) if not c]
    if any(number(c) is not None for c in cells):
        said.append("the first line is taken as column names, although some of them are numbers")
    return tuple(names), said
