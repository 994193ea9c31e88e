"""Charts are shapes and words: nothing that runs, nothing that reaches out, nothing of a foreign id."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.model import Curve, Histogram, Mark, Matrix, Series
from auditor.reports import charts, svg
from auditor.reports.visible import one_line

HOSTILE = ("a.b", "c[0]", "<script>1</script>", '"x"', "\x1b[1m", "datum.y", "a\\.b")


def words(text: str) -> list[str]:
    return [e.text or "" for e in ElementTree.fromstring(text).iter() if e.tag.endswith("}text")]


def drawn(evidence: Curve | Histogram | Matrix) -> str:
    spec = charts.spec_of(evidence)
    assert spec is not None
    made = svg.draw(spec, "k7", "the conclusion")
    assert made is not None
    return str(made)


EVIDENCE: dict[str, Curve | Histogram | Matrix] = {
    "bars": Histogram(title="t", x_label="a.b", y_label="c[0]",
                      series=(Series(name="n", x=HOSTILE, y=tuple(map(float, range(1, 8)))),)),
    "bins": Histogram(title="t", x_label="x", y_label="n", width=1.0, series=(Series(name="n", x=(0.0, 1.0), y=(3.0, 4.0)),)),
    "lines": Curve(title="t", x_label="step", y_label="loss", series=(Series(name="a", x=(1.0, 2.0, 3.0), y=(3.0, 2.0, 1.0)),),
                   marks=(Mark(axis="x", at=2.0, label="best step"),)),
    "dots": Curve(title="t", x_label="g", y_label="rate",
                  series=(Series(name="a", x=HOSTILE, y=(0.5,) * 7, low=(0.4,) * 7, high=(0.6,) * 7),)),
    "cells": Matrix(title="t", row_label="r", column_label="c", row_names=HOSTILE, column_names=HOSTILE,
                    values=tuple(tuple(float(i + j) for j in range(7)) for i in range(7))),
}  # fmt: skip


@pytest.mark.parametrize("name", EVIDENCE)
def test_a_chart_holds_shapes_its_words_and_its_conclusion(name: str) -> None:
    text = drawn(EVIDENCE[name])
    root = ElementTree.fromstring(text)
    assert {e.tag.rpartition("}")[2] for e in root.iter()} <= svg.ELEMENTS | {"title"}
    assert root.get("role") == "img"
    assert root[0].text == "the conclusion"
    assert not re.search(r"style=|href|onload|aria-hidden|<script", text)
    assert "var(--c1)" in text or "var(--h" in text


@pytest.mark.parametrize("name", ("bars", "dots", "cells"))
def test_a_category_is_shown_whatever_its_name(name: str) -> None:
    shown = words(drawn(EVIDENCE[name]))
    assert set(map(one_line, HOSTILE)) <= set(shown)


def test_every_bar_is_as_long_as_its_value() -> None:
    text = drawn(Histogram(title="t", x_label="x", y_label="n", series=(Series(name="n", x=("a", "b", "c"), y=(1.0, 2.0, 4.0)),)))
    lengths = [float(w) for w in re.findall(r'd="M[\d.]+,[\d.]+h([\d.]+)', text)]
    assert [round(w / lengths[-1], 2) for w in lengths[-3:]] == [0.25, 0.5, 1.0]


def test_an_svg_that_would_run_is_reduced_to_its_shapes() -> None:
    bad = (
        '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)" style="x"><script>alert(1)</script>'
        '<a href="javascript:1"><text>t</text></a>'
        '<image href="http://x"/><foreignObject><b/></foreignObject>'
        '<path id="p" d="M0,0h1" fill="url(http://x)" clip-path="url(#c)"/></svg>'
    )
    text = str(svg.cleaned(bad, "k1", "c"))
    assert not re.search(r"script|href|onload|style|image|foreignObject|http://x", text)
    assert 'id="k1-p"' in text
    assert "url(#k1-c)" in text


def test_what_a_renderer_cannot_draw_is_none() -> None:
    assert svg.draw({"mark": "no-such-mark"}, "k1", "c") is None


@settings(max_examples=12, deadline=None)
@given(st.lists(st.one_of(st.none(), st.floats(allow_nan=False, allow_infinity=False, width=32)), min_size=1, max_size=5))
def test_odd_values_end_in_a_chart_with_one_dot_a_value(values: list[float | None]) -> None:
    series = Series(name="n", x=tuple(float(i) for i in range(len(values))), y=tuple(values))
    text = drawn(Curve(title="t", x_label="x", y_label="y", series=(series,)))
    assert len(re.findall(r'<path [^>]*fill="var\(--c1\)"', text)) == sum(v is not None for v in values)
