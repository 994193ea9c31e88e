"""Evidence as Vega-Lite dicts with fixed field names (x, y, g): histogram, matrix, curve. Column names travel as values only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from auditor.model import Curve, Evidence, Histogram, Mark, Matrix, Series
from auditor.reports.visible import cut, one_line

COLOURS = ("var(--c1)", "var(--c2)", "var(--c3)", "var(--c4)", "var(--c5)", "var(--c6)")
STEPS = ("var(--h0)", "var(--h1)", "var(--h2)", "var(--h3)", "var(--h4)")
"""Heat-map colours: a continuous scale over variables comes out black, so cells are cut into five steps."""
DASHES: tuple[list[int], ...] = ([1, 0], [6, 3], [2, 3], [8, 3, 2, 3], [1, 2], [10, 4])
"""So that lines differ in more than colour."""
WIDTH = 600  # px of the plot without its axes
LABEL = 34  # characters of a category on an axis
TALL_STEP, LOW_STEP = 20, 13  # px a category
MANY = 20  # categories from which bars get thinner
SMALL = 12  # cells a side up to which a matrix shows its numbers
PADDING = {"left": 18, "right": 18, "top": 6, "bottom": 4}  # px; a browser's font may be wider than the one measured with
Spec = dict[str, Any]

CONFIG: Spec = {
    "background": None,
    "font": "sans-serif",
    "view": {"stroke": None},
    "axis": {
        "labelColor": "var(--ink-2)",
        "titleColor": "var(--ink-2)",
        "titleFontWeight": "normal",
        "titleFontSize": 12,
        "labelFontSize": 11,
        "gridColor": "var(--line)",
        "domainColor": "var(--line)",
        "tickColor": "var(--line)",
        "titlePadding": 8,
        "labelLimit": 190,
        "tickCount": 5,
        "labelPadding": 5,
        "ticks": False,
        "domain": False,
    },
}


def spec_of(evidence: Evidence) -> Spec | None:
    """The Vega-Lite dict of a piece of evidence; None for a table, or where there is nothing to draw."""
    if isinstance(evidence, Histogram):
        made = _bins(evidence) if evidence.width is not None else _bars(evidence)
    elif isinstance(evidence, Matrix):
        made = _cells(evidence)
    elif isinstance(evidence, Curve):
        made = _dots(evidence) if _categorical(evidence.series) else _lines(evidence)
    else:
        return None
    return made


def whole(spec: Spec) -> Spec:
    """The spec with what every chart of ours has."""
    return {"$schema": "https://vega.github.io/schema/vega-lite/v5.json", "config": CONFIG, "padding": PADDING, **spec}


def named(evidence: Evidence) -> tuple[str, ...]:
    """Names for the legend: those of the series, where there are two or more."""
    series = getattr(evidence, "series", ())
    return tuple(s.name for s in series) if len(series) > 1 else ()


def _categorical(series: Sequence[Series]) -> bool:
    return any(isinstance(x, str) for s in series for x in s.x)


def _name(x: float | str) -> str:
    return cut(one_line(x if isinstance(x, str) else f"{x:g}"), LABEL)


def _axis(title: str, **more: Any) -> Spec:
    return {"title": cut(one_line(title), 80) or None, **more}


def _layer(mark: Spec, values: Sequence[Mapping[str, Any]], encoding: Spec) -> Spec:
    return {"data": {"values": list(values)}, "mark": mark, "encoding": encoding}


def _rules(marks: Sequence[Mark], series: Sequence[Series], *, swap: bool = False) -> list[Spec]:
    """Lines at limits and steps, each with its word. `swap`: the chart lies on its side."""
    layers = []
    far = _far(series, swap)
    for i, m in enumerate(m for m in marks if m.at is not None):
        across = (m.axis == "x") != swap
        value = [{"v": m.at, "t": cut(one_line(m.label), 40)}]
        where: Spec = {"x" if across else "y": {"field": "v", "type": "quantitative"}}
        late = across and m.at > far
        word = {
            "type": "text",
            "color": "var(--ink)",
            "fontSize": 11,
            "align": "right" if late else "left",
            "dx": -4 if late else 4,
        }
        place = {"y": {"value": 9 + 14 * (i % 4)}} if across else {"x": {"value": 0}}
        layers.append(_layer({"type": "rule", "color": "var(--ink)", "strokeDash": [4, 3]}, value, where))
        layers.append(
            _layer({**word, "dy": 0 if across else -6}, value, {**where, **place, "text": {"field": "t", "type": "nominal"}})
        )
    return layers


def _far(series: Sequence[Series], swap: bool) -> float:
    """Where the last third of the drawn axis begins: words there stand left of their line."""
    seen = [v for s in series for v in ((*s.y, *s.low, *s.high) if swap else s.x) if v is not None and not isinstance(v, str)]
    return min(seen) + (max(seen) - min(seen)) * 2 / 3 if seen else float("inf")


def _order(series: Sequence[Series]) -> list[str]:
    return list(dict.fromkeys(_name(x) for s in series for x in s.x))


def _height(categories: int, series: int) -> Spec:
    return {"step": (TALL_STEP if categories <= MANY else LOW_STEP) + 11 * (min(series, 5) - 1), "for": "position"}


def _bars(h: Histogram) -> Spec | None:
    order = _order(h.series)
    if not order:
        return None
    y: Spec = {"field": "x", "type": "nominal", "sort": order, "axis": _axis(h.x_label if len(order) > 1 else "", grid=False)}
    layers = []
    for i, s in enumerate(h.series):
        values = [{"x": _name(x), "y": v, "g": str(i)} for x, v in zip(s.x, s.y, strict=False) if v is not None]
        encoding = {"y": y, "x": {"field": "y", "type": "quantitative", "axis": _axis(h.y_label)}}
        if len(h.series) > 1:
            encoding["yOffset"] = {"field": "g", "type": "nominal", "sort": [str(k) for k in range(len(h.series))]}
        mark: Spec = {"type": "bar", "color": COLOURS[i % len(COLOURS)]}
        layers.append(_layer(mark, values, encoding))
    return {
        "width": WIDTH,
        "height": _height(len(order), len(h.series)),
        "layer": [*layers, *_rules(h.marks, h.series, swap=True)],
    }


def _bins(h: Histogram) -> Spec | None:
    layers = []
    for i, s in enumerate(h.series):
        values = [
            {"x": x, "e": x + (h.width or 0), "y": v}
            for x, v in zip(s.x, s.y, strict=False)
            if v is not None and not isinstance(x, str)
        ]
        encoding = {
            "x": {
                "field": "x",
                "type": "quantitative",
                "axis": _axis(h.x_label, grid=False),
                "scale": {"zero": False, "nice": False},
            },
            "x2": {"field": "e"},
            "y": {"field": "y", "type": "quantitative", "axis": _axis(h.y_label)},
            "y2": {"datum": 0},
        }
        clear = 0.9 if len(h.series) == 1 else 0.5
        mark: Spec = {"type": "bar", "color": COLOURS[i % len(COLOURS)], "opacity": clear, "binSpacing": 1}
        layers.append(_layer(mark, values, encoding))
    return {"width": WIDTH, "height": 180, "layer": [*layers, *_rules(h.marks, h.series)]} if layers else None


def _points(s: Series) -> list[Spec]:
    low = s.low or (None,) * len(s.y)
    high = s.high or (None,) * len(s.y)
    return [
        {"x": x if not isinstance(x, str) else _name(x), "y": y, "l": a, "h": b}
        for x, y, a, b in zip(s.x, s.y, low, high, strict=False)
        if y is not None
    ]


def _lines(c: Curve) -> Spec | None:
    layers: list[Spec] = []
    x: Spec = {
        "field": "x",
        "type": "quantitative",
        "axis": _axis(c.x_label, grid=False),
        "scale": {"zero": False, "nice": False},
    }
    y: Spec = {"field": "y", "type": "quantitative", "axis": _axis(c.y_label), "scale": {"zero": False}}
    for i, s in enumerate(c.series):
        values = _points(s)
        colour = COLOURS[i % len(COLOURS)]
        banded = [v for v in values if v["l"] is not None and v["h"] is not None]
        if banded:
            band: Spec = {"x": x, "y": {**y, "field": "l"}, "y2": {"field": "h"}}
            layers.append(_layer({"type": "area", "color": colour, "opacity": 0.18}, banded, band))
        line: Spec = {"type": "line", "color": colour, "strokeWidth": 2, "strokeDash": DASHES[i % len(DASHES)]}
        layers.append(_layer(line, values, {"x": x, "y": y}))
        if len(values) <= MANY:
            layers.append(_layer({"type": "point", "color": colour, "filled": True, "size": 28}, values, {"x": x, "y": y}))
    return {"width": WIDTH, "height": 220, "layer": [*layers, *_rules(c.marks, c.series)]} if layers else None


def _dots(c: Curve) -> Spec | None:
    """Dots with intervals over categories, lying on their side so that names can be read."""
    order = _order(c.series)
    if not order:
        return None
    y: Spec = {"field": "x", "type": "nominal", "sort": order, "axis": _axis("", grid=False)}
    drawn = [v for s in c.series for v in (*s.y, *s.low) if v is not None]
    shares = bool(drawn) and min(drawn) >= 0 and max(drawn) <= 1
    x: Spec = {"field": "y", "type": "quantitative", "axis": _axis(c.y_label), "scale": {"zero": shares}}
    layers: list[Spec] = []
    for i, s in enumerate(c.series):
        values = [{**v, "g": str(i)} for v in _points(s)]
        where: Spec = {"y": y}
        if len(c.series) > 1:
            where["yOffset"] = {"field": "g", "type": "nominal", "sort": [str(k) for k in range(len(c.series))]}
        colour = COLOURS[i % len(COLOURS)]
        spans = [v for v in values if v["l"] is not None and v["h"] is not None]
        if spans:
            span = {**where, "x": {**x, "field": "l"}, "x2": {"field": "h"}}
            layers.append(_layer({"type": "rule", "color": colour, "strokeWidth": 3, "opacity": 0.45}, spans, span))
        shape = ("circle", "square", "diamond", "triangle-up", "cross", "triangle-down")[i % 6]
        dot: Spec = {"type": "point", "color": colour, "filled": True, "size": 70, "opacity": 1, "shape": shape}
        layers.append(_layer(dot, values, {**where, "x": x}))
    return {
        "width": WIDTH,
        "height": _height(len(order), len(c.series)),
        "layer": [*layers, *_rules(c.marks, c.series, swap=True)],
    }


def _cells(m: Matrix) -> Spec | None:
    rows, columns = [_name(n) for n in m.row_names], [_name(n) for n in m.column_names]
    values: list[Spec] = [
        {"x": columns[j], "g": rows[i], "y": v, "t": f"{v:.3g}"}
        for i, line in enumerate(m.values)
        for j, v in enumerate(line)
        if v is not None
    ]
    if not values:
        return None
    low, high = min(v["y"] for v in values), max(v["y"] for v in values)
    cuts = [low + (high - low) * k / len(STEPS) for k in range(1, len(STEPS))]
    x: Spec = {"field": "x", "type": "nominal", "sort": columns, "axis": _axis(m.column_label, labelAngle=-40, orient="top")}
    y: Spec = {"field": "g", "type": "nominal", "sort": rows, "axis": _axis(m.row_label)}
    colour: Spec = {
        "field": "y",
        "type": "quantitative",
        "legend": None,
        "scale": {"type": "threshold", "domain": cuts, "range": list(STEPS)},
    }
    if high == low:
        colour = {"value": STEPS[2]}
    layers = [_layer({"type": "rect", "stroke": "var(--card)"}, values, {"x": x, "y": y, "color": colour})]
    if max(len(rows), len(columns)) <= SMALL:
        text: Spec = {"type": "text", "fontSize": 11, "color": "var(--ink)"}
        layers.append(_layer(text, values, {"x": x, "y": y, "text": {"field": "t", "type": "nominal"}}))
    side = 44 if len(columns) <= SMALL else 18
    return {"width": {"step": side}, "height": {"step": 28 if len(rows) <= SMALL else 16}, "layer": layers}
