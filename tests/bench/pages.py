"""`make bench`, second part: the report of 10,000 rules, from values to a page in chromium that answers a search."""

import shutil
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import packing
from pages import hosts
from playwright.sync_api import Page, sync_playwright
from tabulate import tabulate

from netaudit.report.page.render import render_snapshot_html


def main() -> None:
    """Measure, and print what was measured."""
    packing.unpack(packing.TREE)
    shown, audit = hosts.huge()
    start = time.perf_counter()
    html = render_snapshot_html(shown, audit)
    rows: list[Sequence[object]] = [
        ("rules", shown.coverage.rules),
        ("HTML, MB", len(html.encode()) / 1e6),
        ("to print it, s", time.perf_counter() - start),
    ]
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        path = Path(folder) / "report.html"
        path.write_text(html, encoding="utf-8")
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"))
        rows += _open(browser.new_page(), path.as_uri())
        browser.close()
    print(tabulate(rows, headers=["the report of a large host", ""], floatfmt=".2f"))


def _open(page: Page, url: str) -> list[Sequence[object]]:
    start = time.perf_counter()
    page.goto(url)
    page.locator("#filter").wait_for()
    opened = time.perf_counter()
    page.get_by_label("Text").fill("c3000")
    page.locator("#filter-count", has_text=" of ").wait_for()
    return [
        ("to open it until the filter is there, s", opened - start),
        ("to search all rules for a word the first time, s", time.perf_counter() - opened),
    ]


if __name__ == "__main__":
    main()
