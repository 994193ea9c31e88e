"""VAL113."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from auditor.check import Check, Specimen
from auditor.model import Reading, Table, Where
from auditor.rows import Setting
from auditor.statistics.proportions import share
from auditor.tallies.sample import NumberSample
from auditor.tallies.values import ValueCounts

APART = {"label", "id", "weight", "prediction", "probabilities", "text"}
Ranked = list[tuple[str, int]]


class NearConstantColumn(Check[ValueCounts, NumberSample]):
    """Nearly all rows of a column hold the same value.

    ## Why
    The few other rows are too rare to learn from and easy to memorise: the model overfits on them.

    ## Measured
    Rows of the commonest value / rows with a value, by training split and column: share, 0 to 1, high is bad. Numbers of more
    than 50,000 rows are counted on a sample of that size (the interval is that of the sample).

    ## Fix
    Drop the column, or merge the rare values into one flag and collect more of them.

    ## Known limits
    Flags of rare events (fraud, defects) are rare by nature: waive them. Columns of one value are the matter of VAL112;
    free texts, and categories of more than 10,000 values, are not judged.

    ## Source
    .99, chosen by us: the 7 columns of scikit-learn's digits beyond it are border pixels, while capital-loss of Adult (.953)
    is informative. 50 clean tables of 22 columns gave no alarm: benchmarks/README.md. Evidently has the check.
    """

    code = "VAL113"
    warn_above: float | None = 0.99  # see Source
    min_rows: int = 100  # one other row in fewer than 100 is already a share of .01
    good = Specimen(train={"a": [0.0] * 190 + [1.0] * 10, "b": ["x", "y"] * 100})
    bad = Specimen(train={"a": [0.0] * 499 + [1.0], "b": ["x", "y"] * 250}, found=1)

    def judge(self, setting: Setting, counts: ValueCounts, sample: NumberSample) -> Iterator[Reading]:
        training = [s.name for s in setting.training]
        for column in setting.columns:
            if APART & set(setting.roles.of(column.name)):
                continue
            for split in training:
                ranked = (
                    counts.by[split, column.name].most_common()
                    if (split, column.name) in counts.by
                    else _numbers(sample, split, column.name)
                )
                if len(ranked) >= 2:
                    yield self._reading(split, column.name, ranked, sample)

    def _reading(self, split: str, column: str, ranked: Ranked, sample: NumberSample) -> Reading:
        (value, most), n = ranked[0], sum(k for _, k in ranked)
        drawn = "" if column not in sample.names or sample.whole(split) else " of a sample"
        few = most / n > 1 - 2 / self.min_rows and n < self.min_rows
        return self.read(
            Where(split=split, columns=(column,)),
            share("commonest_share", most, n),
            f"{value!r} stands in {most:,} of {n:,} rows{drawn} of {column!r} in {split} ({most / n:.1%})",
            affected=n - most if most / n > (self.warn_above or 1) else 0,
            examined=n,
            evidence=(Table(title=f"Commonest values of {column}", columns=("value", "rows"), rows=tuple(ranked[:10])),),
            unsure=f"{column!r} has only {n} values, {self.min_rows} are needed" if few else "",
        )


def _numbers(sample: NumberSample, split: str, column: str) -> Ranked:
    values, counts = np.unique(sample.column(split, column), return_counts=True)
    order = np.argsort(-counts, kind="stable")[:10]
    top = [(f"{values[i]:g}", int(counts[i])) for i in order]
    rest = int(counts.sum()) - sum(k for _, k in top)
    return [*top, ("(others)", rest)] if rest else top
