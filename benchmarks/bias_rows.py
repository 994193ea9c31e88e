"""False alarms of the checks that compare rows by group, on groups that mean nothing, and what they find where it is planted.

Run: python -m benchmarks.bias_rows [FIRST SEED] [SEEDS]
"""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd

import auditor

CODES = ("BIA206", "BIA207", "BIA308")
ROLES = auditor.Roles(prediction="p", sensitive="g")


def table(rng: np.random.Generator, rows: int, planted: bool) -> pd.DataFrame:
    """Eight numbers of which a tenth is missing, three groups, and a prediction that follows the first number.

    Planted: group b lacks a quarter of x3, and needs .5 more of the first number to be predicted 1.
    """
    frame = pd.DataFrame({f"x{j}": np.where(rng.random(rows) < 0.1, np.nan, rng.normal(size=rows)) for j in range(8)})
    frame["g"] = rng.choice(["a", "b", "c"], rows, p=[0.6, 0.3, 0.1])
    harmed = (frame.g == "b") & planted
    frame.loc[harmed & (rng.random(rows) < 0.25), "x3"] = np.nan
    frame["p"] = (frame.x0.fillna(0) + 0.5 * rng.normal(size=rows) > np.where(harmed, 0.5, 0.0)).astype(int)
    return frame


def splits(seed: int, planted: bool) -> tuple[pd.DataFrame, pd.DataFrame]:
    """900 rows to train on and 1,000 to test, 60 of which are copies; planted: those of group b alone."""
    rng = np.random.default_rng(seed)
    train, test = table(rng, 900, planted), table(rng, 940, planted)
    from_group = train[train.g == "b"] if planted else train
    return train, pd.concat([test, from_group.sample(60, random_state=seed)], ignore_index=True)


def main() -> None:
    said = [int(x) for x in sys.argv[1:]]
    first, seeds = (said[i] if len(said) > i else usual for i, usual in enumerate((3_000, 100)))
    print("| check | alarms, nothing planted | found, planted |\n|---|---|---|")
    for code in CODES:
        found = [0, 0]
        for planted in (False, True):
            for seed in range(first, first + seeds):
                train, test = splits(seed, planted)
                found[planted] += bool(auditor.check(train, test=test, roles=ROLES, select=[code]).findings)
        print(f"| {code} | {found[0]} of {seeds} | {found[1]} of {seeds} |", flush=True)


if __name__ == "__main__":
    main()
