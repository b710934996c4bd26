"""A YAML file of rules/ -> a value, strictly. PyYAML is imported here alone."""

from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TypeVar

import msgspec
import yaml

from netaudit.errors import CatalogError

# libyaml where PyYAML was built with it: ten times faster, same values.
_Loader: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
T = TypeVar("T")


class Strict(msgspec.Struct, forbid_unknown_fields=True, rename="kebab"):
    """What YAML may hold: an unknown key is an error."""


def rules_folder() -> Traversable:
    """Find rules/: inside the package when installed, beside it in a checkout."""
    inside = resources.files("netaudit") / "rules"
    return inside if inside.is_dir() else Path(__file__).parent.parent.parent / "rules"


def line_of(data: bytes, key: str) -> int:
    """Find the line of a key of the outermost mapping, 0 where there is none."""
    root = yaml.compose(data, _Loader)
    pairs = root.value if isinstance(root, yaml.MappingNode) else []
    return next((name.start_mark.line + 1 for name, _ in pairs if name.value == key), 0)


def read_yaml(file: Traversable, kind: type[T]) -> T:
    """Read a file of a type. Raises CatalogError, with file, line or key."""
    try:
        return msgspec.convert(yaml.load(file.read_bytes(), _Loader), kind)  # noqa: S506 (a safe loader)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{file.name}:{mark.line + 1}" if mark else file.name
        raise CatalogError(f"not YAML: {getattr(error, 'problem', None) or error}", file=where) from error
    except msgspec.ValidationError as error:
        message, _, key = str(error).partition(" - at ")
        raise CatalogError(message, file=file.name, key=key.strip("`")) from error
