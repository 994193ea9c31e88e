"""BIA312."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from auditor.check import Check, Specimen, Tally
from auditor.model import Affected, Effect, Evidence, Reading, Record, Where
from auditor.rows import Batch, Roles, Setting
from auditor.statistics.sampling import position_hash
from auditor.statistics.slices import HALVES_FROM, Search, Slice, search
from auditor.tallies.groups import CAP
from auditor.tallies.outcomes import no_labels, plain
from auditor.tallies.slice_evidence import conditions_of, effect_of, evidence_of, record_of
from auditor.tallies.slice_rows import SliceRows, SliceTable, by_length_only

ROLES = Roles(label="y", prediction="said")


def _rows(wrong: int) -> dict[str, list[Any]]:
    """240 rows, 24 predicted wrongly at even distances, and `wrong` more of the 60 with city a and plan p."""
    city, plan = ["ab"[i % 2] for i in range(240)], ["pq"[i // 2 % 2] for i in range(240)]
    y = ["yn"[i // 4 % 2] for i in range(240)]
    slip = [i % 10 == 3 for i in range(240)]
    more = [i for i in range(240) if (city[i], plan[i]) == ("a", "p")][:wrong]
    return {
        "city": city,
        "plan": plan,
        "y": y,
        "said": ["yn"[label == "y"] if s or i in more else label for i, (s, label) in enumerate(zip(slip, y, strict=True))],
    }


@dataclass(frozen=True, slots=True)
class Vocabulary(Tally):
    """The classes given and predicted, of the splits with predictions. Exact up to 100,000 of each, none beyond."""

    labels: frozenset[str] = frozenset()
    predictions: frozenset[str] = frozenset()
    over: bool = False

    @classmethod
    def columns(cls, setting: Setting) -> Iterable[str]:
        return tuple(c for c in (setting.roles.label, setting.roles.prediction) if c)

    @classmethod
    def of(cls, batch: Batch, *after: Any) -> Self:
        roles = batch.setting.roles
        if not batch.setting.label_is_class or roles.prediction is None or not batch.has(roles.prediction):
            return cls()
        labels, predictions = (
            frozenset(w for w in plain(batch.column(name))[1] if w is not None) if name and batch.has(name) else frozenset()
            for name in (roles.label, roles.prediction)
        )
        return cls() + cls(labels, predictions)

    def __add__(self, other: Self) -> Self:
        labels, predictions = self.labels | other.labels, self.predictions | other.predictions
        if self.over or other.over or max(len(labels), len(predictions)) > CAP:
            return type(self)(over=True)
        return type(self)(labels, predictions)

    def unfit(self, setting: Setting) -> str:
        """Why the predictions cannot be judged as classes, in the words of the checks of error rates; "" where they can."""
        if self.over:
            return f"{setting.roles.prediction!r}: more than {CAP:,} classes: they are not counted"
        return no_labels(self.labels, self.predictions, setting)


class WeakSlice(Check[SliceRows, Vocabulary]):
    """The model is wrong far more often on some slice of the rows than on the rest.

    ## Why
    A mean over all rows hides the few on whom it fails; who they are need not be a declared group.

    ## Measured
    Error rate of the slice minus that of the rest, -1 to 1, high is bad (of numbers: absolute error as a share of the mean
    absolute error). Slices are up to three conditions on columns (numbers in five bins, texts by length and by topic:
    8 to 20 clusters of their words) with at least 30 rows and 1 %. Searched on one half: p by max-T over all slices tested,
    500 shuffles of the outcome, below .05; measured anew on the held-back half with limits for all slices brought forward.
    Below 2,000 rows max-T alone. A slice that a shorter or a stronger one explains is left out. Better slices stand in
    `bias.slices`.

    ## Fix
    Look at the slice, collect more rows like these, and read this error beside the mean from now on.

    ## Known limits
    Some rows are harder for anyone. Only conditions on the columns at hand are seen, 30 columns and 4,000 slices at most.
    Topics are rough: a fault of a few words may be spread over several, their names change with the texts, and below 240
    texts, or without words that texts share (English stop words set aside), there are none and length alone is used, which
    is said. Of three columns of texts at most; scripts without blanks have none. About 40,000 rows a split are searched.

    ## Source
    Pastor et al. 2021, doi:10.1145/3448016.3457284; Westfall & Young 1993. .10 (numbers: .25): chosen by us.
    """

    code = "BIA312"
    needs = ("label", "prediction")
    warn_above: float | None = 0.10  # gap of the error rate
    size_above: float = 0.25  # gap of the absolute error, as a share of its mean
    least: int = 30  # rows of a slice
    share: float = 0.01  # rows of a slice, of all
    draws: int = 500
    errors: int = 10  # wrong rows, and right ones, below which nothing can be told
    good = Specimen(train=_rows(0), roles=ROLES)
    bad = Specimen(train=_rows(40), roles=ROLES, found=1)

    def judge(self, setting: Setting, rows: SliceRows, words: Vocabulary) -> Iterator[Reading | Record]:
        if setting.roles.label and not setting.label_is_class and setting.column(setting.roles.label).kind != "number":
            reason = f"the label {setting.roles.label!r} names no classes and is no number"
            yield self._nothing("", reason, 0)
            return
        if setting.label_is_class and (reason := words.unfit(setting)):
            yield self._nothing("", reason, 0)
            return
        for split in setting.splits:
            table = rows.table(split.name, setting)
            if table is not None:
                yield from self._split(setting, split.name, table)
            elif len(setting.splits) == 1:
                yield self._nothing(split.name, f"{split.name} has no row with a label and a prediction that can be compared", 0)

    def _nothing(self, split: str, reason: str, examined: int) -> Reading:
        effect = Effect(name="error_rate_gap", value=None, unit="share", reason=reason)
        return self.read(Where(split=split), effect, reason, examined=examined, unsure=reason)

    def _split(self, setting: Setting, split: str, table: SliceTable) -> Iterator[Reading | Record]:
        n, outcome = len(table.rows), table.outcome
        classes = setting.label_is_class
        missed = int((outcome > 0).sum())
        if n < 2 * self.least or (classes and min(missed, n - missed) < self.errors) or not table.codes.shape[1]:
            count = f"{missed:,} of {n:,} predictions of {split} are wrong" if classes else f"{split} has {n:,} predicted rows"
            why = "there is no column to slice by" if not table.codes.shape[1] else f"{count}: too few to search for slices"
            yield self._nothing(split, why, n)
            return
        if not classes:
            outcome = outcome / (float(outcome.mean()) or 1.0)
        order = position_hash(table.rows, setting.seed)
        found = search(table.codes, outcome, order, least=self.least, share=self.share, draws=self.draws, seed=setting.seed)
        for one in found.slices:
            yield record_of(one, table, split, classes)
        worse = [s for s in found.slices if s.gap > 0]
        evidence = (evidence_of(found, table, split),) if found.slices else ()
        lacking = by_length_only(setting)
        also = f"; {lacking}" if lacking else ""
        for one in worse:
            yield self._reading(one, table, outcome, split, classes, found, evidence, also)
        if not worse:
            yield self._clean(found, table, split, classes, also)

    def _reading(
        self,
        one: Slice,
        table: SliceTable,
        outcome: NDArray[np.float64],
        split: str,
        classes: bool,
        found: Search,
        evidence: tuple[Evidence, ...],
        also: str,
    ) -> Reading:
        inside, rest = outcome[one.rows], np.delete(outcome, one.rows)
        wrong = one.rows[inside > 0] if classes else one.rows
        limit = self.warn_above if classes else self.size_above
        name = " and ".join(conditions_of(one, table))
        how = "confirmed on the held-back half" if one.confirmed else f"not confirmed: fewer than {HALVES_FROM:,} rows"
        return self.read(
            Where(split=split, columns=tuple(table.columns[c] for c, _ in one.items), group=name),
            effect_of(one, classes),
            f"{name}: mean error {inside.mean():.3f} in {len(inside):,} rows of {split}, {rest.mean():.3f} in the other "
            f"{len(rest):,} (gap {one.gap:.3f}, {one.low:.3f} to {one.high:.3f}, {how}; p {one.p:.3g} over {found.tested:,} "
            f"slices){also}",
            affected=len(wrong),
            examined=len(table.rows),
            rows=Affected(split=split, row=table.rows[wrong], score=None if classes else inside),
            evidence=evidence,
            level="warning" if limit is not None and one.gap > limit else "clean",
            limit=limit,
        )

    def _clean(self, found: Search, table: SliceTable, split: str, classes: bool, also: str) -> Reading:
        top = found.strongest
        said = f"no slice of {split} is worse than the rest: {found.tested:,} slices of {len(table.rows):,} rows tested"
        if top is None:
            effect = Effect(name="error_rate_gap", value=None, unit="share", reason="no slice has enough rows")
        else:
            effect = effect_of(top, classes)
            said += f"; the strongest is {' and '.join(conditions_of(top, table))} (gap {top.gap:.3f}, p {top.p:.3g})"
        return self.read(Where(split=split), effect, said + also, examined=len(table.rows), level="clean")
