"""The page: one file that loads nothing and runs no script from data."""

from __future__ import annotations

import base64
import hashlib
import json as encoder
from collections.abc import Callable, Mapping
from functools import partial
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from auditor.model import Audit, Finding
from auditor.reports import bias, cards, charts, json, sections, svg, tuning, wording
from auditor.reports.visible import HIDDEN, cut, one_line, parts, visible

CHARTS = 24  # charts a page: each costs about 60 ms and 4 kB; further evidence is shown as tables
RULE_MOST = 200  # findings of one rule that the page shows; all stand in audit.json
DETAILED = (
    30  # findings shown with interval bar and long tables: as many as a reader takes in, and what the budget of a page holds
)
FINDINGS_MOST = 600  # findings that the page shows in all
EMBED_MOST = 120_000  # bytes of audit.json that are put into the page: half of what a page of 15 columns may weigh
Charts = Mapping[tuple[Any, ...], Any]


def write(audit: Audit) -> bytes:
    """The page as UTF-8. The same audit gives the same bytes."""
    return page(audit).encode("utf-8", "replace")


def notebook(audit: Audit) -> str:
    """The page in a frame of its own, which may run nothing and reach nothing of the notebook."""
    frame = Markup('<iframe sandbox srcdoc="{}" width="100%" height="640" title="{}"></iframe>')
    return str(frame.format(page(audit), _title(audit)))


def page(audit: Audit) -> str:
    """The page as text."""
    shown, left_out = shown_findings(audit)
    ids = _ids(shown)
    drawn = draw(audit, shown, ids)
    advised: dict[tuple[str, str, str], str] = {}
    first = [advised.setdefault((f.code, f.why, f.known_limits), id) for f, id in zip(shown, ids, strict=True)]
    views: dict[str, Callable[[], Any]] = {
        "header": partial(sections.header, audit),
        "outcomes": partial(sections.outcomes, audit),
        "bias": lambda: bias.view(audit, {key[1:]: d for key, d in drawn.items() if key[0] == "bias"}),
        "tuning": lambda: tuning.view(audit, {key[1]: d for key, d in drawn.items() if key[0] == "tuning"}),
        "profile": partial(sections.profile, audit),
        "assumed": lambda: audit.assumed,
        "glossary": lambda: sections.GLOSSARY,
        "provenance": partial(sections.provenance, audit),
    }
    own = [tuple(d for key, d in drawn.items() if key[:2] == ("finding", i)) for i in range(len(shown))]
    environment = _environment()
    css, js = _asset("page.css"), _asset("page.js")
    has = {"bias": bool(audit.bias), "tuning": bool(audit.tuning), "profile": bool(audit.profile), "assumed": bool(audit.assumed)}
    environment.globals["guarded"] = partial(_guarded, environment, views)
    return environment.get_template("page.html").render(
        title=_title(audit),
        version=wording.version(audit),
        policy=_policy(css, js),
        css=css,
        js=js,
        nav=_nav(has),
        has=has,
        cards=[
            partial(cards.view, f, audit, ids[i], own[i], first[i] if first[i] != ids[i] else "", late=i >= DETAILED)
            for i, f in enumerate(shown)
        ],
        left_out=left_out,
        embedded=_embedded(audit),
    )


def shown_findings(audit: Audit) -> tuple[list[Finding], list[str]]:
    """Blocking findings first, else in the order of the audit; and what was left out, in words."""
    ranked = sorted(audit.findings, key=lambda f: f.fingerprint not in audit.reasons)
    shown: list[Finding] = []
    count: dict[str, int] = {}
    for f in ranked:
        count[f.code] = count.get(f.code, 0) + 1
        if count[f.code] <= RULE_MOST and len(shown) < FINDINGS_MOST:
            shown.append(f)
    left = len(ranked) - len(shown)
    return shown, [f"{left:,} more findings are counted above and stand in audit.json."] if left else []


