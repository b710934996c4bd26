"""A command is planned on a host's recording, run on the host, and what came is held against the plan."""

import re
import shutil
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lab.engine import Engine
from lab.image import IDLE
from msgspec.structs import replace
from plan.inventories import containers, networks
from plan.recorded import CATALOG, differences

from live_plans.binding import UnboundError, bound_ruleset, bound_tree, find_binding, likely_values, make_bind
from live_plans.client import TriedClient
from live_plans.commands import EXPOSED, EXPOSING
from netaudit.model.facts import Facts
from netaudit.model.plan import AssumptionKind, PlannedInventory
from netaudit.model.snapshot import Snapshot
from netaudit.packets.exposure.table import expose
from netaudit.packets.host.zones import ZoneChoice
from netaudit.parse import parse_snapshot
from netaudit.plan.engine.plan import StandIn
from netaudit.plan.rules.planned import PlannedHost, plan_host
from netaudit.store import load

_ORDERS = {
    AssumptionKind.PORT_ORDER,
    AssumptionKind.JOIN_ORDER,
    AssumptionKind.STARTED_TOGETHER,
    AssumptionKind.MADE_TOGETHER,
}
# What an engine says where an assumption of the plan does not hold.
_FAILED = {
    (AssumptionKind.SUBNET_GIVEN, "user configured subnets"),
    (AssumptionKind.PORTS_COMPETE, "port is already allocated"),
    (AssumptionKind.PORTS_COMPETE, "address already in use"),
    (AssumptionKind.PORT_TURN, "address already in use"),
    (AssumptionKind.ADDRESSES_COMPETE, "Address already in use"),
    (AssumptionKind.KERNEL_LINK, "port: operation not supported"),
    (AssumptionKind.KERNEL_SCTP, "protocol not supported"),
}
_TASK, _TASK_ID = re.compile(r"\.\d+$"), re.compile(r"(?<=\.\d)\.[0-9a-z]{25}\b|(?:\.[0-9a-z]{25}){2}\b")
_MESH = re.compile(r"DOCKER-INGRESS|--src-type LOCAL|forwarded-port|network:docker_gwbridge ->")
_PLACE = re.compile(r"#\d+")


@dataclass
class Trial:
    """One command: what it was, and where the plan and what came differ; `taken` is what the plan took for granted.

    `printed`: the plan was made of a project that Compose printed as JSON.
    """

    command: list[str]
    rules: int = 0
    complaint: str = ""
    differences: list[str] = field(default_factory=list)
    taken: list[str] = field(default_factory=list)
    printed: bool = False

    @property
    def fails(self) -> bool:
        """Tell whether the command failed."""
        return bool(self.complaint)


