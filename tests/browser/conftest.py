"""A real browser: Debian's chromium, without a window, driven by playwright. No page may say or ask for anything."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fleets.large import large_fleet_page
from pages import hosts
from playwright.sync_api import Browser, ConsoleMessage, Dialog, Page, Request, sync_playwright

from netaudit.report.page.render import render_diff_html, render_snapshot_html

SIZES = {"phone": (390, 844), "laptop": (1280, 800), "wide": (1920, 1080), "print": (794, 1123)}
Opener = Callable[..., Page]
_PAGES: dict[str, Callable[[], str]] = {
    "small": lambda: render_snapshot_html(*hosts.small()),
    "changed": lambda: render_diff_html(hosts.changed()),
    "worse": lambda: render_diff_html(hosts.worse()),
    "hostile": lambda: render_snapshot_html(*hosts.hostile()),
    "large": lambda: render_snapshot_html(hosts.large(1000)),
    "shop": lambda: render_snapshot_html(*hosts.shop()),
    "mistake": lambda: render_diff_html(hosts.mistake()[0], None, hosts.mistake()[1]),
    "town40": lambda: render_snapshot_html(*hosts.town(40)),
    "town300": lambda: render_snapshot_html(*hosts.town(300)),
    "town1000": lambda: render_snapshot_html(*hosts.town(1000)),
    "huge": lambda: render_snapshot_html(*hosts.huge()),
    "fleet": large_fleet_page,
}


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium")
    assert chromium, "apt-get install chromium; `make test` does"
    fonts = {"FONTCONFIG_FILE": str(Path(__file__).with_name("fonts.conf"))}
    with sync_playwright() as playwright:
        arguments = ["--font-render-hinting=none", "--disable-lcd-text", "--force-color-profile=srgb"]
        started = playwright.chromium.launch(executable_path=chromium, args=arguments, env={**os.environ, **fonts})
        yield started
        started.close()


@pytest.fixture(scope="session")
def report(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Give a report as a file, as it lies in a mail's attachments."""
    folder = tmp_path_factory.mktemp("reports")

    def find(name: str) -> Path:
        path = folder / f"{name}.html"
        if not path.exists():
            path.write_text(_PAGES[name](), encoding="utf-8")
        return path

    return find


@pytest.fixture
def open_page(browser: Browser, report: Callable[[str], Path]) -> Iterator[Opener]:
    """Open reports; in the end none has written to the console, shown a dialogue or asked for another thing."""
    heard: list[str] = []
    allowed: set[str] = set()
    contexts = []

    def open_one(name: str, size: str = "laptop", fragment: str = "", **options: Any) -> Page:
        width, height = SIZES[size]
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        contexts.append(context)
        page = context.new_page()
        _listen(page, heard, allowed)
        if size == "print":
            page.emulate_media(media="print")
        url = report(name).as_uri()
        allowed.add(url)
        page.goto(url + fragment)
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert heard == []


def _listen(page: Page, heard: list[str], allowed: set[str]) -> None:
    def console(message: ConsoleMessage) -> None:
        heard.append(f"console: {message.text}")

    def dialog(one: Dialog) -> None:
        heard.append(f"dialog: {one.message}")
        one.dismiss()

    def request(one: Request) -> None:
        if one.url.partition("#")[0] not in allowed:
            heard.append(f"request: {one.url}")

    page.on("console", console)
    page.on("pageerror", lambda error: heard.append(f"error: {error}"))
    page.on("dialog", dialog)
    page.on("request", request)
    page.on("popup", lambda _: heard.append("popup"))
