"""BIA203."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from auditor.check import Check, Specimen, Tally
from auditor.lexicons import Term, places, terms
from auditor.model import Effect, Reading, Table, Where
from auditor.rows import Batch, Roles, Setting
from auditor.statistics.log_odds import log_odds_ratio, npmi
from auditor.tallies.keys import texts
from auditor.tallies.places import Places, joined
from auditor.tallies.terms import CAP_ROWS, apart, lexicon, part, ready, text_columns

ROLES = Roles(text="text")
WINDOW = 10  # words from the first word of a role to the first word of a group
METRIC = "role_group_log_odds"
SHOWN = 20  # roles that the table of a finding lists
Cell = tuple[str, str, str, str]  # split, axis, role, group


def groups_of(setting: Setting) -> tuple[Term, ...]:
    """The user's list (option `terms`), else both genders and the bundled identities of other axes."""
    own = lexicon(setting)
    return own if setting.options.get("terms") else (*terms("genders.tsv"), *(t for t in own if t.axis != "gender"))


def roles_of(setting: Setting) -> tuple[Term, ...]:
    """The bundled roles, without the words that are taken for groups."""
    taken = {form for group in groups_of(setting) for form in (*group.forms, *group.led)}
    return tuple(role for role in terms("roles.tsv") if not taken & set(role.forms))


def answers(setting: Setting) -> tuple[str, ...]:
    """The texts that a model would be taught: of a preference set the chosen answers."""
    return (setting.roles.chosen,) if setting.roles.chosen else text_columns(setting)


@dataclass(frozen=True, slots=True)
class Pairings(Tally):
    """Documents in which a role stands near words of one group of an axis and of no other, by role and group.

    Exact up to 500,000 rows a split, beyond that of a sample of so many; of positions the smallest 10,000 a cell are kept.
    Grows with the lists of words, not with the rows.
    """

    near: Counter[Cell] = field(default_factory=Counter)
    alone: Counter[tuple[str, str, str]] = field(default_factory=Counter)  # documents all of whose roles stand near this group
    inside: Counter[Cell] = field(default_factory=Counter)  # those of `near` that are in `alone`
    rows: dict[Cell, Places] = field(default_factory=dict)

    @classmethod
    def columns(cls, setting: Setting) -> Iterable[str]:
        return answers(setting)

    @classmethod
    def of(cls, batch: Batch, *after: Any) -> Self:
        batch, total = part(batch), cls()
        read = texts(batch, answers(batch.setting))
        if read is None:
            return total
        groups, roles = groups_of(batch.setting), roles_of(batch.setting)
        axes = list(dict.fromkeys(g.axis for g in groups))
        axis_of = np.array([axes.index(g.axis) for g in groups])
        row, role, group = _pairs(apart(read[1], WINDOW + 1), (*groups, *roles), len(groups))
        one = _single(np.stack([row, role, axis_of[group]]))
        sides = np.unique(np.stack([row, axis_of[group], group]), axis=1)
        sides = sides[:, _single(sides[:2])]
        plain = set(zip(*sides[:2].tolist(), strict=True))
        for _, axis, g in sides.T.tolist():
            total.alone[batch.split, axes[axis], groups[g].name] += 1
        places_of: dict[Cell, list[int]] = {}
        for r, who, g in zip(row[one].tolist(), role[one].tolist(), group[one].tolist(), strict=True):
            cell = (batch.split, groups[g].axis, roles[who].name, groups[g].name)
            places_of.setdefault(cell, []).append(r)
            total.inside[cell] += (r, int(axis_of[g])) in plain
        for cell, held in places_of.items():
            total.near[cell] = len(held)
            total.rows[cell] = Places.of(np.ones(len(held), np.bool_), batch.rows[np.array(held)], CAP_ROWS)
        return total

    def __add__(self, other: Self) -> Self:
        near, alone, inside = self.near + other.near, self.alone + other.alone, self.inside + other.inside
        return type(self)(near, alone, inside, joined(self.rows, other.rows))


