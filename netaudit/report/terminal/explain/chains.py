"""What the chains are for that a host with Docker has, in a sentence each: of the kernel's, and of Docker's."""

from netaudit.model.facts import RULE_SOURCES, GapReason
from netaudit.model.snapshot import Snapshot

_OWN = {
    "PREROUTING": "packets as they come in, before it is decided where they go: in table nat DOCKER leads published"
    " ports to containers, in table raw Docker drops what is sent straight to a container's address.",
    "INPUT": "packets for programs of the host, docker-proxy among them. What is forwarded to a container does not"
    " come here: a rule here does not close a published port.",
    "FORWARD": "packets that the host passes on, those to and from containers among them. DOCKER-USER comes first.",
    "OUTPUT": "packets that programs of the host send.",
    "POSTROUTING": "packets as they leave: in table nat MASQUERADE gives what containers send the host's address.",
}
_DOCKERS = {
    "DOCKER": "in table nat it leads published ports to containers (DNAT); in table filter it lets in what goes to"
    " published ports, and drops the rest of what comes to a bridge from outside.",
    "DOCKER-FORWARD": "what Docker's networks need of FORWARD, in one chain since Engine 28: replies, published ports,"
    " isolation between networks, and what containers send.",
    "DOCKER-CT": "it accepts packets of connections that are there already.",
    "DOCKER-BRIDGE": "it leads packets for each bridge to DOCKER.",
    "DOCKER-INTERNAL": "it drops what goes to or comes from an internal network.",
    "DOCKER-ISOLATION-STAGE-1": "with DOCKER-ISOLATION-STAGE-2 it keeps bridge networks apart: packets that leave one.",
    "DOCKER-ISOLATION-STAGE-2": "with DOCKER-ISOLATION-STAGE-1 it keeps bridge networks apart: it drops what goes on"
    " to another one.",
    "DOCKER-INGRESS": "swarm's routing mesh: published ports of services.",
    "DOCKER-USER": "made by Docker for the operator. Forwarded packets come here before Docker's own rules; packets"
    " that docker-proxy takes do not.",
}
CHAINS = {
    **{name: f"A chain of the kernel's: {meaning}" for name, meaning in _OWN.items()},
    **{name: f"A chain of Docker's: {meaning}" for name, meaning in _DOCKERS.items()},
}


def look_up_chain(subject: str) -> str:
    """Return what a chain is for, also where it is named with its table: `filter/DOCKER`; "" for any other."""
    name = subject.rpartition("/")[2].upper()
    return f"{name}\n  {CHAINS[name]}" if name in CHAINS else ""


def describe_presence(subject: str, snapshot: Snapshot) -> str:
    """Say whether a host has a chain that is named, alone or with its table, and whether it has rules there."""
    table, _, name = subject.upper().rpartition("/")
    tables = [one for one in snapshot.ruleset.tables if table in ("", one.name.upper())]
    chains = [chain for one in tables for chain in one.chains if chain.name.upper() == name]
    if any(chain.rules for chain in chains):
        named = "/".join(filter(None, [table.lower(), chains[0].name]))
        return f"This host has rules there: `netaudit explain {named}` names them."
    if any(one.source in RULE_SOURCES and one.reason is not GapReason.ABSENT for one in snapshot.gaps):
        return "Whether this host has rules there is not known: some of its rules were not seen."
    place = f"chain {name} in table {table.lower()}" if table else f"chain {name}"
    return "This host has the chain, and no rules in it." if chains else f"This host has no {place}."
