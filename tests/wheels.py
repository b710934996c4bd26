"""The wheel that people install, built from this checkout."""

import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).parent.parent


def build_wheel(folder: Path) -> Path:
    """Build the wheel of netaudit alone into a folder; return its path."""
    own = ["wheel", "-q", "--no-deps", "--no-build-isolation", "-w", folder, REPOSITORY]
    subprocess.run([sys.executable, "-m", "pip", *own], check=True, capture_output=True)
    (wheel,) = folder.glob("netaudit-*.whl")
    return wheel
