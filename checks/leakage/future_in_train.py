"""LEK104."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from auditor.check import Check, Specimen
from auditor.model import Effect, Histogram, Reading, Series, Where
from auditor.rows import Roles, Setting
from auditor.statistics.proportions import share
from auditor.tallies.moments import FutureRows, Spans

TIME = Roles(time="day")
DAYS = [f"2024-01-{d:02d}" for d in range(1, 32)]


class FutureInTrain(Check[Spans, FutureRows]):
    """Training rows are later than the first held-out row.

    ## Why
    The model has then seen the future that it is asked to foretell, and the held-out score is too good.

    ## Measured
    Training rows later than the earliest held-out row / training rows with a time: a share, 0 to 1, high is bad; rows of
    the same moment are counted apart. An error where the split is declared temporal (`temporal`), else a warning.

    ## Fix
    Split at a moment: all training rows before it, all held-out rows after it, with a gap where labels come late.

    ## Known limits
    A random split is meant where rows of one time do not tell of another; then nearly all rows are later than the first
    held-out one.

    ## Source
    Kaufman et al. 2012, doi:10.1145/2382577.2382579, on leakage from the future.
    """

    code = "LEK104"
    needs = ("time", "held-out")
    warn_above: float | None = 0.0
    temporal: bool = False  # the split is declared to be one by time
    good = Specimen(train={"day": DAYS[:20]}, test={"day": DAYS[20:]}, roles=TIME)
    bad = (
        Specimen(train={"day": DAYS[:20]}, test={"day": DAYS[18:]}, roles=TIME, found=1),
        Specimen(train={"day": [1, 2, 3, 4, 9]}, test={"day": [5, 6, 7]}, roles=TIME, found=1),
    )

    def lacks(self, setting: Setting) -> str | None:
        train = any(s.part == "train" for s in setting.splits)
        return super().lacks(setting) or (None if train else "there is no training split")

    def judge(self, setting: Setting, spans: Spans, future: FutureRows) -> Iterator[Reading]:
        column = setting.roles.time or ""
        train = next(s.name for s in setting.splits if s.part == "train")
        for split in setting.splits:
            if split.part != "held-out":
                continue
            where = Where(split=train, columns=(column,), reference=split.name)
            if not spans.rows.get(train) or not spans.rows.get(split.name):
                reason = f"{column} of {train if not spans.rows.get(train) else split.name} holds no date, time or number"
                none = Effect(name="future_share", value=None, unit="share", reason=reason)
                yield self.read(where, none, reason, unsure=reason)
                continue
            later, n = future.later[split.name], spans.rows[train]
            equal = future.equal.get(split.name, 0)
            numeric = setting.column(column).kind == "number"
            begun, ended = (_said(x, numeric) for x in (spans.by[split.name][0], spans.by[train][1]))
            yield self.read(
                where,
                share("future_share", later.count, n),
                f"{later.count:,} of {n:,} rows of {train} are later than the first row of {split.name} ({begun}), {equal:,} of "
                f"the same moment; {train} ends {ended}{later.note}",
                affected=later.count,
                examined=n,
                rows=later.affected(train) if later.count else None,
                evidence=(self._picture(spans, train, split.name),),
                level=("error" if self.temporal else "warning") if later.count else "clean",
                limit=self.warn_above,
            )

    @staticmethod
    def _picture(spans: Spans, train: str, other: str) -> Histogram:
        bars = [
            Series(name=w, x=(train, other), y=tuple(spans.by[s][i] for s in (train, other)))
            for i, w in enumerate(("first", "last"))
        ]
        return Histogram(
            title="First and last moment by split", x_label="split", y_label="seconds since 1970, or number", series=tuple(bars)
        )


def _said(moment: float, numeric: bool) -> str:
    if numeric or not -6e10 < moment < 2.5e11:
        return f"{moment:g}"
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d %H:%M:%S")
