"""Where a Compose file says what: the lines of its services, of their ports and of its networks.

The client reads the files; here only lines are found, for reports that point at them. What cannot be read has none.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from netaudit.bounded import UnfitError, read_plain
from netaudit.catalog.yaml_text import MappingNode, Node, ScalarNode, SequenceNode, YAMLError, read_nodes
from netaudit.errors import ConfigError
from netaudit.report.ci.compose_places import ComposePlaces, Place, PortPlace, ServicePlace

_LARGEST = 8 << 20  # bytes of a file
_DEEPEST = 20  # files that include or extend one another
_VARIABLE = re.compile(r"\$\{[^}]*\}|\$\w+")
_ANY = "*"
_NOT_YAML = (YAMLError, UnicodeDecodeError, RecursionError)
_HINT = "name a Compose file, such as compose.yaml"
_LONG = ("host_ip", "published", "target")
Pairs = dict[str, tuple[Node, Node]]


def read_compose_places(files: Sequence[Path], folder: Path) -> ComposePlaces:
    """Return the places in Compose files, and in those that they include or extend; `folder` is where paths begin."""
    reader = _Reader(folder)
    for file in files:
        reader.add(file)
    services: dict[str, ServicePlace] = {}
    for name, place, ports in reader.services:
        there = services.get(name)
        services[name] = ServicePlace(place, (*ports, *there.ports)) if there else ServicePlace(place, tuple(ports))
    first = Place(reader.shown(files[0])) if files else Place("compose.yaml")
    return ComposePlaces(first, services, dict(reader.networks), reader.project)


def require_compose(file: Path) -> None:
    """Refuse a file that a person named and that has no services. Raises ConfigError."""
    try:
        root = _pairs(read_nodes(read_plain(file, _LARGEST)))
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", file=str(file), hint=_HINT) from error
    except UnfitError as error:
        raise ConfigError(f"cannot be read: it {error}", file=str(file), hint=_HINT) from error
    except _NOT_YAML as error:
        raise ConfigError("is not YAML", file=str(file), hint=_HINT) from error
    if "services" not in root:
        raise ConfigError("has no services", file=str(file), hint=_HINT)


class _Reader:
    """Files that are read, each once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._roots: dict[Path, Pairs] = {}
        self.services: list[tuple[str, Place, list[PortPlace]]] = []
        self.networks: list[tuple[str, Place]] = []
        self.project = ""

    def shown(self, file: Path) -> str:
        """Return a path as a repository names it, where it is below the folder."""
        path = self._path(file)
        return str(path.relative_to(self._folder) if path.is_relative_to(self._folder) else path)

    def add(self, file: Path, depth: int = 0) -> None:
        """Read a file, and those that it includes."""
        path = self._path(file)
        if path in self._roots or depth > _DEEPEST:
            return
        root = self._root(path)
        if not depth and not _VARIABLE.search(name := _said(root, "name")):
            self.project = name or self.project
        for name, (key, service) in _of(root, "services").items():
            self.services.append((name, self._place(path, key), list(self._ports(path, service, depth))))
        self.networks += [(name, self._place(path, key)) for name, (key, _) in _of(root, "networks").items()]
        for included in _included(root):
            self.add(path.parent / included, depth + 1)

    def _path(self, file: Path) -> Path:
        return (self._folder / file).resolve()

    def _root(self, path: Path) -> Pairs:
        if path not in self._roots:
            self._roots[path] = {}
            self._roots[path] = _pairs(_compose(path))
        return self._roots[path]

    def _place(self, path: Path, node: Node) -> Place:
        return Place(self.shown(path), node.start_mark.line + 1)

    def _ports(self, path: Path, service: Node, depth: int) -> Iterator[PortPlace]:
        """List the ports of a service, its own first, then what the service that it extends has."""
        said = _pairs(service)
        for entry in _items(said, "ports"):
            yield _port(entry, self._place(path, entry))
        if "extends" not in said or depth > _DEEPEST:
            return
        extended = said["extends"][1]
        more = _pairs(extended)
        name = _word(extended) or _said(more, "service")
        other = path.parent / _said(more, "file") if "file" in more else path
        found = _of(self._root(other.resolve()), "services").get(name)
        if found:
            yield from self._ports(other.resolve(), found[1], depth + 1)


def _compose(path: Path) -> Node | None:
    try:
        return read_nodes(read_plain(path, _LARGEST))
    except (OSError, UnfitError, *_NOT_YAML):
        return None


def _pairs(node: Node | None, seen: frozenset[int] = frozenset()) -> Pairs:
    """Return the keys and values of a mapping by key, merged ones (`<<`) too."""
    if not isinstance(node, MappingNode) or id(node) in seen:
        return {}
    own = {key.value: (key, value) for key, value in node.value if isinstance(key, ScalarNode)}
    _, merged = own.pop("<<", (None, None))
    several = merged.value if isinstance(merged, SequenceNode) else [merged]
    found: Pairs = {}
    for one in several:
        found = _pairs(one, seen | {id(node)}) | found
    return found | own


def _of(pairs: Pairs, name: str) -> Pairs:
    return _pairs(pairs[name][1]) if name in pairs else {}


def _items(pairs: Pairs, name: str) -> list[Node]:
    node = pairs[name][1] if name in pairs else None
    return list(node.value) if isinstance(node, SequenceNode) else []


def _word(node: Node) -> str:
    return str(node.value) if isinstance(node, ScalarNode) else ""


def _said(pairs: Pairs, name: str) -> str:
    return _word(pairs[name][1]) if name in pairs else ""


def _included(root: Pairs) -> Iterator[str]:
    """List the files that are included: `- other.yaml`, `- path: other.yaml`, `- path: [a.yaml, b.yaml]`."""
    for entry in _items(root, "include"):
        paths = _pairs(entry)
        several = _items(paths, "path") or ([paths["path"][1]] if "path" in paths else [entry])
        yield from filter(None, map(_word, several))


def _port(entry: Node, place: Place) -> PortPlace:
    """Read an entry of `ports`, in its short or its long syntax; a variable may be anything."""
    if isinstance(entry, MappingNode):
        said = _pairs(entry)
        address, host, container = (_VARIABLE.sub(_ANY, _said(said, name)) for name in _LONG)
        return PortPlace(place, address, host, container, _said(said, "protocol") or "tcp")
    text, _, protocol = _VARIABLE.sub(_ANY, _word(entry)).partition("/")
    *before, container = text.rsplit(":", 2)
    address, host = before if len(before) == 2 else ("", *before) if before else ("", "")
    return PortPlace(place, address.strip("[]"), host, container, protocol or "tcp")
