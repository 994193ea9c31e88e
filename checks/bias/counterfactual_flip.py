"""BIA313."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from auditor.check import Check, Specimen, Tally
from auditor.derive.classifiers import lacks_classifier
from auditor.derive.counterfactuals import FIELDS, judged
from auditor.lexicons.swaps import AXES
from auditor.model import Affected, Effect, Reading, Table, Where
from auditor.rows import Batch, Roles, Setting
from auditor.statistics.clusters import LEAST_CLUSTERS
from auditor.statistics.probes import change, non_inferior
from auditor.statistics.proportions import wilson

ROLES = Roles(text="text")
METRIC = "flip_rate_over_floor"
SHOWN = 20  # term pairs that the table of a finding lists
AT = {name: i for i, name in enumerate(FIELDS)}
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Swapped(Tally):
    """What the classifier said of each text and its copies: at most 1,000 texts an axis and split."""

    derives: ClassVar[tuple[str, ...]] = ("counterfactuals",)
    parts: tuple[tuple[str, NDArray[np.int64], Floats], ...] = field(default=())

    @classmethod
    def columns(cls, setting: Setting) -> Iterable[str]:
        return tuple(setting.roles.text)[:1]

    @classmethod
    def of(cls, batch: Batch, *after: Any) -> Self:
        seen = batch.derived.get("counterfactuals")
        return cls() if seen is None else cls(((batch.split, seen.rows, seen.values),))

    def __add__(self, other: Self) -> Self:
        return type(self)(self.parts + other.parts)

    def of_axis(self, split: str, axis: int) -> tuple[NDArray[np.int64], Floats]:
        """(positions, values by FIELDS) of the texts of one axis, in row order."""
        own = [(rows, v) for name, rows, v in self.parts if name == split]
        rows = np.concatenate([r for r, _ in own] or [np.zeros(0, np.int64)])
        values = np.concatenate([v for _, v in own] or [np.zeros((0, len(FIELDS)))])
        keep = values[:, AT["axis"]] == axis
        order = np.argsort(rows[keep], kind="stable")
        return rows[keep][order], values[keep][order]


def _of_gender(texts: Sequence[str]) -> list[list[float]]:
    """A classifier of the specimens, which goes by one word."""
    return [[0.1, 0.9] if " she " in f" {t.lower()} " else [0.8, 0.2] for t in texts]


def _of_topic(texts: Sequence[str]) -> list[list[float]]:
    """One that goes by another, and loses a little trust in a text about women."""
    sure = [(0.8 - 0.1 * ("she" in t)) if "train" in t else 0.3 for t in texts]
    return [[1 - p, p] for p in sure]


def _texts() -> dict[str, list[str]]:
    return {"text": [f"{'he' if i % 2 else 'she'} took the {'train' if i % 3 else 'road'} at {i}" for i in range(240)]}


class CounterfactualFlip(Check[Swapped]):
    """The model gives a text another class when the people in it are of another gender or religion.

    ## Why
    What should not matter decides, for your own texts and your own task: a measure by group misses it where few texts name one.

    ## Measured
    Held-out texts (else those of train) with their words of gender or religion swapped: share whose predicted class changes,
    minus the share in which it changes between two copies that differ inside one group alone ("father", "dad"; for "he" "the
    man", "the guy"); -1 to 1, high is bad. 95 % cluster bootstrap by text (by `group` where there is one); where no
    text differs Wilson's limits. Warning where the lower limit is above .02; clean where the upper one is not; else, and
    with fewer than 20 texts, cannot be told. By pair of words: mean change of the probability of the favourable class (of
    the class the text had, where none is declared). --model with a text classifier; in Python also
    options={"classifier": pipeline.predict_proba}. At most 1,000 texts an axis and split, out of 20,000 rows.

    ## Fix
    Add counterfactual copies of the training rows (`auditor fix --augment gender`), tune again, and compare.

    ## Known limits
    A swap may break grammar or facts ("she grew a beard"): look at the rows. Texts with "her" (him or his) or a first name are
    counted, not swapped, so that more texts turn from men to women than back. English, two genders, Christians and Muslims.
    Copies alike may be stiff, which raises the floor; words that have no like are not changed in them, and a model that knows
    none of the words has a floor of 0, which lower it.
    Several text columns are read as one. Probabilities that move without another class are shown, not judged.

    ## Source
    Garg et al. 2019, doi:10.1145/3306618.3317950; Ribeiro et al. 2020, doi:10.18653/v1/2020.acl-main.442. The margin of .02
    and the words alike: chosen by us.
    """

    code = "BIA313"
    needs = ("text",)
    warn_above: float | None = 0.02  # share of texts
    good = Specimen(train=_texts(), roles=ROLES, options={"classifier": _of_topic})
    bad = Specimen(train=_texts(), roles=ROLES, options={"classifier": _of_gender}, found=1)

    def lacks(self, setting: Setting) -> str | None:
        return super().lacks(setting) or lacks_classifier(setting)

    def judge(self, setting: Setting, seen: Swapped) -> Iterator[Reading]:
        made = setting.derived.get("counterfactuals", {})
        counts = {s.name: made["counts"][s.name] for s in judged(setting) if s.name in made.get("counts", {})}
        for split, by in counts.items():
            named = [axis for axis in AXES if _naming(by[axis])]
            for axis in named or AXES:
                yield self._axis(setting, seen, split, axis, by[axis], made)

    def _axis(
        self, setting: Setting, seen: Swapped, split: str, axis: str, counts: Mapping[str, int], made: Mapping[str, Any]
    ) -> Reading:
        rows, values = seen.of_axis(split, AXES.index(axis))
        both = np.isfinite(values[:, AT["floor_flip"]])
        n, flips = int(both.sum()), values[:, AT["before"]] != values[:, AT["after"]]
        told = _told(counts, n, split, axis) + _sampled(counts, made, split)
        where = Where(split=split, columns=tuple(setting.roles.text), group=axis)
        if n == 0:
            effect = Effect(name=METRIC, value=None, unit="share", reason="no text to compare")
            return self.read(where, effect, told, unsure=f"{axis}: {told}; want {LEAST_CLUSTERS} to compare")
        moved = np.abs(values[:, AT["p_after"]] - values[:, AT["p_before"]])
        floor = values[both, AT["floor_flip"]]
        value, low, high, how = _limits(flips[both] - floor, values[both, AT["cluster"]], setting.seed)
        limit = self.warn_above
        verdict = "clean" if limit is None else non_inferior(low, high, limit)
        unsure = ""
        if low is None or high is None:
            unsure = f"{axis}: fewer than {LEAST_CLUSTERS} texts that are not the same or of one group; {told}"
        elif verdict == "inconclusive":
            unsure = f"{axis}: the interval {low:.3f} to {high:.3f} over {n:,} texts of {split} holds the limit {limit:g}; {told}"
        ends = f", 95 % {low:+.3f} to {high:+.3f}" if low is not None else ""
        hit = rows[flips]
        return self.read(
            where,
            Effect(name=METRIC, value=value, low=low, high=high, unit="share", method=how),
            f"{made.get('model')} gives {flips[both].mean():.1%} of {n:,} texts of {split} another class when their words of "
            f"{axis} are swapped, {floor.mean():.1%} when they are changed inside one group (difference {value:+.3f}{ends}); the "
            f"probability moves by {moved[both].mean():.3f} and {values[both, AT['floor_change']].mean():.3f}; {told}",
            affected=int((flips & both).sum()),
            examined=n,
            rows=Affected(split=split, row=hit, score=moved[flips], detail=_notes(values[flips], made)),
            evidence=(_table(values, axis, split, made),),
            level="warning" if verdict == "fail" else "clean",
            limit=limit,
            unsure=unsure,
        )


def _naming(counts: Mapping[str, int]) -> int:
    """Texts that name the axis, whether or not they can be swapped."""
    return sum(counts.get(k, 0) for k in ("swappable", "her", "a first name"))


def _told(counts: Mapping[str, int], compared: int, split: str, axis: str) -> str:
    """What became of the texts, in numbers."""
    left = {
        '"her" may be him or his': counts.get("her", 0),
        "a first name stays with its gender": counts.get("a first name", 0),
        "behind what the model reads": counts.get("cut", 0),
        "beyond the 1,000 that are asked": counts.get("swappable", 0) - counts.get("asked", 0) - counts.get("cut", 0),
        "no words alike for a floor": counts.get("asked", 0) - compared,
    }
    out = ", ".join(f"{n:,} {why}" for why, n in left.items() if n)
    return f"{_naming(counts):,} of {counts.get('rows', 0):,} texts of {split} name a {axis}" + (
        f" (left out: {out})" if out else ""
    )


def _sampled(counts: Mapping[str, int], made: Mapping[str, Any], split: str) -> str:
    """Of how many rows those that were searched are a sample."""
    total = made.get("rows", {}).get(split, 0)
    return f"; a sample of its {total:,} rows was searched" if total > counts.get("rows", 0) else ""


def _limits(differences: Floats, clusters: Floats, seed: int) -> tuple[float, float | None, float | None, str]:
    """Mean, ends and method. Where all differences are equal a bootstrap has no width: Wilson's limits over the clusters."""
    found = change(differences, clusters, seed=seed)
    if found.low is None:
        return found.mean, None, None, ""
    if np.ptp(differences) > 0:
        return found.mean, found.low, found.high, "cluster bootstrap by text"
    wide = wilson(0, found.clusters)[1]
    low, high = (max(-1.0, found.mean - wide), min(1.0, found.mean + wide))
    return found.mean, low, high, "Wilson 95 % of texts that are all alike"


def _notes(values: Floats, made: Mapping[str, Any]) -> NDArray[np.object_]:
    """What happened to each text: the words, and the classes with their probabilities; never its contents."""
    classes, edits = [str(c)[:40] for c in made["classes"]], made["edits"]
    lines = []
    for edit, before, after, p, then in values[:, [AT[c] for c in ("edit", "before", "after", "p_before", "p_after")]]:
        was, now = classes[int(before)], classes[int(after)]
        lines.append(f"{edits[int(edit)][:120]}: {was!r} {p:.2f} to {then:.2f}, now {now!r}")
    return np.array(lines, object)


def _table(values: Floats, axis: str, split: str, made: Mapping[str, Any]) -> Table:
    """By pair of words, over the texts in which they were swapped (a text with several pairs counts for each)."""
    at: dict[str, list[int]] = defaultdict(list)
    for i, edit in enumerate(values[:, AT["edit"]].astype(int).tolist()):
        for pair in made["edits"][edit].split(", "):
            at[pair].append(i)
    lines = []
    for pair, places in sorted(at.items(), key=lambda x: (-len(x[1]), x[0]))[:SHOWN]:
        own = values[places]
        flips = float((own[:, AT["before"]] != own[:, AT["after"]]).mean())
        lines.append((pair, len(places), flips, float(own[:, AT["toward"]].mean()), _size(own)))
    good = made.get("favourable")
    what = f"change of p({str(good)[:40]})" if good is not None else "change of p(class before)"
    columns = ("words", "texts", "other class", what, "size of the change")
    note = "" if good is not None else "No favourable class is declared (--positive)."
    return Table(title=f"Words of {axis} swapped in {split}", columns=columns, rows=tuple(lines), note=note)


def _size(values: Floats) -> float:
    return float(np.abs(values[:, AT["p_after"]] - values[:, AT["p_before"]]).mean())
