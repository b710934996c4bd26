"""What a release ships beside its code: rules/, templates/."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

_PACKAGE = Path(__file__).parent


def shipped_folder(name: str) -> "Traversable":
    """Find a folder: inside the package when installed, beside it in a checkout."""
    for folder in (_PACKAGE / name, _PACKAGE.parent / name):
        if folder.is_dir():
            return folder
    from importlib import resources  # noqa: PLC0415 (late: 5 ms, for a package in a zip file alone)

    return resources.files("netaudit") / name
