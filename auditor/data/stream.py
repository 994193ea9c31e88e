"""The bytes of a file: unpacked, decoded to UTF-8, in blocks; and what a file is by its first bytes."""

from __future__ import annotations

import codecs
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa

from auditor.rows import InputError

Packing = Literal["", "gzip", "zstd"]
BLOCK = 8 << 20  # bytes read at a time: large enough for Arrow's speed, a few of them fit anywhere
HEAD = 64 << 10  # bytes that decide what a file is

MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"PAR1", "Parquet"),
    (b"ARROW1", "Arrow"),
    (b"\xff\xff\xff\xff", "Arrow stream"),
    (b"FEA1", "Feather version 1"),
    (b"\x1f\x8b", "gzip"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"PK\x03\x04", "zip"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"7z\xbc\xaf", "7-Zip"),
    (b"SQLite format 3", "SQLite"),
    (b"%PDF-", "PDF"),
    (b"\x89HDF", "HDF5"),
    (b"\x93NUMPY", "NumPy"),
    (b"\x89PNG", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"\xd0\xcf\x11\xe0", "old Excel"),
    *((b"\x80" + bytes([protocol]), "pickle") for protocol in range(2, 6)),
)
"""First bytes of what is taken for text or columns by mistake, as each format's specification has them."""

BOMS: tuple[tuple[bytes, str], ...] = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
"""Byte order marks, the longer before those they begin with."""

BINARY_SHARE = 0.05  # control bytes beyond it make a file binary: text has next to none, machine code about 10 %

FEW_CONTROLS = 16  # that many may stand in the smallest file: they are shown as they are, or as U+FFFD, and counted


def shown(path: Path | str) -> str:
    """A path as a message may show it: control characters and quotes are inert."""
    return repr(str(path))


def one_line(cause: Exception) -> str:
    """What a library said, in one line of at most 200 characters."""
    return " ".join(str(cause).split())[:200]


def digest_of(path: Path) -> str:
    """SHA-256 of the bytes of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def first_bytes(path: Path, count: int = HEAD) -> bytes:
    """The first bytes as they lie on the disk. Raises InputError where the file is empty or may not be read."""
    try:
        with path.open("rb") as file:
            head = file.read(count)
    except OSError as cause:
        raise InputError(f"{shown(path)}: cannot be read ({cause.strerror}); check that it is a file you may read") from None
    if not head:
        raise InputError(f"{shown(path)}: got an empty file, want at least one record")
    return head


def what_it_is(head: bytes) -> str:
    """The format that the first bytes tell, "" where they tell none."""
    found = next((name for magic, name in MAGIC if head.startswith(magic)), "")
    page = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:15].lower()
    return found or ("HTML" if page.startswith((b"<!doctype html", b"<html")) else "")


@dataclass(frozen=True, slots=True)
class TextFile:
    """A text file, read as UTF-8 without byte order mark."""

    path: Path
    packing: Packing = ""
    encoding: str = "utf-8"
    mark: int = 0  # bytes of the byte order mark
    returns: bool = False  # lines end in a carriage return alone
    said: tuple[str, ...] = ()

    def chunks(self, skip: int = 0) -> Iterator[bytes]:
        """The text from byte `skip` on in blocks of 8 MB; invalid UTF-8 stays in it. Raises InputError for a broken packing."""
        raw = _blocks(self.path, self.packing)
        text = _decoded(raw, self.encoding, self.mark)
        for block in text:
            block = block.replace(b"\r", b"\n") if self.returns else block
            if skip < len(block):
                yield block[skip:] if skip else block
                skip = 0
            else:
                skip -= len(block)

    def head(self) -> bytes:
        """The first block; b"" where there is nothing in it."""
        return next(self.chunks(), b"")


def open_text(path: Path, packing: Packing, want: str) -> TextFile:
    """A file of text, by its first bytes. Raises InputError for what is none."""
    head = first_bytes(path)
    if packing and what_it_is(head) != packing:
        raise InputError(
            f"{shown(path)}: its ending says {packing}, its first bytes do not ({head[:4]!r}); rename it or pack it again"
        )
    if packing:
        head = next(_blocks(path, packing), b"")[:HEAD]
    if not head:
        raise InputError(f"{shown(path)}: got an empty file, want at least one record")
    mark, encoding = next(((len(m), name) for m, name in BOMS if head.startswith(m)), (0, "utf-8"))
    if not mark:
        _refuse_binary(path, head, want)
    elif what_it_is(head) == "HTML":
        raise InputError(f"{shown(path)}: got an HTML page, want {want}; download the data itself")
    said = (
        ()
        if not mark
        else ("a UTF-8 byte order mark was left out",)
        if encoding == "utf-8"
        else (f"read as {encoding.upper()} by its byte order mark",)
    )
    returns = b"\r" in head and b"\n" not in head
    return TextFile(path, packing, encoding, mark, returns, said)


def _refuse_binary(path: Path, head: bytes, want: str) -> None:
    found = what_it_is(head)
    if found == "HTML":
        raise InputError(f"{shown(path)}: got an HTML page, want {want}; download the data itself")
    if found == "pickle":
        raise InputError(f"{shown(path)}: got a pickle, which can run code and is never opened; save the data as Parquet")
    if found in ("gzip", "zstd"):
        ending = {"gzip": ".gz", "zstd": ".zst"}[found]
        raise InputError(f"{shown(path)}: got {found} data, want {want}; add {ending} to the file's name")
    if found:
        raise InputError(f"{shown(path)}: got {found} data, want {want}; give the file its right ending or convert it")
    controls = sum(head.count(bytes([c])) for c in range(32) if c not in (9, 10, 12, 13, 27))
    if controls > FEW_CONTROLS + BINARY_SHARE * len(head):
        raise InputError(
            f"{shown(path)}: got binary data ({controls:,} control bytes in the first {len(head):,}), want {want}; convert it"
        )


def _blocks(path: Path, packing: Packing) -> Iterator[bytes]:
    try:
        with path.open("rb") as plain:
            file: Any = pa.CompressedInputStream(pa.PythonFile(plain, "r"), packing) if packing else plain
            while True:
                parts, size = [], 0
                while size < BLOCK and (part := file.read(BLOCK - size)):
                    parts.append(part)
                    size += len(part)
                if not size:
                    return
                yield b"".join(parts) if len(parts) > 1 else parts[0]
    except OSError as cause:
        if packing and cause.errno is None:
            raise InputError(f"{shown(path)}: the {packing} data is broken or cut ({cause}); fetch or pack it again") from None
        raise InputError(
            f"{shown(path)}: cannot be read ({cause.strerror or cause}); check that it is a file you may read"
        ) from None


def _decoded(blocks: Iterator[bytes], encoding: str, mark: int) -> Iterator[bytes]:
    decoder = None if encoding == "utf-8" else codecs.getincrementaldecoder(encoding)("replace")
    for i, block in enumerate(blocks):
        plain = block[mark:] if i == 0 else block
        text = plain if decoder is None else decoder.decode(plain).encode("utf-8", "replace")
        if text:
            yield text
    if decoder is not None and (rest := decoder.decode(b"", final=True)):
        yield rest.encode("utf-8", "replace")
