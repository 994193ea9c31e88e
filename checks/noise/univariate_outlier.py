"""NOI203."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from auditor.check import Check, Specimen
from auditor.model import Affected, Effect, Reading, Table, Where
from auditor.rows import Setting
from auditor.statistics.proportions import share
from auditor.tallies.outliers import FarValues

BELL = [((i * 37 % 101) + (i * 53 % 97) + (i * 71 % 89)) / 30 for i in range(300)]


class UnivariateOutlier(Check[FarValues]):
    """A column holds numbers far outside the rest.

    ## Why
    A wrong unit, a slipped decimal point or a placeholder moves means and scales, and one such value can rule a gradient.

    ## Measured
    By split and column: share of values (0 to 1, high is bad) with robust z = |x - median| / (1.4826 MAD) > 5 that the
    column's own tail does not explain: extrapolated (as a Weibull where it is thin, else as a log-normal) it holds fewer
    than .01 such values over all columns.
    The quartile distance serves where the MAD is 0; a value held by more than half the rows is set aside; a column of
    skewness > 5 is judged on the signed-log scale.

    ## Fix
    Look at the rows; mend units, clip or drop. Scale by median and quartiles instead of mean and deviation.

    ## Known limits
    True extremes of heavy tails that bend beyond the 99 % point. More than one value in a hundred at fault bends the tail that
    is extrapolated and hides itself: see NOI204. Limit .001 is ours.

    ## Source
    Iglewicz & Hoaglin 1993, How to detect and handle outliers (robust z; to be verified against the source).
    """

    code = "NOI203"
    needs = ("number",)
    warn_above: float | None = 0.001  # own: one value in a thousand
    chance: float = 0.01  # own: values that the tails may be expected to hold over all columns, beyond the point that flags
    good = Specimen(train={"x": BELL})
    bad = Specimen(train={"x": [*BELL[:297], 1000.0, -900.0, 1200.0]})

    def judge(self, setting: Setting, far: FarValues) -> Iterator[Reading]:
        columns = len({name for _, name in far.examined}) or 1
        for (split, name), n in sorted(far.examined.items()):
            key = (split, name)
            own = far.p[key] * n * columns < self.chance
            order = np.lexsort((far.rows[key][own], -np.abs(far.z[key][own])))
            rows, z = far.rows[key][own][order], far.z[key][own][order]
            effect = share("outlier_share", len(rows), n)
            scale = " on the signed-log scale" if key in far.logged else ""
            most = f", the farthest at z = {z[0]:+.1f}" if len(z) else ""
            yield self.read(
                Where(split=split, columns=(name,)),
                effect if n else Effect(name="outlier_share", value=None, unit="share", reason="no values"),
                f"{len(rows):,} of {n:,} values of {name!r} in {split} lie far outside its tail{scale}{most};"
                f" {far.beyond[key]:,} lie beyond z = 5",
                affected=len(rows),
                examined=n,
                rows=Affected(
                    split=split, row=rows, score=np.abs(z), detail=np.array([f"z = {x:+.1f}" for x in z], dtype=object)
                ),
                evidence=(_extent(name, z),) if len(z) else (),
            )


def _extent(name: str, z: np.ndarray[tuple[int], np.dtype[np.float64]]) -> Table:
    """How far out, on which side."""
    lines = [
        (side, len(part), float(np.abs(part).max())) for side, part in (("below", z[z < 0]), ("above", z[z > 0])) if len(part)
    ]
    return Table(title=f"Outliers of {name}", columns=("side", "values", "largest |z|"), rows=tuple(lines))
