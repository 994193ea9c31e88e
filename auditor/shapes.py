"""The closed set of evidence shapes: what a page can draw. Imports nothing of ours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Cell = str | int | float | bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Evidence as a table of at most a few dozen lines."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One named line, bar set or dot set. `x` is numbers, or categories as strings."""

    name: str
    x: tuple[float | str, ...]
    y: tuple[float | None, ...]
    low: tuple[float | None, ...] = ()  # interval ends, same length as y, or empty
    high: tuple[float | None, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A value on the x or y axis worth a line: a limit, a step."""

    axis: Literal["x", "y"]
    at: float
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Histogram:
    """Counts or shares by bin (x = left edges, `width` the bin width) or by category."""

    title: str
    x_label: str
    y_label: str
    series: tuple[Series, ...]
    marks: tuple[Mark, ...] = ()
    width: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix:
    """A small matrix of numbers; None = nothing to show in that cell."""

    title: str
    row_label: str
    column_label: str
    row_names: tuple[str, ...]
    column_names: tuple[str, ...]
    values: tuple[tuple[float | None, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """Lines over numbers, or dots with intervals over categories."""

    title: str
    x_label: str
    y_label: str
    series: tuple[Series, ...]
    marks: tuple[Mark, ...] = ()


Evidence = Table | Histogram | Matrix | Curve
