"""What was written between two looks and is as it was: made and deleted again, or replaced by its like."""

from collections import Counter
from collections.abc import Iterable, Iterator

import msgspec

from netaudit.attribute.attribution import AttributedChange
from netaudit.model.history.change import CauseOf, LoggedCause
from netaudit.model.netfilter.ruleset import ObjectKind
from netaudit.model.observation import Commit, DockerEvent, Observation, Process
from netaudit.timeline.causes import ENGINE_CAUSE, cause_of_process, writer_of
from netaudit.timeline.firewalld_passthrough import follows_event, is_for_engine
from netaudit.timeline.programs import is_engine

_OBJECTS = (CauseOf.CONTAINER, CauseOf.NETWORK)  # as the engine calls the types of its events
_HOOKS = ("PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING")


class Rewritten(msgspec.Struct, frozen=True):
    """Objects that one cause had written, and nothing of it is to be seen."""

    cause: LoggedCause
    process: Process
    at: str
    count: int


def find_rewritten(changes: Iterable[AttributedChange], observation: Observation) -> Iterator[Rewritten]:
    """Find the commits that no change between the two looks comes from."""
    seen = {(writer.name, writer.pid) for writer in map(writer_of, changes) if writer.name}
    engine: list[Commit] = []
    for commit in observation.commits:
        objects = [one for one in commit.touched if one.object is not ObjectKind.CHAIN] or commit.touched
        if not objects or (commit.name, commit.pid) in seen or (commit.name, None) in seen:
            continue
        if _by_engine(commit, observation):
            engine.append(commit)
            continue
        process = commit.process or Process(commit.name, commit.pid)
        yield Rewritten(cause_of_process(process), process, commit.at, len(objects))
    if engine:
        count = sum(len(one.touched) for one in engine)
        yield Rewritten(_engines_cause(observation.events), _joined(engine), engine[0].at, count)


def _by_engine(commit: Commit, observation: Observation) -> bool:
    """Tell whether the engine had it written: by its process, else by where it wrote while the engine was at work."""
    process = commit.process or Process(commit.name, commit.pid)
    passed = is_for_engine(process, observation) or follows_event(process, observation)
    if (process.parent or process.unit or is_engine(process)) and not passed:
        return is_engine(process)
    return (passed or bool(observation.events)) and all(_is_engines(one.place[2]) for one in commit.touched)


def _is_engines(chain: str) -> bool:
    return chain.startswith("DOCKER") or chain in _HOOKS


def _engines_cause(events: tuple[DockerEvent, ...]) -> LoggedCause:
    named = {(CauseOf(one.type), one.name) for one in events if one.type in _OBJECTS and not one.container}
    if len(named) == 1 and not any(one.type == "daemon" for one in events):
        return LoggedCause(*named.pop())
    return ENGINE_CAUSE


def _joined(commits: list[Commit]) -> Process:
    names = Counter(one.name for one in commits)
    known = {one.process for one in commits}
    only = known.pop() if len(known) == 1 else None
    return only or Process(", ".join(sorted(names)), commits[0].pid if len(commits) == 1 else None)
