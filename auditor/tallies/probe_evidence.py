"""How a probe of two models is written down: sentence, record, table."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np

from auditor.model import Record, Table
from auditor.statistics.probes import Change, mcnemar
from auditor.tallies.groups import short
from auditor.tallies.probe_rows import RATE, Part, scored
from auditor.words import plural

ALL = "all pairs"
LISTED = 5  # reasons that a sentence lists


def comparable(pairs: Part, nameless: str = "") -> Part:
    """All rows, with the reason why one is left out: a score that is no number is such a reason, and with `nameless` a row
    without a group."""
    known = scored(pairs.base) & scored(pairs.tuned)
    reason = np.where(~known, "without a score", np.where((pairs.bias_type == "") & bool(nameless), nameless, ""))
    return replace(pairs, left_out=np.where(pairs.left_out == "", reason, pairs.left_out).astype(object))


def by_type(pairs: Part) -> dict[str, Part]:
    """All pairs, and where there are several bias types those of each, also of one whose pairs are all left out."""
    types = sorted(set(pairs.bias_type.tolist()))
    named = {_apart(t, types): pairs.only(pairs.bias_type == t) for t in types if len(types) > 1}
    return {ALL: pairs, **named}


def _apart(kind: str, types: list[str]) -> str:
    """The name of a bias type, which is neither that of all pairs nor none."""
    name = kind or "unnamed"
    while name == ALL or (name != kind and name in types):
        name += " (bias type)"
    return name


def nothing(pairs: Part, what: str = "pairs") -> str:
    """Why there is no figure of rows that are all left out."""
    return f"none of the {len(pairs):,} {what} can be compared: {reasons(pairs)}"


def level(alpha: float) -> str:
    """What limits of an audit with several of them are called."""
    return "95 %" if alpha == 0.05 else "simultaneous 95 %"


def sentence(part: Part, found: Change, unit: str, held: str) -> str:
    """The change in words; `held` is what its limits are called."""
    ends = f" ({held} {found.low:+.3f} to {found.high:+.3f})" if found.low is not None and found.high is not None else ""
    said = (
        f"mean change {found.mean:+.3f} {unit}{ends} over {plural(found.pairs, 'pair')} of {plural(found.clusters, 'template')}"
    )
    if unit == RATE:
        return said
    before, after = part.base > 0, part.tuned > 0
    return (
        f"{said}; the stereotyped sentence wins in {before.mean():.1%}, then {after.mean():.1%} "
        f"(McNemar p {mcnemar(before, after):.3g})"
    )


def reasons(pairs: Part) -> str:
    """Why pairs are left out, with counts, the commonest five; "none" where none is."""
    found = Counter(r for r in pairs.left_out.tolist() if r).most_common()
    shown = [f"{n:,} {short(reason)}" for reason, n in sorted(found[:LISTED])]
    rest = sum(n for _, n in found[LISTED:])
    return ", ".join([*shown, *([f"{rest:,} for other reasons"] if rest else [])]) or "none"


def record(name: str, pairs: Part, found: Change | None, margin: float, noise: float | None, verdict: str, reason: str) -> Record:
    """An entry of `bias.probes`; `found` is None where no pair can be compared."""
    part = pairs.judged
    size = {"pairs": len(part), "templates": len(set(part.template.tolist())), "left_out": len(pairs) - len(part)}
    sides = {"base": part.base, "tuned": part.tuned}
    means = {side: float(x.mean()) if len(part) else None for side, x in sides.items()}
    shares = {f"{side}_share": float((x > 0).mean()) if len(part) else None for side, x in sides.items()}
    change = {key: getattr(found, at, None) for key, at in (("difference", "mean"), ("low", "low"), ("high", "high"))}
    told = {"verdict": verdict, "margin": margin, "floor": noise, "reason": reason or None}
    return Record(section="bias", list="probes", values={"name": name, **size, **means, **change, **shares, **told})


def table(pairs: Part, margin: float) -> Table:
    """The change by bias type."""
    lines = []
    for kind in sorted(set(pairs.bias_type.tolist())):
        every = pairs.only(pairs.bias_type == kind)
        own = every.judged
        found = (float(x.mean()) if len(own) else None for x in (own.base, own.tuned, own.tuned - own.base))
        lines.append((kind, len(own), len(every) - len(own), *found))
    title = f"Pairs by bias type; margin {margin:.3f}; left out: {reasons(pairs)}"
    return Table(title=title, columns=("bias type", "pairs", "left out", "base", "tuned", "change"), rows=tuple(lines))
