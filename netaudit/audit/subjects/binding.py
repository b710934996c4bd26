"""Published ports: one subject for each port binding of a running container."""

from collections.abc import Iterator
from typing import Annotated, Any

from msgspec.structs import replace

from netaudit.audit.checks.subject_kind import CheckedKind
from netaudit.audit.subjects.container import reach_doubts, reachable_from
from netaudit.audit.subjects.fact import (
    EXPOSURE,
    CheckSubject,
    DockerBackend,
    FamilyEditor,
    IsPodmans,
    SubjectFacts,
    engine_facts,
    fact,
)
from netaudit.audit.view.blockers import Blocker, BlockerKind, blockers
from netaudit.audit.view.by_cause import Cells, Items
from netaudit.audit.view.host_firewall import writer_of
from netaudit.audit.view.view import HostView
from netaudit.model.address_text import UNSPECIFIED, is_loopback, with_port
from netaudit.model.docker import Container, PortBinding
from netaudit.model.exposure import Outcome
from netaudit.model.facts import Source
from netaudit.model.netfilter.ruleset import Backend

_FORWARD_SWITCHES = {"ip": "net.ipv4.ip_forward", "ip6": "net.ipv6.conf.all.forwarding"}


class BindingFacts(SubjectFacts, frozen=True):
    """What is known of a published port."""

    container: Annotated[str, fact("The container's name.")] = ""
    image: Annotated[str, fact("The container's image.")] = ""
    engine: Annotated[
        int | None, fact("The engine's version as one number: 28.5.2 is 280502.", Source.DOCKER_VERSION)
    ] = None
    family: Annotated[str, fact("`ip` or `ip6`: that of the host address.")] = ""
    iptables: FamilyEditor = ""
    podman: IsPodmans = False
    backend: DockerBackend = ""
    ways_in: Annotated[tuple[str, ...], fact("The interfaces by which packets from outside come to it.")] = ()
    protocol: Annotated[str, fact("`tcp`, `udp` or `sctp`.")] = ""
    binding: Annotated[str, fact("The host's side of it: `[::]:8080/tcp`.")] = ""
    host_ip: Annotated[str, fact("The host address.")] = ""
    host_port: Annotated[int, fact("The host port.")] = 0
    container_port: Annotated[int, fact("The container's port.")] = 0
    everywhere: Annotated[bool, fact("Whether it is bound to every address of the host.")] = False
    loopback: Annotated[bool, fact("Whether it is bound to a loopback address.")] = False
    service: Annotated[str, fact("The sensitive service (rules/services.yaml) behind it, empty for none.")] = ""
    amplifier: Annotated[str, fact("The UDP service whose answers are larger than the requests, empty for none.")] = ""
    translated: Annotated[bool, fact("Whether a rule leads its packets to the container.")] = False
    accepted: Annotated[bool, fact("Whether a rule of its own accepts its packets.")] = False
    guarded: Annotated[bool, fact("Whether a rule drops packets from the network to this loopback binding.")] = False
    proxy_only: Annotated[
        bool, fact("Whether docker-proxy alone serves it: an IPv6 port of a container without IPv6.")
    ] = False
    user_rules: Annotated[int, fact("How many rules the operator has in IPv4's DOCKER-USER.")] = 0
    denied_by: Annotated[tuple[str, ...], fact("Rules of the host's own firewall that deny this host port.")] = ()
    denier: Annotated[str, fact("Who wrote them: `ufw`, `firewalld`, else `the host's firewall`.")] = ""
    input_policy: Annotated[str, fact("What the host's own firewall does with incoming packets by default.")] = ""
    input_allows: Annotated[bool, fact("Whether a rule of the host's own firewall allows this host port.")] = False
    forward_allows: Annotated[bool, fact("Whether a rule of the operator's forwards to the container's port.")] = False
    missing_dnat: Annotated[bool, fact("Whether the rule that ought to lead its packets there is missing.")] = False
    missing_accept: Annotated[bool, fact("Whether the rule that ought to accept its packets is missing.")] = False
    has_reach: Annotated[bool, fact("Whether the exposure table was computed.")] = False
    reachable_from: Annotated[tuple[str, ...] | None, fact("The kinds of zones whose packets get to it.", EXPOSURE)] = (
        None
    )
    perhaps_from: Annotated[
        tuple[str, ...] | None, fact("The kinds of zones for which that could not be decided.", EXPOSURE)
    ] = None
    blocker: Annotated[
        str,
        fact("What keeps all from outside away: a `rule` for all ports, an `address` that is gone, `forwarding`."),
    ] = ""
    blocked_by: Annotated[tuple[str, ...], fact("Those rules and policies, or the others in words.")] = ()
    daemon_rules_missing: Annotated[bool, fact("Whether rules that Docker writes for all are missing.")] = False
    blocking_maker: Annotated[str, fact("Who wrote the first of them, empty where that is not known.")] = ""
    blocking_place: Annotated[
        tuple[str, ...], fact("Family, table and chain of the first that is of native nftables; empty for none.")
    ] = ()
    forward_switch: Annotated[str, fact("The switch that lets the host forward packets of its family.")] = ""
    twin: Annotated[bool, fact("Whether the same port is published for the other address family too.")] = False
    twin_reachable_from: Annotated[
        tuple[str, ...] | None, fact("The kinds of zones whose packets get to that other one.", EXPOSURE)
    ] = None


