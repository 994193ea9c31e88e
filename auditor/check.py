"""Tally counts and never judges; Check judges and never reads data."""

from __future__ import annotations

import importlib.util
import inspect
import math
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from numbers import Real
from typing import Any, ClassVar, Generic, Literal, Self, TypeVarTuple, get_args

from auditor.model import Affected, Effect, Evidence, Level, Reading, Record, Where
from auditor.rows import Batch, Roles, Setting, Task

Ts = TypeVarTuple("Ts")
LIMITS = ("warn_above", "error_above", "warn_below", "error_below")
WEIGHED = (*LIMITS, "bound")  # parameters that weigh an effect, and do not change what is measured
Bound = Literal["favourable", "point", "unfavourable"]
Remedy = tuple[Literal["drop rows", "drop column", "take suggestion"], Literal["safe", "unsafe"]]
"""What `auditor fix` does about a finding: to its rows, to the last of its columns, or to their values as suggested."""


class Tally(ABC):
    """A mergeable count. `Tally()` is zero; `+` is right in any order and any cutting of the rows.

    Where a merge is not exact, the docstring of the subclass states the error bound and the cap of its memory.
    """

    after: ClassVar[tuple[type[Tally], ...]] = ()  # finished tallies that `of` takes, in this order: a later round
    derives: ClassVar[tuple[str, ...]] = ()  # derived columns it reads: module names in auditor/derive
    may_derive: ClassVar[tuple[str, ...]] = ()  # the same, but it counts without them too: `setting.derived` says why they lack

    @classmethod
    def columns(cls, setting: Setting) -> Iterable[str]:
        """The columns that `of` reads. Default: all."""
        return tuple(c.name for c in setting.columns)

    @classmethod
    @abstractmethod
    def of(cls, batch: Batch, *after: Any) -> Self:
        """The tally of one batch; `after` holds the finished tallies named in `after`."""

    @abstractmethod
    def __add__(self, other: Self) -> Self: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Specimen:
    """A tiny data set that a check must find something in, or must not."""

    train: Mapping[str, list[Any]]
    test: Mapping[str, list[Any]] | None = None
    roles: Roles = field(default_factory=Roles)
    task: Task | None = None
    positive: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    found: int | None = None  # how many findings there must be; None = at least one
    file: tuple[str, str] | None = None  # (ending, content) of a file that stands in for `train`


