"""SHF203."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.check import Check, Specimen
from auditor.model import Effect, Reading, Where
from auditor.rows import Roles, Setting
from auditor.tallies.drift import compared, of_numbers
from auditor.tallies.text_properties import PROPERTIES, TextProperties

TEXT = Roles(text="text")
WORDS = ["the", "quick", "brown", "fox", "jumps", "over", "a", "lazy", "dog", "and", "runs", "far", "away"]


class TextPropertyDrift(Check[TextProperties]):
    """The texts of a held-out split are longer, louder or spelled otherwise than those of train.

    ## Why
    Another source, another way of cleaning or another language gives a score for texts that the model was not tuned on.

    ## Measured
    Kolmogorov-Smirnov distance, 0 to 1, high is bad, of: characters, words, and the shares of digits, capitals,
    punctuation and letters beyond Latin among the characters; with its test and a 95 % band. Found only where
    the corrected p is below .05 too; above `note_above` and below the warning limit it is a note. From about 50,000 rows a
    split.

    ## Fix
    Look at texts of both splits side by side; clean them by the same steps, or split at random.

    ## Known limits
    A language is seen by its script alone, so English and French look alike here. Splits by time or source differ on
    purpose.

    ## Source
    Massey 1951, doi:10.1080/01621459.1951.10500769. Limits as SHF201.
    """

    code = "SHF203"
    needs = ("held-out",)
    warn_above: float | None = 0.10  # as SHF201
    error_above: float | None = 0.25
    note_above: float = 0.02
    good = Specimen(
        train={"text": [" ".join(WORDS[: 3 + i % 9]) for i in range(200)]},
        test={"text": [" ".join(WORDS[: 3 + i % 9]) for i in range(90)]},
        roles=TEXT,
    )
    bad = Specimen(
        train={"text": [" ".join(WORDS[: 3 + i % 9]) for i in range(200)]},
        test={"text": [" ".join(WORDS[: 3 + i % 9]).upper() + "!!" for i in range(90)]},
        roles=TEXT,
    )

    def lacks(self, setting: Setting) -> str | None:
        return super().lacks(setting) or (None if setting.kinds("text") else "there is no text column")

    def judge(self, setting: Setting, texts: TextProperties) -> Iterator[Reading]:
        first, others = compared(setting)
        for column in setting.kinds("text"):
            for other in others:
                for what in PROPERTIES:
                    yield self._reading(setting, texts, column.name, what, first, other)

    def _reading(self, setting: Setting, texts: TextProperties, name: str, what: str, first: str, other: str) -> Reading:
        x, y = texts.column(first, name, what), texts.column(other, name, what)
        where = Where(split=other, columns=(name,), group=what, reference=first)
        if not len(x) or not len(y):
            reason = f"{name}: {first if not len(x) else other} holds no text"
            return self.read(where, Effect(name="distance", value=None, unit="share", reason=reason), reason, unsure=reason)
        drift = of_numbers(x, y, f"{what} of {name}", (first, other))
        value = drift.effect.value or 0.0
        small = self.note_above < value <= (self.warn_above if self.warn_above is not None else 1.0)
        return self.read(
            where,
            drift.effect,
            drift.sentence(f"{what} of {name}", first, other),
            affected=min(drift.m, round(value * drift.m)),
            examined=drift.m,
            evidence=(drift.picture,),
            p=drift.p,
            level="note" if small else "",
            limit=self.note_above if small else None,
            unsure=f"{name}: {drift.unsure}" if drift.unsure else "",
        )
