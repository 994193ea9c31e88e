"""`auditor trace` on hand-made logs, one for each rule, and how often its curve rule is wrong on simulated curves.

python benchmarks/trace.py [--curves 3000]
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import struct
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from auditor.guard.trace import judge
from auditor.guard.trace.tfevents import masked_crc
from auditor.model import Audit
from auditor.statistics.band import BandRule, band, told
from auditor.statistics.proportions import wilson

Row = dict[str, Any]
FALLING = [2.0 * 0.9**i + 0.3 for i in range(12)]
RISING = [1.0, 0.8, 0.65, 0.55, 0.5, 0.48, 0.5, 0.54, 0.6, 0.66, 0.73, 0.8]
WOBBLE = [0.004 * math.sin(2.4 * i) for i in range(2000)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A log, and what must be said of it."""

    name: str
    make: Callable[[Path], Path]  # writes into an empty folder, returns what is to be judged
    verdict: str
    says: Mapping[str, str] = field(default_factory=dict)  # code -> status
    tuning: Mapping[str, Any] = field(default_factory=dict)
    notes: str = ""  # words that one of the notes must hold


def down(step: float) -> float:
    """A training loss that goes on falling."""
    return 2.0 * math.exp(-step / 300) + 0.02 * math.sin(step)


def history(evaluations: Sequence[float], train: Callable[[float], float] = down, **more: Any) -> list[Row]:
    """Five training logs, then an evaluation, and so on; ten steps a log, a hundred steps an epoch."""
    rows: list[Row] = []
    for i, loss in enumerate(evaluations):
        for step in range(i * 50 + 10, i * 50 + 60, 10):
            rows.append({"loss": train(step), "grad_norm": 1.0 + 0.1 * math.sin(step), "learning_rate": 2e-5, "step": step})
            rows[-1] |= {"epoch": step / 100}
        rows.append({"eval_loss": loss + WOBBLE[i], "step": (i + 1) * 50, "epoch": (i + 1) / 2})
        rows[-1] |= {k: v[i] for k, v in more.items()}
    return rows


def state(folder: Path, rows: Sequence[Row], **facts: Any) -> Path:
    path = folder / "trainer_state.json"
    path.write_text(json.dumps({**facts, "log_history": list(rows)}))
    return path


def table(folder: Path, rows: Sequence[Row]) -> Path:
    path = folder / "metrics.csv"
    names = list(dict.fromkeys(k for row in rows for k in row))
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, names)
        writer.writeheader()
        writer.writerows(rows)
    return path


def events(folder: Path, rows: Sequence[Row]) -> Path:
    """A TensorBoard file, written field by field."""

    def number(field_number: int, value: int) -> bytes:
        out = bytes([field_number << 3])
        while value > 127:
            out, value = out + bytes([value & 127 | 128]), value >> 7
        return out + bytes([value])

    def chunk(field_number: int, data: bytes) -> bytes:
        return (
            number(field_number, 0)[:1].replace(bytes([field_number << 3]), bytes([field_number << 3 | 2]))
            + size(len(data))
            + data
        )

    def size(value: int) -> bytes:
        return number(0, value)[1:]

    path = folder / "events.out.tfevents.1.host"
    with path.open("wb") as file:
        for row in rows:
            for tag, value in row.items():
                if tag == "step":
                    continue
                entry = chunk(1, tag.encode()) + b"\x15" + struct.pack("<f", value)
                data = b"\x09" + struct.pack("<d", 1e9 + row["step"]) + number(2, row["step"]) + chunk(5, chunk(1, entry))
                head = struct.pack("<Q", len(data))
                file.write(head + struct.pack("<I", masked_crc(head)) + data + struct.pack("<I", masked_crc(data)))
    return path


def weights(folder: Path) -> None:
    """A checkpoint of one tensor, sound by header and length."""
    folder.mkdir()
    header = json.dumps({"w": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}).encode()
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", len(header)) + header + b"\0\0\0\0")


def run_folder(folder: Path, kept: Sequence[int], best: str = "") -> Path:
    facts = {"best_model_checkpoint": f"/gone/elsewhere/{best}"} if best else {}
    state(folder, history(RISING), **facts)
    for step in kept:
        weights(folder / f"checkpoint-{step}")
    return folder


def cut(path: Path, share: float) -> Path:
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    return path


