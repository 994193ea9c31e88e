"""The guard on evaluations made by hand."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from auditor.guard.core import Guard
from auditor.guard.verdicts import GuardStop, GuardVerdict
from auditor.model import Audit
from auditor.rows import InputError
from auditor.tallies.evaluations import Evaluation, Evaluations, Losses

BASE = np.random.default_rng(0).exponential(1.0, 300)
NOISE = np.random.default_rng(1).normal(0, 0.05, (40, 300))
OVERFIT = ((1.0, 1.0), (0.8, 0.7), (0.7, 0.5), (0.76, 0.3), (0.85, 0.2))
HEALTHY = ((1.0, 1.0), (0.8, 0.85), (0.7, 0.75), (0.65, 0.7), (0.64, 0.69))


def evaluation(i: int, held_out: float, probe: float, n: int = 300, **more: Any) -> Evaluation:
    return Evaluation(
        step=10 * i,
        epoch=float(i),
        held_out=Losses(ids=np.arange(n), loss=(BASE * held_out + NOISE[i])[:n]),
        probe=Losses(ids=np.arange(100), loss=BASE[:100] * probe),
        **more,
    )


def run(guard: Guard, curve: Any, n: int = 300) -> Guard:
    for i, (held_out, probe) in enumerate(curve):
        guard.see(evaluation(i, held_out, probe, n))
    return guard


def verdict(guard: Guard, code: str) -> GuardVerdict:
    return next(v for v in guard.verdicts if v.code == code)


def test_a_rising_held_out_loss_alarms_at_its_first_clear_rise_and_stays() -> None:
    guard = run(Guard(), OVERFIT)
    found = verdict(guard, "TUN201")
    assert (found.status, found.first_step, found.n) == ("alarm", 30, 300)
    assert found.statistic is not None and found.statistic > 5
    assert guard.tuning["best_step"] == 20


def test_a_healthy_run_is_ok_and_nothing_is_asked_for() -> None:
    guard = run(Guard(on_overfit="stop"), HEALTHY)
    assert verdict(guard, "TUN201").status == "ok"
    assert not guard.wants_stop


def test_fewer_than_a_hundred_held_out_rows_never_alarm() -> None:
    found = verdict(run(Guard(), OVERFIT, n=99), "TUN201")
    assert (found.status, found.reason) == ("cannot-tell", "n_too_small")


def test_clusters_count_as_units() -> None:
    guard = Guard()
    for i, (v, t) in enumerate(OVERFIT):
        held_out = Losses(ids=np.arange(300), loss=BASE * v + NOISE[i], cluster=np.arange(300) // 6)
        guard.see(Evaluation(step=i, held_out=held_out, probe=Losses(ids=np.arange(9), loss=BASE[:9] * t)))
    assert (verdict(guard, "TUN201").reason, verdict(guard, "TUN201").n) == ("n_too_small", 50)


def test_both_losses_rising_is_no_overfitting() -> None:
    guard = run(Guard(), ((1.0, 1.0), (0.7, 0.7), (0.9, 0.9), (1.2, 1.2)))
    assert verdict(guard, "TUN201").status == "cannot-tell"  # the rows differ too much for an ok
    assert not any(e["code"] == "TUN201" and e["status"] in ("warning", "alarm") for e in guard.tuning["events"])


def test_a_noisy_comparison_that_shows_nothing_cannot_tell() -> None:
    rng = np.random.default_rng(4)
    guard = Guard()
    for i in range(2):
        held_out = Losses(ids=np.arange(120), loss=rng.normal(3 + 0.01 * i, 1, 120))
        guard.see(Evaluation(step=i, held_out=held_out, probe=Losses(ids=np.arange(9), loss=np.full(9, 1 - 0.1 * i))))
    found = verdict(guard, "TUN201")
    assert (found.status, found.reason) == ("cannot-tell", "underpowered")
    assert "would show it" in found.message


def test_without_a_probe_it_cannot_be_told() -> None:
    guard = Guard()
    for i, (v, _) in enumerate(OVERFIT):
        guard.see(Evaluation(step=i, held_out=Losses(ids=np.arange(300), loss=BASE * v + NOISE[i])))
    assert verdict(guard, "TUN201").reason == "no_train_probe"


@pytest.mark.parametrize("action", ["stop", "restore-best"])
def test_an_alarm_asks_for_the_action(action: Any) -> None:
    guard = run(Guard(on_overfit=action), OVERFIT)
    assert guard.wants_stop
    assert guard.tuning["stop_step"] == 30
    assert guard.restore_step == (20 if action == "restore-best" else None)


def test_raise_raises_at_the_alarm_and_keeps_what_was_seen() -> None:
    guard = Guard(on_overfit="raise")
    with pytest.raises(GuardStop) as caught:
        run(guard, OVERFIT)
    assert (caught.value.code, caught.value.step) == ("TUN201", 30)
    assert len(guard.tuning["evaluations"]) == 4


def test_record_only_records() -> None:
    assert not run(Guard(), OVERFIT).wants_stop


def test_an_unknown_action_is_refused() -> None:
    with pytest.raises(InputError, match="want one of record"):
        Guard(on_overfit="panic")  # type: ignore[arg-type]  # the point of the test


def test_held_out_rows_in_another_order_are_the_same_rows() -> None:
    order = np.random.default_rng(2).permutation(300)
    guard = Guard()
    for i, (v, t) in enumerate(OVERFIT):
        whole = evaluation(i, v, t)
        assert whole.held_out is not None
        held_out = Losses(ids=order, loss=whole.held_out.loss[order]) if i % 2 else whole.held_out
        guard.see(Evaluation(step=10 * i, held_out=held_out, probe=whole.probe))
    same = verdict(run(Guard(), OVERFIT), "TUN201")
    assert verdict(guard, "TUN201").statistic == pytest.approx(same.statistic, rel=1e-12)


def test_a_non_finite_step_raises_before_the_optimiser_writes_and_names_the_rows() -> None:
    guard = Guard()
    guard.step(1, loss=1.0, gradient_norm=1.0, ids=(1, 2))
    with pytest.raises(GuardStop, match=r"step 2.*gradient norm.*not finite.*w\.bias.*7, 8"):
        guard.step(2, loss=1.0, gradient_norm=math.nan, ids=(7, 8), parameter="w.bias")
    assert verdict(guard, "TUN101").status == "alarm"
    assert guard.tuning["culprit"]["batch"] == [7, 8]
    assert guard.audit().verdict == "fail"


def test_infinite_gradients_under_a_loss_scaler_are_normal() -> None:
    guard = Guard()
    guard.step(1, gradient_norm=math.inf, skipped=True, scaled=True)
    for i in range(2, 40):
        guard.step(i, gradient_norm=1.0, scaled=True)
    guard.see(evaluation(4, 1.0, 1.0))
    assert verdict(guard, "TUN101").status == "ok"


def test_a_held_out_loss_that_is_nan_is_an_alarm_of_its_own() -> None:
    guard = run(Guard(), HEALTHY[:2])
    guard.see(Evaluation(step=99, held_out=Losses(ids=np.arange(300), loss=np.full(300, math.nan))))
    assert verdict(guard, "TUN101").status == "alarm"
    assert verdict(guard, "TUN201").reason == "non_finite"


def test_forgetting_is_told_against_step_0() -> None:
    guard = Guard(on_overfit="stop")
    for i, skill in enumerate((1.0, 1.6)):
        retained = Losses(ids=np.arange(200), loss=BASE[:200] * skill, right=np.arange(200) >= 20 * i)
        guard.see(evaluation(i, 1.0 - 0.1 * i, 1.0 - 0.1 * i, retained=retained))
    assert verdict(guard, "TUN211").status == "alarm"
    assert guard.wants_stop


def test_without_retained_rows_forgetting_is_never_ok() -> None:
    assert verdict(run(Guard(), HEALTHY), "TUN211").reason == "missing_metric"


def test_the_record_holds_the_fields_of_the_interface_and_no_nan() -> None:
    tuning = run(Guard(), OVERFIT).tuning
    text = json.dumps(tuning, allow_nan=False)
    again = json.loads(text)
    assert {"evaluations", "best_step", "stop_step", "action", "selected_checkpoint", "guards"} <= set(again)
    assert {"step", "epoch", "train_loss", "held_out_loss", "gap", "gap_low", "gap_high"} <= set(again["evaluations"][0])
    assert {"code", "status", "first_step", "statistic", "limit", "reason"} <= set(again["guards"][0])


def test_the_joint_audit_keeps_what_came_before_and_adds_the_run() -> None:
    import auditor

    before = auditor.check({"label": ["a"] * 300 + ["b"]}, roles={"label": "label"}, select=("IMB101", "TUN201"))
    audit = run(Guard(before=before), OVERFIT).audit()
    assert isinstance(audit, Audit)
    status = {o.code: o.status for o in audit.outcomes}
    assert status["IMB101"] == "found"
    assert status["TUN201"] == "found"
    assert audit.verdict == "fail"
    assert {"IMB101", "TUN201"} <= {f.code for f in audit.findings}
    curve = next(f for f in audit.findings if f.code == "TUN201").evidence[0]
    assert [s.name for s in curve.series] == ["held-out", "train"]  # type: ignore[union-attr]  # a Curve


def test_a_healthy_run_passes_and_a_cannot_tell_counts_as_inconclusive() -> None:
    audit = run(Guard(), HEALTHY).audit()
    assert audit.verdict == "pass"
    assert {o.code: o.status for o in audit.outcomes}["TUN211"] == "inconclusive"


def test_the_same_evaluations_give_the_same_verdicts_whether_or_not_old_losses_are_held() -> None:
    guard = run(Guard(), OVERFIT)
    held = [e for e in guard.state.run.all if e.held_out is not None and e.held_out.full]
    assert len(held) < len(OVERFIT)
    whole = Evaluations({10 * i: evaluation(i, v, t) for i, (v, t) in enumerate(OVERFIT)})
    check = next(c for c in guard.checks if c.code == "TUN201")
    fresh = check.at(whole)
    assert not isinstance(fresh, str)
    assert fresh.numbers["gl"] == pytest.approx(guard.tuning["evaluations"][-1]["gl"], rel=1e-12)


def test_looks_are_written_to_the_ledger_once_each(tmp_path: Path) -> None:
    guard = run(Guard(directory=tmp_path), OVERFIT)
    guard.finish(selected="checkpoint-20")
    lines = [json.loads(x) for x in (tmp_path / "holdout_ledger.jsonl").read_text().splitlines()]
    assert [e["purpose"] for e in lines] == ["eval"] * 5 + ["select"]
    assert verdict(guard, "TUN107").statistics["looks"] == 5
