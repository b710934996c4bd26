"""What archive and folder of each scenario were when they were last the same, in this checkout."""

import fcntl
import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from packing.tree import Tree


class Digests(NamedTuple):
    """SHA-256 of an archive, and of the archive that its folder makes: they differ where a person edited the first."""

    archive: str
    folder: str


LastSame = dict[str, Digests]


def digest(content: bytes | None) -> str:
    """Return the SHA-256 of an archive, "" where there is none."""
    return "" if content is None else hashlib.sha256(content).hexdigest()


def load(tree: Tree) -> LastSame:
    """Return what is known; nothing of a checkout that is new, or where the file was damaged."""
    try:
        known = json.loads((tree.own / "digests.json").read_text())
        return {name: Digests(*digests) for name, digests in known.items()}
    except (FileNotFoundError, ValueError):
        return {}


@contextmanager
def locked(tree: Tree) -> Iterator[LastSame]:
    """Keep all other processes out; what is done to the value is saved at the end, after an error as well."""
    tree.own.mkdir(parents=True, exist_ok=True)
    with (tree.own / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        last = load(tree)
        try:
            yield last
        finally:
            new = tree.own / "digests.new"
            new.write_text(json.dumps(last, indent=0, sort_keys=True))
            new.replace(tree.own / "digests.json")
