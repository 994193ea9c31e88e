"""DUP102."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.check import Check, Specimen
from auditor.model import Affected, Reading, Where
from auditor.rows import Roles, Setting
from auditor.statistics.proportions import share
from auditor.tallies.copies import repeats
from auditor.tallies.keys import CONTENT, TextKeys, lacks_texts, text_columns

TEXT = Roles(text="text", label="label")


class NormalisedDuplicateText(Check[TextKeys]):
    """A text stands more than once in one split, but for case, punctuation or blanks.

    ## Why
    A model reads "Pay now!" and "pay now" as one example: it counts twice, and exact comparison does not see it.

    ## Measured
    Rows whose texts have the form under N1 (Unicode NFKC, casefold, letters, marks and digits; everything else one blank) of
    an earlier row, but that are no copy of an earlier row in every column (those are DUP101) / rows with a text, by split:
    share, 0 to 1, high is bad. A text that N1 empties is compared raw.

    ## Fix
    Keep the first of each family: drop the rows listed under this fingerprint in the rows file.

    ## Known limits
    Code, formulas and text whose case bears meaning: rows that differ on purpose look alike under N1. Rows equal in text with
    another label are counted here and in NOI101.

    ## Source
    Limits as in DUP101, chosen by us. Unicode normalisation: Unicode Standard Annex 15.
    """

    code = "DUP102"
    remedy = ("drop rows", "unsafe")
    warn_above: float | None = 0.0  # as DUP101
    error_above: float | None = 0.01  # as DUP101
    good = Specimen(train={"text": ["pay now", "pay it now", "pay now"], "label": ["x", "x", "x"]}, roles=TEXT)
    bad = Specimen(train={"text": ["Pay now!", "pay it now", "pay  now"], "label": ["x", "x", "x"]}, roles=TEXT, found=1)

    def lacks(self, setting: Setting) -> str | None:
        return lacks_texts(setting)

    def judge(self, setting: Setting, keys: TextKeys) -> Iterator[Reading]:
        for split in setting.splits:
            if split.name not in keys.rows.places:
                continue
            examined = split.rows - keys.blank[split.name]
            every = repeats(keys.rows, split.name)
            found = repeats(keys.rows, split.name, apart=CONTENT)
            emptied = keys.emptied[split.name]
            message = (
                f"{len(found):,} of {examined:,} texts of {split.name} repeat an earlier one under N1 "
                "without being a copy of its row; "
                f"{len(every):,} with those that are"
            ) + (f"; {emptied:,} texts that N1 empties were compared raw" if emptied else "")
            yield self.read(
                Where(split=split.name, columns=text_columns(setting)),
                share("normalised_duplicate_share", len(found), examined),
                message + found.note,
                affected=len(found),
                examined=examined,
                rows=Affected(split=split.name, row=found.row, twin_split=split.name, twin_row=found.twin, cluster=found.twin),
            )
