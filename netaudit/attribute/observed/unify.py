"""What a rule's text shows: a maker's name in it, and what a template's holes hold."""

import re
from collections.abc import Mapping
from functools import cache

from netaudit.attribute.signatures.signature import Signature
from netaudit.attribute.signatures.template import Template
from netaudit.model.docker import PortBinding
from netaudit.model.netfilter.ruleset import Backend, Item

_UNLISTED = "-m listing "
_NO_INTERFACES = "-m listing --interfaces "  # stands in a rule that was listed without -v
_INTERFACES = re.compile(r"(?:! )?-[io] \S+ ")
JUMP = re.compile(r" -[jg] (\S+)| (?:jump|goto) (\S+)")


def unify(signature: Signature, item: Item) -> Mapping[str, str] | None:
    """Find what the holes of a signature hold in an object, chain and text together; None when it is another."""
    template, said = signature.text, item.text
    if _NO_INTERFACES in said:
        template, said = _without_interfaces(template.text), said.replace(_NO_INTERFACES, "", 1)
    if not signature.chain.holes:
        return template.unify(said) if signature.chain.text == item.chain else None
    chain = signature.chain.unify(item.chain)
    text = template.unify(said) if chain is not None else None
    if chain is None or text is None:
        return None
    same = all(chain[hole] == text[hole] for hole in chain.keys() & text.keys())
    return {**chain, **text} if same else None


def is_listed(item: Item) -> bool:
    """Return whether a rule's text does not show all of the rule, as `iptables -L` leaves it."""
    return _UNLISTED in item.text


def is_comparable(item: Item) -> bool:
    """Return whether a rule's text can be held against the signatures.

    nft has other words for a rule of iptables, and a listing may lack more than its interfaces.
    """
    if item.backend is Backend.NFTABLES:
        return item.table.startswith("docker-") or item.table == "netavark"
    return _UNLISTED not in item.text.replace(_NO_INTERFACES, "")


@cache
def _without_interfaces(text: str) -> Template:
    return Template(_INTERFACES.sub("", text))


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
