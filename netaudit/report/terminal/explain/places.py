"""An address or a port, explained: who has it, what reaches it, which rules name it."""

from collections.abc import Iterator

from netaudit.attribute.attribution import AttributedSnapshot
from netaudit.attribute.explain.places import AddressExplained, Holder, HolderKind, PortExplained
from netaudit.model.address_text import with_port
from netaudit.report.terminal.explain.explanation import listed_rules, wrap
from netaudit.report.terminal.reach import reach_lines
from netaudit.report.terminal.style import Style
from netaudit.report.text.unseen import may_hide

_SHOWN = 12  # containers, programs or rules that are listed

_HOLDERS = {
    HolderKind.CONTAINER: "container {name} has it, on network {network} ({subnet}): `netaudit explain {name}`",
    HolderKind.GATEWAY: "the gateway of network {name} ({subnet}): the host itself, for its containers",
    HolderKind.INTERFACE: "the host itself has it, on interface {name} ({subnet})",
    HolderKind.SUBNET: "in the subnet {subnet} of network {name}, where no container that was seen has it",
    HolderKind.LINK: "a neighbour, if anybody has it: {subnet} is behind interface {name} (zone lan:{name})",
}
_NOBODY = "nobody has it that was seen: neither the host nor its containers nor its networks"


def render_address(explained: AddressExplained, shown: AttributedSnapshot, style: Style) -> str:
    """Print who has an address, what reaches it, and which rules name it; `shown` has the rows that lead there."""
    lines = [explained.address, *(f"  {_holder(one)}" for one in explained.holders)]
    lines += [] if explained.holders else [f"  {_NOBODY}"]
    return _render(lines, shown, style, [*_rules(explained)])


def render_port(explained: PortExplained, service: str, shown: AttributedSnapshot, style: Style) -> str:
    """Print who has a port and what reaches it; `service` usually listens on it, "" for none known."""
    lines = [f"port {explained.port}" + (f"/{explained.protocol}" if explained.protocol else "")]
    lines += [f"  the usual port of {service}"] if service else []
    lines += [f"  container {one.name} publishes {binding}" for one, binding in explained.published[:_SHOWN]]
    for one in explained.listeners[:_SHOWN]:
        program = ", ".join(one.programs) or "a program that was not seen"
        lines.append(f"  {program} listens on {one.protocol} {with_port(one.address, one.port)}")
    rest = sum(max(len(some) - _SHOWN, 0) for some in (explained.published, explained.listeners))
    lines += [f"  and {rest} more"] if rest else []
    if not explained.published and not explained.listeners:
        unsure = " that was seen, and not all was" if may_hide(shown.head) else ""
        lines.append(f"  no container publishes it, and no program of the host listens on it{unsure}")
    return _render(lines, shown, style, [])


def _render(lines: list[str], shown: AttributedSnapshot, style: Style, rules: list[str]) -> str:
    """Put what reaches a place below who has it; where no row leads there, it says nothing of the outside."""
    reach = ["", *reach_lines(shown, style, whole=True)] if shown.exposure else []
    text = [*wrap(iter(lines), style.width), *reach, *wrap(iter(rules), style.width)]
    return "\n".join(line.rstrip() for line in text).rstrip("\n") + "\n"


def _holder(one: Holder) -> str:
    words = {name: getattr(one, name) for name in ("name", "subnet", "network")}
    return _HOLDERS[one.kind].format(**words).replace(" ()", "")


def _rules(explained: AddressExplained) -> Iterator[str]:
    if explained.rules:
        yield "  rules that name it:"
        yield from listed_rules(explained.rules[:_SHOWN], "")
        if len(explained.rules) > _SHOWN:
            yield f"    and {len(explained.rules) - _SHOWN} more"
