"""BIA308."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from auditor.check import Check, Specimen
from auditor.model import Effect, Reading, Record, Where
from auditor.rows import Roles, Setting
from auditor.statistics.counts import bonferroni
from auditor.statistics.proportions import Z95
from auditor.tallies.asked import NearRows
from auditor.tallies.groups import short
from auditor.tallies.outcomes import OutcomeCounts
from auditor.tallies.prediction_gaps import MIN_GROUP, unmeasured

ROLES = Roles(prediction="p", sensitive="g")
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
    (F+ - F-) / n of the group, -1 to 1, far from 0 is bad, + means the group is harmed. F+: predicted unfavourable while most
    of its 5 nearest rows of the reference (1 where that has 9 rows or fewer; all that are as near as the fifth) are predicted
    favourable; F-: the reverse. Features to mean 0 and standard deviation 1, groups left out; at most 10,000 rows a split.
    Limits from 300 samples in which rows and neighbours are drawn anew, widened by Bonferroni; found where they lie wholly
    beyond the tolerance.

    ## Fix
    Look at the rows that would flip; compare thresholds by group (`auditor check --mitigate`).

    ## Known limits
    Depends on the features and their scaling. Where few rows differ, majorities of large neighbourhoods turn all at once.
    Groups below 100 rows are shown and not judged. One code base returns the opposite sign of its documentation; this is the
    documented one.

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
            yield self.read(Where(), unmeasured("flip_test", "share", reason), reason, unsure=reason)
            return
        entries = list(setting.derived.get("near_rows", {}).get("flips", ()))
        large = [e for e in entries if "reason" not in e and min(e["n"], e["n_reference"]) >= MIN_GROUP]
        z = bonferroni(len(large))
        limit = self.warn_above if self.warn_above is not None else 1.0
        for e in entries:
            where = Where(split=e["split"], columns=(e["attribute"],))
            if "reason" in e:
                yield self.read(where, unmeasured("flip_test", "share", e["reason"]), e["reason"], unsure=e["reason"])
                continue
            value, n = (e["gains"] - e["losses"]) / e["n"], e["n"]
            error = e["error"]
            wide = (value - z * error, value + z * error)
            few = "" if e in large else f"{min(n, e['n_reference']):,} rows, fewer than {MIN_GROUP}"
            beyond = wide[0] > limit or wide[1] < -limit
            within = wide[1] <= limit and wide[0] >= -limit
            verdict = "inconclusive" if few else "fail" if beyond else "pass" if within else "inconclusive"
            low, high = max(-1.0, value - Z95 * error), min(1.0, value + Z95 * error)
            place = {"attribute": e["attribute"], "group": e["group"], "reference": e["reference"], "stage": "prediction"}
            values = {"metric": "flip_test", "value": value, "low": low, "high": high, "method": METHOD}
            ends = {"simultaneous_low": max(-1.0, wide[0]), "simultaneous_high": min(1.0, wide[1])}
            told = {"n": n, "n_reference": e["n_reference"], "verdict": verdict, "reason": few}
            status = {"status": "suppressed" if few else "ok", "split": e["split"]}
            yield Record(section="bias", list="comparisons", values={**place, **values, **ends, **told, **status})
            yield self.read(
                Where(split=e["split"], columns=where.columns, group=e["group"], reference=e["reference"]),
                Effect(name="flip_test", value=value, low=low, high=high, unit="share", method=METHOD),
                f"{e['attribute']} {short(e['group'])!r} in {e['split']}: {e['gains']:,} of {n:,} rows would gain and "
                f"{e['losses']:,} lose by the predictions of their {e['k']} nearest rows of {short(e['reference'])!r}",
                affected=e["gains"] + e["losses"],
                examined=n,
                level="warning" if beyond and not few else "clean",
                limit=limit,
                unsure=few,
            )
