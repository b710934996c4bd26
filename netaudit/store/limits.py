"""How much of a recording is read, and what to say when it is none of ours.

A recording is hostile input: whatever its size on disk, what is read of it is bounded before it is kept.
"""

from pathlib import Path
from typing import IO

from netaudit.errors import RecordingError

LARGEST_FILE = 256 << 20  # 300,000 rules are 36 MB, as nft's JSON 140 MB; 100,000 containers 120 MB
LARGEST_RECORDING = 2 * LARGEST_FILE  # all files together, unpacked
MOST_FILES = 4096  # a recording has 20
HINT = "give a folder or tar that `netaudit record` wrote, or the output of iptables-save"


def read_bounded(file: IO[bytes], path: Path) -> bytes:
    """Read a file to its end. Raises RecordingError when it holds more than a file of a recording can."""
    data = file.read(LARGEST_FILE + 1)
    if len(data) > LARGEST_FILE:
        raise too_large(path)
    return data


def too_large(path: Path) -> RecordingError:
    """Say that a file holds more than a recording can."""
    return RecordingError(f"{path} holds more than {LARGEST_FILE >> 20} MiB", hint=HINT)


def too_many(path: Path) -> RecordingError:
    """Say that there are more files than a recording can have."""
    return RecordingError(f"{path} holds more than {MOST_FILES} files", hint=HINT)
