"""The other sections of an audit: outcomes, profile, provenance, bias, tuning."""

from __future__ import annotations

import math
from typing import Any

from finding_specimens import fingerprint

from auditor.model import Effect, Finding, Measured, Outcome, Where

CLEAN = (
    ("DUP101", "exact-duplicates"),
    ("DUP104", "same-text-other-label"),
    ("IMB102", "absent-class"),
    ("IMB105", "few-rows-a-class"),
    ("LEK103", "label-in-text"),
    ("LEK104", "id-leak"),
    ("LEK201", "single-column-predicts-label"),
    ("NOI101", "conflicting-labels"),
    ("NOI203", "outlying-number"),
    ("NOI310", "noise-rate"),
    ("SHF101", "category-drift"),
    ("SHF202", "number-drift"),
    ("TXT101", "empty-text"),
    ("VAL112", "constant-column"),
    ("VAL113", "null-column"),
    ("VAL115", "mixed-types"),
    ("VAL120", "non-finite-number"),
    ("VAL121", "invalid-characters"),
    ("VAL126", "unreadable-record"),
)


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
    "age",
    "workclass",
    "fnlwgt",
    "education",
    "education-num",
    "marital-status",
    "occupation",
    "relationship",
    "race",
    "sex",
    "capital-gain",
    "capital-loss",
    "hours-per-week",
    "native-country",
    "income",
)


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
    counts = {
        "sex": {"Female": (10771, 0.109), "Male": (21790, 0.306)},
        "race": {
            "White": (27816, 0.256),
            "Black": (3124, 0.124),
            "Asian-Pac-Islander": (1039, 0.266),
            "Amer-Indian-Eskimo": (311, 0.116),
            "Other": (21, 0.092),
        },
    }
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
            metrics = {
                "selection_rate": value(rate * 0.9, n, small, reason),
                "true_positive_rate": value(0.5 + rate / 2, n, small, reason),
                "false_positive_rate": value(rate / 5, n, small, reason),
                "precision": value(None, n) if n < 400 else value(0.7, n),
            }
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
                comparisons.append(
                    {
                        "attribute": attribute,
                        "group": group,
                        "reference": reference,
                        "stage": stage,
                        "metric": metric,
                        "value": round(v, 4),
                        "low": round(v - 300 / (n + 600), 4),
                        "high": round(v + 300 / (n + 600), 4),
                        "method": "MOVER-R 95 %",
                        "simultaneous_low": round(v - 400 / (n + 600), 4),
                        "simultaneous_high": round(v + 400 / (n + 600), 4),
                        "n": n,
                        "n_reference": by[reference][0],
                        "minimum_detectable": 0.12,
                        "status": "suppressed" if n < 30 else "ok",
                        "reason": "collect 940 more rows of " + group if n < 400 else None,
                        "verdict": verdict,
                    }
                )
    slices = [
        {
            "conditions": ["sex=Female", "marital-status=Never-married"],
            "n": 4412,
            "metric": "positive_rate",
            "value": 0.041,
            "low": 0.035,
            "high": 0.047,
            "p_adjusted": 0.002,
        }
    ]
    probes = [
        {
            "name": "crows-pairs gender",
            "pairs": 262,
            "templates": 24,
            "base": 0.02,
            "tuned": 0.11,
            "difference": 0.09,
            "low": 0.04,
            "high": 0.14,
            "verdict": "fail",
        }
    ]
    return {"groups": groups, "comparisons": comparisons, "slices": slices, "probes": probes}


def tuning() -> dict[str, Any]:
    evaluations = []
    for i in range(12):
        train, held_out = 0.7 * math.exp(-i / 4) + 0.05, 0.7 * math.exp(-i / 3) + 0.18 + 0.004 * max(i - 5, 0) ** 1.6
        gap = held_out - train
        evaluations.append(
            {
                "step": 200 * i,
                "epoch": i / 2,
                "train_loss": train,
                "held_out_loss": held_out,
                "gap": gap,
                "gap_low": gap - 0.02,
                "gap_high": gap + 0.02,
                "accuracy": 0.6 + 0.03 * i,
            }
        )
    return {
        "evaluations": evaluations,
        "best_step": 1200,
        "stop_step": 2200,
        "action": "restore-best",
        "selected_checkpoint": "runs/demo/checkpoint-1200",
        "guards": [
            {
                "code": "TUN201",
                "name": "overfitting",
                "status": "alarm",
                "first_step": 1800,
                "statistic": {"GL": 5.4, "z": 3.9},
                "limit": {"GL": 5, "z": 3},
                "reason": "held-out loss is 5.4 % above its best (z = 3.9) while the train probe still falls",
            },
            {
                "code": "TUN101",
                "name": "non-finite",
                "status": "ok",
                "first_step": None,
                "statistic": 0,
                "limit": 0,
                "reason": None,
            },
            {
                "code": "TUN211",
                "name": "forgetting",
                "status": "cannot-tell",
                "first_step": None,
                "statistic": None,
                "limit": 0.02,
                "reason": "n_too_small: 40 retained rows, want 100",
            },
            {
                "code": "TUN207",
                "name": "calibration-drift",
                "status": "warning",
                "first_step": 2000,
                "statistic": 0.031,
                "limit": 0.02,
                "reason": "expected calibration error rose by 0.031 while accuracy held",
            },
        ],
        "layer_drift": [
            {"layer": f"encoder.layer.{i}", "relative_change": 0.002 * (i + 1), "cka": 0.99 - 0.01 * i} for i in range(6)
        ],
        "memorisation": {"membership_auc": 0.61, "low": 0.57, "high": 0.65},
        "stopping_elsewhere": [
            {"rule": "patience 3", "step": 1800, "held_out_loss": 0.231},
            {"rule": "last step", "step": 2200, "held_out_loss": 0.26},
        ],
    }
