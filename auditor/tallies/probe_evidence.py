"""How a probe of two models is written down: sentence, record, table."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np

from auditor.model import Record, Table
from auditor.statistics.probes import Change, mcnemar
from auditor.tallies.probe_rows import Part

ALL = "all pairs"


def comparable(pairs: Part) -> tuple[Part, Part]:
    """(all pairs with the reason why one is left out, those that are judged): a score that is no number is such a reason."""
    known = np.isfinite(pairs.base) & np.isfinite(pairs.tuned)
    told = np.where((pairs.left_out == "") & ~known, "without a score", pairs.left_out).astype(object)
    every = replace(pairs, left_out=told)
    return every, every.only(told == "")


def sentence(part: Part, found: Change, unit: str, rates: bool) -> str:
    """The change in words."""
    ends = f" (95 % {found.low:+.3f} to {found.high:+.3f})" if found.low is not None and found.high is not None else ""
    said = f"mean change {found.mean:+.3f} {unit}{ends} over {found.pairs:,} pairs of {found.clusters} templates"
    if rates:
        return said
    before, after = part.base > 0, part.tuned > 0
    return (
        f"{said}; the stereotyped sentence wins in {before.mean():.1%}, then {after.mean():.1%} "
        f"(McNemar p {mcnemar(before, after):.3g})"
    )


def reasons(pairs: Part) -> str:
    """Why pairs are left out, with counts."""
    counted = Counter(r for r in pairs.left_out.tolist() if r)
    return ", ".join(f"{n:,} {reason}" for reason, n in sorted(counted.items())) or "none was scored"


def record(
    name: str, part: Part, pairs: Part, found: Change, margin: float, noise: float | None, verdict: str, reason: str
) -> Record:
    """An entry of `bias.probes`."""
    own = {"name": name, "pairs": found.pairs, "templates": found.clusters, "base": float(part.base.mean())}
    own |= {"tuned": float(part.tuned.mean()), "difference": found.mean, "low": found.low, "high": found.high}
    share = {"base_share": float((part.base > 0).mean()), "tuned_share": float((part.tuned > 0).mean())}
    more = {"verdict": verdict, "margin": margin, "floor": noise, "left_out": len(pairs) - len(part) if name == ALL else None}
    return Record(section="bias", list="probes", values={**own, **share, **more, "reason": reason or None})


def table(part: Part, pairs: Part, margin: float) -> Table:
    """The change by bias type."""
    lines = []
    for kind in sorted(set(part.bias_type.tolist())):
        own = part.only(part.bias_type == kind)
        lines.append((kind, len(own), float(own.base.mean()), float(own.tuned.mean()), float((own.tuned - own.base).mean())))
    title = f"Pairs by bias type; margin {margin:.3f}; left out: {reasons(pairs) if (pairs.left_out != '').any() else 'none'}"
    return Table(title=title, columns=("bias type", "pairs", "base", "tuned", "change"), rows=tuple(lines))
