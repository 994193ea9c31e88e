"""IMB103."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from auditor.check import Check, Specimen
from auditor.model import Effect, Matrix, Reading, Where
from auditor.rows import Roles, Setting
from auditor.tallies.groups import short
from auditor.tallies.labels import LabelCounts

LABEL = Roles(label="label")
SHOWN = 40


class ClassMissingFromSplit(Check[LabelCounts]):
    """A class that another split has does not occur in this split at all.

    ## Why
    A class without training rows cannot be learned; one without held-out rows is never judged; a label spelled
    otherwise in one file is both.

    ## Measured
    Classes of train and the held-out splits together that a split lacks: a count, 0 and more, high is bad. Reference
    sets neither bring classes in nor are asked for them.

    ## Fix
    Draw the splits again, stratified by label; where a spelling differs, mend it first (NOI103).

    ## Known limits
    Open-set tests hold back classes on purpose: declare them in `allow`.

    ## Source
    Any class at all, by structure; scikit-learn stratifies for the same reason (Kohavi 1995, IJCAI 14, 1137-1143).
    """

    code = "IMB103"
    needs = ("label", "classes", "held-out")
    error_above: float | None = 0.0
    allow: tuple[str, ...] = ()  # classes that may be absent
    good = Specimen(train={"label": ["a", "b", "c"]}, test={"label": ["c", "b", "a"]}, roles=LABEL)
    bad = (
        Specimen(train={"label": ["a", "b", "c"]}, test={"label": ["a", "b"]}, roles=LABEL, found=1),
        Specimen(train={"label": ["<=50K", ">50K"]}, test={"label": ["<=50K.", ">50K."]}, roles=LABEL, found=2),
    )

    def judge(self, setting: Setting, counts: LabelCounts) -> Iterator[Reading]:
        own = [s.name for s in setting.splits if s.part != "reference"]
        labelled = [name for name in own if counts.by.get(name)]
        if len(labelled) < 2:
            reason = "fewer than two splits have labels"
            yield self.read(
                Where(), Effect(name="absent_classes", value=None, unit="classes", reason=reason), reason, unsure=reason
            )
            return
        classes = {label for name in labelled for label in counts.by[name]} - set(self.allow)
        for name in labelled:
            absent = sorted(classes - set(counts.by[name]))
            elsewhere = sum(counts.by[other][label] for other in labelled for label in absent)
            named = ", ".join(repr(short(x)) for x in absent[:5]) + (" ..." if len(absent) > 5 else "")
            yield self.read(
                Where(split=name, columns=(setting.roles.label or "",)),
                Effect(name="absent_classes", value=float(len(absent)), unit="classes"),
                f"{len(absent):,} of {len(classes):,} classes have no row in {name}"
                + (f" ({elsewhere:,} rows elsewhere): {named}" if absent else ""),
                affected=elsewhere,
                examined=sum(counts.by[other].total() for other in labelled),
                evidence=(self._matrix(counts, labelled, absent),) if absent else (),
            )

    @staticmethod
    def _matrix(counts: LabelCounts, splits: Sequence[str], classes: Sequence[str]) -> Matrix:
        shown = classes[:SHOWN]
        return Matrix(
            title="Rows of the absent classes by split",
            row_label="class",
            column_label="split",
            row_names=tuple(short(c) for c in shown),
            column_names=tuple(splits),
            values=tuple(tuple(float(counts.by[s][c]) for s in splits) for c in shown),
        )
