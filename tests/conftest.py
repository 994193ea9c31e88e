"""What every test gets: a cache of its own, so that no test reads or writes the user's."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True, scope="session")
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    before = os.environ.get("AUDITOR_CACHE")
    os.environ["AUDITOR_CACHE"] = str(tmp_path_factory.mktemp("cache"))
    yield
    if before is None:
        del os.environ["AUDITOR_CACHE"]
    else:
        os.environ["AUDITOR_CACHE"] = before
