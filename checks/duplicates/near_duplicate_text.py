"""DUP201."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from auditor.check import Check, Specimen
from auditor.model import Affected, Reading, Where
from auditor.rows import Roles, Setting
from auditor.statistics.proportions import share
from auditor.tallies.families import CAP, NEIGHBOURS, families
from auditor.tallies.keys import lacks_texts, text_columns
from auditor.tallies.near import NearTexts
from auditor.tallies.shingles import unit

TEXT = Roles(text="text")
CARD = "the card that I ordered two weeks ago has still not arrived at my new address in the old town"


class NearDuplicateText(Check[NearTexts]):
    """Texts of one split are nearly the same.

    ## Why
    Families of near copies are learnt by heart and outweigh the rest; a later random split puts members on either side.

    ## Measured
    Rows beyond the first of their family / rows with a text, by split: share, 0 to 1, high is bad. A family is joined by pairs
    of a Jaccard similarity of at least .8 between their runs of 5 words under N1 (where the median text has 50 words; else runs
    of 5 characters). Candidates come from MinHash (126 permutations, 21 bands of 6: misses .2 % of the pairs at .8); every pair
    is verified exactly. Copies that DUP101 and DUP102 report are included. A train split of over 200,000 rows or 256 million
    characters is sampled by a hash of the row's position: the share sampled is stated, and pairs are found in its square only.

    ## Fix
    Keep the first or the longest of each family: drop the rows listed under this fingerprint in the rows file (all but the
    first).

    ## Known limits
    Templates whose slots differ are near by design. A chain of near pairs is one family though its ends may differ. In a band of
    over 1,000 different texts each is compared with its neighbours in row order only; the number of such texts is stated.

    ## Source
    Broder 1997, doi:10.1109/SEQUEN.1997.666900. The similarity .8 is that of Lee et al. 2022,
    doi:10.18653/v1/2022.acl-long.577; the limits of 1 % and 10 % are chosen by us: ten times those of exact copies.
    """

    code = "DUP201"
    remedy = ("drop rows", "unsafe")
    warn_above: float | None = 0.01  # chosen by us; see Source
    error_above: float | None = 0.10  # chosen by us; see Source
    similarity: float = 0.8  # of Lee et al. 2022; at 0.7 the bands miss 7 % of the pairs
    good = Specimen(train={"text": [CARD, "how do I top up with cash", "where can I use it", "how do I pay with it"]}, roles=TEXT)
    bad = Specimen(train={"text": [CARD, "how do I top up", CARD.replace("two", "six"), "where is it"]}, roles=TEXT, found=1)

    def lacks(self, setting: Setting) -> str | None:
        return lacks_texts(setting)

    def judge(self, setting: Setting, near: NearTexts) -> Iterator[Reading]:
        by = unit(setting, text_columns(setting))
        for split in setting.splits:
            whole = near.split(split.name)
            if whole is None or split.part == "reference":
                continue
            found = families(whole, by, self.similarity)
            examined, sampled = len(whole.rows), near.shares[split.name]
            message = (
                f"{len(found.row):,} of {examined:,} texts of {split.name} come after the first of a family of near copies "
                f"(Jaccard of at least {self.similarity:g} between runs of 5 {by}), {found.copies:,} of them equal under N1"
            )
            if sampled < 1:
                message += f"; a sample of {sampled:.3g} of its {split.rows:,} rows, which holds {sampled**2:.2g} of the pairs"
            if found.crowded:
                message += f"; {found.crowded:,} texts in bands of over {CAP:,} met {NEIGHBOURS} neighbours each"
            yield self.read(
                Where(split=split.name, columns=text_columns(setting)),
                share("near_duplicate_share", len(found.row), examined),
                message,
                affected=len(found.row),
                examined=examined,
                rows=Affected(
                    split=split.name,
                    row=found.row,
                    score=found.similarity,
                    cluster=found.centre,
                    twin_split=split.name,
                    twin_row=found.twin,
                    detail=np.array([f"J {x:.2f}" for x in found.similarity.tolist()], object),
                ),
            )
