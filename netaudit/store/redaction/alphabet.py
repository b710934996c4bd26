"""Letters and bytes -> others, by a key: an alphabet that is shuffled behind each beginning."""

import hashlib
from functools import lru_cache

_BYTES = "".join(map(chr, range(1, 255)))


class Alphabets:
    """The shuffled alphabets of one key."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._order = lru_cache(maxsize=1 << 16)(self._make_order)

    def byte(self, at: int, byte: int) -> int:
        """Replace a byte that is neither 0 nor 255, at its place in a number."""
        return ord(self._order(f"byte {at}", "", _BYTES)[byte - 1])

    def spell(self, kind: str, text: str, alphabet: str) -> str:
        """Replace each letter by the key and what stands before it; what is not of the alphabet stays."""
        return "".join(
            self._order(kind, text[:at], alphabet)[alphabet.index(letter)] if letter in alphabet else letter
            for at, letter in enumerate(text)
        )

    def _make_order(self, kind: str, before: str, alphabet: str) -> str:
        """Shuffle an alphabet by the key."""
        data = f"{kind}\0{before}".encode()
        stream = hashlib.shake_256(self._key + data).digest(4 * len(alphabet))
        weights = [stream[4 * at : 4 * at + 4] for at in range(len(alphabet))]
        return "".join(alphabet[at] for at in sorted(range(len(alphabet)), key=lambda at: (weights[at], at)))
