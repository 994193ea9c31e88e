"""A sentence and its counterpart, or a prompt."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher

from auditor.rows import InputError

WANTED = (
    "a CSV or JSONL with sent_more and sent_less, WinoBias files (pro_*.txt beside anti_*.txt), BBQ's JSONL, StereoSet's JSON, "
    'prompts in BOLD\'s JSON ({"group": {"name": ["prompt"]}}), or builtin'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A sentence and its counterpart, or a prompt that stands alone."""

    more: str  # the stereotyped one; of a null swap either
    less: str  # "" for a prompt
    bias_type: str
    template: str  # the cluster: pairs of one template are not independent

    @property
    def alone(self) -> bool:
        """Whether it is a prompt."""
        return not self.less

    @property
    def edits(self) -> int:
        """Places in which the two differ, counted in runs of words."""
        one, other = self.more.split(), self.less.split()
        return sum(tag != "equal" for tag, *_ in SequenceMatcher(None, one, other, autojunk=False).get_opcodes())


def both(more: str, less: str, bias_type: str, template: str, where: str) -> Pair:
    """A pair of two sentences. Raises InputError, which says `where`, for an empty one: it would pass for a prompt."""
    if not more.strip() or not less.strip():
        raise InputError(f"--templates {where}: got an empty sentence, want two; mend or drop the pair")
    return Pair(more=more.strip(), less=less.strip(), bias_type=bias_type, template=template)


def text(value: object) -> str:
    """A value of a JSON document that must be text. Raises TypeError for another: null is no sentence."""
    if not isinstance(value, str):
        raise TypeError(f"text (got {type(value).__name__})")
    return value.strip()
