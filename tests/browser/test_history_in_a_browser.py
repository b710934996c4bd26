"""The page of a history, and the server's pages, in a real browser: readable, usable by keyboard, and silent."""

import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from msgspec.structs import replace
from playwright.sync_api import Browser, Page, expect
from programs import RECORDINGS

from netaudit.history import make_history
from netaudit.model.history.look import Origin
from netaudit.model.observation import DockerEvent, Observation
from netaudit.serving.pages import Pages
from netaudit.serving.server import PageServer
from netaudit.store import load
from netaudit.timeline.between import changes_between

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
AXE = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
TOKEN = "0123456789abcdef"  # noqa: S105 (of this test alone)
Visit = Callable[..., Page]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the history of a host on which containers came and went."""
    path = tmp_path_factory.mktemp("history") / "history.sqlite"
    scenario = RECORDINGS / "20.10.24-iptables-nft" / "default-one-port"
    steps = [load(step) for step in sorted(scenario.iterdir()) if (step / "recording.json").exists()]
    assert len(steps) >= 2
    with closing(make_history(path)) as history:
        before = None
        for hour, step in enumerate(steps * 3):
            facts = replace(step, host="lab</title>", taken_at=f"2026-11-27T{hour:02d}:00:00Z")
            event = DockerEvent("container", "start", "x", "web<b>", facts.taken_at)
            heard = Observation(events=(event,))
            changes = changes_between(before, facts, before.taken_at, heard) if before else None
            history.add(facts, Origin.WATCH, changes)
            before = facts
    return path


@pytest.fixture
def visit(browser: Browser, store: Path) -> Iterator[Visit]:
    """Open pages of a server; in the end nothing was complained about, and nothing was asked of another server."""
    heard: list[str] = []
    with PageServer(("127.0.0.1", 0), Pages(store), TOKEN) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        base = f"http://127.0.0.1:{server.port}"
        context = browser.new_context()

        def open_one(path: str, width: int = 1280, scheme: str = "light") -> Page:
            page = context.new_page()
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            page.set_viewport_size({"width": width, "height": 800})
            page.on("console", lambda message: heard.append(message.text))
            page.on("pageerror", lambda error: heard.append(str(error)))
            page.on("request", lambda asked: asked.url.startswith(base) or heard.append(asked.url))
            page.goto(f"{base}/?token={TOKEN}")
            assert "token" not in page.url
            page.goto(base + path)
            return page

        yield open_one
        context.close()
        server.shutdown()
        thread.join()
    assert [one for one in heard if "favicon" not in one and "404" not in one] == []


_COMPARED = "/compare?from=1&to=2"
_VIEWS = [
    ("/", 390, "dark"),
    ("/timeline", 390, "light"),
    ("/timeline", 1280, "dark"),
    ("/host", 390, "light"),
    (_COMPARED, 390, "dark"),
]


@pytest.mark.parametrize(("path", "width", "scheme"), _VIEWS)
def test_axe_finds_nothing_to_complain_about_and_it_fits(visit: Visit, path: str, width: int, scheme: str) -> None:
    page = visit(path, width, scheme)
    found = Axe().run(page, options={"runOnly": AXE, "resultTypes": ["violations"]})
    assert [(one["id"], one["nodes"][0]["html"][:200]) for one in found.response["violations"]] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_mark_leads_to_its_change_by_keyboard_and_words_find_changes(visit: Visit) -> None:
    page = visit("/timeline")
    marks = page.locator("svg a")
    assert marks.count() >= 3
    target = str(marks.first.get_attribute("href"))
    marks.first.focus()
    page.keyboard.press("Enter")
    expect(page.locator(target)).to_be_in_viewport()
    every = page.locator("[data-row]:visible").count()
    page.get_by_label("Changes that name").fill("nothing is called so")
    expect(page.locator("#shown")).to_have_text(f"0 of {every} shown")
    page.evaluate("location.hash = ''")
    marks.first.focus()
    page.keyboard.press("Enter")
    expect(page.locator(target)).to_be_visible()


def test_two_instants_are_compared_and_a_host_shown_by_the_forms(visit: Visit) -> None:
    page = visit("/")
    page.get_by_label("Compare").fill("1")
    page.get_by_label("with").fill("2")
    page.get_by_role("button", name="Compare").click()
    expect(page.locator("h1")).to_be_visible()
    assert "/compare?from=1&to=2" in page.url
    page.go_back()
    page.get_by_label("The host at").fill("2")
    page.get_by_role("button", name="Show").click()
    expect(page.locator("#rules")).to_be_visible()
    assert "/host?at=2" in page.url


def test_pages_of_a_host_and_of_two_instants_lead_to_each_other_and_back(visit: Visit) -> None:
    page = visit("/host?at=2", 390)
    page.get_by_role("link", name="What changed at @2").click()
    assert _COMPARED in page.url
    page.get_by_role("link", name="The host at @1").click()
    assert "/host?at=1" in page.url
    assert page.get_by_role("link", name="What changed at").count() == 0  # nothing is known from before
    page.get_by_role("link", name="Timeline").click()
    assert page.url.endswith("/timeline")
    page.get_by_role("link", name="All looks").click()
    expect(page.locator("#looks")).to_be_visible()


def test_no_word_of_the_first_lines_is_broken_on_a_small_screen(visit: Visit) -> None:
    page = visit(_COMPARED, 390)
    lines = page.locator(".facts dt").evaluate_all(
        "all => all.map(one => { const text = document.createRange(); text.selectNodeContents(one); "
        "return text.getClientRects().length; })"
    )
    assert lines == [1, 1, 1, 1]
