"""Work, counted: the calls of Python that something makes."""

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any


def calls_of(work: Callable[[], object]) -> int:
    """Count the calls of Python's functions that some work makes."""
    count = 0

    def met(_frame: FrameType, event: str, _what: Any) -> None:
        nonlocal count
        count += event == "call"

    sys.setprofile(met)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count
