"""LEK203."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import numpy as np

from auditor.check import Check, Specimen
from auditor.model import Effect, Reading, Table, Where
from auditor.rows import Roles, Setting
from auditor.statistics.distances import homogeneity_p
from auditor.statistics.proportions import newcombe
from auditor.tallies.absences import CELLS, MissingLabels
from auditor.tallies.groups import short

LABEL = Roles(label="label")
SHOWN = 20


class MissingnessLeak(Check[MissingLabels]):
    """Whether a value is missing tells the label.

    ## Why
    Where a field is filled in only after the outcome is known, the model learns the filling in; in use the field is
    always empty.

    ## Measured
    P(label | column missing) - P(label | present) in train, for the label with the largest gap: -1 to 1, Newcombe limits,
    far from 0 is bad; beside it the AUC of "is missing". Placeholder words and sentinels count as missing. Found only
    where the corrected chi-square p over all labels is below .05 too.

    ## Fix
    Ask when the field is filled in. If before the outcome, add an indicator knowingly; if after, drop the column.

    ## Known limits
    Missing values may truly inform (no phone number, no job): the check cannot know when a field was filled in.

    ## Source
    Newcombe 1998; Kaufman et al. 2012, doi:10.1145/2382577.2382579. .10: chosen by us, the tolerance of a label gap.
    """

    code = "LEK203"
    needs = ("label", "classes", "features")
    warn_above: float | None = 0.10
    least: int = 30  # rows with, and without, the value below which a wide interval is not judged
    good = Specimen(train={"x": [1.0, 2.0, None] * 60, "label": ["a", "a", "a", "b", "b", "b"] * 30}, roles=LABEL)
    bad = (
        Specimen(train={"x": [1.5, 2.0] * 60 + [None] * 60, "label": ["a", "b"] * 60 + ["a"] * 60}, roles=LABEL, found=1),
        Specimen(train={"x": ["u", "v"] * 60 + ["?"] * 60, "label": ["a", "b"] * 60 + ["a"] * 60}, roles=LABEL, found=1),
    )

    def judge(self, setting: Setting, counts: MissingLabels) -> Iterator[Reading]:
        train = next((s.name for s in setting.splits if s.part == "train"), setting.splits[0].name)
        if train in counts.over:
            reason = f"{train} has more than {CELLS:,} pairs of a column and a label: too many to count which labels lack a value"
            nothing = Effect(name="label_rate_difference", value=None, unit="share", reason=reason)
            yield self.read(Where(split=train), nothing, reason, unsure=reason)
            return
        every = counts.every.get(train, Counter())
        whole = 0
        for column in setting.features:
            missing = counts.missing.get((train, column.name))
            if missing is None:
                continue
            n1, n2 = missing.total(), every.total() - missing.total()
            if n1 and n2 and len(every) > 1:
                yield self._reading(column.name, train, missing, every, setting.positive)
            else:
                whole += 1
        if whole:
            yield self.read(
                Where(split=train),
                Effect(name="label_rate_difference", value=0.0, unit="share"),
                f"{whole:,} columns of {train} lack no value, or all of them, or there is one label only",
                examined=every.total(),
                level="clean",
            )

    def _reading(self, name: str, train: str, missing: Counter[str], every: Counter[str], positive: str | None) -> Reading:
        labels = sorted(every)
        gone = np.array([missing[y] for y in labels], np.int64)
        there = np.array([every[y] for y in labels], np.int64) - gone
        n1, n2 = int(gone.sum()), int(there.sum())
        gaps = gone / n1 - there / n2
        tied = np.flatnonzero(np.abs(gaps) > np.abs(gaps).max() - 1e-9)  # of two labels: the favourable, else the rarer
        worst = int(min(tied, key=lambda i: (labels[i] != positive, gone[i] + there[i], i)))
        k1, k2, label = int(gone[worst]), int(there[worst]), labels[worst]
        low, high = newcombe(k1, n1, k2, n2)
        limit = self.warn_above if self.warn_above is not None else 1.0
        hit, false = k1 / (k1 + k2), (n1 - k1) / (n1 + n2 - k1 - k2)
        few = min(n1, n2) < self.least and max(abs(low), abs(high)) > limit
        order = np.argsort(-np.abs(gaps), kind="stable")[:SHOWN]
        table = Table(
            title=f"Labels of {train} where {name} is missing and where it is not",
            columns=("label", "missing", "present", "share of missing", "share of present"),
            rows=tuple((short(labels[i]), int(gone[i]), int(there[i]), gone[i] / n1, there[i] / n2) for i in order),
        )
        return self.read(
            Where(split=train, columns=(name,)),
            Effect(
                name="label_rate_difference", value=float(gaps[worst]), low=low, high=high, unit="share", method="Newcombe 95 %"
            ),
            f"label {short(label)!r} has {k1 / n1:.3f} of the {n1:,} rows of {train} without {name} and {k2 / n2:.3f} of the "
            f"{n2:,} others (gap 95 % {low:.3f} to {high:.3f}); AUC of being missing {0.5 + abs(hit - false) / 2:.3f}",
            affected=n1,
            examined=n1 + n2,
            evidence=(table,),
            p=homogeneity_p(gone, there),
            level="warning" if abs(gaps[worst]) > limit else "clean",
            limit=limit,
            unsure=f"{name}: {min(n1, n2):,} rows are too few to tell a gap of {limit:g}" if few else "",
        )
