"""The Dask engine finds what the local one finds."""

from __future__ import annotations

from dataclasses import replace

import pytest

from auditor import audit as steps
from auditor.data import frames
from auditor.model import Audit
from auditor.rows import InputError

pytest.importorskip("distributed", reason="the extra `dask` is not installed")

DATA = {"label": ["a"] * 300 + ["b"] * 3, "n": [float(i % 50) for i in range(303)]}


def plain(audit: Audit) -> Audit:
    return replace(audit, provenance={}, outcomes=tuple(replace(o, seconds=0.0) for o in audit.outcomes))


def test_a_cluster_of_processes_finds_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frames, "BATCH_ROWS", 50)
    asked = steps.Request(train=DATA, test=DATA, data="d", select=("IMB",))
    assert plain(steps.run(replace(asked, engine="dask", workers=2))) == plain(steps.run(asked))


def test_a_scheduler_that_is_not_there_is_refused_in_one_line() -> None:
    with pytest.raises(InputError, match="no scheduler answers"):
        steps.run(steps.Request(train=DATA, engine="dask", scheduler="tcp://127.0.0.1:9"))