def _pairs(normal: Any, listed: tuple[Term, ...], groups: int) -> NDArray[np.int64]:
    """(3, pairs): document, role and group that stand near each other in it, each once. The first `groups` terms are groups."""
    forms, owners = ready(listed)
    row, word, form = places(normal, forms)
    order = np.argsort(word, kind="stable")
    row, word, term = row[order], word[order], owners[form[order]]
    is_group = term < groups
    their_row, their_word, theirs = row[is_group], word[is_group], term[is_group]
    row, word, role = row[~is_group], word[~is_group], term[~is_group] - groups
    first = np.searchsorted(their_word, word - WINDOW)
    size = np.searchsorted(their_word, word + WINDOW, side="right") - first
    at = np.repeat(np.arange(len(word)), size)
    other = np.arange(len(at)) + np.repeat(first - (np.cumsum(size) - size), size)
    same = row[at] == their_row[other]
    return np.unique(np.stack([row[at], role[at], theirs[other]])[:, same], axis=1)


def _single(keys: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which of the columns occur once."""
    _, inverse, sizes = np.unique(keys, axis=1, return_inverse=True, return_counts=True)
    return np.asarray(sizes[inverse.reshape(-1)] == 1)


def _texts(women: int) -> dict[str, list[str]]:
    """60 texts each on nurses and engineers; of those on nurses `women` say she, of the others 30."""
    said = [(job, "she" if i < she else "he") for job, she in (("nurse", women), ("engineer", 30)) for i in range(60)]
    return {"text": [f"the {job} told us that {who} would come at {i}" for i, (job, who) in enumerate(said)]}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tie:
    """One role and the group that it is tied to most."""

    role: str
    axis: str
    group: str
    k: int  # documents with the role near this group
    n: int  # near any one group of the axis
    k_rest: int  # documents with other roles alone
    n_rest: int
    value: float
    low: float
    high: float
    tried: int  # groups that were compared


class StereotypeAssociation(Check[Pairings]):
    """Texts put an occupation or a trait beside one group of people far more often than beside another.

    ## Why
    A model tuned on them learns that nurses are women and that one religion is violent, and says so.

    ## Measured
    By role (occupation, family, career, appearance, character) and axis (gender, religion ...): among documents with the role
    within 10 words of words of one group alone, the odds of that group over its odds among documents with other roles: ln, in
    nats, far from 0 is bad, one half added to each cell; at the group where it is largest, its p-value multiplied by the groups
    compared. p: groups permuted over documents, in closed form (Fisher's exact test). At least 30 documents on either side, and
    5 expected in each cell. Of a preference set the chosen answers are read. Beside it NPMI. Own groups: option `terms`.

    ## Fix
    Add copies with the group swapped (`auditor fix`), or collect texts of the other pairing.

    ## Known limits
    Near is not about: quotations, denials and names are not understood. Roles are compared with each other: what all of them
    share is seen by BIA204 alone. Copies count as often as they stand (DUP). English only. Beyond 500,000 rows a split a
    sample is searched.

    ## Source
    Bolukbasi et al. 2016, arXiv:1607.06520, and Zhao et al. 2018, doi:10.18653/v1/N18-2003, on occupations; Fisher 1935;
    NPMI: Bouma 2009. 10 words, 30 documents and .5 (odds of 1.6 to 1): chosen by us.
    """

    code = "BIA203"
    warn_above: float | None = 0.5  # |log-odds|, chosen by us
    support: int = 30  # documents with the role near a group, and with other roles
    expected: float = 5.0  # documents of each cell, were role and group independent
    good = Specimen(train=_texts(30), roles=ROLES)
    bad = Specimen(train=_texts(54), roles=ROLES, found=2)

    def lacks(self, setting: Setting) -> str | None:
        return None if answers(setting) else "there is no column of texts"

    def judge(self, setting: Setting, counts: Pairings) -> Iterator[Reading]:
        axes: dict[str, list[str]] = {}
        for term in groups_of(setting):
            axes.setdefault(term.axis, []).append(term.name)
        for split in (s.name for s in setting.splits):
            near = Counter({cell: n for cell, n in counts.near.items() if cell[0] == split})
            met = {cell[1:3] for cell in near}
            ties = [
                tie
                for axis, groups in axes.items()
                for role in roles_of(setting)
                if (axis, role.name) in met and (tie := self._tie(counts, split, axis, groups, role.name)) is not None
            ]
            if not ties:
                yield self._nothing(split, near.total())
            table = _table(split, ties)
            for tie in ties:
                yield self._reading(setting, counts, split, tie, table)

    def _tie(self, counts: Pairings, split: str, axis: str, groups: list[str], role: str) -> _Tie | None:
        near = {g: counts.near[split, axis, role, g] for g in groups}
        rest = {g: counts.alone[split, axis, g] - counts.inside[split, axis, role, g] for g in groups}
        n, n_rest = sum(near.values()), sum(rest.values())
        if min(n, n_rest) < self.support:
            return None
        found = []
        for g in groups:
            k, k_rest = near[g], rest[g]
            both = k + k_rest
            if min(n, n_rest) * min(both, n + n_rest - both) >= self.expected * (n + n_rest):
                odds = log_odds_ratio(k, n, k_rest, n_rest)
                found += [(g, odds)] if odds else []
        if not found:
            return None
        two = sum(near[g] + rest[g] > 0 for g in groups) == 2  # one side says what the other says
        g, (value, low, high) = max(
            found, key=lambda x: (round(abs(x[1][0]), 9), x[1][0], x[0])
        )  # of equal sizes the one above 0
        said = {"k": near[g], "n": n, "k_rest": rest[g], "n_rest": n_rest, "tried": 1 if two else len(found)}
        return _Tie(role=role, axis=axis, group=g, value=value, low=low, high=high, **said)

    def _nothing(self, split: str, seen: int) -> Reading:
        reason = f"no role of the list stands near words of two groups of people in {self.support} documents of {split}"
        effect = Effect(name=METRIC, value=None, unit="nats", reason=reason)
        if not seen:
            said = f"no document of {split} names a role within {WINDOW} words of a group of people"
            return self.read(Where(split=split), effect, said, level="clean")
        return self.read(Where(split=split), effect, reason, examined=seen, unsure=reason)

    def _reading(self, setting: Setting, counts: Pairings, split: str, tie: _Tie, table: Table) -> Reading:
        from scipy.stats import fisher_exact

        cells = [[tie.k, tie.n - tie.k], [tie.k_rest, tie.n_rest - tie.k_rest]]
        far = self.warn_above is not None and abs(tie.value) > self.warn_above
        held = counts.rows.get((split, tie.axis, tie.role, tie.group))
        return self.read(
            Where(split=split, columns=answers(setting), group=f"{tie.role}: {tie.group}"),
            Effect(name=METRIC, value=tie.value, low=tie.low, high=tie.high, unit="nats", method="Haldane-Anscombe 95 %"),
            f"{tie.k:,} of {tie.n:,} documents of {split} ({tie.k / tie.n:.1%}) with {tie.role!r} near one group of {tie.axis} "
            f"have it near {tie.group!r}; of {tie.n_rest:,} with other roles {tie.k_rest / tie.n_rest:.1%} "
            f"(log-odds {tie.value:+.2f}, 95 % {tie.low:.2f} to {tie.high:.2f})",
            affected=tie.k if tie.value > 0 else tie.n - tie.k,
            examined=tie.n + tie.n_rest,
            rows=held.affected(split, f"{tie.role} near {tie.group}") if held is not None and far and tie.value > 0 else None,
            evidence=(table,),
            p=min(1.0, tie.tried * float(fisher_exact(cells).pvalue)),
            level="warning" if far else "clean",
            limit=self.warn_above,
        )


def _table(split: str, ties: list[_Tie]) -> Table:
    """The roles by size of their tie."""
    lines = [
        (t.role, t.axis, t.group, t.n, t.k / t.n, t.k_rest / t.n_rest, t.value, npmi(t.k, t.n, t.k + t.k_rest, t.n + t.n_rest))
        for t in sorted(ties, key=lambda t: (-abs(t.value), t.role, t.axis))[:SHOWN]
    ]
    columns = ("role", "axis", "group", "documents", "share of the group", "with other roles", "log-odds", "NPMI")
    return Table(title=f"Roles and groups in {split}", columns=columns, rows=tuple(lines))
