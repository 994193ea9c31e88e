"""How a slice is written down: conditions, effect, record, table."""

from __future__ import annotations

from auditor.model import Effect, Record, Table
from auditor.statistics.slices import Search, Slice
from auditor.tallies.slice_rows import SliceTable


def conditions_of(one: Slice, table: SliceTable) -> tuple[str, ...]:
    """`column=value` of each condition."""
    return tuple(table.names[column][level] for column, level in one.items)


def effect_of(one: Slice, classes: bool) -> Effect:
    """The gap; of classes in error rate, of numbers as a share of the mean absolute error."""
    name, unit = ("error_rate_gap", "share") if classes else ("absolute_error_gap", "share of the mean error")
    method = "Bonferroni 95 % on the held-back half" if one.confirmed else "max-T 95 %"
    return Effect(name=name, value=one.gap, low=one.low, high=one.high, unit=unit, method=method)


def record_of(one: Slice, table: SliceTable, split: str, classes: bool) -> Record:
    """An entry of `bias.slices`."""
    effect = effect_of(one, classes)
    own = {"n": len(one.rows), "metric": effect.name, "value": one.gap, "low": one.low, "high": one.high, "p_adjusted": one.p}
    more = {"split": split, "confirmed": one.confirmed, "contributions": list(one.shares)}
    return Record(section="bias", list="slices", values={"conditions": list(conditions_of(one, table)), **own, **more})


def evidence_of(found: Search, table: SliceTable, split: str) -> Table:
    """All slices that differ, worse and better."""
    lines = tuple(
        (
            " and ".join(conditions_of(s, table)),
            len(s.rows),
            s.gap,
            s.low,
            s.high,
            s.p,
            ", ".join(f"{x:+.3f}" for x in s.shares),
        )
        for s in found.slices
    )
    columns = ("slice", "rows", "gap", "low", "high", "p, max-T", "by condition")
    title = f"Slices of {split} with another error" + (f"; {found.cut:,} more were not tested" if found.cut else "")
    return Table(title=title, columns=columns, rows=lines)
