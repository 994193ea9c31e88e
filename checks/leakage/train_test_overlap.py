"""LEK101."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from auditor.check import Check, Specimen
from auditor.model import Affected, Level, Reading, Where
from auditor.rows import Roles, Setting
from auditor.statistics.proportions import share
from auditor.tallies.chance import expected_shared, poisson_at_least
from auditor.tallies.copies import shared
from auditor.tallies.keys import RAW, InputKeys, RowKeys, TextKeys, common, pairs, text_columns

TEXT = Roles(text="text", label="label")
WORDS = {"text": ["how do I pay", "where is it", "stop my card", "what now"], "label": ["a", "b", "a", "b"]}
TABLE = {"x": [0.25, 1.5, 2.75, 3.5, 4.25, 5.5], "y": [9.5, 8.25, 7.5, 6.75, 5.25, 4.5]}
LOW = {"sex": ["f", "m"] * 10, "band": ["u", "u", "v", "v"] * 5}


class TrainTestOverlap(Check[RowKeys, InputKeys, TextKeys]):
    """A held-out row stands in the training data too.

    ## Why
    A row that the model has seen measures its memory. The held-out score is too good, and every choice that rests on it.

    ## Measured
    Held-out rows whose content is in the other split / held-out rows, by pair of splits (each held-out or reference split
    against train, held-out against held-out): share, 0 to 1, high is bad. Sets with a text role: the raw text, whatever its
    label. Tables: every column that both splits have, label included, but id-like ones, id, weight, prediction and
    probabilities; the count on inputs alone stands beside it, and the number expected by chance, were the columns
    independent: it is an error only where the count lies above that (Poisson p < .05).

    ## Fix
    Drop the held-out rows' copies from train: `twin_row` of the rows listed under this fingerprint names the first of each;
    or drop the rows listed in the rows file from the held-out split.

    ## Known limits
    Rows of few categories agree by chance. The expectation takes the columns as independent, so tables whose columns depend on
    each other agree more often than it says: then an honest random split is reported. Short texts ("yes", "ok") recur honestly.

    ## Source
    A copy is a copy: any count is an error. Chance by the collision probabilities of the columns; the test is chosen by us.
    """

    code = "LEK101"
    remedy = ("drop rows", "unsafe")
    needs = ("held-out",)
    error_above: float | None = 0.0  # a copy is a copy
    chance_alpha: float = 0.05  # the usual level: at or above it a table's overlap may be chance
    good = (
        Specimen(train=WORDS, test={"text": ["How do I pay?", "hello there"], "label": ["a", "b"]}, roles=TEXT),
        Specimen(train=TABLE, test={"x": [0.5, 1.5], "y": [9.5, 8.0]}),
    )
    bad = (
        Specimen(train=WORDS, test={"text": ["where is it", "hello there"], "label": ["a", "b"]}, roles=TEXT, found=1),
        Specimen(train=TABLE, test={"x": [0.5, 1.5], "y": [9.5, 8.25]}, found=1),
        Specimen(train=LOW, test={"sex": ["f", "m"], "band": ["v", "u"]}, found=1),
    )

    def judge(self, setting: Setting, keys: RowKeys, inputs: InputKeys, words: TextKeys) -> Iterator[Reading]:
        rows = {s.name: s.rows for s in setting.splits}
        for held, other in pairs(setting):
            where = Where(split=held, reference=other)
            names, wanted = common(setting, held, other), text_columns(setting)
            if not names or not set(wanted) <= set(names):
                missing = ", ".join(sorted(set(wanted) - set(names))) or "a column to compare"
                effect = share("overlap_share", 0, 0)
                yield self.read(where, effect, "", unsure=f"{held} and {other} do not both have {missing}")
                continue
            if wanted:
                found = shared(words.rows, held, other, word=RAW)
                same = shared(keys.rows, (held, names), (other, names))
                message = f"{len(found):,} of {rows[held]:,} texts of {held} stand in {other} letter for letter"
                message += f", {len(same):,} of them in a row that is equal in every column"
                more: dict[str, Any] = {}
            else:
                found = shared(keys.rows, (held, names), (other, names))
                message, more = self._table(setting, keys, inputs, held, other, len(found))
            yield self.read(
                where,
                share("overlap_share", len(found), rows[held]),
                message + found.note,
                affected=len(found),
                examined=rows[held],
                rows=Affected(split=held, row=found.row, twin_split=other, twin_row=found.twin),
                **more,
            )

    def _table(
        self, setting: Setting, keys: RowKeys, inputs: InputKeys, held: str, other: str, count: int
    ) -> tuple[str, dict[str, Level]]:
        """The sentence for a table, and the worst level that it may reach."""
        rows = {s.name: s.rows for s in setting.splits}
        names = common(setting, held, other)
        expected = expected_shared(keys.samples[held], keys.samples[other], names, rows[held], rows[other])
        p = poisson_at_least(count, expected)
        message = f"{count:,} of {rows[held]:,} rows of {held} stand in {other}"
        alone = InputKeys.inputs(setting, names)
        if InputKeys.wanted(setting) and alone:
            message += f" ({len(shared(inputs.rows, (held, alone), (other, alone))):,} on inputs alone)"
        message += f"; by chance, were the columns independent: {expected:.3g} (Poisson p {p:.2g})"
        return message, {"at_most": "error" if p < self.chance_alpha else "warning"}
