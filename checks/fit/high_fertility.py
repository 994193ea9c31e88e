"""FIT102."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from auditor.check import Check, Specimen
from auditor.model import Effect, Reading, Table, Where
from auditor.rows import Roles, Setting
from auditor.tallies.tokens import TokenCounts

TEXT = Roles(text="text")
TOKENIZER = str(Path(__file__).parent / "specimen_tokenizer")


class HighFertility(Check[TokenCounts]):
    """The tokenizer breaks these texts into far more tokens than it needs for plain English.

    ## Why
    Every row costs more time and context, and words in crumbs are learnt worse than words the vocabulary knows.

    ## Measured
    Tokens a word, over tokens a word of a fixed English passage under the same tokenizer: ratio, 1 = like English, high is
    bad. Where words are longer than 12 characters on average (languages without spaces), tokens a character instead.
    Special tokens are set aside.

    ## Fix
    Choose a base model whose tokenizer was trained on this language or domain, or extend the vocabulary.

    ## Known limits
    Code, formulas and chemical names are rightly cut finer than prose.

    ## Source
    Fertility after Rust et al. 2021, doi:10.18653/v1/2021.acl-long.243; the limit of 2 is chosen by us, because twice the
    tokens halve the context.
    """

    code = "FIT102"
    needs = ("text", "option:model")
    warn_above: float | None = 2.0  # chosen by us
    long_words: float = 12.0  # characters a word from which words are no unit; German averages about 6
    good = Specimen(train={"text": ["the road in the winter"] * 30}, roles=TEXT, options={"model": TOKENIZER})
    bad = Specimen(train={"text": ["abcdefghi"] * 30}, roles=TEXT, options={"model": TOKENIZER})

    def judge(self, setting: Setting, cut: TokenCounts) -> Iterator[Reading]:
        made = setting.derived.get("tokens", {})
        for split in sorted(cut.rows):
            counts = cut.sorted(split)[1]
            tokens, _, words, characters = (int(x) for x in counts.sum(axis=0))
            tokens -= len(counts) * int(made.get("special", 0))
            where = Where(split=split, columns=tuple(setting.roles.text))
            if not words:
                yield self.read(
                    where, Effect(name="fertility", value=None, unit="ratio", reason="no words"), "", unsure="no words"
                )
                continue
            by_character = characters > self.long_words * words
            unit = "tokens_per_character" if by_character else "tokens_per_word"
            own = tokens / (characters if by_character else words)
            english = float(made["reference"][unit])
            yield self.read(
                where,
                Effect(name="fertility", value=own / english, unit="ratio"),
                f"{own:.2f} {unit.replace('_', ' ')} in {split}; plain English takes {english:.2f}: ratio {own / english:.2f}",
                examined=len(counts),
                evidence=(
                    Table(
                        title="Tokens",
                        columns=("split", "tokens", "words", "characters", unit.replace("_", " ")),
                        rows=((split, tokens, words, characters, round(own, 3)),),
                    ),
                ),
            )
