"""Size, making, loading and accessibility of the page on the six specimen audits; prints a table.

    python benchmarks/page.py

Each render is a process of its own, from audit.json, imports included. Loading and axe-core run in the Chromium on the PATH.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests" / "specimens"))

import audit_specimens  # noqa: E402  # the path is set above

from auditor.reports import WRITERS  # noqa: E402

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
RENDER = """
import resource, sys
from auditor import saved
from auditor.reports import html
page = html.write(saved.read(sys.argv[1]))
open(sys.argv[2], "wb").write(page)
used = resource.getrusage(resource.RUSAGE_SELF)
print(used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)
"""
MODES = (("light", "screen"), ("dark", "screen"), ("dark", "print"))
TIMES = """() => { const n = performance.getEntriesByType('navigation')[0];
  const p = performance.getEntriesByName('first-contentful-paint')[0];
  return [n.loadEventEnd, p ? p.startTime : NaN, document.querySelectorAll('*').length]; }"""


def main() -> None:
    """Prints one line a specimen."""
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None or not AXE.exists():
        sys.exit("wants Chromium on the PATH and axe-core: make page-tools")
    print("| page | findings | kB | render, CPU s | peak MB | load ms | paint ms | nodes | axe, light / dark / print | told |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        for name, make in audit_specimens.ALL.items():
            audit = make()
            source, page = Path(folder, f"{name}.json"), Path(folder, f"{name}.html")
            source.write_bytes(WRITERS["json"](audit))
            cpu, peak = rendered(source, page)
            load, paint, nodes, told = loaded(browser, page)
            found = " / ".join(str(violations(browser, page, scheme, media)) for scheme, media in MODES)
            size = page.stat().st_size / 1000
            print(
                f"| {name} | {len(audit.findings)} | {size:.0f} | {cpu:.2f} | {peak:.0f} | {load:.0f} | {paint:.0f} "
                f"| {nodes:,} | {found} | {told} |",
                flush=True,
            )
        browser.close()


def rendered(source: Path, page: Path) -> tuple[float, float]:
    """CPU-seconds (least of two) and peak memory in MB of one process from audit.json to the page."""
    runs = []
    for _ in range(2):
        done = subprocess.run([sys.executable, "-c", RENDER, source, page], check=True, capture_output=True, text=True, cwd=ROOT)
        cpu, peak = map(float, done.stdout.split())
        runs.append((cpu, peak))
    return min(runs)


def loaded(browser: Any, page: Path) -> tuple[float, float, int, int]:
    """Load and first paint in ms (least of three), DOM nodes, and how many dialogs, errors, messages or requests there were."""
    best: list[tuple[float, float, int]] = []
    told: list[object] = []
    for _ in range(3):
        context = browser.new_context(viewport={"width": 1280, "height": 800})
        tab = context.new_page()
        for event in ("dialog", "pageerror", "console"):
            tab.on(event, lambda seen: told.append(seen))
        tab.on("request", lambda r: r.url == page.as_uri() or told.append(r))
        tab.goto(page.as_uri())
        tab.wait_for_timeout(150)
        best.append(tuple(tab.evaluate(TIMES)))
        context.close()
    return min(b[0] for b in best), min(b[1] for b in best), int(best[0][2]), len(told)


def violations(browser: Any, page: Path, scheme: str, media: str) -> int:
    """Broken rules of axe-core with the first thirty details open."""
    context = browser.new_context(color_scheme=scheme, bypass_csp=True)
    tab = context.new_page()
    tab.emulate_media(media=media, color_scheme=scheme)
    tab.goto(page.as_uri())
    tab.evaluate("document.querySelectorAll('details').forEach((d, i) => { d.open = d.open || i < 30 })")
    tab.evaluate(AXE.read_text("utf-8"))
    count: int = tab.evaluate("axe.run({resultTypes: ['violations']}).then(r => r.violations.length)")
    context.close()
    return count


if __name__ == "__main__":
    main()