def draw(audit: Audit, shown: list[Finding], ids: list[str]) -> dict[tuple[Any, ...], cards.Drawing]:
    """Every piece of evidence as a drawing: charts for the sections and the first findings, tables for the rest.

    What an earlier card shows already is a link to that card.
    """
    wanted: list[tuple[tuple[Any, ...], Any, str]] = []
    for part, plan in (("bias", bias.planned), ("tuning", tuning.planned)):
        try:
            for p in plan(audit):
                key = (part, *p.key) if isinstance(p.key, tuple) else (part, p.key)
                wanted.append((key, p.curve, p.conclusion))
        except Exception:  # a section that cannot be planned says so itself when it is drawn
            continue
    for i, f in enumerate(shown):
        wanted += [(("finding", i, k), e, f.message) for k, e in enumerate(f.evidence)]
    drawn: dict[tuple[Any, ...], cards.Drawing] = {}
    made = 0
    at: dict[str, str] = {}
    for key, evidence, conclusion in wanted:
        own = ids[int(key[1])] if key[0] == "finding" else ""
        place = at.setdefault(repr(evidence), own) if own else own
        if place != own:
            drawn[key] = cards.Drawing(title=str(evidence.title), columns=(), rows=(), same=place)
            continue
        spec = _spec(evidence)
        beyond = made >= CHARTS
        picture = None
        if spec is not None and not beyond:
            made += 1
            picture = svg.draw(spec, f"k{made}", visible(cut(conclusion)))
        drawn[key] = cards.drawing(evidence, picture, beyond=beyond, late=key[0] == "finding" and int(key[1]) >= DETAILED)
    return drawn


def _spec(evidence: Any) -> charts.Spec | None:
    try:
        return charts.spec_of(evidence)
    except Exception:  # evidence out of a foreign file may be crooked: its table is shown
        return None


def _guarded(environment: Environment, views: Mapping[str, Callable[[], Any]], part: str, macro: Any, view: Any = None) -> Any:
    """A part of the page; where it cannot be made, a line that says so in its place."""
    try:
        return macro(view() if view is not None else views[part]())
    except Exception as cause:
        module = environment.get_template("parts.html").make_module({"icons": wording.ICONS})
        return module.failed(part, f"{type(cause).__name__}: {cause}")  # type: ignore[attr-defined]  # a macro of the template


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("auditor.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finalize,
        auto_reload=False,
    )
    environment.globals |= {"icons": wording.ICONS, "unique": _Labels().unique}
    environment.filters |= {
        "parts": parts,
        "plain": lambda text: HIDDEN.search(str(text)) is None,
        "cut": lambda text: cut(str(text)),
        "number": wording.number,
        "numeric": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
        "sentence": lambda text: str(text)[:1].upper() + str(text)[1:],
        "spaced": lambda text: str(text).replace("-", " ").replace("_", " "),
    }
    return environment


class _Labels:
    """Labels of the regions of one page: a screen reader must be able to tell them apart."""

    def __init__(self) -> None:
        self.seen: dict[str, int] = {}

    def unique(self, text: object) -> str:
        """The text on one line, cut; with a number behind it where the page has it already."""
        label = cut(one_line(str(text)))
        self.seen[label] = self.seen.get(label, 0) + 1
        return label if self.seen[label] == 1 else f"{label} ({self.seen[label]})"


def _finalize(value: Any) -> Any:
    """No hidden character reaches the page, also where a template forgot to ask for chips."""
    return value if isinstance(value, Markup) or not isinstance(value, str) else visible(value)


def _asset(name: str) -> Markup:
    return Markup(files("auditor.reports").joinpath("templates", name).read_text("utf-8").strip())


def _policy(css: str, js: str) -> str:
    def sha(text: str) -> str:
        return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"

    return f"default-src 'none'; style-src {sha(css)}; script-src {sha(js)}; img-src data:; base-uri 'none'; form-action 'none'"


def _embedded(audit: Audit) -> Markup | None:
    """audit.json inside the page, in ASCII without any character that HTML knows; None where it is too large."""
    text = encoder.dumps(json.to_dict(audit), ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    if len(text) > EMBED_MOST:
        return None
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)


def _title(audit: Audit) -> str:
    word, _ = wording.verdict(audit)
    return f"{word}: {visible(cut(audit.data, 80))}"


def _nav(has: Mapping[str, bool]) -> list[tuple[str, str]]:
    links = [("findings", "Findings"), ("checks", "Checks")]
    links += [(link, word) for key, link, word in (
        ("bias", "bias", "Bias"), ("tuning", "overfitting", "Overfitting"), ("profile", "columns", "Columns"),
        ("assumed", "assumed", "Assumed"),
    ) if has[key]]  # fmt: skip
    return [*links, ("glossary", "Words"), ("provenance", "Provenance")]


def _ids(findings: list[Finding]) -> list[str]:
    """The fingerprint; a second finding of the same place gets a number behind it."""
    seen: dict[str, int] = {}
    ids = []
    for f in findings:
        seen[f.fingerprint] = seen.get(f.fingerprint, 0) + 1
        ids.append(f.fingerprint if seen[f.fingerprint] == 1 else f"{f.fingerprint}-{seen[f.fingerprint]}")
    return [str(escape(i)) for i in ids]
