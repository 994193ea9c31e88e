"""BIA308."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from auditor.check import Check, Specimen
from auditor.model import Effect, Reading, Record, Where
from auditor.rows import Roles, Setting
from auditor.statistics.comparisons import judged
from auditor.statistics.counts import bonferroni
from auditor.statistics.proportions import Z95
from auditor.tallies.asked import NearRows
from auditor.tallies.groups import short
from auditor.tallies.outcomes import OutcomeCounts
from auditor.tallies.prediction_gaps import MIN_GROUP, unmeasured

ROLES = Roles(prediction="p", sensitive="g")
METRIC = "flip_test_difference"
METHOD = "rows and neighbours drawn anew, normal 95 %"


def rows_of(harmed: bool) -> dict[str, list[Any]]:
    """600 rows predicted by a number; group b needs more of it where it is harmed."""
    x = [(i * 37 % 601) / 300 - 1 for i in range(600)]
    g = ["ab"[i % 3 == 0] for i in range(600)]
    return {"x": x, "g": g, "p": [int(v > (0.5 if harmed and gi == "b" else 0.0)) for v, gi in zip(x, g, strict=True)]}


class FlipTest(Check[OutcomeCounts, NearRows]):
    """Rows of a group would be predicted otherwise, were they in the reference group.

    ## Why
    Two groups may be selected equally often while like people in them are not: this compares like with like.

    ## Measured
    (F+ - F-) / n of the group, -1 to 1, + means the group is harmed. F+: predicted unfavourable while most of its 5 nearest rows
    of the reference (1 where that has 9 rows or fewer; all that are as near as the fifth) are predicted favourable; F-: the
    reverse. From it is taken what those nearest rows have themselves, each decided by the others: a majority varies less than
    one row, so that the flip test alone is not 0 under equal treatment. That difference, -1 to 1, far from 0 is bad, is judged:
    limits from 300 samples in which rows and neighbours are drawn anew, widened by Bonferroni; found where they lie wholly
    beyond the tolerance. Features to mean 0 and standard deviation 1, groups left out; at most 5,000 rows a split.

    ## Fix
    Look at the rows that would flip; compare thresholds by group (`auditor check --mitigate`).

    ## Known limits
    Depends on the features and their scaling. Groups below 100 rows are shown and not judged; of a sample, numbers are cut into
    groups at the quartiles of the sample. One code base returns the opposite sign of its documentation; this is the documented
    one.

    ## Source
    Das et al. 2021, arXiv:2109.03285 (flip test); Black et al. 2020, doi:10.1145/3351095.3372845. .10: the tolerance of a gap.
    """

    code = "BIA308"
    needs = ("sensitive", "prediction")
    warn_above: float | None = 0.10
    good = Specimen(train=rows_of(False), roles=ROLES)
    bad = Specimen(train=rows_of(True), roles=ROLES, found=1)

    def judge(self, setting: Setting, outcomes: OutcomeCounts, near: NearRows) -> Iterator[Reading | Record]:
        _, reason = outcomes.vocabulary(setting)
        if reason:
            yield self.read(Where(), unmeasured(METRIC, "share", reason), reason, unsure=reason)
            return
        entries = list(setting.derived.get("near_rows", {}).get("flips", ()))
        large = [e for e in entries if "reason" not in e and min(e["n"], e["n_reference"]) >= MIN_GROUP]
        z = bonferroni(len(large))
        for e in entries:
            where = Where(split=e["split"], columns=(e["attribute"],))
            if "reason" in e:
                yield self.read(where, unmeasured(METRIC, "share", e["reason"]), e["reason"], unsure=e["reason"])
                continue
            few = "" if e in large else f"{min(e['n'], e['n_reference']):,} rows, fewer than {MIN_GROUP}"
            flips = (e["gains"] - e["losses"]) / e["n"]
            yield _record(e, "flip_test", flips, e["error_flips"], z, few, None)
            yield from self._judged(where, e, flips - e["chance"], z, few)

    def _judged(self, where: Where, e: dict[str, Any], value: float, z: float, few: str) -> Iterator[Reading | Record]:
        limit = self.warn_above if self.warn_above is not None else 1.0
        verdict = "inconclusive" if few else judged(value - z * e["error"], value + z * e["error"], (-limit, limit))
        record = _record(e, METRIC, value, e["error"], z, few, verdict)
        yield record
        yield self.read(
            Where(split=e["split"], columns=where.columns, group=e["group"], reference=e["reference"]),
            Effect(name=METRIC, value=value, low=record.values["low"], high=record.values["high"], unit="share", method=METHOD),
            f"{e['attribute']} {short(e['group'])!r} in {e['split']}: {e['gains']:,} of {e['n']:,} rows would gain and "
            f"{e['losses']:,} lose by the predictions of their {e['k']} nearest rows of {short(e['reference'])!r}; of those rows "
            f"themselves {e['chance']:+.1%} more would gain than lose",
            affected=e["gains"] + e["losses"],
            examined=e["n"],
            level="warning" if verdict == "fail" else "clean",
            limit=limit,
            unsure=few,
        )


def _record(e: dict[str, Any], metric: str, value: float, error: float, z: float, few: str, verdict: str | None) -> Record:
    low, high, wide_low, wide_high = (float(np.clip(value + x * error, -1, 1)) for x in (-Z95, Z95, -z, z))
    values = {k: e[k] for k in ("attribute", "group", "reference", "split", "n", "n_reference")}
    values |= {"stage": "prediction", "metric": metric, "value": value, "low": low, "high": high, "method": METHOD}
    values |= {"simultaneous_low": wide_low, "simultaneous_high": wide_high, "verdict": verdict}
    return Record(section="bias", list="comparisons", values={**values, "status": "suppressed" if few else "ok", "reason": few})
