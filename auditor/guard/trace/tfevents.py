"""TensorBoard event files: length-prefixed records with masked CRC-32C, and the few protobuf fields that hold scalars."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

CHECKED = 65_536  # bytes: longer records (images, histograms) hold no scalar and are passed over unchecked
DOUBLE, FLOAT = 2, 1  # dtype numbers of a tensor


def _table() -> list[int]:
    table = []
    for i in range(256):
        crc = i
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)  # Castagnoli, reflected
        table.append(crc)
    return table


TABLE = _table()


def masked_crc(data: bytes) -> int:
    """CRC-32C of the bytes, rotated and offset as the record format asks (RFC 3720 for the polynomial)."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc = TABLE[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    crc ^= 0xFFFFFFFF
    return (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF


@dataclass(frozen=True, slots=True, kw_only=True)
class Scalar:
    """One logged number."""

    tag: str
    step: int
    value: float
    time: float  # seconds since 1970


def scalars(path: Path) -> tuple[list[Scalar], list[str]]:
    """Every scalar of a file in its order, and what had to be left out: reading ends at the first broken record."""
    found: list[Scalar] = []
    data = path.read_bytes()
    at, number = 0, 0
    while at < len(data):
        number += 1
        if at + 12 > len(data):
            return found, [f"{path.name}: is cut off in record {number}: read up to it"]
        (length, check) = struct.unpack_from("<QI", data, at)
        if masked_crc(data[at : at + 8]) != check:
            return found, [f"{path.name}: record {number} fails its checksum: read up to it"]
        end = at + 12 + length + 4
        if end > len(data):
            return found, [f"{path.name}: is cut off in record {number}: read up to it"]
        body = data[at + 12 : at + 12 + length]
        if length <= CHECKED:
            if masked_crc(body) != struct.unpack_from("<I", data, end - 4)[0]:
                return found, [f"{path.name}: record {number} fails its checksum: read up to it"]
            try:
                found += _event(body)
            except (IndexError, struct.error, UnicodeDecodeError, ValueError):
                return found, [f"{path.name}: record {number} is no event: read up to it"]
        at = end
    return found, []


def _fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """(field number, value) of a protobuf message: an int for varints, the raw bytes for everything else."""
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        kind = key & 7
        if kind == 0:
            value, at = _varint(data, at)
            yield key >> 3, value
            continue
        if kind == 2:
            size, at = _varint(data, at)
        elif kind in (1, 5):
            size = 8 if kind == 1 else 4
        else:
            raise ValueError(f"got wire type {kind}, want 0, 1, 2 or 5")
        if at + size > len(data):
            raise ValueError("a field runs past the end of its message")
        yield key >> 3, data[at : at + size]
        at += size


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if not byte & 0x80:
            return value, at


def _event(data: bytes) -> list[Scalar]:
    time, step, summaries = 0.0, 0, []
    for number, value in _fields(data):
        if number == 1 and isinstance(value, bytes):
            (time,) = struct.unpack("<d", value)
        elif number == 2 and isinstance(value, int):
            step = value - (1 << 64) if value >> 63 else value
        elif number == 5 and isinstance(value, bytes):
            summaries.append(value)
    found = []
    for summary in summaries:
        for number, entry in _fields(summary):
            if number == 1 and isinstance(entry, bytes) and (pair := _value(entry)) is not None:
                found.append(Scalar(tag=pair[0], step=step, value=pair[1], time=time))
    return found


def _value(data: bytes) -> tuple[str, float] | None:
    tag, number = "", None
    for field, value in _fields(data):
        if not isinstance(value, bytes):
            continue
        if field == 1:
            tag = value.decode()
        elif field == 2 and len(value) == 4:
            (number,) = struct.unpack("<f", value)
        elif field == 8:
            number = _tensor(value)
    return None if number is None else (tag, float(number))


def _tensor(data: bytes) -> float | None:
    """The value of a 0-d float or double tensor."""
    kind, content = 0, b""
    for field, value in _fields(data):
        if field == 1 and isinstance(value, int):
            kind = value
        elif field in (4, 5, 6) and isinstance(value, bytes):
            content = value
    if kind == FLOAT and len(content) == 4:
        return float(struct.unpack("<f", content)[0])
    return float(struct.unpack("<d", content)[0]) if kind == DOUBLE and len(content) == 8 else None
