"""What brought a change about: the engine's events, the process that wrote it, the maker of the rule."""

from netaudit.attribute.attribution import KERNEL_MAKER, OPERATOR_MAKER, AttributedChange, Cause, CauseKind
from netaudit.attribute.exposure.became import Became
from netaudit.model.history.change import CauseOf, LoggedCause
from netaudit.model.observation import Observation, Process
from netaudit.timeline.firewalld_passthrough import is_for_engine
from netaudit.timeline.programs import is_engine, program_of

ENGINE_MAKER = "docker"
ENGINE_CAUSE = LoggedCause(CauseOf.ENGINE)


def cause_of(one: AttributedChange, observation: Observation, became: Became) -> LoggedCause:
    """Say what brought a change about; what two looks and the maker of the rule suggest comes last."""
    if one.events:
        return _of_objects(one.attribution.causes)
    process = writer_of(one)
    if one.attribution.maker == ENGINE_MAKER and is_for_engine(process, observation):
        return ENGINE_CAUSE
    if process.parent or process.unit or is_engine(process) or program_of(process):
        return cause_of_process(process)
    unheard = not (process.name or observation.events)
    found = _by_inventories(one.attribution.causes, became) if unheard else None
    return found or _by_maker(one.attribution.maker, process, observation)


def _by_maker(maker: str, process: Process, observation: Observation) -> LoggedCause:
    if maker == ENGINE_MAKER:
        return ENGINE_CAUSE if observation.events else _by_somebody(process)
    if maker and maker not in (KERNEL_MAKER, OPERATOR_MAKER):
        return LoggedCause(CauseOf.PROGRAM, maker)
    return _by_somebody(process)


def cause_of_process(process: Process) -> LoggedCause:
    """Say which program a process belongs to; one that belongs to none is a person's."""
    if is_engine(process):
        return ENGINE_CAUSE
    if maker := program_of(process):
        return LoggedCause(CauseOf.PROGRAM, maker)
    return _by_somebody(process)


def writer_of(one: AttributedChange) -> Process:
    """Return the process that wrote a change, as far as it is known."""
    writer = one.writer
    if writer is None:
        return Process("")
    return writer.process or Process(writer.name, writer.pid)


def _by_somebody(process: Process) -> LoggedCause:
    return LoggedCause(CauseOf.OPERATOR, process.user) if process.name else LoggedCause(CauseOf.UNKNOWN)


def _by_inventories(causes: tuple[Cause, ...], became: Became) -> LoggedCause | None:
    """Name what a rule is for, where two looks tell that something became of that; None where nothing did."""
    names = sorted({one.container.name for one in causes if one.container})
    if found := {name: said for name in names if (said := became.of_container(name))}:
        return LoggedCause(CauseOf.CONTAINER, ", ".join(found), became=_joined(found))
    names = sorted({one.network.name for one in causes if one.network})
    if found := {name: said for name in names if (said := became.of_network(name))}:
        return LoggedCause(CauseOf.NETWORK, ", ".join(found), became=_joined(found))
    return None


def _joined(found: dict[str, str]) -> str:
    return " and ".join(dict.fromkeys(found.values()))


def _of_objects(causes: tuple[Cause, ...]) -> LoggedCause:
    containers = sorted({one.container.name for one in causes if one.container})
    if containers:
        return LoggedCause(CauseOf.CONTAINER, ", ".join(containers))
    networks = sorted({one.network.name for one in causes if one.network and one.kind is CauseKind.NETWORK})
    return LoggedCause(CauseOf.NETWORK, ", ".join(networks)) if networks else ENGINE_CAUSE
