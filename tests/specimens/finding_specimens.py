"""Findings as checks would make them, with every kind of evidence."""

from __future__ import annotations

import hashlib
import math
from typing import Any

from auditor.model import Effect, Finding, Row, Where
from auditor.shapes import Curve, Histogram, Mark, Matrix, Series, Table


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
        Row(
            split="test",
            row=14 + 9 * i,
            id=f"r{14 + 9 * i}",
            score=1.0 - i / 20,
            detail=texts[i % 4][0],
            twin_split="train",
            twin_row=8211 - 77 * i,
            twin_detail=texts[i % 4][1],
            cluster=i,
        )
        for i in range(10)
    )
    return finding(
        "LEK101",
        "train-test-overlap",
        "error",
        "1,005 of 5,000 test rows are also in train, so a score on this test set measures memory and not skill",
        Effect(name="overlap_share", value=0.201, low=0.19, high=0.212, unit="share", method="Wilson 95 %"),
        where=Where(split="test", reference="train"),
        limit=0.0,
        affected=1005,
        examined=5000,
        rows=rows,
        fix="Drop the test rows that lie in train: auditor fix audit.json --select LEK101 --output clean/",
        why="A model that has seen a test row can repeat its answer: the measured score is higher than the one in use.",
        known_limits="Short, formulaic texts can be equal by chance; a table of few categories holds equal rows honestly.",
    )


def label_gap() -> Finding:
    rates = Curve(
        title="Label rate by sex in train",
        x_label="sex",
        y_label="share with income >50K",
        series=(Series(name="rate", x=("Female", "Male"), y=(0.109, 0.306), low=(0.103, 0.3), high=(0.116, 0.312)),),
        marks=(Mark(axis="y", at=0.245, label="four fifths of Male"),),
    )
    return finding(
        "BIA102",
        "label-rate-gap",
        "error",
        "Female rows carry the favourable label in 10.9 % of cases, Male rows in 30.6 %: ratio 0.36",
        Effect(
            name="label_rate_ratio", value=0.358, low=0.337, high=0.38, unit="ratio", method="MOVER-R 95 %, simultaneous over 6"
        ),
        where=Where(split="train", columns=("sex",), group="Female", reference="Male"),
        limit=0.8,
        affected=10771,
        examined=32561,
        evidence=(rates,),
        fix="Ask where the labels come from; reweigh, or collect labels that were decided blind.",
        why="Tuning on these labels reproduces the gap.",
        known_limits="A true difference of the target is not the data's fault.",
        q=0.0003,
    )


def drift() -> Finding:
    edges = tuple(17.0 + 5 * i for i in range(14))
    train = tuple(1200 * math.exp(-((x - 38) ** 2) / 300) for x in edges)
    test = tuple(1000 * math.exp(-((x - 45) ** 2) / 300) for x in edges)
    histogram = Histogram(
        title="age in train and test",
        x_label="age, years",
        y_label="rows",
        width=5.0,
        series=(Series(name="train", x=edges, y=train), Series(name="test", x=edges, y=test)),
        marks=(Mark(axis="x", at=38.5, label="median of train"),),
    )
    return finding(
        "SHF201",
        "number-drift",
        "warning",
        "age is 7 years higher in test than in train (Wasserstein 0.46 standard deviations)",
        Effect(name="wasserstein", value=0.46, low=0.41, high=0.52, unit="standard deviations", method="bootstrap 95 %, B=1,000"),
        where=Where(split="test", columns=("age",), reference="train"),
        limit=0.2,
        affected=5000,
        examined=5000,
        evidence=(histogram,),
        fix="Split by the same rule, or state that the test set is a different population.",
        q=1e-9,
        why="A score on a shifted test set says little about either population.",
        known_limits="A split by time is meant to shift.",
    )


def noise() -> Finding:
    names = ("card arrival", "card linking", "exchange rate", "lost or stolen", "top up failed")
    values = tuple(tuple(round(0.9 if i == j else 0.02 * ((i + j) % 3), 3) for j in range(5)) for i in range(5))
    rows = tuple(
        Row(
            split="train",
            row=301 + 40 * i,
            id=f"q{i}",
            score=0.99 - 0.03 * i,
            suggestion=names[(i + 1) % 5],
            detail=f"text=my card has not come yet, it is week {i} · label={names[i % 5]}",
        )
        for i in range(10)
    )
    matrix = Matrix(
        title="Given label against suggested label",
        row_label="given",
        column_label="suggested",
        row_names=names,
        column_names=names,
        values=values,
    )
    return finding(
        "NOI301",
        "wrong-label",
        "warning",
        "about 412 of 10,003 rows carry a label that the rest of the data contradicts",
        Effect(
            name="noise_rate", value=0.041, low=0.028, high=0.055, unit="share", method="Wilson 95 % on 400 rows, bias carried"
        ),
        where=Where(split="train", columns=("label",)),
        limit=0.03,
        affected=412,
        examined=10003,
        rows=rows,
        evidence=(matrix,),
        fix="Look at the rows in the order of their score; relabel or drop.",
        why="Wrong labels are learnt late and kept.",
        known_limits="Rare but right labels look alike to a model.",
    )


def rare(split: str = "train", label: str = "top_up_failed") -> Finding:
    names = (*(f"intent_{i:02d}" for i in range(18)), label)
    bars = Histogram(
        title=f"Rows by label in {split}",
        x_label="label",
        y_label="rows",
        series=(Series(name="rows", x=names, y=tuple(187.0 - 9 * i for i in range(19))),),
    )
    table = Table(
        title="Labels with fewest rows", columns=("label", "rows", "share"), rows=((label, 25, 0.0025), ("intent_17", 34, 0.0034))
    )
    return finding(
        "IMB101",
        "rare-class",
        "note",
        f"{label!r} has 25 rows in {split}, the commonest label has 187: 7.5 to 1",
        Effect(name="ratio", value=7.48, unit="ratio"),
        where=Where(split=split, columns=("label",), group=label),
        limit=5.0,
        affected=25,
        examined=10003,
        evidence=(bars, table),
        fix="Collect more of it, or weigh it up.",
    )
