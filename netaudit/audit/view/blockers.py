"""Why nobody from outside gets to a published port."""

from collections.abc import Iterable, Iterator
from enum import StrEnum

import msgspec

from netaudit.attribute.attribution import AttributedExposure
from netaudit.audit.view.operator_chains import OperatorChains
from netaudit.model.address_text import UNSPECIFIED
from netaudit.model.docker import PortBinding
from netaudit.model.exposure import Exposure, Outcome, ZoneKind
from netaudit.model.host import Host
from netaudit.model.netfilter.family import family_of
from netaudit.model.netfilter.ruleset import Item
from netaudit.model.reason import ReasonKind, kinds_of

_OUTSIDE = (ZoneKind.INTERNET, ZoneKind.LAN)
_FORWARDING = (ReasonKind.NOT_FORWARDED, ReasonKind.INTERFACE_NOT_FORWARDING)


class BlockerKind(StrEnum):
    """What stands between a published port and all who are outside."""

    RULE = "rule"  # a rule, or a policy, that does not speak of this port
    ADDRESS = "address"  # no interface has the host address
    FORWARDING = "forwarding"  # the host forwards no packets of the family


class Blocker(msgspec.Struct, frozen=True):
    """One reason; `item` is the rule or policy."""

    kind: BlockerKind
    item: Item | None = None
    maker: str = ""


def blockers(
    host: Host, chains: OperatorChains, binding: PortBinding, cells: Iterable[AttributedExposure]
) -> tuple[Blocker, ...]:
    """Return why nobody gets there; nothing where somebody does or may, and where the operator keeps them all away."""
    outside = [one for one in cells if one.exposure.zone.kind in _OUTSIDE]
    if not outside or any(one.exposure.outcome is not Outcome.BLOCKED for one in outside):
        return ()
    if _is_gone(host, binding):
        return (Blocker(BlockerKind.ADDRESS),)
    if any(one.exposure.rule and chains.means(one.exposure.rule, binding) for one in outside):
        return ()
    return tuple(dict.fromkeys(found for one in outside for found in _of_cell(one)))


def _of_cell(cell: AttributedExposure) -> Iterator[Blocker]:
    one: Exposure = cell.exposure
    if not set(kinds_of(one.reason)).isdisjoint(_FORWARDING):
        yield Blocker(BlockerKind.FORWARDING)
    elif one.rule:
        yield Blocker(BlockerKind.RULE, one.rule, cell.attribution.maker)


def _is_gone(host: Host, binding: PortBinding) -> bool:
    """Return whether an address that the port is bound to is on no interface of a host whose addresses are known."""
    if binding.host_ip in UNSPECIFIED or (family_of(binding.host_ip) == "ip" and binding.host_ip.startswith("127.")):
        return False
    known = {address.local for one in host.interfaces for address in one.addresses}
    return bool(known) and binding.host_ip not in known
