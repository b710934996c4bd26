"""A file of rules/ -> a value, strictly.

What a release ships is compiled when its wheel is built: `rules/compiled.json` has the value of each file by the digest
of its bytes. A file that somebody changed has another digest, and is read as the YAML that it is.
"""

from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from netaudit.bounded import SMALL, UnfitError, read_plain
from netaudit.errors import CatalogError
from netaudit.shipped import shipped_folder

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

T = TypeVar("T")


class Strict(msgspec.Struct, forbid_unknown_fields=True, rename="kebab"):
    """What YAML may hold: an unknown key is an error."""


def rules_folder() -> "Traversable":
    """Find rules/."""
    return shipped_folder("rules")


@cache
def compiled() -> Mapping[str, Any]:
    """Return the values that were compiled, by the SHA-256 of their YAML; none in a checkout."""
    file = rules_folder() / "compiled.json"
    return msgspec.json.decode(file.read_bytes(), type=dict[str, Any]) if file.is_file() else {}


def is_compiled(data: bytes) -> bool:
    """Tell whether a file is as the release shipped it, which was held against everything when it was made."""
    return sha256(data).hexdigest() in compiled()


def read_data(file: "Traversable") -> bytes:
    """Read a file of a folder. Raises CatalogError for what is no regular file, too large or not to be read."""
    if not isinstance(file, Path):  # inside a zipped package
        return file.read_bytes()
    try:
        return read_plain(file, SMALL)
    except (OSError, UnfitError) as error:
        why = error.strerror if isinstance(error, OSError) else f"it {error}"
        hint = "a folder of checks holds regular files of YAML, each of 1 MiB at most"
        raise CatalogError(f"cannot be read: {why}", file=str(file), hint=hint) from error


def parse_yaml(data: bytes, name: str) -> Any:  # noqa: ANN401 (any YAML value)
    """Turn YAML into a value. Raises CatalogError, with file and line, for invalid YAML."""
    known = compiled().get(sha256(data).hexdigest())
    if known is not None:
        return known
    from netaudit.catalog import yaml_text  # noqa: PLC0415 (late: PyYAML takes 20 ms that a release need not wait for)

    return yaml_text.parse_yaml(data, name)


def load_yaml(file: "Traversable") -> Any:  # noqa: ANN401 (any YAML value)
    """Read a file. Raises CatalogError, with file and line, for what is no YAML."""
    return parse_yaml(read_data(file), file.name)


def convert(raw: object, kind: type[T], name: str) -> T:
    """Hold a value against a type. Raises CatalogError, with file and key."""
    try:
        return msgspec.convert(raw, kind)
    except msgspec.ValidationError as error:
        message, _, key = str(error).partition(" - at ")
        raise CatalogError(message, file=name, key=key.strip("`")) from error


def read_yaml(file: "Traversable", kind: type[T]) -> T:
    """Read a file of a type. Raises CatalogError, with file, line or key."""
    return convert(load_yaml(file), kind, file.name)


def find_wrong(
    raw: Any,  # noqa: ANN401 (any YAML value)
    error: msgspec.ValidationError,
    types: Mapping[str, Any],
) -> tuple[str, str]:
    """Return what is wrong, and under which key: msgspec names no keys of mappings: they are read alone."""
    sections = [name for name in types if isinstance(raw, dict) and isinstance(raw.get(name), dict)]
    for section, name, value in ((of, *item) for of in sections for item in raw[of].items()):
        try:
            msgspec.convert(value, types[section])
        except msgspec.ValidationError as inner:
            message, _, key = str(inner).partition(" - at ")
            return message, f"{section}.{name}{key.strip('`').removeprefix('$')}"
    message, _, key = str(error).partition(" - at ")
    return message, key.strip("`")
