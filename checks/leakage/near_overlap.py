"""LEK201."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from auditor.check import Check, Specimen
from auditor.model import Affected, Reading, Table, Where
from auditor.rows import Roles, Setting
from auditor.statistics.proportions import share
from auditor.tallies.keys import lacks_texts, pairs, text_columns
from auditor.tallies.near import NearTexts
from auditor.tallies.nearest import BUCKET, LOWEST, NEIGHBOURS, Nearest, index, spread
from auditor.tallies.shingles import unit

TEXT = Roles(text="text")
CARD = "the card that I ordered two weeks ago has still not arrived at my new address in the old town"
TRAIN = {"text": [CARD, "how do I top up with cash", "where can I use it"]}


class NearOverlap(Check[NearTexts, Nearest]):
    """A held-out text is nearly the same as a text of the training data.

    ## Why
    A text of which a word was changed is still known by heart: the held-out score measures memory, and no exact comparison
    sees it.

    ## Measured
    Held-out rows whose text has a Jaccard similarity of at least .8 to a text of the other split / held-out rows with a text,
    by pair of splits: share, 0 to 1, high is bad. The sets compared are runs of 5 words under N1 where the median text has 50
    words, else runs of 5 characters. Candidates come from MinHash (126 permutations, 21 bands of 6: misses .2 % of the pairs at
    .8); every pair is verified exactly. Copies that LEK101 and LEK102 report are included. The counts at .9 and, as a lower
    bound, at .7 stand beside it.

    ## Fix
    Drop the twins from train: `twin_row` of the rows listed under this fingerprint names the nearest; or drop the rows listed
    in the rows file from the held-out split.

    ## Known limits
    Templates, and intents that differ by one entity ("send to Ann", "send to Tom"), are near without being copies. Where over a
    hundred different held-out texts share a band, each is compared with some of them only; their number is then stated.

    ## Source
    Broder 1997, doi:10.1109/SEQUEN.1997.666900. The similarity .8 is that of Lee et al. 2022,
    doi:10.18653/v1/2022.acl-long.577; the limit of 1 in 1,000 is chosen by us: stock phrases reach it.
    """

    code = "LEK201"
    remedy = ("drop rows", "unsafe")
    needs = ("held-out",)
    warn_above: float | None = 0.0  # one near copy is worth a look
    error_above: float | None = 0.001  # chosen by us; see Source
    similarity: float = 0.8  # of Lee et al. 2022; at least 0.7, below which pairs are not kept
    good = Specimen(train=TRAIN, test={"text": ["where can I spend it", "how do I top up by bank transfer"]}, roles=TEXT)
    bad = Specimen(train=TRAIN, test={"text": [CARD.replace("two", "six"), "what is this"]}, roles=TEXT, found=1)

    def lacks(self, setting: Setting) -> str | None:
        return lacks_texts(setting) or super().lacks(setting)

    def judge(self, setting: Setting, near: NearTexts, nearest: Nearest) -> Iterator[Reading]:
        for held, other in pairs(setting):
            where = Where(split=held, columns=text_columns(setting), reference=other)
            whole = near.split(held)
            if whole is None or (held, other) not in nearest.by:
                effect = share("near_overlap_share", 0, 0)
                yield self.read(where, effect, "", unsure=f"{held} and {other} do not both have texts in the text columns")
                continue
            every = spread(nearest.by[held, other], whole)
            found = every.over(max(self.similarity, LOWEST))
            counts = {limit: len(every.over(limit).row) for limit in (0.9, 0.8, LOWEST)}
            by = unit(setting, text_columns(setting))
            crowded = index(near, held).crowded()
            yield self.read(
                where,
                share("near_overlap_share", len(found.row), len(whole.rows)),
                f"{len(found.row):,} of {len(whole.rows):,} texts of {held} have a Jaccard similarity of at least "
                f"{self.similarity:g} (runs of 5 {by}) to a text of {other}; {counts[0.9]:,} of at least 0.9"
                + (f"; {crowded:,} texts in bands of over {BUCKET} were compared {NEIGHBOURS} at a time" if crowded else ""),
                affected=len(found.row),
                examined=len(whole.rows),
                rows=Affected(
                    split=held,
                    row=found.row,
                    score=found.similarity,
                    twin_split=other,
                    twin_row=found.twin,
                    detail=np.array([f"J {x:.2f}" for x in found.similarity.tolist()], object),
                ),
                evidence=(_levels(held, other, counts, len(every.over(1.0).row)),),
            )


def _levels(held: str, other: str, counts: dict[float, int], equal: int) -> Table:
    lines = (("equal sets", equal), *((f"at least {limit:g}", count) for limit, count in counts.items()))
    title = f"Texts of {held} by their similarity to the nearest of {other}"
    return Table(title=title, columns=("Jaccard", "rows"), rows=lines, note="At 0.7 the count is a lower bound.")
