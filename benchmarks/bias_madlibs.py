"""A classifier of identity templates (Dixon et al. 2018): trained where one term is mostly toxic, and where it is not.

Run: python -m benchmarks.bias_madlibs [SEEDS]. Needs dixon_madlibs/en_sentence_templates.csv of $AUDITOR_DATA.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

import auditor
from auditor.statistics.delong import auc, auc_change

TERMS = ("gay", "muslim", "black", "deaf", "old")
LEARNT, ASKED = 4_000, 6_000  # rows to learn from and to ask
KEPT = 0.1  # share of the term's harmless rows left in the unbalanced set
UNSEEN = 0.5  # share of the words that tell toxic from harmless which neither model has seen
ROLES = auditor.Roles(label="toxicity", prediction="said", probabilities="p_*", sensitive="about")


def phrases() -> pd.DataFrame:
    """Every phrase with its term and what is left without it; phrases that differ in the term alone share `stem`."""
    folder = Path(os.environ.get("AUDITOR_DATA", "../shared/data")) / "dixon_madlibs"
    frame = pd.read_csv(folder / "en_sentence_templates.csv")
    terms = sorted((folder / "identity_terms.txt").read_text("utf-8").split("\n"), key=len, reverse=True)
    pattern = r"\b(" + "|".join(t for t in terms if t) + r")\b"
    frame["term"] = frame.phrase.str.extract(pattern, expand=False).fillna("")
    frame["stem"] = frame.template + " " + frame.phrase.str.replace(pattern, "", regex=True, n=1)
    frame["telling"] = frame.stem.str.split().str[-1].where(frame.template != "verb_adj", frame.stem.str.split().str[1])
    return frame[frame.term != ""]


Sides = tuple[np.ndarray, np.ndarray]


def one(frame: pd.DataFrame, term: str, seed: int) -> dict[str, tuple[auditor.Audit, Sides]]:
    """Of both models the audit on the same phrases of unseen stems, and the scores that make the term's BPSN AUC."""
    rng = np.random.default_rng(seed)
    stems = rng.permutation(frame.stem.unique())
    fresh = frame.stem.isin(stems[len(stems) // 2 :])
    unseen: list[str] = []
    for _, own in frame[frame.template != "verb_adj"].groupby("toxicity"):
        words = rng.permutation(sorted(own.telling.unique()))
        unseen += words[: round(UNSEEN * len(words))].tolist()
    known = ~fresh & ~frame.telling.isin(unseen)
    balanced = frame[known].sample(LEARNT, random_state=seed)
    own = frame[known & (frame.term == term)]  # all of the term's phrases, so that the skew has something to show in
    balanced = pd.concat([balanced[balanced.term != term], own])
    harmless = (balanced.term == term) & (balanced.toxicity == "nontoxic")
    skewed = balanced[~harmless | (rng.random(len(balanced)) < KEPT)]
    asked = frame[fresh]
    others = asked[asked.term != term].sample(ASKED, random_state=seed)
    asked = pd.concat([asked[asked.term == term], others]).reset_index(drop=True)
    asked["about"] = np.where(asked.term == term, term, "other")
    made = {}
    harmless, harmful = (asked.toxicity == t for t in ("nontoxic", "toxic"))
    for name, learnt in (("unbalanced", skewed), ("balanced", balanced)):
        model = make_pipeline(TfidfVectorizer(token_pattern=r"\w+"), LogisticRegression(C=10.0, max_iter=300))
        model.fit(learnt.phrase, learnt.toxicity)
        p = model.predict_proba(asked.phrase)
        told = asked.assign(said=model.predict(asked.phrase), p_nontoxic=p[:, 0], p_toxic=p[:, 1])
        audit = auditor.check(told, roles=ROLES, positive="toxic", select=["BIA303", "BIA311"])
        own = asked.term == term
        made[name] = (audit, (p[(harmful & ~own).to_numpy(), 1], p[(harmless & own).to_numpy(), 1]))
    return made


def gap(audit: auditor.Audit) -> float:
    """The false positive rate of the term minus that of all others."""
    assert audit.bias is not None
    return float(next(c["value"] for c in audit.bias["comparisons"] if c["metric"] == "false_positive_rate_difference"))


def main() -> None:
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    frame = phrases()
    print("| term | set | false positives, term - others | BIA303 | BPSN AUC of the term | BIA311 | better in the second |")
    print("|---|---|---|---|---|---|---|")
    for term in TERMS:
        runs = [one(frame, term, seed) for seed in range(seeds)]
        told = sum(auc_change(r["unbalanced"][1], r["balanced"][1])[1] > 0 for r in runs)
        for name in ("unbalanced", "balanced"):
            found = [sum(any(f.code == code for f in r[name][0].findings) for r in runs) for code in ("BIA303", "BIA311")]
            rate, area = (float(np.median(x)) for x in ([gap(r[name][0]) for r in runs], [auc(*r[name][1])[0] for r in runs]))
            last = f"{told} of {seeds}" if name == "unbalanced" else ""
            cells = (f"{rate:+.3f}", f"{found[0]} of {seeds}", f"{area:.3f}", f"{found[1]} of {seeds}", last)
            print(f"| {term} | {name} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
