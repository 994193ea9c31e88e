"""VAL118."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.check import Check, Specimen
from auditor.model import Histogram, Reading, Series, Where
from auditor.rows import Setting
from auditor.statistics.proportions import share
from auditor.tallies.look import Look
from auditor.tallies.placeholders import Placeholders

TEXTS = ("text", "messages", "prompt", "response", "chosen")  # roles of a set of texts: there the other columns are no features


class TooManyMissing(Check[Look, Placeholders]):
    """A column lacks many of its values.

    ## Why
    What fills the gaps (a mean, a zero, an empty slot in the prompt) is learnt as if it were data; gaps that are not random bias
    everything that is estimated from the rest.

    ## Measured
    Missing values / rows, by split and column: share, 0 to 1, high is bad. Missing are nulls, empty cells, the
    spellings that VAL116 knows in columns of numbers, dates and bools, and the certain placeholders of VAL117. Beside texts a
    column without a role, such as the often empty `input` of instruction sets, gets a warning at most.

    ## Fix
    Find out why they are missing; drop the column, fill it with an indicator beside it, or leave it out of the prompt
    where it is empty.

    ## Known limits
    Fields that apply to few rows (a second address line, an end date) are empty by nature: waive them.

    ## Source
    .05 and .50, chosen by us: below 5 % the way of filling hardly matters (after Schafer 1999, doi:10.1177/096228029900800102,
    to be verified against the source), above half most of what a model sees is filling.
    """

    code = "VAL118"
    warn_above: float | None = 0.05  # see Source
    error_above: float | None = 0.50
    good = Specimen(train={"a": ["x"] * 39 + [None], "b": [1.0] * 40})
    bad = (
        Specimen(train={"a": ["x"] * 35 + [None] * 5, "b": [1.0] * 40}, found=1),
        Specimen(train={"a": ["x", "y", "?", "unknown"] * 10}, found=1),
        Specimen(train={"a": [None] * 40, "b": ["1", "", "NA", "-"] * 10}, found=2),
    )

    def judge(self, setting: Setting, look: Look, placeholders: Placeholders) -> Iterator[Reading]:
        beside_texts = any(getattr(setting.roles, role) for role in TEXTS)
        for split in setting.splits:
            names = [c.name for c in setting.columns if split.name in c.splits]
            missing = {name: _missing(setting, look, placeholders, split.name, name) for name in names}
            top = sorted(missing.items(), key=lambda item: -item[1])[:30]
            bars = Series(name="missing", x=tuple(n for n, _ in top), y=tuple(k / max(1, split.rows) for _, k in top))
            chart = Histogram(title=f"Missing by column in {split.name}", x_label="column", y_label="share", series=(bars,))
            for name, count in missing.items():
                yield self.read(
                    Where(split=split.name, columns=(name,)),
                    share("missing_share", count, split.rows),
                    f"{count:,} of {split.rows:,} values of {name!r} in {split.name} are missing",
                    affected=count,
                    examined=split.rows,
                    evidence=(chart,) if count > (self.warn_above or 0) * split.rows else (),
                    at_most="warning" if beside_texts and not setting.roles.of(name) else "error",
                )


def _missing(setting: Setting, look: Look, placeholders: Placeholders, split: str, name: str) -> int:
    """Nulls, empty cells or known spellings, and certain placeholders."""
    seen, column = look.by[split, name], setting.column(name)
    spelled = seen.spelled[""] if column.kind in ("category", "text") else seen.spelled.total()
    return min(seen.n, seen.nulls + spelled + placeholders.missing(split, name))
