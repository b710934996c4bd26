"""Ask Podman for its inventory, in the shapes that the podman command prints.

A host without Podman gives neither an answer nor a gap.
"""

from collections.abc import Callable, Iterator, Mapping

import msgspec
from msgspec.structs import replace

from netaudit.collect.asking.answer import Answer, Answered
from netaudit.collect.docker.engine import engine_failures, make_gap
from netaudit.collect.docker.fields import Fields, keep
from netaudit.collect.podman import fields
from netaudit.collect.podman.place import PodmanPlace
from netaudit.collect.podman.service_or_program import ProgramTeller, SocketTeller, Teller
from netaudit.model.facts import Gap, GapReason, Source

_Question = Callable[[Teller], object]
_KEPT: Mapping[Source, Fields] = {
    Source.PODMAN_INFO: fields.INFO,
    Source.PODMAN_NETWORKS: fields.NETWORK,
    Source.PODMAN_CONTAINERS: fields.INSPECTED,
    Source.PODMAN_PS: fields.PS,
}
_ORDER: Mapping[Source, tuple[str, ...]] = {
    Source.PODMAN_NETWORKS: ("created", "id"),
    Source.PODMAN_CONTAINERS: ("Created", "Id"),
    Source.PODMAN_PS: ("Id",),
}


def ask_podman(place: PodmanPlace | None) -> Iterator[Answer]:
    """Ask Podman about itself."""
    yield from _ask(place, {Source.PODMAN_INFO: lambda teller: teller.info()})


def ask_podman_objects(place: PodmanPlace | None) -> Iterator[Answer]:
    """Ask Podman for what comes and goes: containers and networks."""
    questions: dict[Source, _Question] = {
        Source.PODMAN_NETWORKS: lambda teller: teller.networks(),
        Source.PODMAN_CONTAINERS: lambda teller: teller.containers(),
        Source.PODMAN_PS: lambda teller: teller.listed(),
    }
    yield from _ask(place, questions)


def _ask(place: PodmanPlace | None, questions: Mapping[Source, _Question]) -> Iterator[Answer]:
    if place is None:
        return
    failures = engine_failures()
    try:
        teller: Teller = SocketTeller(place.where) if place.has_api else ProgramTeller(place.where)
    except failures as error:
        yield from (make_gap(source, place.where, error) for source in questions)
        return
    with teller:
        for source, question in questions.items():
            try:
                said = question(teller)
            except failures as error:
                yield make_gap(source, place.where, error)
            else:
                yield _answer(source, said)


def _answer(source: Source, said: object) -> Answer:
    """Keep the fields that are kept; what is listed in the order in which it was made."""
    if isinstance(said, Gap):
        return replace(said, source=source)
    kept = keep(said, _KEPT[source])
    if source in _ORDER:
        if not isinstance(kept, list):
            return Gap(source, GapReason.INVALID, "Podman's answer is no list")
        kept.sort(key=lambda one: [str(one.get(key, "")) for key in _ORDER[source]])
    return Answered(source, msgspec.json.format(msgspec.json.encode(kept), indent=1) + b"\n")
