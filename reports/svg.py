"""Vega-Lite dicts drawn as inline SVG, cleaned by an allow-list: no script, no style attribute, no link, no foreign id."""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree import ElementTree

from markupsafe import Markup

from auditor.reports.charts import Spec, whole

SPACE = "{http://www.w3.org/2000/svg}"
ELEMENTS = {"svg", "g", "path", "line", "text", "tspan", "rect", "circle", "defs", "clipPath"}
ATTRIBUTES = {
    "width", "height", "viewBox", "fill", "stroke", "stroke-width", "stroke-dasharray", "stroke-miterlimit", "fill-opacity",
    "stroke-opacity", "transform", "d", "x", "y", "x1", "x2", "y1", "y2", "cx", "cy", "r", "text-anchor", "font-size",
    "font-weight", "opacity", "id", "clip-path",
}  # fmt: skip
PLAIN = {
    "transform": "translate(0,0)",
    "font-weight": "normal",
    "opacity": "1",
    "stroke-width": "1",
    "x2": "0",
    "y2": "0",
    "fill-opacity": "1",
    "stroke-opacity": "1",
}
"""What a renderer assumes anyway: left out."""
LONG = re.compile(r"-?\d+\.\d{2,}")
URL = re.compile(r"^url\(#([\w-]+)\)$")


def draw(spec: Spec, prefix: str, conclusion: str) -> Markup | None:
    """The chart as inline SVG, its title the conclusion; None where it cannot be drawn."""
    try:
        import vl_convert

        text = vl_convert.vegalite_to_svg(whole(spec), allowed_base_urls=[], show_warnings=False)
        return cleaned(text, prefix, conclusion)
    except Exception:  # whatever a renderer raises: the table beside the chart stands alone and the page says so
        return None


def draw_all(charts: Sequence[tuple[str, Spec, str]]) -> dict[str, Markup | None]:
    """Every (prefix, spec, conclusion), by prefix."""
    return {prefix: draw(spec, prefix, conclusion) for prefix, spec, conclusion in charts}


def cleaned(text: str, prefix: str, conclusion: str) -> Markup:
    """An SVG document reduced to shapes and words. Raises ParseError for what is not XML."""
    ElementTree.register_namespace("", SPACE[1:-1])
    root = ElementTree.fromstring(_renumbered(text))
    _strip(root, prefix)
    title = ElementTree.Element(SPACE + "title")
    title.text = conclusion
    root.insert(0, title)
    root.set("role", "img")
    root.set("class", "chart")
    return Markup(ElementTree.tostring(root, encoding="unicode"))


def _renumbered(text: str) -> str:
    """The renderer counts its clips over the life of the process: counted from 1 again, a page is the same every time."""
    counted = {name: f"clip{i}" for i, name in enumerate(dict.fromkeys(re.findall(r'id="(clip\d+)"', text)), 1)}
    return re.sub(r'(?<=id=")clip\d+|(?<=url\(#)clip\d+', lambda m: counted.get(m[0], m[0]), text)


def _strip(element: ElementTree.Element, prefix: str) -> None:
    for name, value in list(element.attrib.items()):
        if name not in ATTRIBUTES or PLAIN.get(name) == value:
            del element.attrib[name]
            continue
        value = LONG.sub(lambda m: f"{float(m[0]):.1f}".removesuffix(".0"), value)
        if name == "id":
            value = f"{prefix}-{value}"
        elif "url(" in value:
            inner = URL.match(value)
            value = f"url(#{prefix}-{inner[1]})" if inner else ""
        element.set(name, value)
    for child in list(element):
        tag = child.tag.removeprefix(SPACE) if isinstance(child.tag, str) else ""
        if tag not in ELEMENTS or _empty(child, tag):
            element.remove(child)
            continue
        _strip(child, prefix)
        if tag == "g" and len(child) == 0:
            element.remove(child)
        elif tag == "g" and not child.attrib:
            at = list(element).index(child)
            element.remove(child)
            for i, grandchild in enumerate(list(child)):
                element.insert(at + i, grandchild)


def _empty(element: ElementTree.Element, tag: str) -> bool:
    return element.get("display") == "none" or (tag == "path" and element.get("d", "") in ("", "M0,0h0v0h0Z"))
