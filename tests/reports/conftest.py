"""The specimen audits, and a real Chromium where there is one."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import audit_specimens
import pytest

from auditor.model import Audit

ROOT = Path(__file__).parents[2]
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.fixture(scope="session")
def specimens() -> ModuleType:
    return audit_specimens


@pytest.fixture(scope="session")
def audits() -> dict[str, Audit]:
    return {name: make() for name, make in audit_specimens.ALL.items()}


@pytest.fixture(scope="session")
def pages(audits: dict[str, Audit], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Each specimen's page as a file."""
    from auditor.reports import html

    folder = tmp_path_factory.mktemp("pages")
    paths = {}
    for name, audit in audits.items():
        paths[name] = folder / f"{name}.html"
        paths[name].write_bytes(html.write(audit))
    return paths


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """A browser; skips where there is none."""
    if CHROMIUM is None:
        pytest.skip("page tests need Chromium on the PATH: apt-get install chromium")
    playwright = pytest.importorskip("playwright.sync_api", reason="page tests need playwright: pip install playwright")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def axe() -> str:
    """The script of axe-core; skips where it is not installed."""
    if not AXE.exists():
        pytest.skip("accessibility tests need axe-core: npm install --no-save axe-core")
    return AXE.read_text("utf-8")
