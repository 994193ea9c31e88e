"""Judges a finished run from its logs alone: `judge(path) -> Audit`.

Logged losses may be scaled, averaged over batches, or hide a NaN, so training and evaluation losses are never compared in
level: each series is judged against itself. The limits are those of
`auditor.statistics.band`.
"""

from auditor.guard.trace.judge import judge

__all__ = ["judge"]
