"""LEK102."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.check import Check, Specimen
from auditor.model import Affected, Reading, Where
from auditor.rows import Roles, Setting
from auditor.statistics.proportions import share
from auditor.tallies.copies import shared
from auditor.tallies.keys import LABEL, RAW, TextKeys, lacks_texts, pairs, text_columns

TEXT = Roles(text="text", label="label")
TRAIN = {"text": ["How do I pay?", "where is it", "stop my card"], "label": ["a", "b", "a"]}


class NormalisedOverlap(Check[TextKeys]):
    """A held-out text stands in the training data too, but for case, punctuation or blanks.

    ## Why
    To a model "How do I pay?" and "how do i pay" are one example: the held-out score measures memory, and exact comparison
    does not see it.

    ## Measured
    Held-out rows whose text is in the other split under N1 (Unicode NFKC, casefold, letters, marks and digits; everything
    else one blank), but not letter for letter (those are LEK101) / held-out rows with a text, by pair of splits: share, 0 to
    1, high is bad. A text that N1 empties is compared raw.

    ## Fix
    Drop the copies from train: `twin_row` of the rows listed under this fingerprint names the first of each; or drop the rows
    listed in the rows file from the held-out split.

    ## Known limits
    Code, formulas and text whose case bears meaning look alike under N1. Short stock phrases ("thank you") recur honestly.

    ## Source
    A copy is a copy: any count is an error. Unicode normalisation: Unicode Standard Annex 15.
    """

    code = "LEK102"
    remedy = ("drop rows", "unsafe")
    needs = ("held-out",)
    error_above: float | None = 0.0  # a copy is a copy
    good = Specimen(train=TRAIN, test={"text": ["where is it", "how do we pay"], "label": ["b", "a"]}, roles=TEXT)
    bad = Specimen(train=TRAIN, test={"text": ["Where is it...", "how do i pay"], "label": ["b", "a"]}, roles=TEXT, found=1)

    def lacks(self, setting: Setting) -> str | None:
        return lacks_texts(setting) or super().lacks(setting)

    def judge(self, setting: Setting, keys: TextKeys) -> Iterator[Reading]:
        rows = {s.name: s.rows for s in setting.splits}
        for held, other in pairs(setting):
            where = Where(split=held, columns=text_columns(setting), reference=other)
            if not {held, other} <= set(keys.rows.places):
                effect = share("normalised_overlap_share", 0, 0)
                yield self.read(where, effect, "", unsure=f"{held} and {other} do not both have the text columns")
                continue
            examined = rows[held] - keys.blank[held]
            every = shared(keys.rows, held, other)
            found = shared(keys.rows, held, other, beyond=RAW)
            message = (
                f"{len(found):,} of {examined:,} texts of {held} stand in {other} under N1 but not letter for letter; "
                f"{len(every):,} with those that do"
            )
            if setting.roles.label:
                foreign = len(every) - len(shared(keys.rows, held, other, same=LABEL))
                message += f", {foreign:,} of them only with another label"
            yield self.read(
                where,
                share("normalised_overlap_share", len(found), examined),
                message + found.note,
                affected=len(found),
                examined=examined,
                rows=Affected(split=held, row=found.row, twin_split=other, twin_row=found.twin),
            )
