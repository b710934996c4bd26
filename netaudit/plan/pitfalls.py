"""What a command says, and does not do: options that clients or engines read in another way than people."""

from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from itertools import pairwise, takewhile

import msgspec

from netaudit.model.docker import Inventory

_PUBLISH = ("-p", "--publish")
_KEPT_KEYS = frozenset({"target", "published", "protocol"})


class PitfallKind(StrEnum):
    """What goes wrong; the sentences are in netaudit.report.text.plan."""

    PUBLISH_DROPS_KEY = "publish-drops-key"  # option, key, value: of the long form of -p, the client keeps three keys
    PORTS_ON_INTERNAL = "ports-on-internal"  # container, ports, networks: the engine publishes none of them


class Pitfall(msgspec.Struct, frozen=True, order=True):
    """A pitfall of the command itself, with its arguments by name."""

    kind: PitfallKind
    args: tuple[tuple[str, str], ...] = ()


def find_pitfalls(command: Sequence[str]) -> tuple[Pitfall, ...]:
    """Return the pitfalls that a docker command walks into, each once."""
    if _is_of_service(command):
        return ()
    found = (pitfall for option in _published(command) for pitfall in _dropped(option))
    return tuple(dict.fromkeys(found))


def _is_of_service(command: Sequence[str]) -> bool:
    """Tell whether a service of a swarm is asked for: the client sends its mode, and refuses other keys itself."""
    words = [*takewhile(lambda word: word.partition("=")[0] not in _PUBLISH, command)]
    return any(one == "service" and other in ("create", "update") for one, other in pairwise(words))


def find_unpublished(
    to_publish: Iterable[tuple[str, tuple[str, ...]]], before: Inventory | None, after: Inventory | None
) -> Iterator[Pitfall]:
    """Yield ports of containers whose networks are all internal: the engine accepts them, and publishes nothing.

    `to_publish` is what containers ask for, by their ids; those that ran before are not what the command starts.
    """
    ran = {one.id for one in before.containers if one.running} if before else set()
    started = {one.id: one for one in after.containers if one.running and one.id not in ran} if after else {}
    internal = {one.id: one.name for one in after.networks if one.internal} if after else {}
    for key, ports in to_publish:
        container = started.get(key)
        if container is None or container.bindings or not container.endpoints:
            continue
        if all(one.network_id in internal for one in container.endpoints):
            networks = ", ".join(internal[one.network_id] for one in container.endpoints)
            args = (("container", container.name), ("networks", networks), ("ports", ", ".join(ports)))
            yield Pitfall(PitfallKind.PORTS_ON_INTERNAL, args)


def _published(command: Sequence[str]) -> Iterator[str]:
    """Return the values of -p in all spellings: `-p X`, `-pX`, `--publish X`, `--publish=X`."""
    for at, word in enumerate(command):
        if word in _PUBLISH and at + 1 < len(command):
            yield command[at + 1]
        elif word.startswith("--publish="):
            yield word.removeprefix("--publish=")
        elif word.startswith("-p") and not word.startswith("--") and "=" in word:
            yield word.removeprefix("-p")


def _dropped(option: str) -> Iterator[Pitfall]:
    """Return what of the long form the client does not send: it keeps published, target and protocol."""
    if "target=" not in option:
        return
    for field in option.split(","):
        key, found, value = field.partition("=")
        if found and key.strip().lower() not in _KEPT_KEYS:
            args = {"option": option, "key": key.strip(), "value": value}
            yield Pitfall(PitfallKind.PUBLISH_DROPS_KEY, tuple(sorted(args.items())))
