"""Makes the bundled data of `auditor demo` from the files of its sources: python benchmarks/demo_data.py [FOLDER]."""

from __future__ import annotations

import csv
import gzip
import io
import sys
from pathlib import Path

DEMO = Path(__file__).resolve().parent.parent / "auditor" / "demo"
NAMES = [
    "checking_account",
    "duration_months",
    "credit_history",
    "purpose",
    "credit_amount_dm",
    "savings",
    "employed_for",
    "instalment_rate_percent",
    "personal_status_sex",
    "other_debtors",
    "resident_since_years",
    "property",
    "age_band",
    "other_instalment_plans",
    "housing",
    "existing_credits",
    "job",
    "dependants",
    "telephone",
    "foreign_worker",
    "credit_risk",
]
CODES = {  # german.doc.txt, the code book that comes with the data
    "A11": "below 0 DM", "A12": "0 to 199 DM", "A13": "200 DM or more", "A14": "none",
    "A30": "no credits taken or all paid back", "A31": "all at this bank paid back", "A32": "paid back till now",
    "A33": "delay in the past", "A34": "critical account",
    "A40": "new car", "A41": "used car", "A42": "furniture", "A43": "radio or television", "A44": "appliances",
    "A45": "repairs", "A46": "education", "A47": "vacation", "A48": "retraining", "A49": "business", "A410": "other",
    "A61": "below 100 DM", "A62": "100 to 499 DM", "A63": "500 to 999 DM", "A64": "1000 DM or more", "A65": "unknown or none",
    "A71": "unemployed", "A72": "below 1 year", "A73": "1 to 3 years", "A74": "4 to 6 years", "A75": "7 years or more",
    "A91": "male divorced or separated", "A92": "female divorced, separated or married", "A93": "male single",
    "A94": "male married or widowed", "A95": "female single",
    "A101": "none", "A102": "co-applicant", "A103": "guarantor",
    "A121": "real estate", "A122": "savings agreement or life insurance", "A123": "car or other", "A124": "unknown or none",
    "A141": "bank", "A142": "stores", "A143": "none",
    "A151": "rent", "A152": "own", "A153": "for free",
    "A171": "unemployed or unskilled non-resident", "A172": "unskilled resident", "A173": "skilled",
    "A174": "management or highly qualified",
    "A191": "none", "A192": "yes", "A201": "yes", "A202": "no",
}  # fmt: skip
BANDS = ((25, "up to 25"), (35, "26 to 35"), (50, "36 to 50"), (999, "over 50"))


def main() -> None:
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "../shared/data")
    for split in ("train", "test"):
        packed(f"banking77_{split}.csv.gz", (folder / "banking77" / f"{split}.csv").read_bytes())
    lines = (folder / "german_credit" / "german.data").read_text().splitlines()
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(NAMES)
    writer.writerows([readable(n, v) for n, v in zip(NAMES, line.split("\t"), strict=True)] for line in lines if line)
    packed("german_credit.csv.gz", text.getvalue().encode())


def readable(name: str, value: str) -> str:
    """A code as its meaning, an age as its band, a number as it stands."""
    if name == "age_band":
        return next(band for last, band in BANDS if int(value) <= last)
    if name == "credit_risk":
        return {"1": "good", "2": "bad"}[value]
    return CODES.get(value, value)


def packed(name: str, content: bytes) -> None:
    """Writes the file gzipped; the same content gives the same bytes."""
    made = gzip.compress(content, 9, mtime=0)
    (DEMO / name).write_bytes(made)
    print(f"{name}: {len(made):,} bytes")


if __name__ == "__main__":
    main()
