"""NOI301."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from auditor.check import Check, Specimen
from auditor.model import Affected, Effect, Level, Reading, Table, Where
from auditor.rows import Roles, Setting
from auditor.statistics.confident import NoiseRate, flagged, noise_rate
from auditor.tallies.predicted import Judgement, Predicted, in_sample

LABEL = Roles(label="label")


def _bands(wrong_every: int) -> Mapping[str, list[Any]]:
    """Two classes far apart on one number; every so-many-th label turned (0 = none)."""
    turned = [bool(wrong_every) and i % wrong_every == 0 for i in range(3_000)]
    return {
        "x": [(i % 2) * 8 + (i * 37 % 101) / 50 for i in range(3_000)],
        "y": [(i * 53 % 97) / 97 for i in range(3_000)],
        "label": ["ab"[(i + turned[i]) % 2] for i in range(3_000)],
    }


class WrongLabel(Check[Predicted]):
    """Rows carry a label that the rest of the data contradicts.

    ## Why
    A tuned model learns wrong labels by heart, and a wrong label in a test set punishes the better model.

    ## Measured
    By split, from probabilities of a model that saw neither the row nor its copies: the share of labels that seem wrong
    (0 to 1, high is bad), read from the rows surest of their class, where overlap of the classes adds nothing; the rows
    are those that confident learning prunes by noise rate, at most a quarter more than the upper end of the share. Score:
    1 - probability of the given label. Suggestion: the most likely class. Levels go by the lower end of the share.

    ## Fix
    Let people vote on the listed rows (a review queue, most certain first), then relabel; do not relabel by model alone.

    ## Known limits
    Overlapping classes: where the surest rows of a class disagree too, noise cannot be told from overlap, and the check
    says so instead of firing; errors made on hard rows only stay unseen. Rows that are outliers are listed with the rest.
    A weak model lists good rows: read the list, not the count. Limits .01 and .05 are ours.

    ## Source
    Northcutt et al. 2021, doi:10.1613/jair.1.12125 (rows); Liu & Tao 2016, doi:10.1109/TPAMI.2015.2456899 (share).
    """

    code = "NOI301"
    remedy = ("take suggestion", "unsafe")
    needs = ("label", "classes")
    warn_above: float | None = 0.01  # own: one label in a hundred
    error_above: float | None = 0.05  # own: beyond it test scores of good models cannot be told apart
    room: float = 1.25  # own: rows listed at most, as a multiple of the upper end; on PF3 it costs no recall, on Adult it cuts
    good = Specimen(train=_bands(0), roles=LABEL)
    bad = Specimen(train=_bands(7), roles=LABEL)

    def judge(self, setting: Setting, predicted: Predicted) -> Iterator[Reading]:
        info = setting.derived.get("probabilities", {})
        for split, found in predicted.by_split(setting):
            where = Where(split=split, columns=(setting.roles.label or "",))
            if isinstance(found, str):
                nothing = Effect(name="wrong_label_share", value=None, unit="share", reason=found)
                yield self.read(where, nothing, f"Labels of {split} were not judged: {found}", unsure=found)
            else:
                yield self._reading(where, found, info)

    def _reading(self, where: Where, found: Judgement, info: Mapping[str, Any]) -> Reading:
        rate = noise_rate(found.probabilities, found.labels)
        hits = np.flatnonzero(flagged(found.probabilities, found.labels))
        margin = found.probabilities.max(axis=1) - found.own
        hits = hits[np.argsort(-margin[hits], kind="stable")][: int(np.ceil(self.room * rate.high * len(found)))]
        classes = np.array(info["classes"], dtype=object)
        likely = found.probabilities[hits].argmax(axis=1)
        level, limit, unsure = self._level(rate, classes)
        if info.get("given") and in_sample(found):
            unsure = "the given probabilities seem to come from a model that saw these labels (NOI310)"
        return self.read(
            where,
            Effect(
                name="wrong_label_share",
                value=rate.value,
                low=rate.low,
                high=rate.high,
                unit="share",
                method=f"labels of the {rate.surest:,} surest rows, 95 %, widened by the bias of the estimate",
            ),
            f"{rate.value:.1%} of the labels in {where.split} seem wrong ({rate.low:.1%} to {rate.high:.1%});"
            f" {len(hits):,} of {len(found):,} rows are listed for review",
            affected=len(hits),
            examined=len(found),
            rows=Affected(
                split=where.split, row=found.rows[hits], score=1 - found.own[hits], suggestion=classes[likely].astype(object)
            ),
            evidence=(_pairs(found.labels[hits], likely, classes),) if len(hits) else (),
            level=level,
            limit=limit,
            unsure=unsure,
        )

    def _level(self, rate: NoiseRate, classes: np.ndarray[Any, Any]) -> tuple[Level | Any, float | None, str]:
        """Level, limit and doubt: by the lower end, since overlap can raise all the rest."""
        warn = self.warn_above if self.warn_above is not None else 1.0
        error = self.error_above if self.error_above is not None else 1.0
        if rate.low > error:
            return "error", error, ""
        if rate.low > warn:
            return "warning", warn, ""
        if rate.value > warn:
            mixed = ", ".join(repr(str(classes[j])) for j in rate.overlapping[:3])
            where = f" of {mixed}" if mixed else ""
            return "clean", warn, f"{rate.low:.1%} to {rate.high:.1%} may be wrong: noise{where} cannot be told from overlap"
        if rate.high > error:
            return "clean", warn, f"too few rows: with {rate.surest:,} sure rows up to {rate.high:.1%} may be wrong"
        return "clean", warn, ""


def _pairs(given: np.ndarray[Any, Any], likely: np.ndarray[Any, Any], classes: np.ndarray[Any, Any]) -> Table:
    """The commonest confusions among the listed rows."""
    pairs, counts = np.unique(np.stack([given, likely], axis=1), axis=0, return_counts=True)
    order = np.argsort(-counts, kind="stable")[:20]
    return Table(
        title="Given label and likely label of the listed rows",
        columns=("given", "likely", "rows"),
        rows=tuple((str(classes[pairs[i, 0]]), str(classes[pairs[i, 1]]), int(counts[i])) for i in order),
        note=f"the {len(order)} commonest of {len(pairs):,} pairs" if len(pairs) > 20 else "",
    )
