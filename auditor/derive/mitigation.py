"""What each mitigation of a group gap decides on held-out rows, beside the decisions of a plain model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from auditor.derive import Sample, features
from auditor.derive.folds import folds
from auditor.derive.mitigators import MITIGATIONS, Mitigation, Part, Parts, Swaps, model
from auditor.derive.people import People, people
from auditor.derive.people import depends as of_people
from auditor.derive.probabilities import label_texts
from auditor.lexicons.swaps import Swapped, Unswappable, swap
from auditor.rows import Column, Derived, Setting

needs = ("sensitive", "classes", "held-out", "option:mitigate")
VERSION = 1
CAP = 50_000
SMALLEST = 100
"""Rows of training and of held-out data that a group needs to take part."""
MOST_GROUPS = 6


def lacks(setting: Setting) -> str | None:
    """Why there is nothing to try, or None."""
    return None if features.text_columns(setting) or _columns(setting) else "there is no feature column besides the groups"


def reads(setting: Setting) -> tuple[str, ...]:
    """Features, label, groups and entity."""
    roles = setting.roles
    own = (*features.text_columns(setting), *(c.name for c in _columns(setting)), roles.label, roles.group, *roles.sensitive)
    return tuple(dict.fromkeys(c for c in own if c))


def depends(setting: Setting) -> list[object]:
    """The favourable label, and what the groups are."""
    return of_people(setting)


def _columns(setting: Setting) -> tuple[Column, ...]:
    """The columns of a table without the groups: no model here needs to know the group, but for its thresholds."""
    return tuple(c for c in features.table_columns(setting) if c.name not in setting.roles.sensitive)


@dataclass(frozen=True, slots=True, eq=False)
class Data:
    """What does not depend on the attribute: features, labels and the rows of each use."""

    first: str
    tuned: str | None  # None: a fifth of the first split
    measured: str
    x: Mapping[str, Any]
    words: tuple[str, ...]
    y: Mapping[str, NDArray[np.int64]]  # 1 = favourable, 0 = another label, -1 = none
    positive: str
    fifth: NDArray[np.bool_]  # rows of the first split that thresholds may be set on


def derive(setting: Setting, sample: Sample) -> Iterable[Derived]:
    """No values by row: `info["attributes"]` holds one entry a sensitive column, with paired counts a mitigation."""
    first = setting.training[0].name
    held = {s.name for s in setting.held_out if s.part == "held-out"} & set(sample.tables)
    measured = next((s for s in ("test", "validation", *sorted(held)) if s in held), None)
    info: dict[str, Any] = {"made": "logistic regression on the encoded features without the groups", "seed": setting.seed}
    made = "there is no held-out set to measure on" if measured is None else _data(setting, sample, first, held, measured)
    if isinstance(made, str):
        info["reason"] = made
    else:
        info |= {"measured": made.measured, "tuned": made.tuned or f"a fifth of {first}"}
        info["attributes"] = [_attribute(setting, sample, made, a) for a in dict.fromkeys(setting.roles.sensitive)]
    yield Derived(name="mitigation", split=first, rows=np.zeros(0, np.int64), values=np.zeros(0), info=info)


def _data(setting: Setting, sample: Sample, first: str, held: set[str], measured: str) -> Data | str:
    """Features and labels, or why there are none to try on."""
    tuned = next((s for s in ("validation", *sorted(held)) if s in held and s != measured), None)
    texts = {s: label_texts(setting, sample, s) for s in sample.tables}
    positive = setting.known_favourable({v for told in texts.values() for v in told if v is not None})
    if positive is None:
        return "the label has no declared favourable value: give --positive"
    words = features.text_columns(setting)
    x: Mapping[str, Any] = (
        features.reduced(features.tfidf(sample, words), setting.seed) if words else features.encode(sample, _columns(setting)).by
    )
    y = {s: np.array([-1 if v is None else int(v == positive) for v in told], np.int64) for s, told in texts.items()}
    columns = words or tuple(c.name for c in _columns(setting))
    fifth = folds(setting, sample, columns, 5)[first] == 0 if tuned is None else np.zeros(len(y[first]), bool)
    return Data(first, tuned, measured, x, words, y, positive, fifth)


def _attribute(setting: Setting, sample: Sample, data: Data, attribute: str) -> dict[str, Any]:
    told = people(setting, sample, attribute)
    chosen, left = _chosen(told, data)
    if len(chosen) < 2:
        why = f"fewer than two groups of {attribute!r} have {SMALLEST} labelled rows in {data.first} and in {data.measured}"
        return {"attribute": attribute, "reason": why}
    made = _parts(sample, data, told, chosen)
    if isinstance(made, str):
        return {"attribute": attribute, "reason": made}
    methods = [_tried(made, m, setting.seed) for m in MITIGATIONS if made.swapped is not None or not m.texts]
    rows = len(made.measure.y)
    return {"attribute": attribute, "groups": list(made.names), "left_out": left, "rows": rows, "mitigations": methods}


def _tried(parts: Parts, mitigation: Mitigation, seed: int) -> dict[str, Any]:
    entry: dict[str, Any] = {"mitigation": mitigation.name, "knows_group": mitigation.knows_group}
    try:
        before = mitigation.before(parts)
        after = mitigation.decide(parts, seed)
    except (ValueError, RuntimeError) as cause:
        return entry | {"reason": str(cause).splitlines()[0][:300]}
    paired = np.zeros((len(parts.names), 2, 2, 2), np.int64)
    np.add.at(paired, (parts.measure.group, parts.measure.y, before, after), 1)
    return entry | {"paired": paired.tolist()}


def _chosen(told: People, data: Data) -> tuple[list[int], dict[str, int]]:
    """The largest groups that have enough labelled rows to learn from and to measure on; the rows of the others measured."""
    counts = []
    for split, held_back in ((data.first, data.fifth), (data.measured, None)):
        use = (data.y[split] >= 0) & (told.codes[split] >= 0)
        use &= ~held_back if held_back is not None else True
        counts.append(np.bincount(told.codes[split][use], minlength=len(told.names)))
    enough = np.flatnonzero(np.minimum(*counts) >= SMALLEST)[:MOST_GROUPS].tolist()
    return enough, {told.names[g]: int(n) for g, n in enumerate(counts[1]) if g not in enough and n}


def _parts(sample: Sample, data: Data, told: People, chosen: list[int]) -> Parts | str:
    """The rows to learn from, to tune on and to measure on, of the chosen groups; or why a model cannot be fitted."""
    new = np.full(len(told.names) + 1, -1, np.int64)
    new[chosen] = np.arange(len(chosen))
    group = {s: new[told.codes[s]] for s in sample.tables}  # a code of -1 stays -1
    use = {s: (group[s] >= 0) & (data.y[s] >= 0) for s in sample.tables}
    kept = use[data.first] & ~data.fifth
    if len(np.unique(data.y[data.first][kept])) < 2:
        return f"the rows of {data.first} to learn from hold one label only"
    fitted = model().fit(data.x[data.first][kept], data.y[data.first][kept])

    def part(split: str, rows: NDArray[np.bool_]) -> Part:
        x = data.x[split][rows]
        score = np.asarray(fitted.predict_proba(x)[:, 1], np.float64) if len(x) else np.zeros(0)
        return Part(x=x, y=data.y[split][rows], group=group[split][rows], score=score)

    tune = part(data.first, use[data.first] & data.fifth) if data.tuned is None else part(data.tuned, use[data.tuned])
    measure = use[data.measured]
    swaps = _swaps(sample, data.words, (data.first, kept), (data.measured, measure)) if data.words else None
    names = tuple(told.names[g] for g in chosen)
    learn = part(data.first, kept)
    return Parts(learn=learn, tune=tune, measure=part(data.measured, measure), names=names, positive=data.positive, swapped=swaps)


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
    source = np.array([i for i, _ in copies], np.int64)
    return Swaps(x=x, plain=x[: len(texts)], measure=weigh.transform(others), source=source, unswappable=left)
