"""The recordings of tests: one text archive per scenario is tracked, the folders that tests read are unpacked from it.

In: tests/packed/ENGINE/SCENARIO.txt. Out: tests/recordings/ENGINE/SCENARIO/STEP/, which the lab writes as well.
Begin with `syncing.py`: `unpack` and `pack`. `archive.py` is the form of an archive, `readable.py` what `git diff`
shows of it, `tree.py` the files. The standard library is enough: git runs this without the virtual environment.
"""

from pathlib import Path

from packing.syncing import Refused, differences, pack, unpack
from packing.tree import Tree

__all__ = ["RECORDINGS", "TREE", "Refused", "Tree", "differences", "pack", "unpack"]

TREE = Tree(Path(__file__).resolve().parents[1])
RECORDINGS = TREE.recordings
