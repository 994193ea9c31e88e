"""DUP101."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.check import Check, Specimen
from auditor.model import Affected, Level, Reading, Where
from auditor.rows import Roles, Setting
from auditor.statistics.proportions import share
from auditor.tallies.chance import expected_repeats, poisson_at_least
from auditor.tallies.copies import repeats
from auditor.tallies.keys import RowKeys, common, left_out

TEXT = Roles(text="text", label="label")


class ExactDuplicateRows(Check[RowKeys]):
    """A row stands more than once in one split.

    ## Why
    What stands twice counts twice: the model learns it by heart, and a later random split puts one copy on either side.

    ## Measured
    Rows beyond the first of their content / rows of the split, by split: share, 0 to 1, high is bad. The content is every
    column but id-like ones, id, weight, prediction and probabilities; texts are compared raw. For tables the number that
    would agree by chance, were the columns independent, is stated beside it: an error only where the count lies above that
    (Poisson p < .05).

    ## Fix
    Keep the first of each family: drop the rows listed under this fingerprint in the rows file.

    ## Known limits
    Short rows of few categories agree by chance: compare the count with the expected one. Columns that depend on each other
    agree more often than that expectation says. Designed repeats (replicates, oversampling) are duplicates here.

    ## Source
    The limit of 1 % is chosen by us: that many copies already move the metrics of a split. Effect of duplicates: Lee et al.
    2022, doi:10.18653/v1/2022.acl-long.577.
    """

    code = "DUP101"
    remedy = ("drop rows", "unsafe")
    warn_above: float | None = 0.0  # a copy is worth a word
    error_above: float | None = 0.01  # chosen by us: 1 % of copies moves the metrics of a split
    chance_alpha: float = 0.05  # the usual level: at or above it the copies of a table may be chance
    good = Specimen(train={"text": ["a b", "a c", "A b"], "label": ["x", "x", "x"]}, roles=TEXT)
    bad = (
        Specimen(train={"text": ["a b", "a c", "a b", "d"], "label": ["x", "x", "x", "y"]}, roles=TEXT, found=1),
        Specimen(train={"n": [1.5, 2.5, 1.5], "c": ["u", "v", "u"]}, test={"n": [2, 7, 2], "c": ["v", "u", "v"]}, found=2),
    )

    def judge(self, setting: Setting, keys: RowKeys) -> Iterator[Reading]:
        for split in setting.splits:
            names = common(setting, split.name)
            if not names or not split.rows:
                continue
            found = repeats(keys.rows, (split.name, names))
            message = (
                f"{len(found):,} of {split.rows:,} rows of {split.name} repeat an earlier row (families: {found.families:,})"
            )
            worst: Level = "error"
            if split.name in keys.samples:
                expected = expected_repeats(keys.samples[split.name], names, split.rows)
                message += f"; by chance, were the columns independent: {expected:,.3g}"
                worst = "error" if poisson_at_least(len(found), expected) < self.chance_alpha else "warning"
            if left_out(setting):
                message += f"; left out of the comparison: {', '.join(left_out(setting))}"
            yield self.read(
                Where(split=split.name),
                share("duplicate_share", len(found), split.rows),
                message + found.note,
                affected=len(found),
                examined=split.rows,
                rows=Affected(split=split.name, row=found.row, twin_split=split.name, twin_row=found.twin, cluster=found.twin),
                at_most=worst,
            )