def bindings(view: HostView) -> Iterator[CheckSubject]:
    """Return every port binding."""
    for container in view.containers:
        for binding in dict.fromkeys(container.bindings):
            if binding.host_port:  # a routed network's ports have none
                yield _subject(view, container, binding)


def _subject(view: HostView, container: Container, binding: PortBinding) -> CheckSubject:
    key = (container.id, binding)
    cells, twins = view.by_cause.cells_of_binding(key), _twin_cells(view, container, binding)
    denied = view.host_firewall.denials(_family(binding), binding.protocol, binding.host_port)
    name = f"{container.name} {_words(binding)}"
    facts = _with_rules(_published(view, container, binding), view, container, binding)
    return CheckSubject(
        CheckedKind.BINDING,
        name,
        f"binding {name}",
        facts if view.attributed.exposure is None else _with_exposure(facts, view, binding, cells, twins),
        rules=(*denied, *view.by_cause.rules_of_binding(key)),
        missing=view.by_cause.missing_of_binding(key),
        cells=cells,
        container=container.name,
        about=f"{container.name} {binding.container_port}/{binding.protocol}",
        service=facts.service,
        doubts=(*reach_doubts("reachable_from", cells), *reach_doubts("twin_reachable_from", twins)),
    )


def _published(view: HostView, container: Container, binding: PortBinding) -> BindingFacts:
    """Return what the inventory says of a published port."""
    return BindingFacts(
        container=container.name,
        image=container.image,
        family=_family(binding),
        iptables=view.tools.iptables(_family(binding)),
        **engine_facts(view, container.engine),
        ways_in=view.outside.ways_in(_family(binding), view.by_cause.cells_of_binding((container.id, binding))),
        protocol=binding.protocol,
        binding=_words(binding),
        host_ip=binding.host_ip,
        host_port=binding.host_port,
        container_port=binding.container_port,
        everywhere=binding.host_ip in UNSPECIFIED,
        loopback=is_loopback(binding.host_ip),
        service=view.services.sensitive(binding.container_port, container.image) if binding.protocol == "tcp" else "",
        amplifier=view.services.amplifier(binding.container_port) if binding.protocol == "udp" else "",
        proxy_only=_family(binding) == "ip6" and not any(end.ipv6 for end in container.endpoints),
        twin=any(_is_twin(one, binding) for one in container.bindings),
    )


