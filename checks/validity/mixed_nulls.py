"""VAL116."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.check import Check, Specimen
from auditor.model import Effect, Reading, Table, Where
from auditor.rows import Setting
from auditor.tallies.look import Look
from auditor.tallies.places import listed
from auditor.words import plural


class MixedNulls(Check[Look]):
    """Missing values of one column are spelled in several ways.

    ## Why
    A reader that knows one spelling turns the others into a category or breaks the number column; a model learns the spelling.

    ## Measured
    Spellings of "missing" in a column ("", NA, N/A, None, nan, -, --, ?, null in their cases, and the true null), by split:
    count, 0 to 14, high is bad. Rows are those of all spellings but the true null, else the commonest; the first 10,000 a
    spelling are listed.

    ## Fix
    Write one null for all of them (lossless for a reader that knows them).

    ## Known limits
    "NA" may be Namibia, "None" and "-" may be categories. Free texts are not judged: there a "?" is a text.

    ## Source
    deepchecks (MixedNulls). Two spellings are the fault itself: one value, two codes.
    """

    code = "VAL116"
    warn_above: float | None = 1.0  # one spelling is in order
    good = Specimen(train={"a": ["1", "?", "3", "?"] * 10, "b": ["x", None] * 20})
    bad = (
        Specimen(train={"a": ["1", "?", "3", "NA"] * 10}, found=1),
        Specimen(train={"a": ["x", "N/A", "y", None, "-"] * 10}, found=1),
    )

    def judge(self, setting: Setting, look: Look) -> Iterator[Reading]:
        for (split, name), seen in sorted(look.by.items()):
            if setting.column(name).kind not in ("number", "bool", "time", "category"):
                continue
            spellings = dict(sorted(seen.spelled.items(), key=lambda item: (-item[1], item[0])))
            shown = {**({"(null)": seen.nulls} if seen.nulls else {}), **{repr(k): v for k, v in spellings.items()}}
            kept = None if seen.nulls else next(iter(spellings), None)
            odd = [word for word in spellings if word != kept]
            said = ", ".join(f"{k} ({v:,})" for k, v in shown.items())
            yield self.read(
                Where(split=split, columns=(name,)),
                Effect(name="null_spellings", value=float(len(shown)), unit="spellings"),
                f"missing values of {name!r} are spelled in {plural(len(shown), 'way')} in {split}"
                + (f": {said}" if shown else ""),
                affected=sum(spellings[w] for w in odd),
                examined=seen.n,
                rows=listed(split, {f"spelled {w!r}": seen.spelled_at[w] for w in odd}) if odd else None,
                evidence=(
                    Table(title=f"Spellings of missing in {name}", columns=("spelling", "rows"), rows=tuple(shown.items())),
                ),
            )
