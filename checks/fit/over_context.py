"""FIT101."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from auditor.check import Check, Specimen
from auditor.model import Affected, Histogram, Mark, Reading, Series, Where
from auditor.rows import Roles, Setting
from auditor.statistics.proportions import share
from auditor.tallies.tokens import TokenCounts

TEXT = Roles(text="text")
TOKENIZER = str(Path(__file__).parent / "specimen_tokenizer")
BINS = 30


class OverContext(Check[TokenCounts]):
    """Rows are longer than the base model reads.

    ## Why
    Trainers cut such rows without a word: the model learns from half a text, or from a prompt whose answer is gone.

    ## Measured
    Rows with more tokens than the maximum length (--max-length, else what tokenizer and model declare) / rows, share 0 to 1,
    high is bad; and tokens lost / tokens. Special tokens count.

    ## Fix
    Raise the maximum length, cut the rows into passages on purpose, or drop those listed.

    ## Known limits
    Texts for retrieval are often cut into passages later. Beyond 200,000 rows a split a sample is cut.

    ## Source
    Warning at 1 % and error at 10 % of rows: chosen by us, because a tenth of the set is no longer an edge case.
    """

    code = "FIT101"
    needs = ("text", "option:model")
    warn_above: float | None = 0.01  # chosen by us
    error_above: float | None = 0.10  # chosen by us
    good = Specimen(train={"text": ["a b c"] * 30}, roles=TEXT, options={"model": TOKENIZER, "max_length": 8})
    bad = Specimen(train={"text": ["a b c d e f g h i j"] * 30}, roles=TEXT, options={"model": TOKENIZER, "max_length": 8})

    def judge(self, setting: Setting, cut: TokenCounts) -> Iterator[Reading]:
        limit = setting.derived.get("tokens", {}).get("max_length")
        for split in sorted(cut.rows):
            rows, counts = cut.sorted(split)
            tokens = counts[:, 0]
            where = Where(split=split, columns=tuple(setting.roles.text))
            if not limit:
                effect = share("rows_over_context", 0, 0)
                yield self.read(where, effect, "", unsure="the model declares no maximum length; give --max-length")
                continue
            over = tokens > limit
            lost = int((tokens[over] - limit).sum())
            edges = np.histogram_bin_edges(tokens, BINS)
            heights = np.histogram(tokens, edges)[0]
            bars = Series(name="rows", x=tuple(edges[:-1].tolist()), y=tuple(heights.astype(float).tolist()))
            yield self.read(
                where,
                share("rows_over_context", int(over.sum()), len(rows)),
                f"{int(over.sum()):,} of {len(rows):,} rows in {split} have more than {limit:,} tokens; "
                f"{lost:,} of {int(tokens.sum()):,} tokens would be cut",
                affected=int(over.sum()),
                examined=len(rows),
                rows=Affected(split=split, row=rows[over], score=(tokens[over] - limit).astype(float)),
                evidence=(
                    Histogram(
                        title=f"Tokens a row in {split}",
                        x_label="tokens",
                        y_label="rows",
                        series=(bars,),
                        marks=(Mark(axis="x", at=float(limit), label="maximum length"),),
                        width=float(edges[1] - edges[0]),
                    ),
                ),
            )
