"""Alarms of the validity and text checks on clean tables, and what they find of planted faults: prints two tables.

python benchmarks/validity.py [first seed, default 200]
"""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from typing import Any

import numpy as np

from auditor import audit as steps
from auditor.rows import Roles
from auditor.tallies.encoding import BYTES

CODES = (
    "VAL112",
    "VAL113",
    "VAL114",
    "VAL115",
    "VAL116",
    "VAL117",
    "VAL118",
    "VAL120",
    "VAL121",
    "VAL122",
    "TXT101",
    "TXT102",
    "TXT103",
)
SEEDS, ROWS, SENTENCES = 50, 20_000, 5_000
ROLES = Roles(text="text", label="label")
WORDS = (
    *("der", "Hügel", "ist", "grün", "und", "die", "Straße", "señor", "mañana", "café", "où", "été", "naïf", "weiß", "größer"),
    *("élève", "año", "niño", "forêt", "the", "green", "hill", "near", "a", "road"),
)
READS_AS = {b: c for c, b in BYTES.items()}


def clean(seed: int, rows: int = ROWS) -> dict[str, Any]:
    """Columns of many shapes, none of them at fault."""
    rng = np.random.default_rng(seed)
    day = np.datetime64("2015-01-01") + rng.integers(0, 3000, rows).astype("timedelta64[D]")
    born = np.datetime64("1935-01-01") + rng.integers(0, 25_000, rows).astype("timedelta64[D]")
    lengths = np.clip(rng.lognormal(2.5, 0.6, rows).astype(int), 2, None)
    words = np.array(WORDS)[rng.integers(0, len(WORDS), int(lengths.sum()))]
    ends = np.cumsum(lengths)
    return {
        "normal": rng.normal(size=rows),
        "temperature": np.rint(rng.normal(8, 9, rows)).astype(int),
        "age": np.clip(rng.normal(45, 18, rows), 17, 99).astype(int),
        "income": np.rint(rng.lognormal(10, 0.8, rows)),
        "gain": np.where(rng.random(rows) < 0.9, 0, np.rint(rng.lognormal(7, 1, rows))),
        "count": rng.poisson(3, rows),
        "change": rng.poisson(6, rows) - 2,
        "steps": rng.geometric(0.3, rows) - 2,
        "hours": np.clip(rng.normal(40, 12, rows), 1, 99).astype(int),
        "wide": rng.integers(0, 1_000_000, rows),
        "heavy": np.rint(rng.pareto(1.5, rows) * 100),
        "score": rng.integers(-1, 2, rows),
        "day": day.astype(str),
        "born": born.astype(str),
        "plan": rng.choice(["none", "basic", "full"], rows),
        "city": rng.choice([f"town {chr(97 + i)}" for i in range(26)], rows),
        "grade": rng.choice(["A", "A-", "A+", "B", "C", "C#"], rows),
        "band": rng.choice(["<=50K", ">50K"], rows),
        "flag": rng.choice(["yes", "no"], rows, p=[0.05, 0.95]),
        "note": [None if x < 0.03 else "seen" if x < 0.5 else "open" for x in rng.random(rows)],
        "label": rng.choice(["u", "v", "w"], rows),
        "text": [" ".join(words[e - n : e]) for e, n in zip(ends, lengths, strict=True)],
    }


