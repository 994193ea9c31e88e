"""What `import auditor` offers."""

from __future__ import annotations

import pandas as pd

import auditor
from auditor.check import Check


def test_check_is_the_function_after_the_module_of_that_name_was_imported() -> None:
    assert callable(auditor.check)
    assert Check.__module__ == "auditor.check"


def test_an_audit_without_a_finding_has_the_same_frame_without_lines() -> None:
    some = auditor.check(pd.DataFrame({"x": [1, 1, 1, 1], "y": ["a", "b", "a", "b"]}), roles=auditor.Roles(label="y"))
    none = auditor.check(pd.DataFrame({"x": [1.5, 2.5, 3.1, 4.7]}), select=["IMB101"])
    assert some.findings and not none.findings
    assert list(none.to_frame()) == list(some.to_frame()) and len(none.to_frame()) == 0
    assert list(none.rows()) == list(some.rows())
    assert some.to_frame()["code"].tolist() == [f.code for f in some.findings]
