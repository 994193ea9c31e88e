"""The rows of a fine-tune, read through the same door as an audit reads them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from auditor.audit import batches_of, look_at, open_sources
from auditor.derive import Sample, features
from auditor.derive import sample as gathered
from auditor.derive.probabilities import label_texts
from auditor.request import Request
from auditor.rows import InputError, Setting
from auditor.setting import assume

Kind = Literal["classification", "regression", "language-modeling", "chat"]
ALL = 2**62  # rows a split: training reads them all


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """All rows of all splits, with their roles."""

    setting: Setting
    sample: Sample
    kind: Kind

    def texts(self, split: str) -> list[str]:
        """The text of each row; several text columns are joined."""
        return features.joined(self.sample, split, tuple(self.setting.roles.text))

    def column(self, split: str, name: str) -> list[Any]:
        """The values of one column."""
        return list(self.sample.stored(split, name).to_pylist())

    def labels(self, split: str) -> list[Any]:
        """One label a row: a str for classes, a float for regression; None where there is none."""
        name = self.setting.roles.label
        if name is None or self.kind not in ("classification", "regression"):
            return [None] * len(self.sample.rows(split))
        if self.kind == "classification":
            return [None if x is None else str(x) for x in label_texts(self.setting, self.sample, split)]
        try:
            values = [None if x is None else float(x) for x in self.column(split, name)]
        except (TypeError, ValueError):
            raise InputError(f"label column {name!r} of {split} is no number, as --task regression wants it") from None
        return [None if x is None or x != x else x for x in values]

    def sensitive(self, split: str, take: NDArray[np.int64]) -> dict[str, NDArray[Any]]:
        """Sensitive attribute -> one value a row, as texts."""
        found = {}
        for name in self.setting.roles.sensitive:
            found[name] = np.array([str(x) for x in self.column(split, name)], object)[take]
        return found


def read(request: Request) -> Rows:
    """Reads every column that has a role. Raises InputError for a task that cannot be trained on, or roles that are missing."""
    sources = open_sources(request)
    roles, _ = assume(request.roles, list(dict.fromkeys(n for s in sources for n in s.columns)))
    setting, _, _ = look_at(sources, roles, request)
    wanted = {column for _, column in roles.items()}
    columns = tuple(c.name for c in setting.columns if c.name in wanted)
    kind = kind_of(setting)
    counted = {s.name: s.rows for s in setting.splits}
    return Rows(setting, gathered(batches_of(sources, setting, columns), counted, request.seed, ALL), kind)


def kind_of(setting: Setting) -> Kind:
    """What is learnt. Raises InputError where it cannot be told or cannot be trained."""
    roles = setting.roles
    if setting.task in ("multilabel", "preference"):
        raise InputError(
            f"--task: got {setting.task}, `auditor train` takes classification, regression, language-modeling or chat"
        )
    if setting.task == "chat" or (setting.task is None and not roles.label and (roles.messages or roles.prompt)):
        if not roles.messages and not (roles.prompt and roles.response):
            raise InputError("to train on conversations, name --messages, or --prompt with --response")
        return "chat"
    if not roles.text:
        raise InputError("no column is the text; name it: --text COLUMN")
    if setting.task == "language-modeling" or not roles.label:
        if setting.task in ("classification", "regression"):
            raise InputError(f"--task {setting.task} wants labels; name them: --label COLUMN")
        return "language-modeling"
    return "classification" if setting.label_is_class else "regression"
