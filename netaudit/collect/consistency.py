"""Make rules, inventory and host belong to one instant.

    addresses, containers │ generation, rules, sockets │ containers, addresses, generation │ again, if any moved

The engine answers an inspection of a container only when it is not starting or stopping it. So where two
inventories agree, nothing was started or stopped between them; and where nft's generation is the same after the
second, no rule that was read was taken back since. nf_tables counts its changes; of legacy tables the bytes are
compared.
"""

import time
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime

import msgspec

from netaudit.collect.asking.answer import Answer, Answered, Unused
from netaudit.collect.asking.normalise import stable_part
from netaudit.collect.asking.options import Where
from netaudit.collect.control_groups import ask_control_groups
from netaudit.collect.docker.config import ask_daemon
from netaudit.collect.docker.engine import ask_engine, ask_objects, count_objects
from netaudit.collect.docker.netns import ask_inside
from netaudit.collect.kernel.host import ask_addresses, ask_resolver, ask_switches
from netaudit.collect.kernel.iptables import LegacyReader, ask_nft_backend, legacy_marks, outputs_by_family
from netaudit.collect.kernel.lists import ask_lists
from netaudit.collect.kernel.nftables import ask_native_tables, ask_outline
from netaudit.collect.netlink.generation import ask_generation
from netaudit.collect.netlink.tables import ask_tables
from netaudit.collect.podman.beside import without_docker
from netaudit.collect.podman.objects import ask_podman, ask_podman_objects
from netaudit.collect.podman.place import PodmanPlace, find_podman
from netaudit.collect.rootless.ask import look_for_rootless, rootless_gaps
from netaudit.collect.rootless.namespaces import opened
from netaudit.model.facts import Gap, GapReason, Source

Answers = tuple[Answer, ...]
_OBJECTS = (Source.DOCKER_CONTAINERS, Source.DOCKER_NETWORKS)
# A host on which containers start and stop without a pause has quiet moments, but few.
FEWEST_ATTEMPTS, MOST_ATTEMPTS, PATIENCE = 3, 40, 20.0  # and seconds after which only the fewest attempts are made


class Attempt(msgspec.Struct, frozen=True):
    """All answers of one attempt, when they were given, and why they are not of one instant, if so."""

    answers: Answers
    taken_at: str  # RFC 3339, UTC
    generation: int | None  # of nf_tables
    moved: tuple[Gap, ...]


def read_consistently(where: Where) -> Attempt:
    """Ask every source until nothing moved meanwhile; after the last attempt, say what did."""
    deadline = time.monotonic() + PATIENCE
    docker = (*ask_daemon(where), *ask_engine(where))
    podman = find_podman(where, docker)
    inventory = without_docker((*docker, *ask_podman(podman)))
    for attempt in range(1, MOST_ATTEMPTS + 1):
        reading, inventory = _attempt(where, podman, inventory, attempt)
        if not reading.moved or (attempt >= FEWEST_ATTEMPTS and time.monotonic() > deadline):
            break
    return _counted(where, reading)


def _counted(where: Where, reading: Attempt) -> Attempt:
    """Let the engine count its containers when they have been listed: between two attempts there may be other ones."""
    if not any(isinstance(one, Answered) and one.source == Source.DOCKER_INFO for one in reading.answers):
        return reading
    again = tuple(one for one in count_objects(where) if isinstance(one, Answered))
    return msgspec.structs.replace(reading, answers=_renewed(reading.answers, again))


