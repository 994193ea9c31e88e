"""What `import auditor` offers."""

from __future__ import annotations

import auditor
from auditor.check import Check


def test_check_is_the_function_after_the_module_of_that_name_was_imported() -> None:
    assert callable(auditor.check)
    assert Check.__module__ == "auditor.check"