class Host:
    """An engine on which commands are tried, with its recording as it is now."""

    def __init__(self, engine: Engine, folder: Path, settles: float = 0) -> None:
        self._engine = engine
        self._settles = settles  # seconds until a swarm has done what its manager took note of
        self._folder = folder
        self._client = TriedClient(engine.host, folder)
        self._make_exposing()
        self.facts = self._record()

    def attempt(self, command: Sequence[str], *, printed: bool = False) -> Trial:
        """Plan a command, run it, and compare.

        `printed`: `docker compose up -d` is planned from what Compose prints of the project as JSON.
        """
        trial = Trial(list(command), printed=printed)
        before, engine = self.facts, StandIn(self.facts, lambda image: EXPOSED if image == EXPOSING else ())
        ask = self._client.ask_as_printed if printed else self._client.ask
        asked = ask(engine, command)
        planned = engine.planned()
        planned = replace(planned, assumptions=(*planned.assumptions, *asked.assumptions))
        taken = {one.kind for one in planned.assumptions}
        real = self._client.run(command)
        if command[1] in ("service", "stack"):
            time.sleep(self._settles)
        self.facts = self._record()
        trial.complaint = real
        if any(kind in taken and said in real for kind, said in _FAILED):
            pass  # the assumption that failed is listed
        elif asked.is_left_to_client:
            trial.complaint = asked.complaint
        elif bool(asked.complaint) != bool(real):
            trial.differences.append(f"planned: {asked.complaint or 'it works'}; really: {real or 'it works'}")
        elif not real:  # what failing commands leave behind depends on what was done in parallel
            host = plan_host(parse_snapshot(before), planned, CATALOG)
            trial.rules = len(host.changes)
            trial.taken = sorted({str(one.kind) for one in host.assumptions})
            found = _compare(planned, host, self.facts, parse_snapshot(self.facts))
            trial.differences += [one for one in found if not _is_taken(one, trial.taken)]
        return trial

    def _make_exposing(self) -> None:
        """Make an image that exposes ports."""
        name = "exposing"
        self._engine.docker("create", "--name", name, *IDLE)
        changes = [word for port in EXPOSED for word in ("--change", f"EXPOSE {port}")]
        self._engine.docker("commit", *changes, name, EXPOSING)
        self._engine.docker("rm", name)

    def _record(self) -> Facts:
        recording = self._folder / "recording"
        shutil.rmtree(recording, ignore_errors=True)
        self._engine.host.python("-m", "netaudit", "record", "-o", str(recording))
        return load(recording)


def _is_taken(difference: str, taken: list[str]) -> bool:
    """Tell whether the plan said that it does not know the order of rules, and no more differs."""
    if AssumptionKind.ROUTING_MESH in taken and _MESH.search(difference):
        return True  # the kernel of the lab has no IPVS
    if not _ORDERS.intersection(taken):
        return False
    planned, _, real = difference.removeprefix("exposure").partition(": planned ")[2].partition(", really ")
    return difference.startswith("planned at") or (bool(real) and _PLACE.sub("", planned) == _PLACE.sub("", real))


def _compare(planned: PlannedInventory, host: PlannedHost, facts: Facts, real: Snapshot) -> Iterator[str]:
    try:
        bind = make_bind(find_binding(planned, host.after, real, facts, likely_values(planned)))
    except UnboundError as error:
        yield f"symbols: {error}"
        return
    for what in (networks, _containers):
        yield from _unequal(what.__name__, bound_tree(what(planned.facts_after), bind), bound_tree(what(facts), str))
    yield from differences(bound_ruleset(host.after.ruleset, bind), real.ruleset)
    yield from _unequal("exposure", bound_tree(_cells(host.after), bind), _cells(real))


def _containers(facts: Facts) -> dict[str, Any]:
    """Return the containers; of a swarm's tasks those that run, as the others go when the swarm gets to it."""
    return {name: one for name, one in containers(facts).items() if one["running"] or not _TASK.search(name)}


def _cells(host: Snapshot) -> dict[str, str]:
    """Return who can reach what, by which rule; what a program will open that has not run yet, nobody plans."""
    found: dict[str, list[str]] = {}
    for one in expose(host, host.program, ZoneChoice(), lambda _: True):
        to, rule = one.destination, one.rule.where if one.rule else ""
        if to.programs is None:
            continue
        ports = ",".join(f"{first}-{last}" for first, last in to.ports)
        target = f"{to.kind} {to.protocol} {to.address} {ports} of {to.container_name} on {to.network_name}"
        target = _TASK_ID.sub("", target)
        found.setdefault(f"{one.zone} -> {target}", []).append(f"{one.outcome} {one.way} {rule}")
    return {key: "; ".join(sorted(rows)) for key, rows in found.items()}


def _unequal(what: str, planned: Any, real: Any) -> Iterator[str]:
    if isinstance(planned, dict) and isinstance(real, dict):
        for key in sorted(planned.keys() | real.keys()):
            yield from _unequal(f"{what} {key}", planned.get(key), real.get(key))
    elif planned != real:
        yield f"{what}: planned {planned}, really {real}"
