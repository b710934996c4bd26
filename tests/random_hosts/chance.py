"""Choices by a seed."""

import random
from typing import TypeVar

T = TypeVar("T")


class Chance:
    """Draws of one seed; the same seed draws the same."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 (draws of a test)

    def happens(self, share: float) -> bool:
        """Tell whether something happens that does so in this share of cases."""
        return self._random.random() < share

    def one(self, *of: T) -> T:
        """Draw one."""
        return self._random.choice(of)

    def some(self, most: int, of: list[T], least: int = 0) -> list[T]:
        """Draw a few, each once, in random order."""
        return self._random.sample(of, k=min(len(of), self._random.randint(least, most)))

    def number(self, least: int, most: int) -> int:
        """Draw a number."""
        return self._random.randint(least, most)
