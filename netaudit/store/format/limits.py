"""How much of a recording is read, and what to say when it is not a recording.

A recording is hostile input: whatever its size on disk, what is read of it is bounded before it is kept.
"""

from pathlib import Path

from netaudit.errors import RecordingError

LARGEST_FILE = 256 << 20  # 300,000 rules are 36 MB, as nft's JSON 140 MB; 100,000 containers 120 MB
LARGEST_RECORDING = 2 * LARGEST_FILE  # all files together, unpacked
LARGEST_INDEX = 16 << 20  # recording.json; each gap is a line
LARGEST_HEADER = 1 << 20  # what a tar says about a member before it; a name is 4 KiB at most
MOST_FILES = 4096  # a recording has 20
PATIENCE = 60.0  # seconds in which a pipe must have said everything
HINT = (
    "give a folder or tar that `netaudit record` wrote, or the output of iptables-save, iptables -S, "
    "iptables -L -n -v, nft list ruleset or docker ps"
)


class Budget:
    """What may still be read of one recording, all files together."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._left = LARGEST_RECORDING

    def spend(self, size: int) -> None:
        """Take from what is left. Raises RecordingError where that is less."""
        self._left -= size
        if self._left < 0:
            raise too_large(self._path, LARGEST_RECORDING)


def too_large(path: Path, most: int) -> RecordingError:
    """Say that a file, or all files together, hold more than a recording can."""
    return RecordingError(f"{path} holds more than {most >> 20} MiB", hint=HINT)


def too_many(path: Path) -> RecordingError:
    """Say that there are more files than a recording can have."""
    return RecordingError(f"{path} holds more than {MOST_FILES} files", hint=HINT)
