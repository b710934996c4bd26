"""Pictures of reports, as people liked them. `make pictures` takes them again: look at each before you commit."""

import io
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image, ImageChops
from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
Opener = Callable[..., Page]
GOLDENS = Path(__file__).parents[1] / "goldens" / "pictures"
CELL = 6  # pixels of a kept picture, averaged: smaller things are a font's own
DIFFERENT = 16  # of 255, in any colour
TOLERATED = 0.02  # of the cells


_DARK = [("shop", "phone"), ("shop", "laptop"), ("mistake", "laptop"), ("town1000", "laptop")]
_LIGHT = [
    (name, size)
    for name in ("shop", "mistake", "town40", "town300", "town1000")
    for size in ("phone", "laptop", "wide", "print")
]


@pytest.mark.parametrize(
    ("name", "size", "scheme"), [*((*one, "light") for one in _LIGHT), *((*one, "dark") for one in _DARK)]
)
def test_a_page_looks_as_it_did(open_page: Opener, name: str, size: str, scheme: str) -> None:
    page = open_page(name, size, color_scheme=scheme)
    same_picture(picture(page), f"{name}-{size}" + ("-dark" if scheme == "dark" else ""))


@pytest.mark.parametrize("name", ["shop", "town40", "town300", "town1000"])
def test_the_map_looks_as_it_did(open_page: Opener, name: str) -> None:
    taken = open_page(name).locator(".wide-map").first.screenshot()
    same_picture(Image.open(io.BytesIO(taken)).convert("RGB"), f"{name}-map")


def same_picture(taken: Image.Image, name: str) -> None:
    """Compare a picture, as small and of as few colours as they are kept, with the one that people liked."""
    path = GOLDENS / f"{name}.png"
    half = taken.resize((taken.width // 2, taken.height // 2), Image.Resampling.LANCZOS)
    half = half.quantize(64, Image.Quantize.FASTOCTREE)
    if os.environ.get("UPDATE_GOLDENS"):
        path.parent.mkdir(exist_ok=True)
        half.save(path, optimize=True)
    assert difference(half, Image.open(path)) <= TOLERATED


def test_pages_that_differ_are_told_apart(open_page: Opener) -> None:
    small, changed = (picture(open_page(name)) for name in ("small", "changed"))
    dark = picture(open_page("small", color_scheme="dark"))
    assert difference(small, changed) > 2 * TOLERATED
    assert difference(small, dark) > 0.9


def picture(page: Page) -> Image.Image:
    return Image.open(io.BytesIO(page.screenshot())).convert("RGB")


def difference(one: Image.Image, other: Image.Image) -> float:
    """Tell which part of the page looks otherwise, whatever the pictures' scale."""
    size = (one.width // CELL, one.height // CELL)
    left, right = (picture.convert("RGB").resize(size, Image.Resampling.BOX) for picture in (one, other))
    found = ImageChops.difference(left, right).tobytes()
    cells = zip(found[0::3], found[1::3], found[2::3], strict=True)
    return sum(max(cell) > DIFFERENT for cell in cells) / (size[0] * size[1])