def lines(folder: Path, rows: Sequence[Row]) -> Path:
    path = folder / "log.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def staircase(step: float) -> float:
    return 2.0 - 0.5 * ((step - 1) // 400) + 0.02 * math.sin(step * 1.7)


def stairs(folder: Path) -> Path:
    rows: list[Row] = [{"loss": staircase(s), "step": s, "epoch": s / 400} for s in range(10, 1601, 10)]
    rows += [{"eval_loss": 1.5 - 0.05 * i + WOBBLE[i], "step": 200 * (i + 1), "epoch": (i + 1) / 2} for i in range(8)]
    return state(folder, sorted(rows, key=lambda r: r["step"]))


def spiked(step: float) -> float:
    return 40.0 if step == 560 else down(step)


def nan_hidden(step: float) -> float:
    return down(step) if step < 300 else 0.0


def with_norm(rows: list[Row], first: int, norm: float) -> list[Row]:
    for row in rows:
        if "grad_norm" in row and row["step"] >= first:
            row["grad_norm"] = norm
    return rows


def scaled(folder: Path) -> Path:
    (folder / "config.json").write_text(
        json.dumps({"architectures": ["BertForSequenceClassification"], "id2label": {"0": "a", "1": "b"}})
    )
    return state(folder, history(FALLING, lambda s: 2.76 * math.exp(-s / 600)))


def grpo(folder: Path) -> Path:
    rows = [
        {"loss": 1e-4 * math.sin(s), "reward": s / 100, "kl": s / 1e4, "completions/mean_length": 50.0, "step": s}
        for s in range(1, 200)
    ]
    return state(folder, rows)


def dpo(folder: Path) -> Path:
    rows: list[Row] = []
    for i in range(12):
        rows.append({"eval_loss": 0.6 - 0.02 * i, "step": 50 * (i + 1), "eval_rewards/accuracies": 0.6 + 0.01 * math.sin(i)})
        rows[-1] |= {"eval_rewards/margins": 0.1 * i, "eval_logps/chosen": -50.0 - 5 * i, "kl": 0.1, "loss": 0.6 - 0.02 * i}
    return state(folder, rows)


CASES = (
    Case(
        name="overfit",
        make=lambda d: state(d, history(RISING)),
        verdict="fail",
        says={"TUN201": "alarm"},
        tuning={"best_step": 300},
    ),
    Case(name="still improving", make=lambda d: state(d, history(FALLING)), verdict="pass", says={"TUN201": "ok"}),
    Case(name="no evaluation", make=lambda d: state(d, [r for r in history(FALLING) if "loss" in r]), verdict="incomplete"),
    Case(name="two evaluations", make=lambda d: state(d, history(RISING[4:6])), verdict="pass", says={"TUN201": "cannot-tell"}),
    Case(
        name="five evaluations never alarm",
        make=lambda d: state(d, history(RISING[5:11:1][:5])),
        verdict="pass",
        says={"TUN201": "warning"},
    ),
    Case(
        name="divergence",
        make=lambda d: state(d, history(RISING, lambda s: 0.5 + s / 600)),
        verdict="fail",
        says={"TUN203": "alarm", "TUN201": "ok"},
    ),
    Case(
        name="accuracy holds while loss rises",
        make=lambda d: state(d, history(RISING, eval_accuracy=[0.7, 0.8, 0.85, 0.88, *[0.9] * 8])),
        verdict="pass",
        says={"TUN208": "warning", "TUN201": "ok"},
    ),
    Case(
        name="NaN hidden behind loss 0.0",
        make=lambda d: state(d, with_norm(history(FALLING, nan_hidden), 300, math.nan)),
        verdict="fail",
        says={"TUN101": "alarm"},
    ),
    Case(
        name="all labels masked",
        make=lambda d: state(d, with_norm(history(FALLING, nan_hidden), 300, 0.0)),
        verdict="fail",
        says={"TUN103": "alarm", "TUN101": "ok"},
    ),
    Case(name="loss scaled by accumulation", make=scaled, verdict="pass", says={"TUN102": "warning", "TUN201": "ok"}),
    Case(name="one bad batch", make=lambda d: state(d, history([*FALLING], spiked)), verdict="pass", says={"TUN204": "warning"}),
    Case(name="staircase at epoch ends", make=stairs, verdict="pass", says={"TUN209": "warning", "TUN204": "ok"}),
    Case(name="reinforcement learning", make=grpo, verdict="pass", tuning={"run_type": "rl"}, notes="reward"),
    Case(
        name="preference: chosen answers displaced",
        make=dpo,
        verdict="pass",
        tuning={"run_type": "preference"},
        says={"TUN201": "ok"},
    ),
    Case(
        name="resume logs steps again",
        make=lambda d: state(
            d, [*history(FALLING)[:40], *[r | {"loss": 9.0} if "loss" in r else r for r in history(FALLING)[30:]]]
        ),
        verdict="pass",
        says={"TUN201": "ok"},
        notes="logged again",
    ),
    Case(
        name="two evaluation sets",
        make=lambda d: state(
            d,
            [
                {f"eval_{n}_loss" if k == "eval_loss" else k: v for k, v in r.items()}
                for n, c in (("a", FALLING), ("b", RISING))
                for r in history(c)
            ],
        ),
        verdict="fail",
        says={"TUN201": "alarm"},
    ),
    Case(
        name="state cut off in mid-line",
        make=lambda d: cut(state(d, history(RISING)), 0.97),
        verdict="fail",
        says={"TUN201": "alarm"},
        notes="cut off",
    ),
    Case(
        name="JSON lines cut off",
        make=lambda d: cut(lines(d, history(RISING)), 0.995),
        verdict="fail",
        says={"TUN201": "alarm"},
        notes="cut off",
    ),
    Case(
        name="Lightning's sparse CSV",
        make=lambda d: table(
            d,
            [
                {"train_loss" if k == "loss" else "val_loss" if k == "eval_loss" else k: v for k, v in r.items()}
                for r in history(RISING)
            ],
        ),
        verdict="fail",
        says={"TUN201": "alarm"},
    ),
    Case(
        name="Keras CSV, one row an epoch",
        make=lambda d: table(d, [{"epoch": i, "loss": 1.0 * 0.8**i, "val_loss": v + WOBBLE[i]} for i, v in enumerate(RISING)]),
        verdict="fail",
        says={"TUN201": "alarm"},
    ),
    Case(
        name="TensorBoard events",
        make=lambda d: events(
            d,
            [
                {f"eval/{k[5:]}" if k.startswith("eval_") else f"train/{k}" if k != "step" else k: v for k, v in r.items()}
                for r in history(RISING)
            ],
        ),
        verdict="fail",
        says={"TUN201": "alarm"},
    ),
    Case(
        name="best checkpoint rotated away",
        make=lambda d: run_folder(d, (550, 600), "checkpoint-300"),
        verdict="fail",
        says={"TUN105": "alarm"},
        tuning={"best_existing_step": 550},
    ),
    Case(
        name="an equal checkpoint still exists",
        make=lambda d: run_folder(d, (300, 600)),
        verdict="fail",
        says={"TUN105": "ok", "TUN201": "alarm"},
        tuning={"best_existing_step": 300},
    ),
    Case(
        name="run ended early",
        make=lambda d: state(d, history(FALLING), max_steps=2000),
        verdict="pass",
        notes="of 2000 that were planned",
    ),
)


def wrong(case: Case, audit: Audit) -> list[str]:
    """What the audit says otherwise than the case wants."""
    tuning: Mapping[str, Any] = audit.tuning or {}
    order = {"alarm": 0, "warning": 1, "cannot-tell": 2, "ok": 3}
    said: dict[str, str] = {}
    for guard in sorted(tuning["guards"], key=lambda g: -order[g["status"]]):
        said[guard["code"]] = guard["status"]
    found = [f"verdict {audit.verdict}, want {case.verdict}"] if audit.verdict != case.verdict else []
    found += [f"{code} {said.get(code)}, want {status}" for code, status in case.says.items() if said.get(code) != status]
    found += [f"{key} {tuning.get(key)!r}, want {value!r}" for key, value in case.tuning.items() if tuning.get(key) != value]
    if case.notes and not any(case.notes in note for note in tuning["notes"]):
        found.append(f"no note says {case.notes!r}")
    return found


def judged(case: Case) -> Audit:
    with tempfile.TemporaryDirectory() as folder:
        return judge(case.make(Path(folder)))


def simulated(curves: int) -> Iterator[tuple[str, int, int, int]]:
    """(kind of curve, evaluations, alarms, curves): 5 % noise; rises of 50 % from mid-run at 3 %."""
    rng = np.random.default_rng(4)
    rule = BandRule()
    for k in (5, 6, 8, 10, 20, 40):
        at = np.arange(k)
        half = np.maximum(0, at - k // 2) / max(1, k - 1 - k // 2)
        for kind, mean, noise in (
            ("flat", np.ones(k), 0.05),
            ("decaying", 0.5 + np.exp(-3 * at / k), 0.05),
            ("rising 50 % from mid-run", 1 + 0.5 * half, 0.03),
        ):
            drawn = mean * (1 + noise * rng.standard_normal((curves, k)))
            yield kind, k, sum(told(band(x, rule), rule) == "alarm" for x in drawn), curves


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--curves", type=int, default=3000)
    given = parser.parse_args()
    print("| log | verdict | said | as wanted |\n|---|---|---|---|")
    for case in CASES:
        audit = judged(case)
        said = ", ".join(f"{g['code']} {g['status']}" for g in (audit.tuning or {})["guards"] if g["status"] != "ok") or "–"
        print(f"| {case.name} | {audit.verdict} | {said} | {'; '.join(wrong(case, audit)) or 'yes'} |")
    print("\n| curves | evaluations | alarms | share, Wilson 95 % |\n|---|---|---|---|")
    for kind, k, alarms, n in sorted(simulated(given.curves)):
        low, high = wilson(alarms, n)
        print(f"| {kind} | {k} | {alarms} of {n} | {100 * alarms / n:.1f} % ({100 * low:.1f}–{100 * high:.1f}) |")
    with tempfile.TemporaryDirectory() as folder:
        path = state(Path(folder), history([2.0 * 0.99**i + 0.3 for i in range(40)] * 42, down)[:10_000])
        begun = time.process_time()
        judge(path)
        print(f"\na log of 10,000 rows was judged in {time.process_time() - begun:.2f} CPU-seconds")


if __name__ == "__main__":
    main()
