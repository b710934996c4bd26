"""YAML -> plain values, strictly, and the lines in which things were written. PyYAML is imported here alone."""

from collections.abc import Iterable
from typing import Any, TypeAlias

import yaml

from netaudit.errors import CatalogError

_Base: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml, if there: ten times faster, same values
_LARGEST = 1 << 63  # what CEL and JSON can hold; Python could not even print one of 10,000 digits
Node: TypeAlias = yaml.Node
ScalarNode: TypeAlias = yaml.ScalarNode
SequenceNode: TypeAlias = yaml.SequenceNode
MappingNode: TypeAlias = yaml.MappingNode
YAMLError: TypeAlias = yaml.YAMLError


class _Loader(_Base):  # type: ignore[misc]
    """A safe loader of what is written out: plain values, each once.

    It refuses a key that stands twice (the second would silently take the first one's place), an alias (`*name`: a
    few of them make a value of any size) and what is no value of its tag, for which PyYAML raises what it likes.
    """

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:  # noqa: ANN401, FBT001, FBT002 (as PyYAML says)
        """Build a value. Raises ConstructorError for all that has none."""
        if node in self.constructed_objects:
            raise _refused("an alias (*name) is not allowed: write the value out", node)
        try:
            value = super().construct_object(node, deep)
        except (ValueError, LookupError, AttributeError, TypeError) as error:
            raise _refused(f"no value of {node.tag.rpartition(':')[2]}", node) from error
        if isinstance(value, int) and abs(value) > _LARGEST:
            raise _refused("a number of more than 64 bits", node)
        return value


def _refused(problem: str, node: yaml.Node) -> yaml.constructor.ConstructorError:
    return yaml.constructor.ConstructorError(None, None, problem, node.start_mark)


def _construct_mapping(loader: Any, node: yaml.MappingNode) -> dict[object, object]:  # noqa: ANN401 (any of PyYAML's)
    content: dict[object, object] = {}
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node, deep=True)
        if not isinstance(key, str) or key in content:
            raise _refused(f"the key {key} stands twice, or is no word", key_node)
        content[key] = loader.construct_object(value_node, deep=True)
    return content


_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _construct_mapping)


def parse_yaml(data: bytes, name: str) -> Any:  # noqa: ANN401 (any YAML value)
    """Turn YAML into a value. Raises CatalogError, with file and line, for invalid YAML."""
    try:
        return yaml.load(data, _Loader)  # noqa: S506 (a safe loader)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{name}:{mark.line + 1}" if mark else name
        problem = getattr(error, "problem", None) or " ".join(str(error).split())
        raise CatalogError(f"not YAML: {problem}", file=where) from error
    except RecursionError as error:
        raise CatalogError("not YAML: nested too deep", file=name) from error


def read_nodes(data: bytes) -> yaml.Node | None:
    """Return YAML with the lines in which it was written, aliases as what they stand for. Raises yaml.YAMLError."""
    return yaml.compose(data, _Base)


def line_of(data: bytes, key: str) -> int:
    """Find the line of a key of the outermost mapping, 0 where there is none."""
    root = yaml.compose(data, _Loader)
    pairs = root.value if isinstance(root, yaml.MappingNode) else []
    return next((name.start_mark.line + 1 for name, _ in pairs if name.value == key), 0)


def lines_of_items(data: bytes, key: str) -> list[int]:
    """Find the lines of the items of a list below a key of the outermost mapping."""
    root = yaml.compose(data, _Loader)
    pairs = root.value if isinstance(root, yaml.MappingNode) else []
    return [item.start_mark.line + 1 for name, value in pairs if name.value == key for item in value.value]


def line_of_path(data: bytes, steps: Iterable[str]) -> int:
    """Find the line of a key, reached by keys and by places in lists from 0; where there is none, the nearest one."""
    node, line = yaml.compose(data, _Loader), 1
    for step in steps:
        if isinstance(node, yaml.MappingNode):
            found = next(((key, value) for key, value in node.value if key.value == step), None)
            if found is None:
                break
            line, node = found[0].start_mark.line + 1, found[1]
        elif isinstance(node, yaml.SequenceNode) and step.isdecimal() and int(step) < len(node.value):
            node = node.value[int(step)]
            line = node.start_mark.line + 1
    return line
