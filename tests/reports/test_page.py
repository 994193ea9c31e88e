"""The page in a real browser: accessible, inert, whole without script, narrow enough."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from jinja2 import Environment

from auditor.model import Audit
from auditor.reports import html

NAMES = ("pass", "fail", "incomplete", "hostile", "500-columns", "tiny")
MODES = ({"color_scheme": "light"}, {"color_scheme": "dark"}, {"color_scheme": "dark", "media": "print"})


class Watched:
    """A page that remembers dialogs, errors, console messages and requests."""

    def _dismissed(self, dialog: Any) -> None:
        self.seen.append(f"dialog {dialog.message}")
        dialog.dismiss()

    def __init__(self, browser: Any, path: Path, **options: Any) -> None:
        media = options.pop("media", None)
        self.context = browser.new_context(**options)
        self.page = self.context.new_page()
        self.seen: list[str] = []
        self.page.on("dialog", self._dismissed)
        self.page.on("pageerror", lambda e: self.seen.append(f"error {e}"))
        self.page.on("console", lambda m: self.seen.append(f"console {m.text}"))
        self.page.on("request", lambda r: self.seen.extend([f"request {r.url}"] * (r.url != path.as_uri())))
        if media:
            self.page.emulate_media(media=media, color_scheme=options.get("color_scheme"))
        self.page.goto(path.as_uri())

    def __enter__(self) -> Watched:
        return self

    def __exit__(self, *_: object) -> None:
        self.context.close()


@pytest.mark.parametrize("mode", MODES, ids=["light", "dark", "print"])
@pytest.mark.parametrize("name", NAMES)
def test_no_rule_of_accessibility_is_broken(
    chromium: Any, axe: str, pages: dict[str, Path], name: str, mode: dict[str, str]
) -> None:
    with Watched(chromium, pages[name], bypass_csp=True, **mode) as watched:
        watched.page.evaluate("document.querySelectorAll('details').forEach((d, i) => { d.open = d.open || i < 30 })")
        watched.page.evaluate(axe)
        found = watched.page.evaluate("axe.run({resultTypes: ['violations']}).then(r => r.violations)")
    assert [(v["id"], len(v["nodes"]), v["nodes"][0]["html"][:200], v["nodes"][0]["failureSummary"][:300]) for v in found] == []


@pytest.mark.parametrize("name", NAMES)
def test_nothing_runs_nothing_is_asked_for(chromium: Any, pages: dict[str, Path], name: str) -> None:
    with Watched(chromium, pages[name]) as watched:
        watched.page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true })")
        watched.page.wait_for_timeout(200)
        assert watched.seen == []


@pytest.mark.parametrize("name", NAMES)
def test_everything_can_be_read_without_script(
    chromium: Any, audits: dict[str, Audit], pages: dict[str, Path], name: str
) -> None:
    with Watched(chromium, pages[name], java_script_enabled=False) as watched:
        text = watched.page.text_content("main")
        shown = watched.page.locator("summary:visible .code").all_text_contents()
        assert watched.page.locator("#filter").is_hidden()
    assert {f.code for f in audits[name].findings} <= set(shown)
    assert all(o.code in text for o in audits[name].outcomes)


@pytest.mark.parametrize("name", NAMES)
def test_a_narrow_window_scrolls_no_page_sideways(chromium: Any, pages: dict[str, Path], name: str) -> None:
    with Watched(chromium, pages[name], viewport={"width": 320, "height": 640}) as watched:
        watched.page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true })")
        assert watched.page.evaluate("document.documentElement.scrollWidth") <= 320


@pytest.mark.parametrize("name", ("pass", "fail", "incomplete", "tiny"))
def test_verdict_reasons_and_tiles_stand_on_the_first_screen(
    chromium: Any, audits: dict[str, Audit], pages: dict[str, Path], name: str
) -> None:
    with Watched(chromium, pages[name], viewport={"width": 1280, "height": 800}) as watched:
        box = watched.page.locator("ul.tiles").bounding_box()
        word = watched.page.locator("h1 .word").inner_text()
    assert box["y"] + box["height"] < 800
    assert word.split("\n")[-1].strip().lower().endswith(audits[name].verdict.replace("-", " "))


def test_the_keyboard_alone_reaches_every_row_of_evidence(chromium: Any, pages: dict[str, Path]) -> None:
    with Watched(chromium, pages["fail"]) as watched:
        watched.page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true })")
        boxes = watched.page.locator(".scroll").count()
        reached = set()
        for _ in range(400):
            watched.page.keyboard.press("Tab")
            at = watched.page.evaluate("[...document.querySelectorAll('.scroll')].indexOf(document.activeElement)")
            reached.add(at)
            if len(reached - {-1}) == boxes:
                break
    assert len(reached - {-1}) == boxes


def test_a_link_to_a_closed_finding_opens_it(chromium: Any, audits: dict[str, Audit], pages: dict[str, Path]) -> None:
    last = audits["fail"].findings[-1].fingerprint
    with Watched(chromium, pages["fail"]) as watched:
        assert watched.page.evaluate("id => document.getElementById(id).open", last) is False
        watched.page.goto(pages["fail"].as_uri() + "#" + last)
        watched.page.wait_for_function("id => document.getElementById(id).open", arg=last)


def test_the_filter_hides_what_does_not_fit(chromium: Any, pages: dict[str, Path]) -> None:
    with Watched(chromium, pages["fail"]) as watched:
        watched.page.fill("#words", "overlap test")
        assert watched.page.locator("details.card:visible").count() == 1
        assert watched.page.inner_text("#count") == "1 of 6 shown"


def test_the_print_holds_every_finding_and_every_check(chromium: Any, audits: dict[str, Audit], pages: dict[str, Path]) -> None:
    with Watched(chromium, pages["fail"]) as watched:
        watched.page.emulate_media(media="print")
        watched.page.evaluate("dispatchEvent(new Event('beforeprint'))")
        text = watched.page.inner_text("main")
    assert all(f.fingerprint in text for f in audits["fail"].findings)
    assert all(o.name.replace("-", " ") in text for o in audits["fail"].outcomes)


def test_with_escaping_removed_the_policy_alone_stops_every_script(
    chromium: Any, audits: dict[str, Audit], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = html._environment

    def careless() -> Environment:
        environment = made()
        environment.autoescape = False
        environment.finalize = lambda value: value
        return environment

    monkeypatch.setattr(html, "_environment", careless)
    monkeypatch.setattr(html, "_embedded", lambda audit: None)
    path = tmp_path / "careless.html"
    path.write_bytes(html.write(audits["hostile"]))
    assert re.search(rb"<img src=x onerror", path.read_bytes()), "the copy is to hold live payloads"
    with Watched(chromium, path) as watched:
        watched.page.wait_for_timeout(300)
        told = [s for s in watched.seen if s.startswith(("dialog", "error"))]
        blocked = [s for s in watched.seen if "Content Security Policy" in s]
    assert told == []
    assert blocked


def test_what_is_off_the_screen_is_drawn_late_but_printed(chromium: Any, pages: dict[str, Path]) -> None:
    ask = "q => [...new Set([...document.querySelectorAll(q)].map(e => getComputedStyle(e).contentVisibility))]"
    for media, wanted in (("screen", ["auto"]), ("print", ["visible"])):
        with Watched(chromium, pages["500-columns"], media=media) as watched:
            assert watched.page.evaluate(ask, ".card, main > section:not(#findings)") == wanted
