"""Audits that pages and writers are tested and measured on, made as values: no data is read."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from typing import Any

from auditor.model import Audit, Effect, Finding, Measured, Outcome, Row, Where
from auditor.shapes import Curve, Evidence, Histogram, Mark, Matrix, Series, Table

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


def fingerprint(*parts: str) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def finding(code: str, name: str, level: Any, message: str, effect: Effect, **more: Any) -> Finding:
    """A finding with what is not given left empty."""
    where = more.pop("where", Where(split="train"))
    given: dict[str, Any] = {
        "limit": None,
        "affected": 0,
        "examined": 0,
        "rows": (),
        "evidence": (),
        "fix": "",
        "fingerprint": fingerprint(code, where.split, *where.columns, where.group),
        **more,
    }
    return Finding(code=code, name=name, level=level, where=where, message=message, effect=effect, **given)


CLEAN = (
    ("DUP101", "exact-duplicates"), ("DUP104", "same-text-other-label"), ("IMB102", "absent-class"), ("IMB105", "few-rows-a-class"),
    ("LEK103", "label-in-text"), ("LEK104", "id-leak"), ("LEK201", "single-column-predicts-label"), ("NOI101", "conflicting-labels"),
    ("NOI203", "outlying-number"), ("NOI310", "noise-rate"), ("SHF101", "category-drift"), ("SHF202", "number-drift"),
    ("TXT101", "empty-text"), ("VAL112", "constant-column"), ("VAL113", "null-column"), ("VAL115", "mixed-types"),
    ("VAL120", "non-finite-number"), ("VAL121", "invalid-characters"), ("VAL126", "unreadable-record"),
)  # fmt: skip


def outcomes(*findings: Finding, skipped: int = 3, error: str = "") -> tuple[Outcome, ...]:
    """One outcome a check: those of the findings, the clean ones, an inconclusive one, skips and, where asked for, an error."""
    said = {f.code: Outcome(code=f.code, name=f.name, status="found", reason="1 finding", seconds=0.021) for f in findings}
    for i, (code, name) in enumerate(CLEAN):
        share = Effect(name="share", value=0.0004 * i, low=0.0, high=0.0009 * i + 0.001, unit="share", method="Wilson 95 %")
        measured = (Measured(where=Where(split="train", columns=("age",)), effect=share, limit=0.05),)
        said.setdefault(code, Outcome(code=code, name=name, status="clean", seconds=0.01 * i, measured=measured))
    said["BIA106"] = Outcome(
        code="BIA106", name="small-group", status="inconclusive", reason="only 12 rows of Amer-Indian-Eskimo in test"
    )
    for i, code in enumerate(("LEK106", "SHF207", "IMG101")[:skipped]):
        why = ("no column has the role time", "no column has the role time", "no column has the role image")[i]
        said[code] = Outcome(code=code, name=("late-feature", "time-drift", "unreadable-image")[i], status="skipped", reason=why)
    if error:
        said[error] = Outcome(
            code=error, name="near-duplicates", status="error", reason="MemoryError: could not hold 3.1 GB of bands"
        )
    return tuple(sorted(said.values(), key=lambda o: o.code))


NAMES = (
    "age", "workclass", "fnlwgt", "education", "education-num", "marital-status", "occupation", "relationship", "race", "sex",
    "capital-gain", "capital-loss", "hours-per-week", "native-country", "income",
)  # fmt: skip


def profile(names: tuple[str, ...], rows: dict[str, int]) -> dict[str, Any]:
    numbers = {"age", "fnlwgt", "education-num", "capital-gain", "capital-loss", "hours-per-week"}
    parts = {"train": "train", "test": "held-out"}
    return {
        "splits": [{"name": s, "part": parts[s], "rows": n, "columns": len(names)} for s, n in rows.items()],
        "columns": [
            {
                "name": name,
                "kind": "number" if name in numbers or name.startswith("x") else "category",
                "dtype": "string",
                "roles": ["sensitive"] if name in ("sex", "race") else ["label"] if name == "income" else [],
                "id_like": name == "fnlwgt",
                "distinct": 7 + 31 * i,
                "by_split": {
                    s: {
                        "n": n,
                        "missing": 61 * (i % 5 == 1),
                        "distinct": 7 + 29 * i,
                        "min": 0.0,
                        "max": 90.5 + i,
                        "median_words": 1.0,
                    }
                    for s, n in rows.items()
                },
            }
            for i, name in enumerate(names)
        ],
    }


def provenance(rows: dict[str, int], **more: Any) -> dict[str, Any]:
    return {
        "started": "2026-02-03T10:11:12+00:00",
        "command": "auditor check data/train.csv --test data/test.csv --label income --sensitive sex --sensitive race",
        "durations": {"look": 0.41, "derive": 0.9, "fold": 0.62, "judge": 0.2},
        "files": [{"split": s, "source": f"data/{s}.csv", "sha256": fingerprint(s)} for s in rows],
        "rows": rows,
        "roles": {"label": ["income"], "sensitive": ["sex", "race"]},
        "task": "classification",
        "positive": ">50K",
        "seed": 0,
        "evidence": "masked",
        "policy": {"name": "default", "fail_on": "error", "require": ["LEK101", "BIA102"]},
        "derived": {},
        "versions": {"tune-auditor": "0.1.0", "python": "3.11.9", "numpy": "2.4.1", "pyarrow": "26.0.0"},
        **more,
    }


def overlap() -> Finding:
    texts = (
        (
            "39, State-gov, Bachelors, Never-married, Adm-clerical, Male, 40",
            "39, State-gov, Bachelors, Never-married, Adm-clerical, Male, 40",
        ),
        ("please freeze my card right now, it was stolen", "please freeze my card now, it was stolen"),
        ("what is the exchange rate today", "what is the exchange rate for today ?"),
        ("contact [e-mail] about the refund", "contact [e-mail] about my refund"),
    )
    rows = tuple(
        Row(split="test", row=14 + 9 * i, id=f"r{14 + 9 * i}", score=1.0 - i / 20, detail=texts[i % 4][0], twin_split="train",
            twin_row=8211 - 77 * i, twin_detail=texts[i % 4][1], cluster=i)
        for i in range(10)
    )  # fmt: skip
    return finding(
        "LEK101", "train-test-overlap", "error",
        "1,005 of 5,000 test rows are also in train, so a score on this test set measures memory and not skill",
        Effect(name="overlap_share", value=0.201, low=0.19, high=0.212, unit="share", method="Wilson 95 %"),
        where=Where(split="test", reference="train"), limit=0.0, affected=1005, examined=5000, rows=rows,
        fix="Drop the test rows that lie in train: auditor fix audit.json --select LEK101 --output clean/",
        why="A model that has seen a test row can repeat its answer: the measured score is higher than the one in use.",
        known_limits="Short, formulaic texts can be equal by chance; a table of few categories holds equal rows honestly.",
    )  # fmt: skip


def label_gap() -> Finding:
    rates = Curve(
        title="Label rate by sex in train",
        x_label="sex",
        y_label="share with income >50K",
        series=(Series(name="rate", x=("Female", "Male"), y=(0.109, 0.306), low=(0.103, 0.3), high=(0.116, 0.312)),),
        marks=(Mark(axis="y", at=0.245, label="four fifths of Male"),),
    )
    return finding(
        "BIA102", "label-rate-gap", "error", "Female rows carry the favourable label in 10.9 % of cases, Male rows in 30.6 %: ratio 0.36",
        Effect(name="label_rate_ratio", value=0.358, low=0.337, high=0.38, unit="ratio", method="MOVER-R 95 %, simultaneous over 6"),
        where=Where(split="train", columns=("sex",), group="Female", reference="Male"), limit=0.8, affected=10771, examined=32561,
        evidence=(rates,), fix="Ask where the labels come from; reweigh, or collect labels that were decided blind.",
        why="Tuning on these labels reproduces the gap.", known_limits="A true difference of the target is not the data's fault.", q=0.0003,
    )  # fmt: skip


def drift() -> Finding:
    edges = tuple(17.0 + 5 * i for i in range(14))
    train = tuple(1200 * math.exp(-((x - 38) ** 2) / 300) for x in edges)
    test = tuple(1000 * math.exp(-((x - 45) ** 2) / 300) for x in edges)
    histogram = Histogram(
        title="age in train and test", x_label="age, years", y_label="rows", width=5.0,
        series=(Series(name="train", x=edges, y=train), Series(name="test", x=edges, y=test)),
        marks=(Mark(axis="x", at=38.5, label="median of train"),),
    )  # fmt: skip
    return finding(
        "SHF201", "number-drift", "warning", "age is 7 years higher in test than in train (Wasserstein 0.46 standard deviations)",
        Effect(name="wasserstein", value=0.46, low=0.41, high=0.52, unit="standard deviations", method="bootstrap 95 %, B=1,000"),
        where=Where(split="test", columns=("age",), reference="train"), limit=0.2, affected=5000, examined=5000, evidence=(histogram,),
        fix="Split by the same rule, or state that the test set is a different population.", q=1e-9,
        why="A score on a shifted test set says little about either population.", known_limits="A split by time is meant to shift.",
    )  # fmt: skip


def noise() -> Finding:
    names = ("card arrival", "card linking", "exchange rate", "lost or stolen", "top up failed")
    values = tuple(tuple(round(0.9 if i == j else 0.02 * ((i + j) % 3), 3) for j in range(5)) for i in range(5))
    rows = tuple(
        Row(split="train", row=301 + 40 * i, id=f"q{i}", score=0.99 - 0.03 * i, suggestion=names[(i + 1) % 5],
            detail=f"text=my card has not come yet, it is week {i} · label={names[i % 5]}")
        for i in range(10)
    )  # fmt: skip
    matrix = Matrix(title="Given label against suggested label", row_label="given", column_label="suggested", row_names=names,
                    column_names=names, values=values)  # fmt: skip
    return finding(
        "NOI301", "wrong-label", "warning", "about 412 of 10,003 rows carry a label that the rest of the data contradicts",
        Effect(name="noise_rate", value=0.041, low=0.028, high=0.055, unit="share", method="Wilson 95 % on 400 rows, bias carried"),
        where=Where(split="train", columns=("label",)), limit=0.03, affected=412, examined=10003, rows=rows, evidence=(matrix,),
        fix="Look at the rows in the order of their score; relabel or drop.", why="Wrong labels are learnt late and kept.",
        known_limits="Rare but right labels look alike to a model.",
    )  # fmt: skip


def rare(split: str = "train", label: str = "top_up_failed") -> Finding:
    names = tuple(f"intent_{i:02d}" for i in range(18)) + (label,)
    bars = Histogram(title=f"Rows by label in {split}", x_label="label", y_label="rows",
                     series=(Series(name="rows", x=names, y=tuple(187.0 - 9 * i for i in range(19))),))  # fmt: skip
    table = Table(
        title="Labels with fewest rows", columns=("label", "rows", "share"), rows=((label, 25, 0.0025), ("intent_17", 34, 0.0034))
    )
    return finding(
        "IMB101", "rare-class", "note", f"{label!r} has 25 rows in {split}, the commonest label has 187: 7.5 to 1",
        Effect(name="ratio", value=7.48, unit="ratio"), where=Where(split=split, columns=("label",), group=label), limit=5.0,
        affected=25, examined=10003, evidence=(bars, table), fix="Collect more of it, or weigh it up.",
    )  # fmt: skip


def value(v: float | None, n: int, status: str = "ok", reason: str = "") -> dict[str, Any]:
    if v is None:
        return {
            "value": None,
            "low": None,
            "high": None,
            "status": "undefined",
            "reason": reason or "no row has this denominator",
        }
    half = 1.96 * math.sqrt(max(v * (1 - v), 0.01) / n)
    return {"value": v, "low": max(v - half, 0.0), "high": min(v + half, 1.0), "status": status, "reason": reason}


def bias() -> dict[str, Any]:
    counts = {"sex": {"Female": (10771, 0.109), "Male": (21790, 0.306)},
              "race": {"White": (27816, 0.256), "Black": (3124, 0.124), "Asian-Pac-Islander": (1039, 0.266),
                       "Amer-Indian-Eskimo": (311, 0.116), "Other": (21, 0.092)}}  # fmt: skip
    groups, comparisons = [], []
    for attribute, by in counts.items():
        reference = max(by, key=lambda g: by[g][0])
        for group, (n, rate) in by.items():
            small = "suppressed" if n < 30 else "ok"
            reason = "fewer than 30 rows" if n < 30 else ""
            groups.append(
                {
                    "attribute": attribute,
                    "group": group,
                    "stage": "data",
                    "n": n,
                    "metrics": {"positive_rate": value(rate, n, small, reason)},
                }
            )
            metrics = {"selection_rate": value(rate * 0.9, n, small, reason), "true_positive_rate": value(0.5 + rate / 2, n, small, reason),
                       "false_positive_rate": value(rate / 5, n, small, reason), "precision": value(None, n) if n < 400 else value(0.7, n)}  # fmt: skip
            groups.append({"attribute": attribute, "group": group, "stage": "prediction", "n": n // 2, "metrics": metrics})
            if group == reference:
                continue
            base = by[reference][1]
            for stage, metric in (
                ("data", "label_rate_ratio"),
                ("prediction", "selection_rate_ratio"),
                ("prediction", "recall_difference"),
            ):
                v = rate / base if metric.endswith("ratio") else (rate - base) / 2
                verdict = "inconclusive" if n < 400 else "fail" if v < 0.8 and metric.endswith("ratio") else "pass"
                comparisons.append({
                    "attribute": attribute, "group": group, "reference": reference, "stage": stage, "metric": metric, "value": round(v, 4),
                    "low": round(v - 300 / (n + 600), 4), "high": round(v + 300 / (n + 600), 4), "method": "MOVER-R 95 %",
                    "simultaneous_low": round(v - 400 / (n + 600), 4), "simultaneous_high": round(v + 400 / (n + 600), 4),
                    "n": n, "n_reference": by[reference][0], "minimum_detectable": 0.12, "status": "suppressed" if n < 30 else "ok",
                    "reason": "collect 940 more rows of " + group if n < 400 else None, "verdict": verdict,
                })  # fmt: skip
    slices = [{"conditions": ["sex=Female", "marital-status=Never-married"], "n": 4412, "metric": "positive_rate", "value": 0.041,
               "low": 0.035, "high": 0.047, "p_adjusted": 0.002}]  # fmt: skip
    probes = [{"name": "crows-pairs gender", "pairs": 262, "templates": 24, "base": 0.02, "tuned": 0.11, "difference": 0.09, "low": 0.04,
               "high": 0.14, "verdict": "fail"}]  # fmt: skip
    return {"groups": groups, "comparisons": comparisons, "slices": slices, "probes": probes}


def tuning() -> dict[str, Any]:
    evaluations = []
    for i in range(12):
        train, held_out = 0.7 * math.exp(-i / 4) + 0.05, 0.7 * math.exp(-i / 3) + 0.18 + 0.004 * max(i - 5, 0) ** 1.6
        gap = held_out - train
        evaluations.append({"step": 200 * i, "epoch": i / 2, "train_loss": train, "held_out_loss": held_out, "gap": gap,
                            "gap_low": gap - 0.02, "gap_high": gap + 0.02, "accuracy": 0.6 + 0.03 * i})  # fmt: skip
    return {
        "evaluations": evaluations,
        "best_step": 1200,
        "stop_step": 2200,
        "action": "restore-best",
        "selected_checkpoint": "runs/demo/checkpoint-1200",
        "guards": [
            {"code": "TUN201", "name": "overfitting", "status": "alarm", "first_step": 1800, "statistic": {"GL": 5.4, "z": 3.9},
             "limit": {"GL": 5, "z": 3}, "reason": "held-out loss is 5.4 % above its best (z = 3.9) while the train probe still falls"},
            {"code": "TUN101", "name": "non-finite", "status": "ok", "first_step": None, "statistic": 0, "limit": 0, "reason": None},
            {"code": "TUN211", "name": "forgetting", "status": "cannot-tell", "first_step": None, "statistic": None, "limit": 0.02,
             "reason": "n_too_small: 40 retained rows, want 100"},
            {"code": "TUN207", "name": "calibration-drift", "status": "warning", "first_step": 2000, "statistic": 0.031, "limit": 0.02,
             "reason": "expected calibration error rose by 0.031 while accuracy held"},
        ],
        "layer_drift": [{"layer": f"encoder.layer.{i}", "relative_change": 0.002 * (i + 1), "cka": 0.99 - 0.01 * i} for i in range(6)],
        "memorisation": {"membership_auc": 0.61, "low": 0.57, "high": 0.65},
        "stopping_elsewhere": [{"rule": "patience 3", "step": 1800, "held_out_loss": 0.231}, {"rule": "last step", "step": 2200, "held_out_loss": 0.26}],
    }  # fmt: skip


ROWS = {"train": 10000, "test": 5000}


def fail() -> Audit:
    """Two gates fail, three lesser findings; bias and overfitting sections; 15 columns."""
    waived = finding(
        "VAL118", "too-many-missing", "warning", "occupation is missing in 5.7 % of train rows",
        Effect(name="missing_share", value=0.057, low=0.053, high=0.062, unit="share", method="Wilson 95 %"),
        where=Where(split="train", columns=("occupation",)), limit=0.05, affected=566, examined=10000,
        waived={"owner": "maria@example.org", "reason": "known since the 1994 census, see DS-412", "expires": "2027-01-31"},
    )  # fmt: skip
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
    return Audit(data="banking77", verdict="pass", reasons=(), findings=(one,), outcomes=outcomes(one), profile=profile(NAMES[:4], ROWS),
                 provenance=provenance(ROWS))  # fmt: skip


def incomplete() -> Audit:
    """A required check ended in error; one finding fails as well."""
    one = overlap()
    return Audit(data="clinc150", verdict="incomplete", reasons=("DUP102", one.fingerprint), findings=(one, rare()),
                 outcomes=outcomes(one, rare(), error="DUP102"), profile=profile(NAMES[:6], ROWS), provenance=provenance(ROWS))  # fmt: skip


def hostile() -> Audit:
    """Payloads in every place where text from data can stand."""
    findings = []
    for i, p in enumerate(PAYLOADS):
        rows = (Row(split=p, row=i, id=p, score=0.5, detail=p, twin_split=p, twin_row=i, twin_detail=p + " other", suggestion=p, cluster=i),
                Row(split="train", row=i + 1, score=0.25, detail=p * 2))  # fmt: skip
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
            finding("TXT103", "odd-text", ("error", "warning", "note")[i % 3], p,
                    Effect(name=p, value=0.1, low=0.05, high=0.2, unit="share", method=p), limit=0.02, affected=2, examined=20, rows=rows,
                    evidence=evidence if i < 6 else (), fix=p, why=p, known_limits=p, fingerprint=fingerprint("TXT103", str(i)),
                    where=Where(split=p, columns=(p, "b"), group=p, reference=p))
        )  # fmt: skip
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
        finding("SHF201", "number-drift", "warning", f"{name} differs between train and test by 0.{300 - i} standard deviations",
                Effect(name="wasserstein", value=0.3 - i / 2000, low=0.2, high=0.4, unit="standard deviations", method="bootstrap 95 %"),
                where=Where(split="test", columns=(name,), reference="train"), limit=0.1, affected=5000, examined=5000, evidence=drift().evidence,
                rows=tuple(Row(split="test", row=k, score=0.5, detail=f"{name}={k}.5") for k in range(10)), fix="Split by the same rule.",
                why="A shifted test set measures something else.", known_limits="A split by time is meant to shift.")
        for i, name in enumerate(names[::4])
    )  # fmt: skip
    return Audit(data="wide", verdict="pass", reasons=(), findings=findings, outcomes=outcomes(findings[0]), profile=profile(names, ROWS),
                 provenance=provenance(ROWS))  # fmt: skip


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