class Check(ABC, Generic[*Ts]):
    """Judges the finished tallies named in `Check[...]`. One file a check; parameters are annotated class attributes."""

    code: ClassVar[str]
    name: ClassVar[str]  # kebab form of the file name
    needs: ClassVar[tuple[str, ...]] = ()  # words that `lacks` understands: roles and kinds
    preview: ClassVar[bool] = False
    of_run: ClassVar[bool] = False  # judges a fine-tune, no data set: runs only where it is asked for by code or prefix
    tallies: ClassVar[tuple[type[Tally], ...]] = ()
    remedy: ClassVar[Remedy | None] = None  # None: advice only
    good: ClassVar[Specimen | tuple[Specimen, ...]]
    bad: ClassVar[Specimen | tuple[Specimen, ...]]

    warn_above: float | None = None  # warning where the effect is strictly above
    error_above: float | None = None
    warn_below: float | None = None
    error_below: float | None = None
    bound: Bound = "favourable"  # which end of the interval must miss `error_*`; warnings go by the point

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.name = cls.__module__.rpartition(".")[2].replace("_", "-")
        for base in getattr(cls, "__orig_bases__", ()):
            kinds = tuple(k for k in get_args(base) if isinstance(k, type) and issubclass(k, Tally))
            if kinds:
                cls.tallies = kinds

    def __init__(self, **changes: Any) -> None:
        known = self.parameters()
        for key, value in changes.items():
            if key not in known:
                raise ValueError(f"{self.code} has no parameter {key!r}; it has {', '.join(known)}")
            taken_away = key in LIMITS and value is None
            if (key in LIMITS or _is_number(known[key])) and not _is_number(value) and not taken_away:
                raise ValueError(f"{self.code}: got {key} = {str(value)[:40]!a}, want a number")
            setattr(self, key, value)

    @classmethod
    def parameters(cls) -> dict[str, Any]:
        """Name -> default of everything that a config may set."""
        found: dict[str, Any] = {}
        for owner in reversed(cls.__mro__):
            for key, kind in vars(owner).get("__annotations__", {}).items():
                if "ClassVar" not in str(kind) and not key.startswith("_"):
                    found[key] = getattr(cls, key, None)
        return found

    def lacks(self, setting: Setting) -> str | None:
        """Why this check cannot run on such data, or None. Asked before anything is read."""
        return next((reason for need in self.needs if (reason := lack(need, setting))), None)

    @abstractmethod
    def judge(self, setting: Setting, *tallies: *Ts) -> Iterator[Reading | Record]:
        """Readings, one for each thing judged, also where it is clean."""

    @classmethod
    def page(cls) -> dict[str, str]:
        """The docstring by section: fault (first line), Why, Measured, Fix, Known limits, Source."""
        text = inspect.cleandoc(cls.__doc__ or "")
        head, *parts = text.split("## ")
        sections = {"fault": head.strip()}
        for part in parts:
            lines = part.strip().splitlines()
            title = next(t for t in ("Known limits", "Why", "Measured", "Fix", "Source") if lines[0].startswith(t))
            body = [lines[0][len(title) :], *lines[1:]]
            sections[title] = " ".join(line.strip() for line in body if line.strip())
        return sections

    @classmethod
    def read(
        cls,
        where: Where,
        effect: Effect,
        message: str,
        *,
        affected: int = 0,
        examined: int = 0,
        rows: Affected | None = None,
        evidence: tuple[Evidence, ...] = (),
        fix: str = "",
        p: float | None = None,
        level: Level | Literal["clean", ""] = "",
        limit: float | None = None,
        at_most: Level = "error",
        unsure: str = "",
    ) -> Reading:
        """A reading, with the Fix section of the docstring where no better advice is given."""
        return Reading(
            where=where,
            effect=effect,
            message=message,
            affected=affected,
            examined=examined,
            rows=rows,
            evidence=evidence,
            fix=fix or cls.page().get("Fix", ""),
            p=p,
            level=level,
            limit=limit,
            at_most=at_most,
            unsure=unsure,
        )


def _is_number(value: object) -> bool:
    try:
        return not isinstance(value, bool) and isinstance(value, Real) and math.isfinite(value)
    except OverflowError:
        return False


def lack(need: str, setting: Setting) -> str | None:
    """The reason why `setting` does not meet the need, or None.

    Needs: any role name of `Roles`; `held-out` (a second split), `train`, `classes` (a label of classes),
    `two-classes`, `number`, `category`, `strings` (category or text columns), `features`, `option:NAME`,
    `extra:EXTRA:MODULE` (a library of an extra).
    """
    if need in Roles.__dataclass_fields__:
        return None if getattr(setting.roles, need) else f"no column has the role {need}"
    if need == "held-out":
        return None if len(setting.splits) > 1 else "there is only one split"
    if need == "classes":
        if not setting.roles.label:
            return "no column has the role label"
        return None if setting.label_is_class else f"the label {setting.roles.label!r} does not name classes"
    if need == "number":
        return None if setting.kinds("number") else "there is no numeric feature column"
    if need == "category":
        return None if setting.kinds("category", "bool") else "there is no category column"
    if need == "strings":
        return None if setting.kinds("category", "text") else "there is no column of texts"
    if need == "features":
        return None if setting.features else "there is no feature column"
    if need.startswith("option:"):
        name = need.removeprefix("option:")
        return None if setting.options.get(name) is not None else f"--{name} was not given"
    if need.startswith("extra:"):
        _, extra, module = need.split(":")
        return None if importlib.util.find_spec(module) else f"needs {module}: pip install 'tune-auditor[{extra}]'"
    raise ValueError(f"unknown need {need!r}")
