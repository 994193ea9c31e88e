"""NOI103: what is a variant and what is another label."""

from __future__ import annotations

import pytest

import auditor
from auditor.rows import Roles


def variants(labels: list[str], test: list[str] | None = None) -> float | None:
    audit = auditor.check(
        {"label": labels},
        test=None if test is None else {"label": test},
        roles=Roles(label="label"),
        select=("NOI103",),
        task="classification",
    )
    return audit.outcomes[0].measured[0].effect.value


@pytest.mark.parametrize(
    ("one", "other"), [("<=50K", ">50K"), ("A-", "A+"), ("C", "C#"), ("card_1", "card_2"), ("1.5", "15"), ("cat", "cats")]
)
def test_signs_digits_and_plurals_make_another_label(one: str, other: str) -> None:
    assert variants([one, other] * 20) == 0


@pytest.mark.parametrize(
    ("one", "other"), [(">50K", ">50K."), ("Card Arrival", "card-arrival"), ("naïve", "nai\u0308ve"), ("yes", "YES ")]
)
def test_case_blanks_and_silent_punctuation_make_a_variant(one: str, other: str) -> None:
    assert variants([one] * 9 + [other] * 3) == 1


def test_one_letter_in_a_rare_label_is_a_slip() -> None:
    assert variants(["transfer"] * 500 + ["tranfer", "transfers", "trensfer"]) == 3
    assert variants(["transfer"] * 50 + ["tranfer"] * 5) == 0


def test_variants_are_sought_over_all_splits() -> None:
    assert variants(["<=50K", ">50K"] * 5, ["<=50K.", ">50K."] * 5) == 2
