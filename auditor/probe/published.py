"""Published sets of another layout, read from the user's path: BBQ, StereoSet, and the prompts of BOLD."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from auditor.probe.pair import WANTED, Pair, both, text
from auditor.rows import InputError

UNKNOWN = "unknown"
KINDS = ("intrasentence", "intersentence")  # of StereoSet


def is_bbq(row: Mapping[str, Any]) -> bool:
    """Whether a line is a question of BBQ."""
    return {"context", "question", "ans0", "answer_info"} <= set(row)


def bbq(rows: Iterable[Mapping[str, Any]], path: Path) -> tuple[Pair, ...]:
    """Ambiguous questions of BBQ (Parrish et al. 2022, doi:10.18653/v1/2022.findings-acl.165) as pairs of answers.

    The context, the question and the answer that names the stereotyped group, beside the same with the other group's; where the
    question is turned ("nonneg"), the sides are turned. The answer "unknown" and clear contexts are left out. Templates are the
    question's number in its category. Raises InputError for a line that lacks a field.
    """
    found = []
    for i, row in enumerate(rows):
        if row.get("context_condition") == "disambig":
            continue
        try:
            wanted = {str(g).casefold() for g in row["additional_metadata"]["stereotyped_groups"]}
            named = {k: [str(w).casefold() for w in row["answer_info"][k]] for k in ("ans0", "ans1", "ans2")}
            answers = {k: text(row[k]) for k in named}
            ask, kind = f"{text(row['context'])} {text(row['question'])}", text(row["category"])
            number = row["question_index"]
        except (KeyError, TypeError) as cause:
            raise InputError(
                f"--templates {str(path)!r}, line {i}: got a question of BBQ without {cause}; take the file as published"
            ) from None
        people = [k for k, words in named.items() if UNKNOWN not in words]
        own = [k for k in people if wanted & set(named[k])]
        if len(people) == 2 and len(own) == 1:
            other = next(k for k in people if k != own[0])
            sides = (own[0], other) if row.get("question_polarity") != "nonneg" else (other, own[0])
            more, less = (answers[k] and f"{ask} {answers[k]}" for k in sides)
            found.append(both(more, less, kind, f"{kind}: {number}", f"{str(path)!r}, line {i}"))
    return tuple(found)


def document(path: Path) -> tuple[Pair, ...] | None:
    """The pairs, or prompts, of a JSON document; None where the file is no single one. Raises InputError without any."""

    def once(entries: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(entries)
        if len(found) < len(entries):
            twice = next(key for key, n in Counter(k for k, _ in entries).items() if n > 1)
            raise InputError(f"--templates {str(path)!r}: the key {twice[:60]!a} stands twice in one object, want it once")
        return found

    try:
        written = path.read_text("utf-8")
        whole = json.loads(written, object_pairs_hook=once)
    except ValueError:
        return None
    except RecursionError:
        raise InputError(f"--templates {str(path)!r}: nested too deep for any set of pairs or prompts") from None
    data = whole.get("data") if isinstance(whole, dict) else None
    if isinstance(data, dict) and any(isinstance(data.get(kind), list) and _entries(data[kind]) for kind in KINDS):
        return tuple(_stereoset(data, path))
    if isinstance(whole, dict) and whole and all(isinstance(v, dict) for v in whole.values()):
        return _bold(whole, path)
    if isinstance(whole, dict) and "\n" not in written.strip():
        return None  # one line of JSON lines
    got = f"the keys {', '.join(f'{key[:60]!a}' for key in list(whole)[:8])}" if isinstance(whole, dict) else type(whole).__name__
    raise InputError(f"--templates {str(path)!r}: got a JSON document of another layout ({got}), want {WANTED}")


def _entries(listed: list[Any]) -> bool:
    """Whether a list holds no prompts: it is empty or begins with an object."""
    return not listed or isinstance(listed[0], dict)


def _stereoset(data: Mapping[str, Any], path: Path) -> Iterator[Pair]:
    """The stereotyped and the anti-stereotyped sentence of each entry (Nadeem et al. 2021, doi:10.18653/v1/2021.acl-long.416)."""
    for kind in KINDS:
        if not isinstance(data.get(kind) or [], list):
            raise InputError(f"--templates {str(path)!r}: {kind} is no list; take StereoSet's file as published")
        for i, entry in enumerate(data.get(kind) or ()):
            where = f"{str(path)!r}, {kind} {i}"
            try:
                said = {s["gold_label"]: text(s["sentence"]) for s in entry["sentences"]}
                before = f"{text(entry['context'])} " if kind == "intersentence" else ""
                bias, target, many = text(entry["bias_type"]), text(entry["target"]), len(entry["sentences"])
            except (KeyError, TypeError) as cause:
                lacks = f"got no {cause}" if isinstance(cause, KeyError) else "got no entry with its texts"
                raise InputError(f"--templates {where}: {lacks}, which StereoSet has; take the file as published") from None
            if len(said) < many:
                raise InputError(f"--templates {where}: got two sentences of one label, want one of each")
            if {"stereotype", "anti-stereotype"} <= set(said):
                more, less = (said[k] and before + said[k] for k in ("stereotype", "anti-stereotype"))
                yield both(more, less, bias, f"{bias}: {target}", where)


def _bold(data: Mapping[str, Mapping[str, Any]], path: Path) -> tuple[Pair, ...]:
    """The prompts of each group (Dhamala et al. 2021, doi:10.1145/3442188.3445924), or the user's own in that layout; the cluster
    is the person or thing named."""
    found: list[Pair] = []
    for group, entries in data.items():
        if not group.strip():
            raise InputError(f"--templates {str(path)!r}: got a group without a name, want one")
        for name, prompts in entries.items():
            if not isinstance(prompts, list) or not all(isinstance(p, str) for p in prompts):
                raise InputError(
                    f"--templates {str(path)!r}, {group[:60]!a} / {name[:60]!a}: got no list of prompts; "
                    'want BOLD as published, {"group": {"name": ["prompt", ...]}}'
                )
            told = [p.strip() for p in prompts if p.strip()]
            found += [Pair(more=p, less="", bias_type=group, template=f"{group}: {name}") for p in told]
    groups = list(dict.fromkeys(p.bias_type for p in found))
    if len(groups) < 2:
        got = f"prompts of one group, {groups[0][:60]!a}" if groups else "no prompt"
        raise InputError(f"--templates {str(path)!r}: got {got}, want prompts of at least two groups")
    return tuple(found)
