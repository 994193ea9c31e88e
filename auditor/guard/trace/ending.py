"""How a run ended: cut short, out of learning rate, with rows that do not add up; what came after the best point."""

from __future__ import annotations

from typing import Any

import numpy as np

from auditor.guard.trace.log import RATE, Log


def notes(log: Log) -> list[str]:
    """Sentences about the run as a whole; none is a verdict."""
    said = list(log.notes)
    planned, last = log.facts.get("max_steps"), log.last_step
    if isinstance(planned, int) and not isinstance(planned, bool) and planned > 0 and last < planned:
        said.append(f"the run ended at step {last} of {planned} that were planned")
    key = log.first_of(RATE)
    if key is not None:
        steps, rates = log.series(key)
        zero = steps[rates == 0]
        later = zero[zero > steps[np.argmax(rates > 0)]] if (rates > 0).any() else zero
        if len(later) and later[0] < steps[-1]:
            said.append(f"the learning rate is 0 from step {later[0]:.0f} on, before the last logged step {steps[-1]:.0f}")
    epochs, batch = log.facts.get("num_train_epochs"), log.facts.get("train_batch_size")
    rows = log.facts.get("num_train_rows")
    if all(isinstance(x, (int, float)) and x > 0 for x in (epochs, batch, rows, planned)):
        expected = float(epochs) * float(rows) / float(batch)  # type: ignore[arg-type]  # asked on the line above
        if abs(expected / float(planned) - 1) > 0.1:  # type: ignore[arg-type]  # the same
            said.append(f"{planned} steps are not {epochs} epochs of {rows} rows in batches of {batch}: packing or accumulation")
    return said


def spent(log: Log, best: int | None) -> dict[str, Any]:
    """Steps after the best evaluation, and the hours they took where the run's time is known (steps taken as equally long)."""
    if best is None or log.last_step <= 0:
        return {}
    after = log.last_step - best
    runtime = log.facts.get("train_runtime")
    hours = float(runtime) / 3600 * after / log.last_step if isinstance(runtime, (int, float)) else None
    return {"steps_after_best": after, "hours_after_best": hours}
