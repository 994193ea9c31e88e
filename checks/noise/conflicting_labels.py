"""NOI101."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa

from auditor.check import Check, Specimen
from auditor.model import Affected, Level, Reading, Where
from auditor.rows import Roles, Setting
from auditor.statistics.proportions import share
from auditor.tallies.chance import expected_repeats, poisson_at_least
from auditor.tallies.conflicts import Conflicts, conflicts
from auditor.tallies.hashing import hashed
from auditor.tallies.keys import LABEL, InputKeys, RowKeys, TextKeys, common, text_columns
from auditor.tallies.labels import LabelCounts
from auditor.tallies.records import Place, Records

TEXT = Roles(text="text", label="label")
TABLE = Roles(label="y")
WORDS: dict[str, list[Any]] = {"text": ["pay now", "pay it", "where to"], "label": ["a", "a", "b"]}
CELLS: dict[str, list[Any]] = {"n": [1.0, 2.0, 1.0, 1.0], "c": ["u", "v", "u", "u"], "y": ["a", "b", "a", "a"]}


class ConflictingLabels(Check[TextKeys, InputKeys, RowKeys, LabelCounts]):
    """One input stands under more than one label.

    ## Why
    At most one of the labels is right: the model is taught both, and no model can get all these rows right.

    ## Measured
    Rows whose input has more than one label / rows of the split: share, 0 to 1, high is bad; by split, and over all splits for
    inputs whose labels disagree only between splits. The input is the text under N1, or in a table every column but label,
    entity, id-like ones, id, weight, prediction and probabilities. Rows without a label are left out. In a table it is an error
    only where more rows conflict than chance pairs of equal inputs hold, were the columns independent (Poisson p < .05).

    ## Fix
    Let somebody decide: give each family the label that is right (the majority is suggested where there is one), or drop it.

    ## Known limits
    Tasks with several right answers, and tables whose few columns do not tell rows apart: there the label is truly uncertain.
    Texts that differ in case or punctuation alone count as one input.

    ## Source
    The limit of 0.5 % is chosen by us: half the share of copies that DUP101 allows, since a false label harms more.
    """

    code = "NOI101"
    remedy = ("take suggestion", "unsafe")
    needs = ("classes",)
    warn_above: float | None = 0.0  # one conflict is worth a look
    error_above: float | None = 0.005  # chosen by us; see Source
    chance_alpha: float = 0.05  # the usual level: at or above it the equal inputs of a table may be chance
    good = (
        Specimen(train=WORDS, test={"text": ["pay now!", "oh"], "label": ["a", "b"]}, roles=TEXT),
        Specimen(train=CELLS, roles=TABLE),
    )
    bad = (
        Specimen(train={"text": [*WORDS["text"], "Pay now."], "label": ["a", "a", "b", "b"]}, roles=TEXT, found=1),
        Specimen(train=WORDS, test={"text": ["pay now!", "oh"], "label": ["b", "b"]}, roles=TEXT, found=1),
        Specimen(train={**CELLS, "y": ["a", "b", "a", "b"]}, roles=TABLE, found=1),
    )

    def judge(
        self, setting: Setting, texts: TextKeys, inputs: InputKeys, rows: RowKeys, counts: LabelCounts
    ) -> Iterator[Reading]:
        label = setting.roles.label or ""
        splits = [s for s in setting.splits if s.name in setting.column(label).splits and s.part != "reference"]
        records: Records = texts.rows if text_columns(setting) else inputs.rows
        names = _names(setting, counts)

        def place(split: str) -> Place:
            return split if text_columns(setting) else (split, InputKeys.inputs(setting, common(setting, split)))

        for split in splits:
            found = conflicts(records, [place(split.name)], LABEL if text_columns(setting) else LABEL - 2)
            message = (
                f"{found.count:,} of {split.rows:,} rows of {split.name} share an input with another label "
                f"(inputs: {found.inputs:,})"
            )
            worst: Level = "error"
            if split.name in rows.samples and found.count:
                shape = InputKeys.inputs(setting, common(setting, split.name))
                expected = expected_repeats(rows.samples[split.name], shape, split.rows)
                message += f"; pairs of rows with equal inputs by chance, were the columns independent: {expected:,.3g}"
                worst = "error" if poisson_at_least(found.count, 2 * expected) < self.chance_alpha else "warning"
            where = Where(split=split.name, columns=(label,))
            yield self._reading(where, found, message, [split.name], split.rows, names, worst)
        if len(splits) > 1:
            places = [place(s.name) for s in splits]
            found = conflicts(records, places, LABEL if text_columns(setting) else LABEL - 2, between=True)
            message = (
                f"{found.count:,} rows share an input with another label in another split, none in their own "
                f"(inputs: {found.inputs:,})"
            )
            listed = [s.name for s in splits]
            yield self._reading(Where(columns=(label,)), found, message, listed, sum(s.rows for s in splits), names)

    def _reading(
        self,
        where: Where,
        found: Conflicts,
        message: str,
        splits: list[str],
        examined: int,
        names: dict[int, str],
        at_most: Level = "error",
    ) -> Reading:
        return self.read(
            where,
            share("conflicting_share", found.count, examined),
            message + found.note,
            affected=found.count,
            examined=examined,
            at_most=at_most,
            rows=Affected(
                split=np.array(splits, object)[found.place],
                row=found.row,
                cluster=found.family,
                suggestion=np.array([names.get(h, "") for h in found.majority.tolist()], object),
            ),
        )


def _names(setting: Setting, counts: LabelCounts) -> dict[int, str]:
    """Hash of a label -> label."""
    labels = sorted({label for by in counts.by.values() for label in by})
    kind = setting.column(setting.roles.label or "").kind
    cells = pa.array([x == "true" for x in labels]) if kind == "bool" else pa.array(labels, pa.string())
    return dict(zip(hashed(cells, kind).tolist(), labels, strict=True)) if labels else {}
