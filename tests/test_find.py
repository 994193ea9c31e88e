"""Choosing checks."""

from __future__ import annotations

import pytest

from auditor import find
from auditor.rows import InputError


def codes(**chosen: tuple[str, ...]) -> list[str]:
    return [c.code for c in find.checks(**chosen)]  # type: ignore[arg-type]  # the keywords are all tuples here


def test_a_prefix_selects_a_family() -> None:
    assert codes(select=("IMB",))
    assert all(c.startswith("IMB") for c in codes(select=("IMB",)))


def test_ignore_wins_over_select() -> None:
    assert "IMB101" not in codes(select=("IMB",), ignore=("IMB101",))


def test_a_mistyped_code_names_the_nearest() -> None:
    with pytest.raises(InputError, match=r"'IMB110'; did you mean IMB10"):
        find.checks(select=("IMB110",))


def test_a_limit_of_an_unknown_parameter_is_refused() -> None:
    with pytest.raises(InputError, match="has no parameter 'warn_abve'"):
        find.checks(limits={"IMB101": {"warn_abve": 2}})


def test_checks_of_a_fine_tune_run_only_where_they_are_asked_for() -> None:
    assert not any(c.startswith("TUN") for c in codes())
    assert "TUN201" in codes(extend=("TUN2",))
    assert codes(select=("TUN201",)) == ["TUN201"]


def test_a_limit_changes_the_check() -> None:
    changed = find.checks(select=("IMB101",), limits={"IMB101": {"warn_above": 2.0}})
    assert changed[0].warn_above == 2.0
