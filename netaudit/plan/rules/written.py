"""What an engine wrote into a ruleset, and what that takes for granted."""

from collections.abc import Iterator, Mapping

import msgspec
from msgspec.structs import replace

from netaudit.attribute.attribution import CauseKind
from netaudit.attribute.expected.daemon_options import Options
from netaudit.attribute.signatures.signature import SubjectKind
from netaudit.model.docker import Container, Inventory
from netaudit.model.forwarding import forwards
from netaudit.model.netfilter.ruleset import Ruleset
from netaudit.model.plan import Assumption, AssumptionKind, assume
from netaudit.model.snapshot import Snapshot
from netaudit.model.version import Version
from netaudit.plan.rules.fill import Wanted
from netaudit.plan.rules.port_order import is_linked_settled, is_settled

# Conditions that a variable of dockerd's environment decides, which is never read; options of which the rules tell.
_VARIABLES = {"raw-rules": "DOCKER_INSECURE_NO_IPTABLES_RAW"}
_OPTIONS = {"direct-routing": "allow-direct-routing", "userland-proxy": "userland-proxy"}
_UNSET = {"sctp-checksum": False}


def with_defaults(options: Options) -> Options:
    """Take what needs a variable that few set, and that no fact shows, as not set."""
    facts = {name: _UNSET.get(name) if value is None else value for name, value in options.facts.items()}
    return replace(options, facts=facts)


class Written(msgspec.Struct, frozen=True):
    """The ruleset afterwards with what was written on the way, and the kernel's switches by then.

    `refused` are rules for chains that are not there: the engine's command fails, and so does what asked for it.
    """

    ruleset: Ruleset
    rules: tuple[Wanted, ...] = ()
    refused: tuple[Wanted, ...] = ()
    sysctls: Mapping[str, str] = {}


def taken_for_granted(before: Snapshot, inventory: Inventory, written: Written) -> Iterator[Assumption]:
    """List what decides over the rules, and is not in the facts."""
    for one in written.refused:
        yield assume(AssumptionKind.CHAIN_ABSENT, table=one.key[2], chain=one.key[3])
    yield from _of_daemon(written)
    yield from _of_ports(written, inventory)
    for container in _started(before, inventory):
        if container.network_mode == "host":
            yield assume(AssumptionKind.LISTENS_UNKNOWN, container=container.name)
    switches = dict(before.host.sysctls)
    for family in dict.fromkeys(wanted.key[1] for wanted in written.rules):
        if forwards(switches, family) is None:
            yield assume(AssumptionKind.FORWARDING_UNKNOWN, family=family)


def _of_daemon(written: Written) -> Iterator[Assumption]:
    conditions = {name for one in written.rules if not one.sure for name in one.signature.condition_names()}
    for name, variable in _VARIABLES.items():
        if name in conditions:
            yield assume(AssumptionKind.ENVIRONMENT, variable=variable)
    for name, option in _OPTIONS.items():
        if name in conditions:
            yield assume(AssumptionKind.OPTION_DEFAULT, option=option)


def _of_ports(written: Written, inventory: Inventory) -> Iterator[Assumption]:
    """Name the containers whose ports' rules were written in an order that nobody knows, as they start or move."""
    version = Version.parse(inventory.version)
    causes = (cause for one in written.rules for cause in one.causes if cause.kind is CauseKind.PORT_BINDING)
    owners = {cause.container.id for cause in causes if cause.container}
    links = (one.causes for one in written.rules if one.signature.subject is SubjectKind.LINK)
    linked = {cause.container.id for causes in links for cause in causes[1:] if cause.container}
    for container in inventory.containers:
        is_linked = container.id in linked and not is_linked_settled(container)
        if is_linked or (container.id in owners and not is_settled(container, version)):
            yield assume(AssumptionKind.PORT_ORDER, container=container.name)


def _started(before: Snapshot, inventory: Inventory) -> Iterator[Container]:
    """List the containers that run afterwards, and did not run like this before."""
    known = {one.id: one.sandbox for one in before.inventory.containers if one.running} if before.inventory else {}
    return (one for one in inventory.containers if one.running and known.get(one.id) != one.sandbox)
