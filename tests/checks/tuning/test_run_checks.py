"""Checks of a fine-tune on runs made by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from auditor import find
from auditor.runcheck import RunCheck, Seen
from auditor.statistics.reliability import tempered
from auditor.tallies.evaluations import Evaluation, Evaluations, Losses, evaluation_of, row_of

RNG = np.random.default_rng(9)
SPREAD = RNG.exponential(1.0, 600)


def check(code: str, **limits: Any) -> RunCheck:
    found = find.everything().checks[code](**limits)
    assert isinstance(found, RunCheck)
    return found


def seen(code: str, *evaluations: Evaluation, **limits: Any) -> Seen:
    found = check(code, **limits).at(Evaluations({e.step: e for e in evaluations}))
    assert isinstance(found, Seen), found
    return found


def of(step: int, loss: Any, **more: Any) -> Evaluation:
    return Evaluation(step=step, held_out=Losses(ids=np.arange(len(loss)), loss=np.asarray(loss)), **more)


def test_held_out_rows_that_are_the_training_rows_have_no_gap() -> None:
    rows = Losses(ids=np.arange(600), loss=SPREAD)
    found = seen("TUN202", Evaluation(step=1, held_out=rows, probe=rows))
    assert found.numbers["gap"] == 0.0
    part = Losses(ids=np.arange(300), loss=SPREAD[:300])
    half = seen("TUN202", Evaluation(step=1, held_out=rows, probe=part))
    assert half.numbers["gap_low"] <= 0 <= half.numbers["gap_high"]  # type: ignore[operator]  # numbers, both


@pytest.mark.parametrize(("share", "status"), [(0.0, None), (1.0, "error")])
def test_labels_learnt_by_heart_are_told_by_their_loss(share: float, status: str | None) -> None:
    probe = Losses(ids=np.arange(600), loss=np.where(np.arange(600) < 600 * share, 0.01 * SPREAD, SPREAD))
    found = seen("TUN209", Evaluation(step=1, held_out=Losses(ids=np.arange(600), loss=RNG.permutation(SPREAD)), probe=probe))
    assert found.level == status
    assert found.numbers["rate_at_1_percent"] is not None


def test_logits_times_three_drift_and_answers_do_not_change() -> None:
    logit = RNG.normal(0, 1.5, 600)
    p = np.stack([1 / (1 + np.exp(logit)), 1 / (1 + np.exp(-logit))], 1)
    y = (RNG.random(600) < p[:, 1]).astype(np.int64)

    def at(step: int, q: Any) -> Evaluation:
        loss = -np.log(q[np.arange(600), y])
        return Evaluation(step=step, held_out=Losses(ids=np.arange(600), loss=loss, label=y, probabilities=q))

    drifted = seen("TUN207", at(1, p), at(2, tempered(p, 1 / 3)))
    assert drifted.level == "warning"
    assert drifted.numbers["temperature"] == pytest.approx(3.0, abs=0.6)
    assert seen("TUN207", at(1, p), at(2, p)).level is None


def test_fewer_than_two_hundred_rows_tell_no_calibration() -> None:
    p = np.full((100, 2), 0.5)
    rows = Losses(ids=np.arange(100), loss=np.ones(100), label=np.zeros(100, np.int64), probabilities=p)
    assert seen("TUN207", Evaluation(step=1, held_out=rows)).reason == "n_too_small"


@pytest.mark.parametrize(("step", "epoch", "reason"), [(49, 2.0, "too_few_evals"), (60, 0.5, "too_few_evals"), (60, 1.0, "")])
def test_not_learning_waits_for_fifty_steps_and_an_epoch(step: int, epoch: float, reason: str) -> None:
    rows = Losses(ids=np.arange(200), loss=np.full(200, 0.7) + 0.01 * SPREAD[:200], label=np.arange(200) % 2)
    assert seen("TUN205", Evaluation(step=step, epoch=epoch, held_out=rows)).reason == reason


def test_patience_waits_for_five_evaluations_without_a_gain() -> None:
    flat = [of(i, SPREAD) for i in range(7)]
    assert seen("TUN206", *flat[:5]).level is None
    assert seen("TUN206", *flat[:6]).level == "warning"


def test_forgetting_of_a_solved_task_warns_where_only_its_loss_rose() -> None:
    def at(step: int, scale: float) -> Evaluation:
        retained = Losses(ids=np.arange(300), loss=0.05 * scale * SPREAD[:300])
        return Evaluation(step=step, held_out=Losses(ids=np.arange(2), loss=np.ones(2)), retained=retained)

    assert seen("TUN211", at(0, 1.0), at(1, 1.5)).level == "warning"
    assert seen("TUN211", at(0, 1.0), at(1, 1.0)).level is None
    assert seen("TUN211", at(0, 4.0), at(1, 6.0)).level == "error"
    assert seen("TUN211", at(1, 4.0), at(2, 6.0)).reason == "missing_metric"


def test_divergence_between_two_evaluations_is_seen_at_the_second() -> None:
    losses = np.r_[np.ones(150), np.full(150, 5.0)] + 0.01 * np.sin(np.arange(300))
    first = of(100, np.ones(9), steps=np.arange(100), step_loss=losses[:100], probe=Losses(ids=np.arange(9), loss=np.ones(9)))
    second = of(
        300,
        np.full(9, 5.0),
        steps=np.arange(100, 300),
        step_loss=losses[100:],
        probe=Losses(ids=np.arange(9), loss=np.full(9, 5.0)),
    )
    assert seen("TUN203", first, second).level == "error"


def test_skipped_steps_of_a_scaler_alarm_at_five_in_a_row_only() -> None:
    def at(*skips: int) -> Seen:
        norms = np.ones(100)
        norms[list(skips)] = np.inf
        hit = np.isin(np.arange(100), skips).astype(float)
        return seen("TUN101", of(100, np.ones(9), steps=np.arange(100), gradient_norm=norms, skipped=hit))

    assert at(3, 4, 5, 6).level is None
    assert at(3, 4, 5, 6, 7).level == "error"


def test_a_group_whose_gap_widened_once_is_not_yet_told() -> None:
    groups = {"sex": np.repeat(["a", "b"], [200, 150])}

    def at(step: int, wrong: int) -> Evaluation:
        right = ~((np.arange(350) >= 200) & (np.arange(350) < 200 + wrong))
        return Evaluation(step=step, held_out=Losses(ids=np.arange(350), loss=np.ones(350), right=right, groups=groups))

    assert seen("TUN215", at(0, 0), at(1, 50)).level is None
    twice = seen("TUN215", at(0, 0), at(1, 50), at(2, 50))
    assert twice.level == "error"
    assert (twice.reading.where.columns, twice.reading.where.group) == (("sex",), "b")


def test_an_evaluation_as_a_row_of_lists_is_the_same_evaluation() -> None:
    rows = Losses(
        ids=np.arange(3), loss=np.array([1.0, 2.0, 3.0]), label=np.array([0, 1, 1]), groups={"g": np.array(["a", "b", "a"])}
    )
    whole = Evaluation(step=7, epoch=1.5, held_out=rows, steps=np.arange(2), step_loss=np.array([1.0, 2.0]), facts={"looks": 3.0})
    again = evaluation_of(row_of(whole))
    assert again is not None and again.held_out is not None
    assert row_of(again) == row_of(whole)
    assert again.held_out.mean == 2.0


@pytest.mark.parametrize("step", [None, "x", float("nan"), 1.5, True])
def test_a_row_without_a_whole_step_is_no_evaluation(step: Any) -> None:
    assert evaluation_of({"step": step, "held_out_loss": [1.0]}) is None