def _with_rules(facts: BindingFacts, view: HostView, container: Container, binding: PortBinding) -> BindingFacts:
    """Add what the rules do with packets to a published port."""
    key = (container.id, binding)
    signatures = _signatures(view.by_cause.rules_of_binding(key))
    missing = _signatures(view.by_cause.missing_of_binding(key))
    firewall, family = view.host_firewall, facts.family
    denials = firewall.denials(family, binding.protocol, binding.host_port)
    return replace(
        facts,
        translated=any("dnat" in one for one in signatures),
        accepted=any("port-accept" in one for one in signatures),
        guarded=any("loopback-drop" in one for one in signatures) or view.guards.keep_from_loopback(binding.host_ip),
        user_rules=view.user_rules,
        denied_by=tuple(f"{one.item.where}: {one.item.text}" for one in denials),
        denier=writer_of(denials),
        input_policy=firewall.policy(family),
        input_allows=firewall.allows(family, binding.protocol, binding.host_port),
        forward_allows=firewall.lets_through(family, binding.protocol, binding.container_port, container),
        missing_dnat=any("dnat" in one for one in missing),
        missing_accept=any("port-accept" in one for one in missing),
    )


def _with_exposure(
    facts: BindingFacts, view: HostView, binding: PortBinding, cells: Cells, twins: Cells
) -> BindingFacts:
    """Add who reaches a published port, by the exposure table; `twins` are the cells of the other family's."""
    return replace(
        facts,
        has_reach=True,
        reachable_from=reachable_from(cells),
        perhaps_from=_perhaps_from(cells),
        **_blocked(view, binding, cells),
        twin_reachable_from=reachable_from(twins),
    )


def _blocked(view: HostView, binding: PortBinding, cells: Cells) -> dict[str, Any]:
    found = blockers(view.snapshot.host, view.operator_chains, binding, cells)
    items = (one.item for one in found if one.item and one.maker != "docker")
    native = (one for one in items if one.backend is Backend.NFTABLES)
    return {
        "blocker": str(found[0].kind) if found else "",
        "blocked_by": tuple(dict.fromkeys(_words_of(one, binding) for one in found)),
        "daemon_rules_missing": view.daemon_rules_missing,
        "blocking_maker": found[0].maker if found else "",
        "blocking_place": next(((one.family, one.table, one.chain) for one in native), ()),
        "forward_switch": _FORWARD_SWITCHES[_family(binding)],
    }


def _words_of(one: Blocker, binding: PortBinding) -> str:
    match one.kind:
        case BlockerKind.ADDRESS:
            return f"no interface of the host has {binding.host_ip}"
        case BlockerKind.FORWARDING:
            return f"{_FORWARD_SWITCHES[_family(binding)]} is off"
        case BlockerKind.RULE:
            return f"{one.item.where} ({one.item.text})" if one.item else ""


def _signatures(rules: Items) -> set[str]:
    return {one.attribution.signature.rpartition("/")[2] for one in rules}


def _words(binding: PortBinding) -> str:
    return f"{with_port(binding.host_ip, binding.host_port)}/{binding.protocol}"


def _family(binding: PortBinding) -> str:
    return "ip6" if ":" in binding.host_ip else "ip"


def _is_twin(one: PortBinding, other: PortBinding) -> bool:
    ports = one.host_port == other.host_port and one.container_port == other.container_port
    return ports and one.protocol == other.protocol and _family(one) != _family(other)


def _twin_cells(view: HostView, container: Container, binding: PortBinding) -> Cells:
    twins = (one for one in container.bindings if _is_twin(one, binding))
    return tuple(cell for twin in twins for cell in view.by_cause.cells_of_binding((container.id, twin)))


def _perhaps_from(cells: Cells) -> tuple[str, ...]:
    doubtful = (one.exposure for one in cells if one.exposure.outcome is Outcome.MAY)
    return tuple(dict.fromkeys(str(one.zone.kind) for one in doubtful))