def planted(seed: int) -> tuple[dict[str, Any], list[tuple[str, str, set[int]]]]:
    """The clean table with faults at 1 % of the rows of several columns, and (code, column, rows) of each."""
    data, rng = clean(seed), np.random.default_rng(seed + 10_000)
    truth: list[tuple[str, str, set[int]]] = []

    def put(code: str, column: str, values: list[Any], share: float = 0.01) -> None:
        free = np.setdiff1d(np.arange(ROWS), [i for _, c, rows in truth if c == column for i in rows])
        at = rng.choice(free, int(share * ROWS), replace=False)
        cells = list(data[column])
        for i, row in enumerate(at):
            cells[row] = values[i % len(values)]
        data[column] = cells
        truth.append((code, column, {int(i) for i in at}))

    put("VAL117", "count", [-1], 0.2)
    put("VAL117", "age", [999])
    put("VAL117", "income", [99999999.0])
    put("VAL117", "normal", [-999.0])
    put("VAL117", "day", ["1900-01-01"])
    put("VAL117", "city", ["?", "unknown", "Not available"])
    put("VAL118", "note", [None], 0.08)
    put("VAL120", "heavy", [float("inf")])
    put("VAL122", "flag", ["Yes", "NO ", "yes."])
    put("VAL115", "wide", ["twelve", "n. b."], 0.02)
    data["wide"] = [str(x) for x in data["wide"]]
    put("TXT101", "text", ["", "ok", "..."])
    put("TXT102", "text", ["word " * 20_000], 0.002)
    put("TXT103", "text", ["a &amp; b of it", "<p>four words of it</p>"], 0.02)
    return data, truth


def encoding(seed: int) -> tuple[list[str], dict[str, set[int]]]:
    """5,000 sentences: 1 % UTF-8 read as Windows-1252, .5 % U+FFFD, .2 % C1 controls; rows by kind."""
    rng = np.random.default_rng(seed)
    texts = [" ".join(rng.choice(WORDS, 8)) + " é" for _ in range(SENTENCES)]
    order = rng.permutation(SENTENCES)
    kinds = {"mojibake": set(order[:50].tolist()), "U+FFFD": set(order[50:75].tolist()), "C1": set(order[75:85].tolist())}
    for i in kinds["mojibake"]:
        texts[i] = "".join(READS_AS[b] for b in texts[i].encode())
    for i in kinds["U+FFFD"]:
        texts[i] = texts[i].replace("é", "\ufffd")
    for i in kinds["C1"]:
        texts[i] = texts[i].replace(" ", "\u0092", 1)
    return texts, kinds


def audited(data: dict[str, Any], codes: tuple[str, ...], roles: Roles) -> Any:
    return steps.run(steps.Request(train=data, data="study", roles=roles, select=codes, limits={"TXT101": {"words": 2}}))


def main() -> None:
    first = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    alarms: Counter[str] = Counter()
    for seed in range(first, first + SEEDS):
        audit = audited(clean(seed), CODES, ROLES)
        for code in {f.code for f in audit.findings if f.level != "note"}:
            alarms[code] += 1
            print("alarm", seed, [(f.code, f.where.columns, f.message) for f in audit.findings if f.code == code])
    print("| check | clean tables with an alarm |\n|---|---|")
    for code in CODES:
        print(f"| {code} | {alarms[code]} of {SEEDS} |")
    hit: dict[tuple[str, str], list[float]] = defaultdict(list)
    for seed in range(first + 1000, first + 1000 + SEEDS // 5):
        data, truth = planted(seed)
        found = {(f.code, c): f for f in audited(data, CODES, ROLES).findings for c in f.where.columns}
        for code, column, rows in truth:
            finding = found.get((code, column))
            known = set() if finding is None or finding.all_rows is None else set(finding.all_rows.row.tolist())
            share = float(finding is not None) if code == "VAL118" else len(known & rows) / len(rows)
            hit[code, column].append(share)
    print("| check | column | recall of planted rows, mean | least |\n|---|---|---|---|")
    for (code, column), shares in sorted(hit.items()):
        print(f"| {code} | {column} | {np.mean(shares):.3f} | {min(shares):.3f} |")
    right: dict[str, list[float]] = defaultdict(list)
    for seed in range(first + 2000, first + 2000 + SEEDS):
        texts, kinds = encoding(seed)
        (finding,) = audited({"text": texts}, ("VAL121",), Roles(text="text")).findings
        known = set(finding.all_rows.row.tolist())
        right["false rows"].append(len(known - set.union(*kinds.values())))
        for kind, rows in kinds.items():
            right[kind].append(len(known & rows) / len(rows))
    print("| VAL121 | mean | worst |\n|---|---|---|")
    for kind, shares in right.items():
        print(f"| {kind} | {np.mean(shares):.3f} | {max(shares) if kind == 'false rows' else min(shares):.3f} |")


if __name__ == "__main__":
    main()
