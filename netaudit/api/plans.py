"""Facts of a host and a command -> what it would do, before it runs."""

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Self

import msgspec

from netaudit.api.audits import AuditOptions, load_auditor
from netaudit.api.required import require_objects
from netaudit.audit.auditor import Auditor
from netaudit.audit.plan_auditor import judge_plan
from netaudit.audit.planned import JudgedPlan
from netaudit.errors import PlanError, UsageError
from netaudit.model.engine_request import EngineRequest
from netaudit.model.facts import Facts
from netaudit.model.plan import Assumption, MadeOn
from netaudit.model.snapshot import Snapshot
from netaudit.parse import parse_snapshot, parse_snapshots
from netaudit.plan.engine.plan import StandIn
from netaudit.plan.engine.state import ExposedPorts
from netaudit.plan.hidden_values import hide_values
from netaudit.plan.pitfalls import find_pitfalls
from netaudit.plan.planned import Planned
from netaudit.plan.project.up import bring_up, read_project
from netaudit.plan.rehearsal.change import EngineChange
from netaudit.plan.rehearsal.facts import rehearsed_facts
from netaudit.plan.rehearsal.rehearsal import plan_rehearsal
from netaudit.plan.rules.planned import plan_host
from netaudit.replica.programs import can_be_tried
from netaudit.standin.commands import check_command
from netaudit.standin.compose import check_project
from netaudit.standin.confinement import CLIENT_HINT
from netaudit.standin.podman import check_podman, is_podman
from netaudit.standin.quadlet import is_quadlet, quadlet_commands
from netaudit.standin.session import Client, Outcome, run_client

_LIBPOD = "/libpod/"
_ASKS_AFAR = ("failed to access repository", "Could not resolve host", "no such host", "network is unreachable")
_NO_NETWORK = "a client has no network while it is planned: fetch what is elsewhere first, and name the copy"
_NO_COMPOSE = ("docker [OPTIONS] COMMAND", "unknown command: docker compose", "'compose' is not a docker command")


class PlanContext(msgspec.Struct, frozen=True):
    """What a plan is made with beside the host.

    `elsewhere`: the facts are not of this host, now. `exposed_ports` tells which ports an image exposes. `client` is
    what a client of Docker may take of this process. `engine_version` is the engine's, where the facts do not say.
    `restart` is what the daemon is restarted with before a command of Docker's runs.
    `made_on` says where the facts came from, for the plan's JSON. `own_labels`: waivers count in labels that the
    command brings itself.
    """

    auditor: Auditor
    elsewhere: bool = True
    timeout: float = 60.0
    exposed_ports: ExposedPorts = lambda _: None
    client: Client = Client()
    engine_version: str = ""
    restart: EngineChange | None = None
    made_on: MadeOn = MadeOn()
    own_labels: bool = False


def plan_command(facts: Facts, command: Sequence[str], options: AuditOptions | None = None) -> JudgedPlan:
    """Tell what a command would do to a host. Nothing of this host is changed. Raises PlanError.

    plan = netaudit.plan_command(netaudit.record(), ["iptables", "-I", "DOCKER-USER", "-j", "DROP"])
    for one in plan.new:
        print(one.severity, one.message)
    """
    return judge_command(facts, command, PlanContext(load_auditor(options)))


def judge_command(facts: Facts, command: Sequence[str], context: PlanContext) -> JudgedPlan:
    """Try a command of the operator's own on a replica of the host, or one of Docker's on a stand-in engine."""
    return _judge(try_on_host(facts, command, context), context)


def judge_requests(facts: Facts, requests: Sequence[EngineRequest], title: str, context: PlanContext) -> JudgedPlan:
    """Judge what requests would do that a client sent elsewhere."""
    return _judge(try_requests(facts, requests, title, context), context)


def judge_project(facts: Facts, configuration: bytes, title: str, context: PlanContext) -> JudgedPlan:
    """Judge what `docker compose up` would do with a project that Compose printed as JSON elsewhere."""
    return _judge(try_project(facts, configuration, title, context), context)


def judge_rehearsal(facts: Facts, change: EngineChange, title: str, context: PlanContext) -> JudgedPlan:
    """Judge what a restart of the daemon would do with another engine, backend or options. Raises UsageError."""
    return _judge(try_restart(facts, change, title, context), context)


def try_on_host(facts: Facts, command: Sequence[str], context: PlanContext) -> Planned:
    """Return the host before and after a command, unjudged."""
    if is_quadlet(command):
        return _try_podman(facts, quadlet_commands(Path(context.client.folder) / command[0]), command, context)
    if is_podman(command):
        return _try_podman(facts, [command], command, context)
    return _try_own(facts, command, context) if can_be_tried(command) else _try_docker(facts, command, context)


class _Start(msgspec.Struct, frozen=True):
    """The host on which requests are answered: as it is, or with its daemon restarted."""

    facts: Facts
    snapshot: Snapshot
    assumptions: tuple[Assumption, ...] = ()

    @classmethod
    def of(cls, facts: Facts, context: PlanContext) -> Self:
        """Restart the daemon first, where that is asked for. Raises UsageError."""
        require_objects(facts)
        snapshot = parse_snapshot(facts)
        if context.restart is None or snapshot.inventory is None:
            return cls(facts, snapshot)
        host = plan_rehearsal(snapshot, facts, context.restart, context.auditor.catalog)
        after = msgspec.structs.replace(host.after, taken_at=snapshot.taken_at, digest=snapshot.digest)
        return cls(rehearsed_facts(facts, context.restart), after, host.assumptions)

    def engine(self, context: PlanContext) -> StandIn:
        """Return the engine that answers."""
        return StandIn(self.facts, context.exposed_ports, context.engine_version)

    def plan(self, title: str, assumptions: tuple[Assumption, ...] = ()) -> Planned:
        """Return the plan that changes nothing yet."""
        return Planned.of(self.snapshot, title=title, assumptions=(*self.assumptions, *assumptions))


