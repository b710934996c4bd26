"""docs/speed.md, of which each module of the benchmark writes its own sections and leaves the others alone."""

from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "speed.md"
_NEXT = "\n## "


def put_section(heading: str, text: str, page: Path = PAGE) -> None:
    """Put a section in the place of the one with its heading, or at the end."""
    before, found, after = f"\n{page.read_text()}".partition(f"\n{heading}\n")
    _, mark, rest = after.partition(_NEXT) if found else ("", "", "")
    page.write_text(f"{before.strip()}\n\n{text.strip()}\n" + (f"{mark}{rest}" if mark else ""))


def put_first(text: str, page: Path = PAGE) -> None:
    """Put what stands before all sections."""
    _, mark, rest = page.read_text().partition(_NEXT)
    page.write_text(f"{text.strip()}\n" + (f"{mark}{rest}" if mark else ""))
