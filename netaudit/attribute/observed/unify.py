"""What a rule's text shows: a maker's name in it, and what a template's holes hold."""

import re
from collections.abc import Mapping

from netaudit.attribute.signatures.signature import Owned, Signature
from netaudit.model.docker import PortBinding
from netaudit.model.netfilter.ruleset import Backend, Item

JUMP = re.compile(r" -[jg] (\S+)| (?:jump|goto) (\S+)")


def unify(signature: Signature, item: Item) -> Mapping[str, str] | None:
    """Find what the holes of a signature hold in an object, chain and text together; None when it is another."""
    chain = signature.chain.unify(item.chain)
    text = signature.text.unify(item.text) if chain is not None else None
    if chain is None or text is None:
        return None
    same = all(chain[hole] == text[hole] for hole in chain.keys() & text.keys())
    return {**chain, **text} if same else None


def is_owned(item: Item, owned: Owned) -> bool:
    """Return whether an object bears a maker's name; an nftables chain counts by its table, its name is free."""
    if item.backend not in owned.backends:
        return False
    if owned.table and item.backend is Backend.NFTABLES and owned.table.fullmatch(item.table):
        return True
    if owned.text and owned.text.fullmatch(item.text):
        return True
    return owned.chain is not None and any(owned.chain.fullmatch(name) for name in (item.chain, *targets(item.text)))


def targets(text: str) -> list[str]:
    """Name the targets of a rule's text: the chain it jumps to, if it jumps."""
    return [first or second for first, second in JUMP.findall(text)]


def address_in(values: Mapping[str, str]) -> str:
    """Return the container's address that the holes hold, "" where they hold none."""
    return values.get("address") or values.get("container", "").partition("/")[0]


def link_addresses_in(values: Mapping[str, str]) -> tuple[str, ...]:
    """Return the addresses of the two ends of a link that the holes hold."""
    ends = (values.get(hole, "").partition("/")[0] for hole in ("parent_ip", "child_ip", "parent", "child"))
    return tuple(dict.fromkeys(filter(None, ends)))


def binding_in(values: Mapping[str, str]) -> PortBinding:
    """Build the port binding that the holes hold, as far as they do."""
    host = values.get("host_ip") or values.get("host", "").partition("/")[0] or "0.0.0.0"  # noqa: S104 (as Docker writes it)
    port = int(values.get("host_port", 0))
    return PortBinding(values.get("protocol", ""), host, port, int(values.get("container_port", port)))
