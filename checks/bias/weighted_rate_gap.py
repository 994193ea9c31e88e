"""BIA109."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np
import pyarrow as pa

from auditor.check import Check, Specimen, Tally
from auditor.groups import Value, encode
from auditor.model import Reading, Record, Where
from auditor.rows import Batch, InputError, Roles, Setting
from auditor.statistics.comparisons import Comparison, rate_difference, rate_ratio, suppressed, tolerance
from auditor.statistics.counts import bonferroni
from auditor.tallies.groups import GroupCounts, reference_of, short
from auditor.tallies.label_gaps import MIN_GROUP, compared_labels
from auditor.tallies.prediction_gaps import unmeasured

ROLES = Roles(label="y", sensitive="g", weight="w")
STAGES = {"label": ("data", "label_rate"), "prediction": ("prediction", "selection_rate")}
CAP = 100_000
Key = tuple[str, str, str]  # split, attribute, label or prediction
Sums = np.ndarray[Any, np.dtype[np.float64]]  # rows, sum of weights, sum of their squares


@dataclass(frozen=True, slots=True)
class WeightedCells(Tally):
    """(group value, label or prediction) -> rows, sum of weights, sum of squared weights. At most 100,000 cells each, else over.

    Sums of floats: exact but for rounding, 1e-12 of the whole.
    """

    by: dict[Key, dict[tuple[Value, Value], Sums]] = field(default_factory=dict)
    over: frozenset[Key] = frozenset()
    bad: tuple[int, int] = (0, 0)  # weights that are negative or not finite, weights that are missing

    @classmethod
    def columns(cls, setting: Setting) -> Iterable[str]:
        roles = setting.roles
        return (*roles.sensitive, *(c for c in (roles.weight, roles.label, roles.prediction) if c))

    @classmethod
    def of(cls, batch: Batch, *after: Any) -> Self:
        roles = batch.setting.roles
        name = roles.weight or ""
        if not batch.has(name) or batch.setting.column(name).kind != "number":
            return cls()
        weight = batch.column(name).cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
        missing = batch.column(name).is_null().to_numpy(zero_copy_only=False)
        bad = ~missing & ~(np.isfinite(weight) & (weight >= 0))
        w = np.where(missing | bad, 0.0, weight)
        by: dict[Key, dict[tuple[Value, Value], Sums]] = {}
        for what, column in (("label", roles.label), ("prediction", roles.prediction)):
            if not column or not batch.has(column):
                continue
            codes, values = encode(batch.column(column))
            for attribute in dict.fromkeys(roles.sensitive):
                if batch.has(attribute):
                    own, groups = encode(batch.column(attribute))
                    cells, place = np.unique(own * len(values) + codes, return_inverse=True)
                    sums = np.stack([np.bincount(place, weights=x) for x in ((w > 0).astype(float), w, w * w)], axis=1)
                    by[batch.split, attribute, what] = {
                        (groups[c // len(values)], values[c % len(values)]): s for c, s in zip(cells.tolist(), sums, strict=True)
                    }
        return cls(by, frozenset(k for k, v in by.items() if len(v) > CAP), (int(bad.sum()), int(missing.sum())))

    def __add__(self, other: Self) -> Self:
        over = self.over | other.over
        by = {k: dict(v) for k, v in self.by.items() if k not in over}
        for key, cells in other.by.items():
            if key not in over:
                mine = by.setdefault(key, {})
                for cell, sums in cells.items():
                    mine[cell] = mine[cell] + sums if cell in mine else sums
        over |= {k for k, v in by.items() if len(v) > CAP}
        return type(self)(by, over, (self.bad[0] + other.bad[0], self.bad[1] + other.bad[1]))


def rows_of(heavy: float) -> dict[str, list[Any]]:
    """600 rows, favourable labels equally often in both groups; in group b the favourable rows weigh 1, the others `heavy`."""
    g, y = ["ab"[i % 2] for i in range(600)], [i // 2 % 2 for i in range(600)]
    return {"g": g, "y": y, "w": [heavy if gi == "b" and not yi else 1.0 for gi, yi in zip(g, y, strict=True)]}


class WeightedRateGap(Check[WeightedCells, GroupCounts]):
    """Weighted as asked for, one group has the favourable label, or prediction, less often; unweighted rows hide it.

    ## Why
    What is learnt, and what is true of a population, goes by the weights; a gap of plain rows may be the sample's alone.

    ## Measured
    Rate of the favourable value by sums of weights: reference minus group (-1 to 1, 0 is even) and group over reference (0 up, 1
    is even), limits by Newcombe and MOVER-R with the effective number of rows (sum w)^2 / sum w^2, widened by Bonferroni. Found
    where the ratio's limits lie wholly outside 4/5 to 5/4 and those of the unweighted rows do not, or do on the other side.

    ## Fix
    Ask where the weights come from; compare groups by them, and say so in the report.

    ## Known limits
    The effective number of rows is an approximation for weights that do not depend on the outcome. Rows without a weight are left
    out and counted. Groups whose effective number is below 30 are shown and not judged. The other bias checks count rows
    unweighted.

    ## Source
    Kish 1965, "Survey Sampling" (effective sample size); Newcombe 1998; Donner & Zou 2012, doi:10.1177/0962280210383750.
    """

    code = "BIA109"
    needs = ("sensitive", "weight")
    within_ratio: float = 0.8
    good = Specimen(train=rows_of(1.0), roles=ROLES)
    bad = Specimen(train=rows_of(4.0), roles=ROLES, found=1)

    def lacks(self, setting: Setting) -> str | None:
        roles = setting.roles
        return super().lacks(setting) or (
            None if roles.label or roles.prediction else "no column has the role label or prediction"
        )

    def judge(self, setting: Setting, cells: WeightedCells, groups: GroupCounts) -> Iterator[Reading | Record]:
        self._refuse(setting, cells)
        every = list(groups.tables(setting))
        places: list[tuple[Where, str, str, dict[str, Sums], dict[str, Sums]]] = []
        seen: dict[str, set[str]] = {what: set() for what in STAGES}  # over all splits, the labels among the predictions
        for (_, _, what), by in cells.by.items():
            for stage in STAGES if what == "label" else (what,):
                seen[stage] |= {v for _, v in by if v is not None}
        for (split, attribute, what), by in cells.by.items():
            where = Where(split=split, columns=(attribute,))
            reference = reference_of([t for t in every if t.attributes == (attribute,)], setting)
            wanted, why = compared_labels(setting, sorted(seen[what]))
            if reference is None or groups.too_many((attribute,)):
                why = f"{attribute} names no groups that can be compared in {split}"
            elif len(wanted) != 1:
                why = why or f"the {what} has no declared favourable value: give --positive"
            if why:
                yield self.read(where, unmeasured("weighted_rate_ratio", "ratio", why), why, unsure=why)
                continue
            names = groups.namer(attribute, setting)
            total: dict[str, Sums] = {}
            hits: dict[str, Sums] = {}
            for (group, value), sums in by.items():
                if value is not None:
                    name = names[group][1]
                    total[name] = total.get(name, np.zeros(3)) + sums
                    hits[name] = hits.get(name, np.zeros(3)) + (sums if value == wanted[0] else 0.0)
            places += [
                (replace(where, group=g, reference=str(reference)), what, wanted[0], total, hits) for g in total if g != reference
            ]
        z = bonferroni(len(places))
        for place in places:
            yield from self._compared(*place, z, cells.bad[1])

    @staticmethod
    def _refuse(setting: Setting, cells: WeightedCells) -> None:
        name = setting.roles.weight
        if setting.column(name or "").kind != "number":
            raise InputError(f"--weight: {name!r} holds no numbers; want one number of at least 0 a row")
        if cells.bad[0]:
            raise InputError(f"--weight: {cells.bad[0]:,} values of {name!r} are negative or not finite, want 0 or more")
        if not any(s[1] > 0 for by in cells.by.values() for s in by.values()) and cells.by:
            raise InputError(f"--weight: every weight of {name!r} is 0 or missing; leave the role out, or give weights")

    def _compared(
        self, where: Where, what: str, wanted: str, total: dict[str, Sums], hits: dict[str, Sums], z: float, unweighted: int
    ) -> Iterator[Reading | Record]:
        stage, rate = STAGES[what]
        sides = [(hits.get(g, np.zeros(3)), total.get(g, np.zeros(3))) for g in (where.group, where.reference)]
        (k, n), (k_ref, n_ref) = (_effective(h, t) for h, t in sides)
        within = tolerance(self.within_ratio)
        gap = rate_difference(f"weighted_{rate}_difference", k_ref, n_ref, k, n, z=z)  # type: ignore[arg-type]  # effective rows
        ratio = rate_ratio(f"weighted_{rate}_ratio", k, n, k_ref, n_ref, z=z, within=within)  # type: ignore[arg-type]
        plain = [(int(h[0]), int(t[0])) for h, t in sides]
        bare = rate_ratio("", *plain[0], *plain[1], z=z, within=within)
        few = min(n, n_ref) < MIN_GROUP
        if few:
            gap, ratio = suppressed(gap, MIN_GROUP), suppressed(ratio, MIN_GROUP)
        place: dict[str, Any] = {"attribute": where.columns[0], "group": where.group, "reference": where.reference}
        place |= {"stage": stage, "split": where.split, "label": wanted}
        yield gap.record(**place)
        yield ratio.record(**place)
        reversed_ = bare.verdict == "fail" and _above(ratio) != _above(bare)
        turned = ratio.verdict == "fail" and (bare.verdict != "fail" or reversed_) and not few
        said = f"; {unweighted:,} rows of all splits have no weight and are left out" if unweighted else ""
        unsure = f"{min(n, n_ref):.0f} effective rows, fewer than {MIN_GROUP}" if few else ""
        unsure = unsure or (ratio.reason if ratio.status == "undefined" else "")
        shown = [f"{h[1] / t[1]:.1%}" if t[1] else "undefined" for h, t in sides]
        rows = [f"{h[0] / t[0]:.1%}" if t[0] else "undefined" for h, t in sides]
        yield self.read(
            where,
            ratio.effect("ratio"),
            f"{where.columns[0]} {short(where.group)!r} against {short(where.reference)!r}, {where.split}: by weights {shown[0]} "
            f"against {shown[1]} are {short(wanted)!r} ({n:,.0f} and {n_ref:,.0f} effective rows), "
            f"by rows {rows[0]} against {rows[1]}{said}",
            affected=int(sides[0][1][0]),
            examined=int(sides[0][1][0] + sides[1][1][0]),
            level="warning" if turned else "clean",
            limit=self.within_ratio,
            unsure=unsure,
        )


def _above(one: Comparison) -> bool:
    """True where the ratio lies above 1, infinite ones too."""
    return one.value is None or one.value > 1


def _effective(hits: Sums, total: Sums) -> tuple[float, float]:
    """(favourable, all) in effective rows: their ratio is that of the weights."""
    if total[1] <= 0:
        return 0.0, 0.0
    n = float(total[1] ** 2 / total[2])
    return n * float(hits[1] / total[1]), n
