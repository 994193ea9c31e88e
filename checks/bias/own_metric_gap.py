"""BIA403."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from auditor.check import Check, Specimen
from auditor.model import Effect, Reading, Record, Where
from auditor.rows import Roles, Setting
from auditor.statistics.counts import bonferroni
from auditor.statistics.proportions import Z95
from auditor.tallies.asked import Asked
from auditor.tallies.groups import short
from auditor.tallies.prediction_gaps import MIN_GROUP, unmeasured

ROLES = Roles(label="y", prediction="p", sensitive="g")
OPTIONS = {"metrics": {"f1": "f1_score"}}


def rows_of(wrong: int) -> dict[str, list[Any]]:
    """600 rows; the prediction is wrong in one of 20, in group b in one of `wrong`."""
    g, y = ["ab"[i % 3 == 0] for i in range(600)], [i // 3 % 2 for i in range(600)]
    often = [wrong if gi == "b" else 20 for gi in g]
    return {"g": g, "y": y, "p": [yi ^ int(i * 7 // 3 % n == 0) for i, (yi, n) in enumerate(zip(y, often, strict=True))]}


@dataclass(frozen=True, slots=True)
class OwnMetrics(Asked):
    """The user's metrics by group."""

    derives = ("own_metrics",)


class OwnMetricGap(Check[OwnMetrics]):
    """A metric that you named differs between a group and the reference.

    ## Why
    The task's own metric is the first thing to compare, whatever the names of fairness metrics.

    ## Measured
    The metric of the group minus that of the reference, by fairlearn's MetricFrame, with normal limits from 200 bootstrap samples
    drawn inside each group, widened by Bonferroni over all metrics and groups. A note where they exclude 0; no verdict, since
    only you know which difference matters and which way is better. Asked for with --metric NAME.

    ## Fix
    Set a limit on the difference that matters to you ([rules.BIA403] in auditor.toml), and look at the rows of that group.

    ## Known limits
    At most 50,000 rows a split are read. Classes reach the function as 0, 1, ... as sorted (1 is the favourable one of two),
    numbers as they are, also scores beside two classes. A metric whose samples are far from normal has too narrow or too wide
    limits. Groups below 100 rows are shown and not judged; those beyond the 20 largest are counted.

    ## Source
    Fairlearn's MetricFrame: Weerts et al. 2023, arXiv:2303.16626; Efron & Tibshirani 1993, doi:10.1201/9780429246593.
    """

    code = "BIA403"
    needs = ("sensitive", "label", "prediction", "option:metrics")
    good = Specimen(train=rows_of(20), roles=ROLES, options=OPTIONS)
    bad = Specimen(train=rows_of(3), roles=ROLES, options=OPTIONS, found=1)

    def judge(self, setting: Setting, own: OwnMetrics) -> Iterator[Reading | Record]:
        entries = setting.derived.get("own_metrics", {}).get("found", ())
        by: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
        for e in entries:
            if "reason" in e:
                where = Where(split=e["split"], columns=(e["attribute"],))
                why = f"{e['metric']}: {e['reason']}"
                yield self.read(where, unmeasured(f"{e['metric']}_difference", "", why), why, unsure=why)
            else:
                by.setdefault((e["metric"], e["split"], e["attribute"]), []).append(e)
        z = bonferroni(sum(len(groups) - 1 for groups in by.values()))
        for (metric, split, attribute), groups in by.items():
            reference = groups[0]
            for group in groups[1:]:
                yield from self._compared(metric, Where(split=split, columns=(attribute,)), group, reference, z)

    def _compared(
        self, metric: str, where: Where, group: dict[str, Any], reference: dict[str, Any], z: float
    ) -> Iterator[Reading | Record]:
        a, b, least = group["value"], reference["value"], min(group["n"], reference["n"])
        name, value = f"{metric}_difference", None if a is None or b is None else a - b
        undefined = "" if value is not None else f"{metric} is undefined in a group"
        errors = [e["error"] for e in (group, reference)]
        error = None if value is None or None in errors else math.hypot(*errors)
        low, high, wide_low, wide_high = (
            None if error is None or value is None else value + x * error for x in (-Z95, Z95, -z, z)
        )
        few = f"{least:,} rows, fewer than {MIN_GROUP}" if least < MIN_GROUP else ""
        thin = "" if low is not None else "too many samples have no value: no interval"
        reason, how = undefined or few or thin, "bootstrap, normal 95 %" if low is not None else ""
        values = {"attribute": where.columns[0], "group": group["group"], "reference": reference["group"], "stage": "prediction"}
        values |= {"split": where.split, "metric": name, "value": value, "low": low, "high": high, "method": how}
        values |= {"simultaneous_low": wide_low, "simultaneous_high": wide_high, "n": group["n"], "n_reference": reference["n"]}
        values |= {"status": "undefined" if undefined else "suppressed" if few else "ok", "reason": reason, "verdict": None}
        yield Record(section="bias", list="comparisons", values=values)
        apart = wide_low is not None and wide_high is not None and (wide_low > 0 or wide_high < 0)
        shown = ["undefined" if x is None else f"{x:.4g}" for x in (a, b)]
        yield self.read(
            Where(split=where.split, columns=where.columns, group=group["group"], reference=reference["group"]),
            Effect(name=name, value=value, low=low, high=high, unit="metric", method=how, reason=undefined),
            f"{metric} of {where.columns[0]} {short(group['group'])!r} in {where.split} is {shown[0]} ({group['n']:,} rows), "
            f"that of {short(reference['group'])!r} {shown[1]} ({reference['n']:,})",
            examined=group["n"] + reference["n"],
            level="note" if apart and not reason else "clean",
            limit=0.0,
            unsure=reason,
        )
