"""Every metric that the bias section can show is explained."""

from __future__ import annotations

import numpy as np
import pandas as pd

import auditor
from auditor.reports.glossary import METRICS, lines
from auditor.statistics.confusion import DIFFERENCES, RATIOS


def test_every_metric_of_confusion_tables_is_explained() -> None:
    assert {*DIFFERENCES, *RATIOS} <= set(METRICS)


def test_the_page_explains_what_it_shows_and_nothing_else() -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"g": rng.choice(["a", "b"], 600), "s": rng.choice(["u", "v"], 600), "y": rng.integers(0, 2, 600)})
    frame["p"] = np.where(rng.random(600) < 0.8, frame.y, 1 - frame.y)
    frame["x"], frame["w"] = rng.normal(size=600), rng.integers(1, 3, 600)
    frame["one"], frame["two"] = frame.y, np.where(rng.random(600) < 0.8, frame.y, 1 - frame.y)
    roles = auditor.Roles(label="y", prediction="p", sensitive=("g", "s"), weight="w", annotators=("one", "two"))
    audit = auditor.check(frame, roles=roles, select=["BIA"])
    assert audit.bias is not None
    shown = {c["metric"] for c in audit.bias["comparisons"]}
    assert len(shown) > 26 and shown <= set(METRICS), shown - set(METRICS)
    page = auditor.reports.WRITERS["html"](audit).decode()
    assert 'id="glossary"' in page and METRICS["recall_difference"][0] in page and METRICS["bpsn_auc"][0] not in page


def test_unknown_metrics_are_left_out_and_each_stands_once() -> None:
    assert [x[0] for x in lines(["kl", "kl", "f1 of the user", "js"])] == ["kl", "js"]
