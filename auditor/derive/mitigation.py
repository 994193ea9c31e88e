"""What each mitigation of a group gap decides on held-out rows, beside the decisions of a plain model."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from auditor.derive import Sample, features
from auditor.derive.folds import folds
from auditor.derive.mitigators import MITIGATIONS, Part, Parts, Swaps, augmented, model
from auditor.derive.probabilities import label_texts
from auditor.lexicons.swaps import Swapped, Unswappable, swap
from auditor.rows import Derived, Setting

needs = ("sensitive", "classes", "held-out", "option:mitigate")
CAP = 50_000
SMALLEST = 100
"""Rows of training and of held-out data that a group needs to take part."""
MOST_GROUPS = 6


def lacks(setting: Setting) -> str | None:
    """Why there is nothing to try, or None."""
    return features.lacks(setting)


def reads(setting: Setting) -> tuple[str, ...]:
    """Features, label, groups and entity."""
    roles = setting.roles
    own = (*features.reads(setting), roles.label, roles.group, *roles.sensitive)
    return tuple(dict.fromkeys(c for c in own if c))


def derive(setting: Setting, sample: Sample) -> Iterable[Derived]:
    """No values by row: `info["attributes"]` holds one entry a sensitive column, with paired counts a mitigation."""
    first = setting.training[0].name
    held = {s.name for s in setting.held_out if s.part == "held-out"} & set(sample.tables)
    measured = next((s for s in ("test", "validation", *sorted(held)) if s in held), None)
    info: dict[str, Any] = {"made": "logistic regression on the encoded features", "seed": setting.seed}
    if measured is None:
        info["reason"] = "there is no held-out set to measure on"
    else:
        tuned = next((s for s in ("validation", *sorted(held)) if s in held and s != measured), None)
        info |= {"measured": measured, "tuned": tuned or f"a fifth of {first}"}
        info["attributes"] = [_attribute(setting, sample, first, tuned, measured, a) for a in setting.roles.sensitive]
    yield Derived(name="mitigation", split=first, rows=np.zeros(0, np.int64), values=np.zeros(0), info=info)


def _attribute(setting: Setting, sample: Sample, first: str, tuned: str | None, measured: str, attribute: str) -> dict[str, Any]:
    made = _parts(setting, sample, first, tuned, measured, attribute)
    if isinstance(made, str):
        return {"attribute": attribute, "reason": made}
    parts, groups = made
    before = (parts.measure.score > 0.5).astype(np.int64)
    methods: list[dict[str, Any]] = []
    for name, decide in MITIGATIONS.items():
        if decide is augmented and parts.swapped is None:
            continue
        try:
            after = decide(parts, setting.seed)
        except (ValueError, RuntimeError) as cause:
            methods.append({"mitigation": name, "reason": str(cause).splitlines()[0][:300]})
            continue
        paired = np.zeros((len(groups), 2, 2, 2), np.int64)
        np.add.at(paired, (parts.measure.group, parts.measure.y, before, after), 1)
        methods.append({"mitigation": name, "paired": paired.tolist()})
    return {"attribute": attribute, "groups": groups, "rows": len(before), "mitigations": methods}


def _parts(
    setting: Setting, sample: Sample, first: str, tuned: str | None, measured: str, attribute: str
) -> tuple[Parts, list[str]] | str:
    """The three parts and the names of their groups, or why there are none."""
    labels = {s: np.array(["" if v is None else v for v in label_texts(setting, sample, s)]) for s in sample.tables}
    positive = setting.favourable(set(labels[first].tolist()) - {""})
    if positive is None:
        return "the label has no declared favourable value: give --positive"
    texts = {s: sample.array(s, attribute).cast(pa.large_string()) for s in sample.tables}
    groups = _groups(texts, labels, first, measured)
    if len(groups) < 2:
        return f"fewer than two groups of {attribute!r} have {SMALLEST} labelled rows in {first} and in {measured}"
    words = features.text_columns(setting)
    by: dict[str, Any] = features.reduced(features.tfidf(sample, words), setting.seed) if words else _encoded(setting, sample)
    codes = {
        s: pc.index_in(t, pa.array(groups, pa.large_string())).fill_null(-1).to_numpy(zero_copy_only=False)
        for s, t in texts.items()
    }
    use = {s: (codes[s] >= 0) & (labels[s] != "") for s in sample.tables}
    kept = use[first].copy()
    fifth = use[first] & (folds(setting, sample, features.reads(setting), 5)[first] == 0)
    if tuned is None:
        kept &= ~fifth
    y = {s: (labels[s] == positive).astype(np.int64) for s in sample.tables}
    if len(np.unique(y[first][kept])) < 2:
        return f"{first} holds one label only"
    fitted = model().fit(by[first][kept], y[first][kept])

    def part(split: str, rows: NDArray[np.bool_]) -> Part:
        x = by[split][rows]
        score = np.asarray(fitted.predict_proba(x)[:, 1], np.float64)
        return Part(x=x, y=y[split][rows], group=codes[split][rows].astype(np.int64), score=score)

    tune = part(first, fifth) if tuned is None else part(tuned, use[tuned])
    swaps = _swaps(sample, words, (first, kept), (measured, use[measured])) if words else None
    return Parts(learn=part(first, kept), tune=tune, measure=part(measured, use[measured]), swapped=swaps), groups


Rows = tuple[str, NDArray[np.bool_]]  # a split, and which of its rows


def _swaps(sample: Sample, words: tuple[str, ...], learn: Rows, measure: Rows) -> Swaps:
    """Every learnt text with its copy about the other gender, where there is one; TF-IDF of the whole."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    told = [features.joined(sample, split, words) for split, _ in (learn, measure)]
    texts, others = (
        [t for t, use in zip(x, rows, strict=True) if use] for x, (_, rows) in zip(told, (learn, measure), strict=True)
    )
    made = [swap(t) for t in texts]
    copies = [(i, m.text) for i, m in enumerate(made) if isinstance(m, Swapped)]
    weigh = TfidfVectorizer(min_df=2, sublinear_tf=True)
    x = weigh.fit_transform([*texts, *(t for _, t in copies)])
    left = sum(isinstance(m, Unswappable) for m in made)
    return Swaps(x=x, measure=weigh.transform(others), source=np.array([i for i, _ in copies], np.int64), unswappable=left)


def _encoded(setting: Setting, sample: Sample) -> dict[str, Any]:
    return dict(features.encode(sample, features.table_columns(setting)).by)


def _groups(texts: dict[str, pa.Array], labels: dict[str, Any], first: str, measured: str) -> list[str]:
    """The largest groups that have enough labelled rows on both sides."""
    counts = []
    for split in (first, measured):
        told = texts[split].filter(pa.array(labels[split] != "")).drop_null()
        counts.append({c["values"]: c["counts"] for c in pc.value_counts(told).to_pylist()})
    enough = [g for g, n in counts[0].items() if min(n, counts[1].get(g, 0)) >= SMALLEST]
    return sorted(sorted(enough, key=lambda g: (-counts[0][g], g))[:MOST_GROUPS])
