"""A YAML file of rules/ -> a value, strictly. PyYAML is imported here alone."""

from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import yaml

from netaudit.errors import CatalogError

_Base: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml, if there: ten times faster, same values
T = TypeVar("T")


class _Loader(_Base):  # type: ignore[misc]
    """A safe loader that refuses a key that stands twice: the second would silently take the first one's place."""


def _construct_mapping(loader: Any, node: yaml.MappingNode) -> dict[object, object]:  # noqa: ANN401 (any of PyYAML's)
    content: dict[object, object] = {}
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node, deep=True)
        if not isinstance(key, str) or key in content:
            problem = f"the key {key} stands twice, or is no word"
            raise yaml.constructor.ConstructorError(None, None, problem, key_node.start_mark)
        content[key] = loader.construct_object(value_node, deep=True)
    return content


_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _construct_mapping)


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


def load_yaml(file: Traversable) -> Any:  # noqa: ANN401 (whatever YAML holds)
    """Read a file. Raises CatalogError, with file and line, for what is no YAML."""
    try:
        return yaml.load(file.read_bytes(), _Loader)  # noqa: S506 (a safe loader)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{file.name}:{mark.line + 1}" if mark else file.name
        raise CatalogError(f"not YAML: {getattr(error, 'problem', None) or error}", file=where) from error


def read_yaml(file: Traversable, kind: type[T]) -> T:
    """Read a file of a type. Raises CatalogError, with file, line or key."""
    raw = load_yaml(file)
    try:
        return msgspec.convert(raw, kind)
    except msgspec.ValidationError as error:
        message, _, key = str(error).partition(" - at ")
        raise CatalogError(message, file=file.name, key=key.strip("`")) from error
