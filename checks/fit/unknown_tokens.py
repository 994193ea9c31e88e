"""FIT103."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from auditor.check import Check, Specimen
from auditor.model import Affected, Reading, Where
from auditor.rows import Roles, Setting
from auditor.statistics.proportions import share
from auditor.tallies.tokens import TokenCounts

TEXT = Roles(text="text")
TOKENIZER = str(Path(__file__).parent / "specimen_tokenizer")


class UnknownTokens(Check[TokenCounts]):
    """The tokenizer cannot spell parts of the texts.

    ## Why
    What becomes the unknown token, or raw bytes, is lost or costly: the model sees a hole where the text had meaning.

    ## Measured
    Unknown and byte fall-back tokens / all tokens, share 0 to 1, high is bad.

    ## Fix
    Extend the vocabulary, normalise the characters at fault, or choose another base model.

    ## Known limits
    A few emoji or rare scripts in chat text are harmless. Beyond 200,000 rows a split a sample is cut.

    ## Source
    Warning at 1 in 1,000, error at 1 in 100 tokens: chosen by us, because at 1 % most texts of 100 words hold a hole.
    """

    code = "FIT103"
    needs = ("text", "option:model")
    warn_above: float | None = 0.001  # chosen by us
    error_above: float | None = 0.01  # chosen by us
    good = Specimen(train={"text": ["a b c"] * 30}, roles=TEXT, options={"model": TOKENIZER})
    bad = Specimen(train={"text": ["a ß ж"] * 30}, roles=TEXT, options={"model": TOKENIZER})

    def judge(self, setting: Setting, cut: TokenCounts) -> Iterator[Reading]:
        for split in sorted(cut.rows):
            rows, counts = cut.sorted(split)
            unknown, tokens = counts[:, 1], int(counts[:, 0].sum())
            hit = unknown > 0
            yield self.read(
                Where(split=split, columns=tuple(setting.roles.text)),
                share("unknown_tokens", int(unknown.sum()), tokens),
                f"{int(unknown.sum()):,} of {tokens:,} tokens in {split} are unknown or raw bytes, in {int(hit.sum()):,} rows",
                affected=int(hit.sum()),
                examined=len(rows),
                rows=Affected(split=split, row=rows[hit], score=(unknown / counts[:, 0].clip(1))[hit]),
            )
