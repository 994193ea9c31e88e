"""BIA107."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from auditor.check import Check, Specimen
from auditor.groups import FEW_LEVELS
from auditor.model import Effect, Reading, Table, Where
from auditor.rows import Roles, Setting
from auditor.statistics.proportions import ratio
from auditor.tallies.groups import GroupCounts, short
from auditor.tallies.label_gaps import MIN_GROUP, compared_labels, least_rows
from auditor.tallies.prediction_gaps import unmeasured

ROLES = Roles(label="y", sensitive="age")
QUARTILES = (0.25, 0.5, 0.75)  # cut-offs where none is declared, as the other checks bin numbers


def ages(rates: Sequence[tuple[int, int]]) -> dict[str, list[Any]]:
    """100 rows of each age, so many of them labelled 1."""
    rows = [(age, int(i < k)) for age, k in rates for i in range(100)]
    return {"age": [a for a, _ in rows], "y": [y for _, y in rows]}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """The rows up to a value against the rows above it."""

    at: float
    n: int
    n_above: int
    value: float | None  # label rate up to the value over the rate above it
    low: float
    high: float


class FragileCutOff(Check[GroupCounts]):
    """Whether a numeric group such as age is treated worse depends on where exactly the line between groups is drawn.

    ## Why
    A pass that another cut-off a year away would turn into a fail is no pass; whoever draws the line decides.

    ## Measured
    Label rate of rows up to a value over the rate above it, for every value within `window` units, and the `steps` next
    values, of each declared cut-off (else the quartiles): 0 to infinity, 1 is even; MOVER-R limits. Found where the plain
    verdict of the four-fifths tolerance turns between two neighbouring values there, the
    limits of one of which exclude 1; the table shows all of them.

    ## Fix
    Take the cut-off from law or policy, print it, and read the limits: where they hold the tolerance, neither verdict stands.

    ## Known limits
    Only two groups at a time; sides below `min_group` rows are left out. The limits are pairwise.

    ## Source
    29 CFR 1607.4 (D); Donner & Zou 2012, doi:10.1177/0962280210379174. Five units and two values: chosen by us.
    """

    code = "BIA107"
    needs = ("sensitive", "classes")
    least_ratio: float = 0.80  # the four-fifths rule
    window: float = 5.0  # units of the column on either side
    steps: int = 2
    min_group: int = MIN_GROUP
    good = Specimen(train=ages([(a, 60) for a in range(20, 40)]), roles=ROLES, options={"cuts": {"age": [25]}})
    bad = Specimen(
        train=ages([(a, 50 if a < 25 else 30 if a == 25 else 62) for a in range(20, 40)]),
        roles=ROLES,
        options={"cuts": {"age": [24]}},
        found=1,
    )

    def lacks(self, setting: Setting) -> str | None:
        numeric = [a for a in setting.roles.sensitive if self._is_cut(a, setting)]
        return super().lacks(setting) or (None if numeric else "no sensitive column is a number that is cut into groups")

    @staticmethod
    def _is_cut(attribute: str, setting: Setting) -> bool:
        column = setting.column(attribute)
        return column.kind == "number" and (column.distinct > FEW_LEVELS or attribute in setting.options.get("cuts", {}))

    def judge(self, setting: Setting, counts: GroupCounts) -> Iterator[Reading]:
        least = least_rows(setting, self.min_group)
        for attribute in dict.fromkeys(setting.roles.sensitive):
            if not self._is_cut(attribute, setting):
                continue
            for split in setting.splits:
                where = Where(split=split.name, columns=(attribute,))
                cells: Mapping[tuple[str | None, ...], int] = counts.by.get((split.name, (attribute,)), Counter())
                labels, reason = compared_labels(setting, tuple(sorted({c[-1] for c in cells if c[-1] is not None})))
                if counts.too_many((attribute,)):
                    reason = f"{attribute} has too many values to count: round it"
                elif len(labels) > 1:
                    reason = "of more than two labels none was declared favourable: give --positive"
                if reason:
                    yield self.read(where, unmeasured("label_rate_ratio", "ratio", reason), reason, unsure=reason)
                    continue
                tried = every_cut(cells, labels[0], least)
                for at in self._declared(attribute, setting, tried):
                    yield self._reading(where, at, self._near(tried, at), labels[0], least)

    @staticmethod
    def _declared(attribute: str, setting: Setting, tried: Sequence[Cut]) -> list[float]:
        given = setting.options.get("cuts", {}).get(attribute)
        if given is not None:
            return sorted(float(c) for c in given)
        share = [c.n / (c.n + c.n_above) for c in tried]
        return sorted({tried[min(int(np.searchsorted(share, q)), len(tried) - 1)].at for q in QUARTILES}) if tried else [0.0]

    def _near(self, tried: Sequence[Cut], at: float) -> list[Cut]:
        """The cuts within the window, and the next few on either side."""
        below, above = [c for c in tried if c.at <= at], [c for c in tried if c.at > at]
        close = {c.at for c in tried if abs(c.at - at) <= self.window}
        close |= {c.at for c in below[-1 - self.steps :]} | {c.at for c in above[: self.steps]}
        return [c for c in tried if c.at in close]

    def _passes(self, cut: Cut) -> bool:
        return cut.value is not None and self.least_ratio <= cut.value <= 1 / self.least_ratio

    def _reading(self, where: Where, at: float, near: Sequence[Cut], label: str, least: int) -> Reading:
        attribute = where.columns[0]
        here = Where(split=where.split, columns=where.columns, group=f"<= {at:g}", reference=f"> {at:g}")
        own = next((c for c in reversed(near) if c.at <= at and c.value is not None), None)
        told = [c for c in near if c.value is not None]
        if own is None or len(told) < 2:
            reason = f"{attribute} at {at:g} in {where.split}: no two cut-offs leave {least:,} labelled rows on both sides"
            return self.read(here, unmeasured("label_rate_ratio", "ratio", reason), reason, unsure=reason)
        turns = [(a, b) for a, b in itertools.pairwise(told) if self._passes(a) != self._passes(b)]
        real = any(c.high < 1 or c.low > 1 for turn in turns for c in turn)  # else the turn is chance alone
        said = f"{attribute} up to {at:g} against above in {where.split}: ratio of the rates of {short(label)!r} {own.value:.3f}"
        said += f" (95 % {own.low:.3f} to {own.high:.3f})"
        if turns:
            first = min(turns, key=lambda t: abs(t[0].at - at))
            words = ["within" if self._passes(c) else "outside" for c in first]
            said += f"; a cut at {first[0].at:g} lies {words[0]} four fifths ({first[0].value:.3f}), one at {first[1].at:g} "
            said += f"{words[1]} ({first[1].value:.3f}; {abs(first[1].n - first[0].n):,} rows between them)"
        lines = tuple((c.at, c.n, c.value, c.low, c.high, "within" if self._passes(c) else "outside") for c in told[:40])
        columns = ("up to", "rows", "ratio", "low", "high", "four fifths")
        return self.read(
            here,
            Effect(name="label_rate_ratio", value=own.value, low=own.low, high=own.high, unit="ratio", method="MOVER-R 95 %"),
            said,
            affected=sum(abs(b.n - a.n) for a, b in turns),
            examined=own.n + own.n_above,
            evidence=(Table(title=f"Ratio by cut-off of {attribute}", columns=columns, rows=lines),),
            level="warning" if real else "clean",
            limit=self.least_ratio,
            unsure=f"{attribute} at {at:g} in {where.split}: the verdict turns, but no ratio there is surely other than 1"
            if turns and not real
            else "",
        )


def every_cut(cells: Any, label: str, least: int) -> list[Cut]:
    """Every value but the last as a cut, ascending; no ratio where a side has too few labelled rows or no positive above."""
    totals: dict[float, NDArray[np.int64]] = {}
    for (value, y), rows in cells.items():
        if value is not None and y is not None:
            totals[float(value)] = totals.get(float(value), np.zeros(2, np.int64)) + np.array([rows, rows * (y == label)])
    values = sorted(totals)
    if len(values) < 2:
        return []
    below = np.cumsum(np.stack([totals[v] for v in values]), axis=0)
    n, k = below[-1]
    made = []
    for value, (rows, positives) in zip(values[:-1], below[:-1].tolist(), strict=True):
        fit = min(rows, n - rows) >= least and k > positives
        low, high = ratio(positives, rows, int(k - positives), int(n - rows)) if fit else (0.0, float("inf"))
        own = (positives / rows) / ((k - positives) / (n - rows)) if fit else None
        made.append(Cut(at=value, n=rows, n_above=int(n - rows), value=None if own is None else float(own), low=low, high=high))
    return made