def try_requests(facts: Facts, requests: Sequence[EngineRequest], title: str, context: PlanContext) -> Planned:
    """Return the host before and after requests, unjudged."""
    if any(_LIBPOD in request.path for request in requests):
        from netaudit.api.podman_plans import podman_afterwards, podman_engine  # noqa: PLC0415 (late: for Podman alone)

        podman = podman_engine(facts, context.exposed_ports)
        for request in requests:
            podman.handle(request)
        return podman_afterwards(facts, podman, Planned.of(parse_snapshot(facts), title=title), context.auditor.catalog)
    start = _Start.of(facts, context)
    engine = start.engine(context)
    for request in requests:
        engine.handle(request)
    return _afterwards(start, engine, start.plan(title), context)


def try_project(facts: Facts, configuration: bytes, title: str, context: PlanContext) -> Planned:
    """Return the host before and after a Compose project is brought up, unjudged."""
    project = read_project(configuration)
    check_project(configuration)
    start = _Start.of(facts, context)
    engine = start.engine(context)
    assumptions = bring_up(engine, project)
    return _afterwards(start, engine, start.plan(title, assumptions), context)


def try_restart(facts: Facts, change: EngineChange, title: str, context: PlanContext) -> Planned:
    """Return the host before and after a restart of the daemon, unjudged. Raises UsageError, PlanError."""
    require_objects(facts)
    snapshot = parse_snapshot(facts)
    host = plan_rehearsal(snapshot, facts, change, context.auditor.catalog)
    return Planned(
        before=host.before,
        after=host.after,
        title=title,
        rules=host.changes,
        symbols=host.symbols,
        assumptions=host.assumptions,
    )


def _judge(planned: Planned, context: PlanContext) -> JudgedPlan:
    made = msgspec.structs.replace(planned, made_on=context.made_on)
    return judge_plan(made, context.auditor, own_labels=context.own_labels)


def _try_own(facts: Facts, command: Sequence[str], context: PlanContext) -> Planned:
    if context.restart is not None:
        hint = "plan the restart first, by itself"
        raise UsageError("another engine, backend or option is planned with Docker's own commands alone", hint=hint)
    from netaudit.replica.try_command import try_command  # noqa: PLC0415 (late: Docker's commands need no replica)

    tried = try_command(facts, command, timeout=context.timeout, elsewhere=context.elsewhere)
    before, after = parse_snapshots(tried.before, tried.after)
    title = shlex.join(command)
    return Planned(before=before, after=after, title=title, command=tuple(command), writer=title, output=tried.output)


def _try_docker(facts: Facts, command: Sequence[str], context: PlanContext) -> Planned:
    check_command(command)
    start = _Start.of(facts, context)
    engine = start.engine(context)
    _require_success(command, run_client(engine, command, context.client))
    shown = hide_values(command)
    planned = msgspec.structs.replace(start.plan(shlex.join(shown)), command=shown, pitfalls=find_pitfalls(command))
    return _afterwards(start, engine, planned, context)


def _try_podman(facts: Facts, commands: Sequence[Sequence[str]], named: Sequence[str], context: PlanContext) -> Planned:
    """Let Podman's client ask a stand-in, command after command; `named` is what the user gave."""
    from netaudit.api.podman_plans import podman_afterwards, podman_engine  # noqa: PLC0415 (late: for Podman alone)

    for command in commands:
        check_podman(command)
    if context.restart is not None:
        hint = "leave out --engine, --backend and --daemon: Podman has no daemon"
        raise UsageError("another engine, backend or option is planned with Docker's own commands alone", hint=hint)
    engine = podman_engine(facts, context.exposed_ports)
    for command in commands:
        _require_success(command, run_client(engine, command, context.client))
    shown = hide_values(named)
    planned = msgspec.structs.replace(Planned.of(parse_snapshot(facts), title=shlex.join(shown)), command=shown)
    return podman_afterwards(facts, engine, planned, context.auditor.catalog)


def _require_success(command: Sequence[str], outcome: Outcome) -> None:
    """Raise PlanError where a client failed."""
    if outcome.exit_code != 0 or outcome.late:
        _require_compose(command, outcome.error)
        said = " ".join((outcome.error.strip() or outcome.output.strip()).split())[:500]
        why = "it did not end" if outcome.late else said or f"it ends with code {outcome.exit_code}"
        hint = _NO_NETWORK if any(word in why for word in _ASKS_AFAR) else "nothing was run on the host"
        raise PlanError(f"{command[0]} fails: {why}", hint=hint)


def _require_compose(command: Sequence[str], said: str) -> None:
    """Raise PlanError where docker answers by itself what is asked of Compose: it has no such plugin."""
    if tuple(command[:2]) == ("docker", "compose") and any(words in said for words in _NO_COMPOSE):
        raise PlanError("this docker client has no Compose", hint=CLIENT_HINT)


def _afterwards(start: _Start, engine: StandIn, planned: Planned, context: PlanContext) -> Planned:
    """Return a plan with the host that an engine's inventory leads to."""
    inventory = engine.planned()
    host = plan_host(start.snapshot, inventory, context.auditor.catalog)
    return planned.leads_to(host, engine.requests, inventory)
