"""How much of a file is read, and what to say when it is none of ours."""

from pathlib import Path
from typing import IO

from netaudit.errors import RecordingError

LARGEST_FILE = 1 << 30  # 100,000 rules are 12 MB, 33,000 containers 40 MB
HINT = "give a folder or tar that `netaudit record` wrote, or the output of iptables-save"


def read_bounded(file: IO[bytes], path: Path) -> bytes:
    """Read a file to its end. Raises RecordingError when it holds more than a recording can."""
    data = file.read(LARGEST_FILE + 1)
    if len(data) > LARGEST_FILE:
        raise too_large(path)
    return data


def too_large(path: Path) -> RecordingError:
    """Say that a file holds more than a recording can."""
    return RecordingError(f"{path} holds more than {LARGEST_FILE >> 20} MiB", hint=HINT)
