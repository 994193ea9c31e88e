"""What a text classifier says when the identity terms of the user's own texts are swapped, and when nothing of weight is."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from auditor.derive import Sample
from auditor.derive.classifiers import Classifier, classifier, lacks_classifier
from auditor.derive.features import joined
from auditor.lexicons.swaps import AXES, Unswappable, inside, swap, words
from auditor.rows import Derived, Setting, Split
from auditor.statistics.sampling import position_hash

needs = ("text",)
CAP = 20_000  # rows of a split that are searched for identity terms
SCORED = 1_000
"""Texts an axis and a split that the model is asked about, with up to three copies (607 captions: 17 CPU s at 23 M weights)."""
FIELDS = (
    "axis",  # index into AXES
    "edit",  # index into info["edits"]
    "before",  # class of the text as it stands, and of its swapped copy
    "after",
    "p_before",  # probability of the former class
    "p_after",
    "toward",  # change of the probability of the favourable class; where none is declared, of the former class
    "floor_flip",  # 0/1 whether two copies alike differ in class; NaN where the list has no words for them
    "floor_change",  # |change of the probability| between them
    "cluster",
)
"""Columns of the derived values."""


@dataclass(slots=True)
class Copies:
    """The texts of one axis and split with their copies."""

    rows: list[int] = field(default_factory=list)  # places in the sample
    swapped: list[str] = field(default_factory=list)
    edits: list[tuple[tuple[str, str], ...]] = field(default_factory=list)
    alike: list[tuple[str, str] | None] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)


def lacks(setting: Setting) -> str | None:
    """Why no classifier can be asked, or None."""
    return lacks_classifier(setting)


def reads(setting: Setting) -> tuple[str, ...]:
    """The columns that are read."""
    roles = setting.roles
    return tuple(c for c in (*roles.text, roles.group, roles.label) if c)


def judged(setting: Setting) -> tuple[Split, ...]:
    """The held-out splits; where there is none, those to learn from."""
    return tuple(s for s in setting.splits if s.part == "held-out") or setting.training


def derive(setting: Setting, sample: Sample) -> Iterable[Derived]:
    """(n, 10) numbers, as FIELDS names them, a row for each text and axis that was asked."""
    model = classifier(setting, _labels(setting, sample))
    good = setting.favourable(model.classes)
    target = model.classes.index(good) if good is not None else None
    listed: dict[str, int] = {}
    counts: dict[str, dict[str, dict[str, int]]] = {}
    made: list[tuple[str, NDArray[np.int64], NDArray[np.float64]]] = []
    for split in (s.name for s in judged(setting)):
        if split not in sample.tables:
            continue
        texts = joined(sample, split, tuple(setting.roles.text))
        clusters = _clusters(setting, sample, split, texts)
        parts = []
        for number, axis in enumerate(AXES):
            found = copies(texts, sample.rows(split), axis, model, setting.seed)
            counts.setdefault(split, {})[axis] = {"rows": len(texts), **found.counts}
            if found.rows:
                parts.append((found.rows, _asked(found, texts, model, target, number, listed, clusters)))
        at = np.array([i for rows, _ in parts for i in rows], np.int64)
        values = np.concatenate([v for _, v in parts]) if parts else np.zeros((0, len(FIELDS)))
        order = np.lexsort((values[:, 0], at))
        made.append((split, sample.rows(split)[at[order]], values[order]))
    info = {
        "model": model.name,
        "classes": list(model.classes),
        "favourable": good,
        "rows": {s: sample.capped.get(s, len(sample.rows(s))) for s in counts},
        "counts": counts,
        "edits": list(listed),
    }
    for split, rows, values in made:
        yield Derived(name="counterfactuals", split=split, rows=rows, values=values, info=info)


def copies(texts: list[str], positions: NDArray[np.int64], axis: str, model: Classifier, seed: int) -> Copies:
    """The swapped copies of at most SCORED texts, drawn by a hash of the position; all that name the axis are counted."""
    found, drawn = Copies(), []
    for i in _naming(texts, axis):
        made = swap(texts[i], axis)
        if isinstance(made, Unswappable):
            found.counts["a first name" if "name" in made.reason else "her"] += 1
        elif made is not None:
            found.counts["swappable"] += 1
            drawn.append((i, made))
    order = np.argsort(position_hash(positions[[i for i, _ in drawn]], seed), kind="stable")[:SCORED] if drawn else ()
    for i, made in (drawn[k] for k in sorted(order)):
        if model.hides(texts[i], made.text):
            found.counts["cut"] += 1
            continue
        found.rows.append(i)
        found.swapped.append(made.text)
        found.edits.append(made.edits)
        found.alike.append(inside(texts[i], axis))
    found.counts["asked"] = len(found.rows)
    return found


def _asked(
    found: Copies,
    texts: list[str],
    model: Classifier,
    target: int | None,
    axis: int,
    listed: dict[str, int],
    clusters: NDArray[np.int64],
) -> NDArray[np.float64]:
    """The values of the texts of one axis, in the order of FIELDS. Each distinct text is asked once."""
    wanted = [texts[i] for i in found.rows] + found.swapped + [t for both in found.alike if both for t in both]
    place = {t: k for k, t in enumerate(dict.fromkeys(wanted))}
    said = model.says(list(place))
    one, other = (said[[place[t] for t in side]] for side in ([texts[i] for i in found.rows], found.swapped))
    n = np.arange(len(one))
    before, after = one.argmax(axis=1), other.argmax(axis=1)
    toward = before if target is None else np.full(len(n), target)
    floor = np.full((2, len(n)), np.nan)
    for k, both in enumerate(found.alike):
        if both is not None:
            a, b = said[place[both[0]]], said[place[both[1]]]
            floor[:, k] = a.argmax() != b.argmax(), abs(a[a.argmax()] - b[a.argmax()])
    edit = [listed.setdefault(_written(e), len(listed)) for e in found.edits]
    columns = [np.full(len(n), axis), edit, before, after, one[n, before], other[n, before]]
    columns += [other[n, toward] - one[n, toward], floor[0], floor[1], clusters[found.rows]]
    return np.stack([np.asarray(c, np.float64) for c in columns], axis=1)


def _written(edits: tuple[tuple[str, str], ...]) -> str:
    """The words that were changed, each once, in small letters: "he > she, father > mother"."""
    return ", ".join(dict.fromkeys(f"{a.lower()} > {b.lower()}" for a, b in edits))


def _naming(texts: list[str], axis: str) -> list[int]:
    """The texts in which a word may begin like a term of the axis: what a closer look is worth for."""
    terms = [*words(axis), *(("his", "him", "her", "hers") if axis == "gender" else ())]
    pattern = r"(?i)\b(?:" + "|".join(map(re.escape, terms)) + ")"
    return np.flatnonzero(pc.match_substring_regex(pa.array(texts, pa.large_string()), pattern).to_numpy(False)).tolist()


def _clusters(setting: Setting, sample: Sample, split: str, texts: list[str]) -> NDArray[np.int64]:
    """Texts of one `group` belong together, else those that are the same."""
    group = setting.roles.group
    if group is None:
        return np.unique(np.array(texts, object), return_inverse=True)[1]
    values = sample.array(split, group).cast(pa.large_string()).to_pylist()
    alone = np.arange(len(texts))
    return np.unique(
        [f"row {i}" if v is None else f"group {v}" for i, v in zip(alone, values, strict=True)], return_inverse=True
    )[1]


def _labels(setting: Setting, sample: Sample) -> list[str]:
    """The labels of all splits, sorted."""
    if not setting.label_is_class:
        return []
    columns: list[Any] = [sample.array(s, setting.roles.label or "").cast(pa.large_string()) for s in sample.tables]
    return sorted({str(v) for c in columns for v in pc.unique(c.drop_null()).to_pylist()})
