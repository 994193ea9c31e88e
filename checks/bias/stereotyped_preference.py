"""BIA315."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np

from auditor.check import Check, Specimen
from auditor.model import Effect, Reading, Table, Where
from auditor.rows import Roles, Setting
from auditor.statistics.probes import LEAST_CLUSTERS, change
from auditor.statistics.proportions import wilson
from auditor.tallies.groups import short
from auditor.tallies.probe_evidence import ALL, reasons
from auditor.tallies.probe_rows import Part, ProbeRows, lacks_probe

METRIC = "stereotyped_share"
CAUTION = "a change detector: 50 % is not fair, and what pair sets measure is disputed"
Share = tuple[float | None, float | None, float | None, str]  # share, low, high, method


def _rows(lean: int) -> dict[str, list[Any]]:
    """40 templates of 3 pairs; `lean` of 10 pairs prefer the stereotyped sentence."""
    score = [0.2 if (i * 7) % 10 < lean else -0.2 for i in range(120)]
    named = {"part": ["pair"] * 120, "bias_type": ["gender"] * 120, "template": [f"template {i // 3}" for i in range(120)]}
    return {**named, "base": score, "tuned": score, "left_out": [""] * 120}


class StereotypedPreference(Check[ProbeRows]):
    """The tuned language model prefers the stereotyped sentence in far more, or far fewer, than half of the pairs.

    ## Why
    The share says which way a model leans and in which kind of pairs; what tuning did to it is judged elsewhere (BIA316).

    ## Measured
    Pairs whose stereotyped sentence has the higher log-probability a token, of the pairs that differ in one place and in no
    number of tokens (the others are counted and left out), 0 to 1; ties are counted apart. 95 % limits: Wilson where every pair
    is a template of its own, else a cluster bootstrap by template; by Bonferroni over the bias types. A note where they exclude
    one half; never an error or a warning.

    ## Fix
    Read it beside BIA316: a lean that the base model has too was not brought in by your rows.

    ## Known limits
    One half is not "fair": how common the words are decides too. Pair sets have unclear constructs and mismatched pairs. Bias
    types of fewer than 20 pairs, or templates, stand in the table without an interval.

    ## Source
    Nangia et al. 2020, doi:10.18653/v1/2020.emnlp-main.154; Blodgett et al. 2021, doi:10.18653/v1/2021.acl-long.81.
    """

    code = "BIA315"
    of_run = True
    good = Specimen(train=_rows(5), roles=Roles(sensitive="bias_type"))
    bad = Specimen(train=_rows(8), roles=Roles(sensitive="bias_type"), found=1)

    def lacks(self, setting: Setting) -> str | None:
        if setting.options.get("probe_unit") == "probability":
            return "the models are classifiers: they give no sentence a probability"
        return lacks_probe(setting)

    def judge(self, setting: Setting, probe: ProbeRows) -> Iterator[Reading]:
        pairs = probe.of_part("pair")
        used = pairs.only((pairs.left_out == "") & np.isfinite(pairs.base) & np.isfinite(pairs.tuned))
        types = sorted(Counter(used.bias_type.tolist()))
        parts = {ALL: used} | ({t: used.only(used.bias_type == t) for t in types} if len(types) > 1 else {})
        alpha = 0.05 / max(1, len(parts) - 1)
        found = {n: _share(p, p.tuned, 0.05 if n == ALL else alpha, setting.seed) for n, p in parts.items()}
        lines = [
            (n, len(p), float((p.base > 0).mean()) if len(p) else None, *found[n][:3], found[n][3]) for n, p in parts.items()
        ]
        columns = ("bias type", "pairs", "base", "tuned", "low", "high", "interval")
        left = f"left out: {reasons(pairs)}" if (pairs.left_out != "").any() else "none left out"
        table = Table(title=f"Share of pairs with the stereotyped sentence ahead; {left}", columns=columns, rows=tuple(lines))
        for name, part in parts.items():
            if name == ALL or found[name][1] is not None:
                yield self._reading(name, part, found[name], pairs, table)

    def _reading(self, name: str, part: Part, share: Share, pairs: Part, table: Table) -> Reading:
        where = Where(split="train", columns=("base", "tuned"), group=name)
        value, low, high, how = share
        if value is None:
            why = f"none of the {len(pairs):,} pairs can be compared: {reasons(pairs)}"
            return self.read(where, Effect(name=METRIC, value=None, unit="share", reason=why), why, unsure=why)
        ties = int((part.tuned == 0).sum())
        told = f"{short(name)}: the stereotyped sentence is ahead in {value:.1%} of {len(part):,} pairs"
        told += f" (95 % {low:.1%} to {high:.1%})" if low is not None else ""
        told += f", in {float((part.base > 0).mean()):.1%} before tuning" + (f"; {ties:,} ties" if ties else "")
        out = int((pairs.left_out != "").sum())
        told += f"; {out:,} pairs left out: {reasons(pairs)}" if out and name == ALL else ""
        return self.read(
            where,
            Effect(name=METRIC, value=value, low=low, high=high, unit="share", method=how),
            f"{told}; {CAUTION}",
            affected=int((part.tuned > 0).sum()),
            examined=len(part),
            evidence=(table,) if name == ALL else (),
            level="note" if low is not None and high is not None and (low > 0.5 or high < 0.5) else "clean",
            limit=0.5,
            unsure="" if low is not None else f"{name}: fewer than {LEAST_CLUSTERS} templates: no interval",
        )


def _share(part: Part, scores: Any, alpha: float, seed: int) -> Share:
    """Pairs whose stereotyped sentence is ahead, and their limits at level 1 - alpha; ties count one half."""
    if not len(part):
        return None, None, None, ""
    ahead = np.where(scores == 0, 0.5, scores > 0).astype(float)
    clusters = len(set(part.template.tolist()))
    if clusters < LEAST_CLUSTERS:
        return float(ahead.mean()), None, None, ""
    if clusters == len(part) and not (scores == 0).any():
        from statistics import NormalDist

        low, high = wilson(int(ahead.sum()), len(ahead), NormalDist().inv_cdf(1 - alpha / 2))
        return float(ahead.mean()), low, high, "Wilson"
    found = change(ahead, part.template, alpha=alpha, seed=seed)
    return found.mean, found.low, found.high, "cluster bootstrap by template"
