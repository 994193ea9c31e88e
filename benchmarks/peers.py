"""Peers on the planted table, each in an environment of its own, measured in one run with ours.

Run: python -m benchmarks.peers --environments FOLDER [--seed 100]
FOLDER/cleanlab, FOLDER/deepchecks and FOLDER/profiling are virtual environments (Python 3.11) with
cleanlab[datalab]==2.9.0; deepchecks==0.19.1 with setuptools<81, pandas<2.2, numpy<2, scikit-learn<1.4, category-encoders<2.7,
pyarrow<18 (it does not import with newer ones); fg-data-profiling==4.20.0; and pyarrow in each.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

PEERS = ("cleanlab", "deepchecks", "profiling")
FAULTS = ("wrong labels", "outliers", "copies inside train", "leaked test rows", "nulls")


def cleanlab(train: Any, test: Any) -> dict[str, Any]:
    """Datalab as its documentation has it: out-of-fold probabilities of a boosted model, and encoded features."""
    import numpy as np
    from cleanlab import Datalab
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.model_selection import cross_val_predict
    from sklearn.preprocessing import OrdinalEncoder, StandardScaler

    x = train.drop(columns=["label", "key"])
    words = [c for c in x if c.startswith("c")]
    x[words] = OrdinalEncoder().fit_transform(x[words])
    p = cross_val_predict(HistGradientBoostingClassifier(random_state=0), x, train["label"], cv=5, method="predict_proba")
    lab = Datalab(data={"y": train["label"].to_numpy()}, label_name="y", verbosity=0)
    lab.find_issues(pred_probs=p, features=StandardScaler().fit_transform(x.fillna(x.median())))
    issues = lab.get_issues()
    return {
        "wrong labels": np.flatnonzero(issues["is_label_issue"]).tolist(),
        "outliers": np.flatnonzero(issues["is_outlier_issue"]).tolist(),
        "copies inside train": np.flatnonzero(issues["is_near_duplicate_issue"]).tolist(),
        "nulls": np.flatnonzero(issues["is_null_issue"]).tolist() if "is_null_issue" in issues else None,
        "leaked test rows": None,
    }


def deepchecks(train: Any, test: Any) -> dict[str, Any]:
    """The data-integrity and train-test suites with their own conditions."""
    from deepchecks.tabular import Dataset
    from deepchecks.tabular.suites import data_integrity, train_test_validation

    words = [c for c in train if c.startswith("c")]
    a, b = (Dataset(f, label="label", index_name="key", cat_features=words) for f in (train, test))
    results = [*data_integrity().run(a).results, *train_test_validation().run(a, b).results]
    said = {}
    for result in results:
        conditions = getattr(result, "conditions_results", [])
        if conditions:
            said[result.get_header()] = "; ".join(f"{c.category.name}: {c.details}" for c in conditions)
        else:
            said[getattr(result, "header", type(result).__name__)] = str(getattr(result, "exception", "no condition"))[:200]
    return {"said": said}


def profiling(train: Any, test: Any) -> dict[str, Any]:
    """The profile of train with its alerts."""
    try:
        from data_profiling import ProfileReport
    except ImportError:
        from ydata_profiling import ProfileReport

    report = ProfileReport(train, progress_bar=False, title="train")
    page = report.to_html()
    alerts = [str(alert) for alert in report.get_description().alerts]
    return {"said": {str(i): a for i, a in enumerate(alerts)}, "page_kb": len(page) / 1000}


def inside(peer: str, folder: Path) -> None:
    """Runs one peer in this process and leaves what it found in the folder."""
    import pandas as pd

    train, test = pd.read_parquet(folder / "train.parquet"), pd.read_parquet(folder / "test.parquet")
    found = {"cleanlab": cleanlab, "deepchecks": deepchecks, "profiling": profiling}[peer](train, test)
    (folder / f"{peer}.json").write_text(json.dumps(found))


def measured(command: list[str]) -> tuple[int, float, float, float, str]:
    """Exit code, CPU-seconds, wall seconds, peak MB, last line of standard error."""
    begun = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    said = process.stderr.read().strip().splitlines()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    seconds = usage.ru_utime + usage.ru_stime
    return process.returncode, seconds, time.perf_counter() - begun, usage.ru_maxrss / 1024, said[-1] if said else ""


def told(peer: str, folder: Path, truth: dict[str, Any]) -> None:
    """Prints what the peer found of each planted fault."""
    from benchmarks.planted import hits

    found = json.loads((folder / f"{peer}.json").read_text())
    if "said" in found:
        for name, line in found["said"].items():
            print(f"    {name}: {line[:220]}")
        return
    true = {
        "wrong labels": truth["flipped"]["train"],
        "outliers": truth["outliers"]["train"],
        "copies inside train": truth["copies_in_train"],
        "leaked test rows": truth["leaked_test_rows"],
        "nulls": truth["nulls"]["train"],
    }
    for fault in FAULTS:
        if found.get(fault) is None:
            print(f"    {fault}: not looked for")
            continue
        precision, recall = hits(set(found[fault]), set(true[fault]))
        print(f"    {fault}: precision {precision:.3f}, recall {recall:.3f}, {len(found[fault]):,} rows flagged")


def main() -> None:
    """Prints the table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--environments", type=Path)
    options.add_argument("--seed", type=int, default=100)
    options.add_argument("--inside", choices=PEERS)
    options.add_argument("--folder", type=Path)
    given = options.parse_args()
    if given.inside:
        inside(given.inside, given.folder)
        return
    from benchmarks.planted import audit, score, write

    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        truth = write(folder, given.seed)
        run = audit(folder)
        figures = f"{run['cpu_seconds']:.1f} CPU-seconds, {run['wall_seconds']:.1f} s, {run['peak_mb']:.0f} MB"
        print(f"auditor: exit {run['exit']}, {figures}")
        for name, figure in score(folder, truth):
            print(f"    {name}: {figure}")
        for peer in PEERS:
            python = given.environments / peer / "bin" / "python"
            command = [str(python), str(Path(__file__)), "--inside", peer, "--folder", str(folder)]
            code, cpu, wall, peak, said = measured(command)
            print(f"{peer}: exit {code}, {cpu:.1f} CPU-seconds, {wall:.1f} s, {peak:.0f} MB {said if code else ''}")
            if code == 0:
                told(peer, folder, truth)


if __name__ == "__main__":
    sys.exit(main())
