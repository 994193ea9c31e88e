"""One pass: open, look, plan, derive, fold, judge, conclude, quote, verdict. One function a step."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from auditor import derive, evidence, find, profile
from auditor.check import Check, Tally
from auditor.data.open import open_source
from auditor.data.sampled import Sampled
from auditor.data.typed import typed
from auditor.engine import local
from auditor.judging import conclude, judge, section
from auditor.model import Audit
from auditor.policy import decided, policy
from auditor.provenance import Clock, provenance
from auditor.request import Progress
from auditor.request import Request as Request
from auditor.rows import Batch, Derived, InputError, Part, Roles, Setting, Source, Task
from auditor.setting import as_roles, assume, decide, raw_setting
from auditor.tallies.look import Look

Fold = Callable[[Sequence[type[Tally]], Iterable[Batch], local.Totals], local.Totals]
WORTH_FORKING = 6  # batches: below it worker processes cost more than they save


@dataclass(frozen=True, slots=True)
class Plan:
    """Which checks run, over which tallies, from which columns; and why the others do not."""

    checks: tuple[Check[Any], ...]
    skipped: dict[str, str]  # code -> reason
    rounds: tuple[tuple[type[Tally], ...], ...]
    derivations: tuple[str, ...]
    unmade: dict[str, str]  # a derivation that a tally can do without -> why it cannot run


def run(request: Request) -> Audit:
    """The audit of a request. Raises InputError for what cannot be audited."""
    clock = Clock()
    sources = open_sources(request)
    checks = find.checks(request.select, request.extend, request.ignore, preview=request.preview, limits=request.limits)
    if not checks:
        raise InputError("no check is selected; see `auditor rules`")
    own = [s for s in sources if s.part != "reference"] or sources
    roles, assumed = assume(request.roles, list(dict.fromkeys(n for s in own for n in s.columns)))
    setting, look, said = look_at(sources, roles, request)
    clock.lap("look")
    plan = make_plan(checks, setting)
    derivations = derive_columns(plan, setting, sources, request)
    setting = replace(setting, derived=_described(derivations, plan))
    clock.lap("derive")
    tallies = fold(plan, setting, sources, derivations, look, request)
    clock.lap("fold")
    judged, records = judge(plan.checks, plan.skipped, setting, tallies)
    findings, outcomes = conclude(judged, setting.data)
    findings = evidence.hidden(evidence.quote(findings, sources, setting, request.evidence), request.evidence)
    outcomes = evidence.hidden_outcomes(outcomes, request.evidence)
    clock.lap("judge")
    audit = Audit(
        data=setting.data,
        verdict="incomplete",
        reasons=(),
        findings=findings,
        outcomes=outcomes,
        profile=profile.of(setting, look),
        assumed=(*assumed, *said, *_reader_assumptions(sources)),
        provenance=provenance(request, sources, setting, clock),
        bias=evidence.clean(section(records, "bias"), request.evidence) if setting.roles.sensitive else None,
    )
    return decided(audit, request.policy)


def check(
    train: Any = None,
    *,
    validation: Any = None,
    test: Any = None,
    references: Mapping[str, Any] | None = None,
    roles: Roles | dict[str, Any] | None = None,
    task: Task | None = None,
    positive: str | None = None,
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    policy_name: str = "default",
    fail_on: str | None = None,
    require: Sequence[str] = (),
    **more: Any,
) -> Audit:
    """Audits a data set. `train` and friends are a path, a pandas or polars frame, an Arrow table or a datasets object.

    Raises InputError where something cannot be audited. Further keywords are the fields of `Request`.
    """
    full = [code for code in select if find.CODE.fullmatch(code)]
    return run(
        Request(
            train=train,
            validation=validation,
            test=test,
            references=references or {},
            roles=as_roles(roles),
            task=task,
            positive=positive,
            select=tuple(select),
            ignore=tuple(ignore),
            policy=policy(policy_name, fail_on=fail_on, require=require, named=full),
            **more,
        )
    )


def open_sources(request: Request) -> list[Source]:
    """The splits that were given, opened. Raises InputError where there is none, or one cannot be opened."""
    given: list[tuple[str, Part, Any]] = [
        ("train", "train", request.train),
        ("validation", "held-out", request.validation),
        ("test", "held-out", request.test),
        *((name, "reference", what) for name, what in request.references.items()),
    ]
    sources: list[Source] = []
    for split, part, what in given:
        if what is not None:
            sources += open_source(what, split, part, request.format)
    if not sources:
        raise InputError("got no data, want at least a training file: auditor check train.csv --test test.csv")
    names = [s.split for s in sources]
    twice = next((n for n in names if names.count(n) > 1), None)
    if twice:
        raise InputError(f"the split {twice!r} was given twice; name each once")
    if request.sample is not None:
        return [Sampled(source, request.sample, request.seed) for source in sources]
    return sources


def look_at(sources: Sequence[Source], roles: Roles, request: Request) -> tuple[Setting, Look, tuple[str, ...]]:
    """The first round: every column of every split is looked at, so that kinds are decided from all rows."""
    raw = raw_setting(request.data or "data", sources, roles)
    batches = (
        Batch(split=s.split, table=part.table, rows=part.rows, setting=raw, faults=part.faults)
        for s in sources
        for part in _told(s.read(), request.progress, f"looking at {s.split}")
    )
    look = local.fold([Look], batches, workers=1)[Look]
    if isinstance(look, Exception):
        raise look
    assert isinstance(look, Look)
    empty = next((s.split for s in sources if look.rows[s.split] == 0), None)
    if empty:
        raise InputError(f"{empty}: no record could be read")
    setting, said = decide(raw, look, request.task, request.positive, request.seed, dict(request.options))
    return setting, look, said


def make_plan(checks: Sequence[Check[Any]], setting: Setting) -> Plan:
    """Skips with reasons before anything is read; the rest of the tallies in rounds."""
    skipped: dict[str, str] = {}
    running = []
    for one in checks:
        reason = one.lacks(setting)
        if reason is None:
            wanted = {name for kind in _closure(one.tallies) for name in kind.derives}
            reason = next((r for name in sorted(wanted) if (r := derive.skips(name, setting))), None)
        if reason is None:
            running.append(one)
        else:
            skipped[one.code] = reason
    kinds = _closure(kind for one in running for kind in one.tallies)
    names = {name for kind in kinds for name in kind.derives}
    wished = {name for kind in kinds for name in kind.may_derive} - names
    unmade = {name: reason for name in sorted(wished) if (reason := derive.skips(name, setting))}
    rounds: list[tuple[type[Tally], ...]] = []
    placed: set[type[Tally]] = {Look}
    while waiting := [k for k in kinds if k not in placed]:
        ready = tuple(k for k in waiting if set(k.after) <= placed)
        rounds.append(ready)
        placed |= set(ready)
    return Plan(tuple(running), skipped, tuple(rounds), tuple(sorted((names | wished) - set(unmade))), unmade)


def _closure(kinds: Any) -> list[type[Tally]]:
    seen: dict[type[Tally], None] = {}
    todo = list(kinds)
    while todo:
        kind = todo.pop(0)
        if kind not in seen:
            seen[kind] = None
            todo += kind.after
    return list(seen)


def batches_of(
    sources: Sequence[Source],
    setting: Setting,
    columns: tuple[str, ...] | None,
    derived: Mapping[str, Mapping[str, Derived]] | None = None,
    progress: Progress | None = None,
    stage: str = "",
) -> Iterator[Batch]:
    """Typed batches of all splits in their order."""
    for source in sources:
        wanted = None if columns is None else tuple(c for c in columns if c in source.columns)
        parts = source.read(wanted)
        for raw in _told(parts, progress, f"{stage} {source.split}") if progress else parts:
            yield typed(raw, source.split, setting, (derived or {}).get(source.split))


def _told(parts: Iterator[Any], progress: Progress, stage: str) -> Iterator[Any]:
    rows = 0
    for part in parts:
        rows += len(part.rows)
        progress(stage, rows, None)
        yield part


def derive_columns(plan: Plan, setting: Setting, sources: Sequence[Source], request: Request) -> derive.Derivations:
    """Runs the derivations that the plan asks for."""
    return derive.run(plan.derivations, setting, lambda columns: batches_of(sources, setting, columns), request.progress)


def _described(derivations: derive.Derivations, plan: Plan) -> dict[str, dict[str, Any]]:
    lacking = {name: {"reason": reason} for name, reason in (plan.unmade | derivations.failed).items()}
    return lacking | {name: dict(d.info) for by in derivations.by_split.values() for name, d in by.items()}


def fold(
    plan: Plan, setting: Setting, sources: Sequence[Source], derivations: derive.Derivations, look: Look, request: Request
) -> local.Totals:
    """Every round of tallies, each over the columns that it needs."""
    done: local.Totals = {Look: look}
    with engine(request, sum(s.rows for s in setting.splits)) as folded:
        for i, kinds in enumerate(plan.rounds):
            fold_round(i, kinds, done, folded, setting, sources, derivations, request)
    return done


def fold_round(
    i: int,
    kinds: Sequence[type[Tally]],
    done: local.Totals,
    folded: Fold,
    setting: Setting,
    sources: Sequence[Source],
    derivations: derive.Derivations,
    request: Request,
) -> None:
    """One reading of the columns that these tallies need; the finished tallies go to `done`."""
    broken = {k: RuntimeError(derivations.failed[n]) for k in kinds for n in k.derives if n in derivations.failed}
    done.update(broken)
    well = [k for k in kinds if k not in broken]
    wanted = {name for kind in well for name in kind.columns(setting)}
    columns = tuple(c.name for c in setting.columns if c.name in wanted)
    stage = "counting" if i == 0 else f"counting, round {i + 1},"
    batches = batches_of(sources, setting, columns, derivations.by_split, request.progress, stage)
    done.update(folded(well, batches, done))


@contextmanager
def engine(request: Request, rows: int) -> Iterator[Fold]:
    """The fold of the engine that was asked for; worker processes only where the data is worth them."""
    if request.engine == "dask":
        from auditor.engine import dask

        with dask.client(request.scheduler, request.workers) as connected:
            yield lambda kinds, batches, done: dask.fold(kinds, batches, done, connected)
        return
    workers = request.workers or (local.cores() if rows >= WORTH_FORKING * 65_536 else 1)
    yield lambda kinds, batches, done: local.fold(kinds, batches, done, workers=workers)


def _reader_assumptions(sources: Sequence[Source]) -> tuple[str, ...]:
    return tuple(f"{s.split}: {said}" for s in sources for said in getattr(s, "assumed", ()))
