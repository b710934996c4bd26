"""The picture in the README: the head of a real report. `make pictures` writes docs/report.png."""

import io
import os
import shutil
import tempfile
from pathlib import Path

import packing
from PIL import Image
from playwright.sync_api import sync_playwright

import netaudit
from netaudit.report.page.render import render_diff_html

_ROOT = Path(__file__).parents[2]
_SCENARIO = _ROOT / "tests" / "recordings" / "28.5.2-iptables-nft" / "two-host-ports"
_SIZE = {"width": 1180, "height": 820}


def main() -> None:
    """Render what a `docker run -p` changed, and photograph it."""
    packing.unpack(packing.TREE)
    before, after = (netaudit.load(_SCENARIO / step) for step in ("00", "01"))
    judged = netaudit.judge_changes(before, after)
    page = render_diff_html(judged.diff, None, judged.findings)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "report.html"
        path.write_text(page, encoding="utf-8")
        taken = Image.open(io.BytesIO(_photograph(path)))
    small = taken.convert("RGB").quantize(64)
    small.save(_ROOT / "docs" / "report.png", optimize=True)


def _photograph(path: Path) -> bytes:
    fonts = {**os.environ, "FONTCONFIG_FILE": str(Path(__file__).with_name("fonts.conf"))}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), env=fonts)
        page = browser.new_page(viewport=_SIZE)
        page.goto(path.as_uri())
        taken = page.screenshot()
        browser.close()
    return taken


if __name__ == "__main__":
    main()
