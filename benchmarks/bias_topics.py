"""Slices of texts by topic (BIA312): planted errors in two intents of BANKING77, and errors that follow nothing.

Run: python -m benchmarks.bias_topics [FIRST SEED] [SEEDS] [SHUFFLES]; BANKING77 is read from $AUDITOR_DATA.

Errors .10, and .40 in the rows of two intents. The search sees texts, labels and predictions, no intent. A slice counts as the
planted one where the topic that holds most rows of the two intents is among its conditions. Five seeds of clustering take turns.
"""

from __future__ import annotations

import os
import sys
import time
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

import auditor
from auditor.derive.text_topics import topics
from auditor.model import Table

BANKING = Path(os.environ.get("AUDITOR_DATA", "../shared/data")) / "banking77"
BASE, PLANTED = 0.10, 0.40
CLUSTERINGS = 5
PAIRS = (
    ("request_refund", "Refund_not_showing_up"),
    ("change_pin", "pin_blocked"),
    ("card_payment_wrong_exchange_rate", "wrong_exchange_rate_for_cash_withdrawal"),
    ("get_disposable_virtual_card", "disposable_card_limits"),
    ("pending_transfer", "failed_transfer"),
    ("age_limit", "apple_pay_or_google_pay"),
)


def frame(texts: pd.DataFrame, pair: tuple[str, str], seed: int, shuffled: bool) -> pd.DataFrame:
    """The texts with a label of two values and predictions that are wrong so often; shuffled: the errors by lot."""
    rng = np.random.default_rng(seed)
    inside = texts.category.isin(pair).to_numpy()
    slip = rng.random(len(texts)) < np.where(inside, PLANTED, BASE)
    if shuffled:
        slip = rng.permutation(slip)
    y = rng.integers(0, 2, len(texts))
    return pd.DataFrame({"text": texts.text, "y": y, "said": np.where(slip, 1 - y, y), "inside": inside})


@cache
def clustered(seed: int) -> tuple[list[str], NDArray[np.int64]]:
    """The topics as the audit makes them."""
    names, places, _ = topics(pd.read_csv(BANKING / "train.csv").text.tolist(), seed)
    return names, places


def searched(made: pd.DataFrame, seed: int) -> tuple[list[str], float]:
    """The worse slices that were found, the worst first, and CPU-seconds."""
    begun = time.process_time()
    roles = auditor.Roles(text="text", label="y", prediction="said")
    found = auditor.check(made.drop(columns="inside"), roles=roles, select=["BIA312"], seed=seed).findings
    spent = time.process_time() - begun
    table = found[0].evidence[0] if found else None
    return [str(row[0]) for row in table.rows if row[2] > 0] if isinstance(table, Table) else [], spent


def main() -> None:
    said = [int(x) for x in sys.argv[1:]]
    first, seeds, shuffles = (said[i] if len(said) > i else usual for i, usual in enumerate((3_000, 30, 50)))
    texts = pd.read_csv(BANKING / "train.csv")
    clusterings = [clustered(s) for s in range(CLUSTERINGS)]
    print("| two intents | rows | in one topic, and share of its rows | first | in the top 3 | any slice | CPU s, median |")
    print("|---|---|---|---|---|---|---|")
    for pair in (*PAIRS, None):
        hits, own, spent = [], [], []
        for seed in range(first, first + (seeds if pair else shuffles)):
            names, places = clusterings[seed % CLUSTERINGS]
            made = frame(texts, pair or PAIRS[0], seed, pair is None)
            inside = np.bincount(places[made.inside & (places >= 0)], minlength=len(names))
            name, rows = names[int(inside.argmax())], int((places == inside.argmax()).sum())
            found, cpu = searched(made, seed % CLUSTERINGS)
            at = next((i for i, s in enumerate(found) if f"={name}" in s.split(" and ")[-1] or f"={name} and " in s), None)
            hits.append((at == 0, at is not None and at < 3, bool(found)))
            own.append((inside.max() / made.inside.sum(), inside.max() / rows))
            spent.append(cpu)
        one, three, some = (sum(h) for h in zip(*hits, strict=True))
        held, pure = np.median(own, axis=0)
        title = " + ".join(pair) if pair else "errors shuffled"
        about = f"{int(made.inside.sum())} | {held:.2f}, {pure:.2f}" if pair else "- | -"
        of = f"of {len(hits)}"
        print(f"| {title} | {about} | {one} {of} | {three} {of} | {some} {of} | {np.median(spent):.2f} |", flush=True)


if __name__ == "__main__":
    main()
