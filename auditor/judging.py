"""From readings to findings and outcomes: limits, multiplicity, levels. The only place that says `found`."""

from __future__ import annotations

import hashlib
import json
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from auditor import find
from auditor.check import Check, Tally
from auditor.model import Effect, Finding, Level, Measured, Outcome, Reading, Record, Where
from auditor.rows import InputError, Setting
from auditor.statistics.multiplicity import benjamini_hochberg

ALPHA = 0.05
SHOWN = 10


@dataclass(frozen=True, slots=True)
class Judged:
    """What one check yielded, and how long it took."""

    check: Check[Any]
    readings: tuple[Reading, ...]
    seconds: float = 0.0
    skipped: str = ""
    error: str = ""


def judge(
    checks: Iterable[Check[Any]], skipped: Mapping[str, str], setting: Setting, tallies: Mapping[type[Tally], Any]
) -> tuple[list[Judged], list[Record]]:
    """Every check over its finished tallies; `skipped` is code -> reason. One that raises ends in error, with its cause; the
    others go on.

    Raises InputError where a check was asked for something that the data does not have.
    """
    judged: list[Judged] = []
    records: list[Record] = []
    for one in checks:
        begun = time.perf_counter()
        finished = [tallies[kind] for kind in one.tallies]
        broken = next((t for t in finished if isinstance(t, Exception)), None)
        readings: list[Reading] = []
        error = f"{type(broken).__name__}: {broken}" if broken is not None else ""
        if not error:
            try:
                for item in one.judge(setting, *finished):
                    (records if isinstance(item, Record) else readings).append(item)  # type: ignore[arg-type]  # two lists
            except InputError:  # what the user gave cannot be meant, such as a --positive that no row has: no audit of it
                raise
            except Exception as cause:
                error = f"{type(cause).__name__}: {cause}"
        judged.append(Judged(one, tuple(readings), time.perf_counter() - begun, error=error))
    known = find.everything().checks
    return judged + [Judged(known[code](), (), skipped=reason) for code, reason in skipped.items()], records


def fingerprint(code: str, data: str, where: Where) -> str:
    """SHA-256 of the canonical JSON list of code, data name and place: no row numbers, no values, no file name."""
    parts = [code, data, where.split, list(where.columns), where.group, where.reference]
    return hashlib.sha256(json.dumps(parts, ensure_ascii=True, separators=(",", ":")).encode()).hexdigest()


def weigh(effect: Effect, check: Check[Any], *, at_most: Level = "error") -> tuple[Level | None, float | None]:
    """The level that the effect reaches under the limits of the check, and the limit it broke or was nearest to.

    Errors go by the end of the interval that `check.bound` names (default: even the favourable one misses the limit),
    warnings by the point.
    """
    value = effect.value
    if value is None:
        return None, None
    ends = {
        "favourable": (effect.low, effect.high),
        "point": (value, value),
        "unfavourable": (effect.high, effect.low),
    }[check.bound]
    above = value if ends[0] is None else ends[0]
    below = value if ends[1] is None else ends[1]
    if at_most == "error":
        if check.error_above is not None and above > check.error_above:
            return "error", check.error_above
        if check.error_below is not None and below < check.error_below:
            return "error", check.error_below
    if at_most in ("error", "warning"):
        if check.warn_above is not None and value > check.warn_above:
            return "warning", check.warn_above
        if check.warn_below is not None and value < check.warn_below:
            return "warning", check.warn_below
        # no warning limit, or one set beyond the error limit: a point beyond the latter that the interval does not confirm warns
        if check.error_above is not None and value > check.error_above:
            return "warning", check.error_above
        if check.error_below is not None and value < check.error_below:
            return "warning", check.error_below
    limits = (check.warn_above, check.error_above, check.warn_below, check.error_below)
    return None, next((x for x in limits if x is not None), None)


def corrected(judged: Sequence[Judged]) -> dict[int, float]:
    """id(reading) -> q. Benjamini-Hochberg over the p-values of one family (the letters of the code)."""
    families: dict[str, list[Reading]] = defaultdict(list)
    for one in judged:
        families[one.check.code[:3]] += [r for r in one.readings if r.p is not None]
    q: dict[int, float] = {}
    for readings in families.values():
        for reading, value in zip(readings, benjamini_hochberg([r.p or 0.0 for r in readings]), strict=True):
            q[id(reading)] = value
    return q


