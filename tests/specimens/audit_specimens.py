"""Audits that pages and writers are tested and measured on, made as values: no data is read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from finding_specimens import drift, finding, fingerprint, label_gap, noise, overlap, rare
from section_specimens import NAMES, bias, outcomes, profile, provenance, tuning

from auditor.model import Audit, Effect, Outcome, Row, Where
from auditor.shapes import Curve, Evidence, Histogram, Matrix, Series, Table

PAYLOADS = (
    "<img src=x onerror=alert(1)>",
    "</script><script>alert(2)</script>",
    "</style><style>*{display:none}</style>",
    '"><svg onload=alert(3)>',
    "' autofocus onfocus=alert(4) x='",
    "javascript:alert(5)",
    "{{ 7*7 }}{% raw %}",
    "<!--<script>",
    "]]>&amp;&#60;",
    "\x1b[31mred\x1b[0m\x07\x00",
    "\u202egnp.exe\u2066x\u2069\u200b",
    "=cmd|' /C calc'!A0",
    "%0A::error::forged\r\n::set-output name=a::b",
    "a|b `c` @maria [x](javascript:alert(6)) <details>",
    "[red]bold[/red] [link=http://x]y[/link]",
    "\ud800 lone surrogate",
    "x" * 5_000,
)


ROWS = {"train": 10000, "test": 5000}


def fail() -> Audit:
    """Two gates fail, three lesser findings; bias and overfitting sections; 15 columns."""
    waived = finding(
        "VAL118",
        "too-many-missing",
        "warning",
        "occupation is missing in 5.7 % of train rows",
        Effect(name="missing_share", value=0.057, low=0.053, high=0.062, unit="share", method="Wilson 95 %"),
        where=Where(split="train", columns=("occupation",)),
        limit=0.05,
        affected=566,
        examined=10000,
        waived={"owner": "maria@example.org", "reason": "known since the 1994 census, see DS-412", "expires": "2027-01-31"},
    )
    findings = (overlap(), label_gap(), drift(), noise(), waived, rare())
    return Audit(
        data="adult",
        verdict="fail",
        reasons=(findings[0].fingerprint, findings[1].fingerprint),
        findings=findings,
        outcomes=outcomes(*findings),
        profile=profile(NAMES, ROWS),
        assumed=("column 'income' is the label: assumed from its name (--label to change)",),
        provenance=provenance(ROWS),
        bias=bias(),
        tuning=tuning(),
    )


def passing() -> Audit:
    """Nothing but a note."""
    one = rare()
    return Audit(
        data="banking77",
        verdict="pass",
        reasons=(),
        findings=(one,),
        outcomes=outcomes(one),
        profile=profile(NAMES[:4], ROWS),
        provenance=provenance(ROWS),
    )


def incomplete() -> Audit:
    """A required check ended in error; one finding fails as well."""
    one = overlap()
    return Audit(
        data="clinc150",
        verdict="incomplete",
        reasons=("DUP102", one.fingerprint),
        findings=(one, rare()),
        outcomes=outcomes(one, rare(), error="DUP102"),
        profile=profile(NAMES[:6], ROWS),
        provenance=provenance(ROWS),
    )


def hostile() -> Audit:
    """Payloads in every place where text from data can stand."""
    findings = []
    for i, p in enumerate(PAYLOADS):
        rows = (
            Row(
                split=p,
                row=i,
                id=p,
                score=0.5,
                detail=p,
                twin_split=p,
                twin_row=i,
                twin_detail=p + " other",
                suggestion=p,
                cluster=i,
            ),
            Row(split="train", row=i + 1, score=0.25, detail=p * 2),
        )
        evidence: tuple[Evidence, ...] = (
            Table(title=p, columns=(p, "n"), rows=((p, 1), (None, 2)), note=p),
            Histogram(
                title=p,
                x_label=p,
                y_label=p,
                series=(Series(name=p, x=(p, "b"), y=(1.0, 2.0)), Series(name="b", x=(p, "b"), y=(2.0, 1.0))),
            ),
            Curve(
                title=p, x_label=p, y_label=p, series=(Series(name=p, x=(p, "z"), y=(0.1, 0.2), low=(0.0, 0.1), high=(0.2, 0.3)),)
            ),
            Matrix(
                title=p, row_label=p, column_label=p, row_names=(p, "b"), column_names=(p, "b"), values=((0.1, None), (0.2, 0.3))
            ),
        )
        findings.append(
            finding(
                "TXT103",
                "odd-text",
                ("error", "warning", "note")[i % 3],
                p,
                Effect(name=p, value=0.1, low=0.05, high=0.2, unit="share", method=p),
                limit=0.02,
                affected=2,
                examined=20,
                rows=rows,
                evidence=evidence if i < 6 else (),
                fix=p,
                why=p,
                known_limits=p,
                fingerprint=fingerprint("TXT103", str(i)),
                where=Where(split=p, columns=(p, "b"), group=p, reference=p),
            )
        )
    section = bias()
    for i, group in enumerate(section["groups"]):
        group["group"] = PAYLOADS[i % len(PAYLOADS)]
    for i, comparison in enumerate(section["comparisons"]):
        comparison["group"] = PAYLOADS[i % len(PAYLOADS)]
        comparison["attribute"] = section["groups"][0]["attribute"]
        comparison["reason"] = PAYLOADS[i % len(PAYLOADS)]
    run = tuning()
    run["selected_checkpoint"] = PAYLOADS[0]
    run[PAYLOADS[1]] = {PAYLOADS[2]: PAYLOADS[3]}
    return Audit(
        data=PAYLOADS[1],
        verdict="fail",
        reasons=tuple(f.fingerprint for f in findings if f.level == "error"),
        findings=tuple(findings),
        outcomes=tuple(
            Outcome(code=f"TXT{100 + i}", name="odd-text", status="skipped", reason=p) for i, p in enumerate(PAYLOADS)
        ),
        profile=profile(tuple(p + str(i) for i, p in enumerate(PAYLOADS)), ROWS),
        assumed=PAYLOADS,
        provenance=provenance({PAYLOADS[0]: 3, "test": 2}, note=PAYLOADS[1]) | {"rows": ROWS},
        bias=section,
        tuning=run,
    )


def wide() -> Audit:
    """500 columns, a finding for every fourth."""
    names = tuple(f"x{i:03d}" for i in range(500))
    findings = tuple(
        finding(
            "SHF201",
            "number-drift",
            "warning",
            f"{name} differs between train and test by 0.{300 - i} standard deviations",
            Effect(
                name="wasserstein", value=0.3 - i / 2000, low=0.2, high=0.4, unit="standard deviations", method="bootstrap 95 %"
            ),
            where=Where(split="test", columns=(name,), reference="train"),
            limit=0.1,
            affected=5000,
            examined=5000,
            evidence=(replace(drift().evidence[0], title=f"{name} in train and test"),),
            rows=tuple(Row(split="test", row=k, score=0.5, detail=f"{name}={k}.5") for k in range(10)),
            fix="Split by the same rule.",
            why="A shifted test set measures something else.",
            known_limits="A split by time is meant to shift.",
        )
        for i, name in enumerate(names[::4])
    )
    return Audit(
        data="wide",
        verdict="pass",
        reasons=(),
        findings=findings,
        outcomes=outcomes(findings[0]),
        profile=profile(names, ROWS),
        provenance=provenance(ROWS),
    )


def tiny() -> Audit:
    """The least that an audit can be."""
    return Audit(data="x", verdict="pass", reasons=(), findings=(), outcomes=())


ALL: dict[str, Callable[[], Audit]] = {
    "pass": passing,
    "fail": fail,
    "incomplete": incomplete,
    "hostile": hostile,
    "500-columns": wide,
    "tiny": tiny,
}