def _attempt(where: Where, podman: PodmanPlace | None, inventory: Answers, attempt: int) -> tuple[Attempt, Answers]:
    """Read the rules between two looks at what they are for; give the inventory with what is newest."""
    legacy_reader = LegacyReader(where)
    addresses = tuple(ask_addresses(where))
    inventory = _renewed(inventory, _ask_objects(where, podman, inventory))
    taken_at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    generation, marks = ask_generation(), legacy_marks()
    native, legacy = tuple(_ask_nft(where)), tuple(legacy_reader.ask())
    switches = (*ask_switches(where), *ask_resolver())
    groups = tuple(ask_control_groups((*switches, *inventory)))
    lists, inside = tuple(ask_lists(where, (*native, *legacy))), tuple(_ask_inside(where, inventory))
    containers = _ask_objects(where, podman, inventory)
    moved = (
        *_differences(inventory, containers),
        *_differences(addresses, tuple(ask_addresses(where))),
        *_replaced(legacy, marks, legacy_marks()),
        *_generations(native, generation, ask_generation()),
    )
    answers = (*native, *legacy, *inventory, *addresses, *switches, *groups, *lists, *inside)
    reading = Attempt(answers, taken_at, generation, tuple(_mark(moved, attempt)))
    return reading, _renewed(inventory, containers)


def _ask_objects(where: Where, podman: PodmanPlace | None, inventory: Answers) -> Answers:
    """Ask the engines for what comes and goes; what was not there, or hung, is not waited for again."""
    said = {one.source for one in inventory if isinstance(one, Answered)}
    failed = any(isinstance(one, Gap) and one.source in _OBJECTS and one.source not in said for one in inventory)
    absent = any(isinstance(one, Unused) and one.source in _OBJECTS for one in inventory)
    docker = () if failed or absent else tuple(ask_objects(where))
    return (*docker, *ask_podman_objects(podman))


def _ask_inside(where: Where, inventory: Answers) -> Iterator[Answer]:
    running = (Source.DOCKER_CONTAINERS, Source.PODMAN_CONTAINERS)
    said = [one.data for one in inventory if isinstance(one, Answered) and one.source in running]
    found, seen = look_for_rootless()
    with opened(found.engines if where.inside else (), seen) as places:
        if where.inside and (said or places):
            yield from ask_inside(where, said, places)
        yield from rootless_gaps(where, found, places)


def _renewed(inventory: Answers, again: Answers) -> Answers:
    """Put later answers in the place of earlier ones."""
    asked = {_source(answer) for answer in again}
    return (*(answer for answer in inventory if _source(answer) not in asked), *again)


def _ask_nft(where: Where) -> Iterator[Answer]:
    outline = ask_outline(where)
    saved = list(ask_nft_backend(where, outline))
    yield from ask_native_tables(where, outline, outputs_by_family(saved))
    yield ask_tables()
    yield from saved


def _differences(first: Answers, second: Answers) -> Iterator[tuple[str, str]]:
    """Name the sources that answered differently the second time, as far as they were asked again."""
    asked = {_source(answer) for answer in second}
    once, again = (_by_source(answers) for answers in (first, second))
    for source in sorted(asked):
        if once.get(source) != again[source]:
            yield source, "it changed while the host was read"


def _by_source(answers: Answers) -> dict[str, list[object]]:
    said: dict[str, list[object]] = {}
    for answer in answers:
        said.setdefault(_source(answer), []).append(stable_part(answer))
    return said


def _generations(native: Answers, before: int | None, after: int | None) -> Iterator[tuple[str, str]]:
    """Name the sources of nf_tables whose rules were replaced while they were read."""
    if before == after and before is not None:
        return
    detail = f"nft's generation went from {before} to {after} while the host was read"
    unknown = "the kernel does not tell the generation of nft's rules"
    for answer in native:
        if isinstance(answer, Answered):
            yield answer.source, unknown if before is None or after is None else detail


def _replaced(
    legacy: Answers, before: Mapping[Source, object], after: Mapping[Source, object]
) -> Iterator[tuple[str, str]]:
    """Name the sources of legacy tables whose rules were replaced while they were read."""
    for answer in legacy:
        if isinstance(answer, Answered) and before[answer.source] != after[answer.source]:
            yield answer.source, "legacy tables were replaced while the host was read"


def _mark(moved: Iterable[tuple[str, str]], attempt: int) -> Iterator[Gap]:
    details = dict(moved)
    for source in sorted(details):
        yield Gap(source, GapReason.INCONSISTENT, f"{details[source]}, at each of {attempt} attempts")


def _source(answer: Answer) -> str:
    match answer:
        case Answered(source, _) | Unused(source):
            return source
        case Gap(source=named):
            return named