def conclude(judged: Sequence[Judged], data: str) -> tuple[tuple[Finding, ...], tuple[Outcome, ...]]:
    """Findings, worst and largest first, and one outcome a check, sorted by code."""
    q = corrected(judged)
    findings: list[Finding] = []
    outcomes = []
    for one in judged:
        own = [f for r in one.readings if (f := _finding(r, one.check, data, q.get(id(r)))) is not None]
        findings += own
        outcomes.append(_outcome(one, own, q))
    order = {"error": 0, "warning": 1, "note": 2}
    findings.sort(key=lambda f: (order[f.level], -_share(f), f.code, f.fingerprint))
    return tuple(findings), tuple(sorted(outcomes, key=lambda o: o.code))


def _share(finding: Finding) -> float:
    return finding.affected / finding.examined if finding.examined else 0.0


def _finding(reading: Reading, check: Check[Any], data: str, q: float | None) -> Finding | None:
    if reading.unsure or reading.level == "clean":
        return None
    level: Level | None
    if reading.level:
        level, limit = reading.level, reading.limit
    else:
        level, limit = weigh(reading.effect, check, at_most=reading.at_most)
    if level is None or (q is not None and q >= ALPHA):
        return None
    page = check.page()
    return Finding(
        code=check.code,
        name=check.name,
        level=level,
        where=reading.where,
        message=reading.message,
        effect=reading.effect,
        limit=limit,
        affected=reading.affected,
        examined=reading.examined,
        rows=reading.rows.top(SHOWN) if reading.rows is not None else (),
        evidence=reading.evidence,
        fix=reading.fix,
        fingerprint=fingerprint(check.code, data, reading.where),
        q=q,
        why=page.get("Why", ""),
        known_limits=page.get("Known limits", ""),
        all_rows=reading.rows,
    )


def _outcome(one: Judged, findings: Sequence[Finding], q: dict[int, float]) -> Outcome:
    measured = nearest(_measured(r, one.check, q.get(id(r))) for r in one.readings)
    unsure = [r for r in one.readings if r.unsure]
    if one.skipped:
        status, reason = "skipped", one.skipped
    elif one.error:
        status, reason = "error", one.error
    elif findings:
        status, reason = "found", f"{len(findings)} finding{'s' if len(findings) > 1 else ''}"
    elif unsure:
        status, reason = "inconclusive", unsure[0].unsure + (f" (and {len(unsure) - 1} more)" if len(unsure) > 1 else "")
    elif one.readings:
        status, reason = "clean", ""
    else:
        status, reason = "skipped", "there was nothing to judge"
    return Outcome(
        code=one.check.code,
        name=one.check.name,
        status=status,  # type: ignore[arg-type]  # mypy widens the literals of a chain of assignments
        reason=reason,
        seconds=round(one.seconds, 3),
        measured=measured,
    )


def _measured(reading: Reading, check: Check[Any], q: float | None) -> Measured:
    limit = reading.limit if reading.level else weigh(reading.effect, check, at_most=reading.at_most)[1]
    decided: Literal["limits", "check", "unsure"] = "unsure" if reading.unsure else "check" if reading.level else "limits"
    return Measured(where=reading.where, effect=reading.effect, limit=limit, q=q, at_most=reading.at_most, decided=decided)


def nearest(measured: Iterable[Measured]) -> tuple[Measured, ...]:
    """At most ten, nearest the limit first (as a share of it), undefined ones last."""

    def distance(m: Measured) -> float:
        if m.effect.value is None or m.limit is None:
            return float("inf")
        return abs(m.effect.value - m.limit) / (abs(m.limit) or 1.0)

    return tuple(sorted(measured, key=distance)[:SHOWN])


OF_BIAS = ("groups", "comparisons", "slices", "probes", "preferences", "mitigations", "impact_ratios")
"""The lists of the bias section: there, empty, where nothing was recorded."""


def section(records: Iterable[Record], name: str) -> dict[str, Any]:
    """The entries of a section by list. Entries of one group that bring metrics of their own are joined."""
    lists: dict[str, list[Any]] = {kind: [] for kind in OF_BIAS} if name == "bias" else {}
    at: dict[tuple[Any, ...], dict[str, Any]] = {}
    for record in records:
        if record.section != name:
            continue
        values = dict(record.values)
        if record.list == "groups":
            place = tuple(values.get(k) for k in ("attribute", "group", "stage", "split", "label"))
            if place in at:
                at[place]["metrics"] = {**at[place]["metrics"], **values["metrics"]}
                continue
            at[place] = values
        lists.setdefault(record.list, []).append(values)
    return lists
