"""A rule with holes: filled forwards, unified backwards.

    -A DOCKER ! -i {bridge} -p {protocol} -m {protocol} --dport {host_port} -j DNAT --to-destination …

A hole that stands twice holds the same value twice. Braces that are not a known hole's stand for themselves.
"""

import re
from collections.abc import Mapping

from netaudit.errors import NetauditError

_INTERFACE = r'[^\s"/]{1,15}'
_ADDRESS = r"(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-f:]*:[0-9a-f:.]*)"
_PREFIX = rf"{_ADDRESS}/\d{{1,3}}"
_NUMBER = r"\d{1,10}"

# Every hole a template may have, and what text it may hold.
HOLES: Mapping[str, str] = {
    "bridge": _INTERFACE,  # a network's interface on the host
    "interface": _INTERFACE,  # any other interface
    "subnet": _PREFIX,  # a network's, masked
    "snat": _ADDRESS,  # the fixed source address of a network
    "address": _ADDRESS,  # an endpoint's
    "container": _PREFIX,  # an endpoint's, as /32 or /128
    "host_ip": _ADDRESS,  # a port binding's host address
    "host": _PREFIX,  # the same as /32 or /128
    "host_port": _NUMBER,
    "container_port": _NUMBER,
    "protocol": r"[a-z]{1,8}",
    "trusted": _INTERFACE,  # an interface that a network trusts
    "trusted_set": r'"[^{}]+"',  # the bridge and the trusted interfaces, as nftables prints a set
    "parent": _PREFIX,  # of a link, as /32; bare in nftables
    "child": _PREFIX,
    "parent_ip": _ADDRESS,
    "child_ip": _ADDRESS,
    "mark": r"0x[0-9a-f]+(?:/0x[0-9a-f]+)?",  # of --bridge-accept-fwmark, as iptables prints it
    "nft_mark": r"(?:& 0x[0-9a-f]{8} == )?0x[0-9a-f]{8}",  # the same as nft prints it
    "vxlan_port": _NUMBER,
    "vxlan_id": _NUMBER,
    "vxlan_hex": r"0x[0-9a-f]+",
    "vni": _NUMBER,  # a VXLAN id times 256, as it stands in the packet
    "vni_hex": r"0x[0-9a-f]+",
    "network_id": r"[0-9a-f]{8}",  # the beginning of a Podman network's id
    "subnet_name": r"[0-9a-f_-]+_nm\d{1,3}",  # a subnet as netavark writes it into a chain's name
    "network_hash": r"[0-9A-F]{13}",  # of a Podman network's name
    "network_name": r"[^\s\"]+",
    "owner": r"[0-9a-f]{64}",  # a container's id
    "ports": r"\d{1,5}(?:[-:]\d{1,5})?",  # one host port or a range, as the tool prints it
    "target_ports": r"\d{1,5}(?:-\d{1,5}/\d{1,5})?",  # the container's, as iptables prints them
    "name": r"\S+",
    "any": r".*",
}

NETWORK_HOLES = (
    "bridge",
    "network_hash",
    "network_id",
    "snat",
    "subnet",
    "subnet_name",
    "trusted_set",
)  # what all that is on a network shares

_HOLE = re.compile(r"\{([a-z_]+)\}")  # an nftables set has a space after its brace


class Template:
    """Text with holes. `holes` names them; `unify` gives what they hold in a rule, None when it is another rule."""

    __slots__ = ("_format", "_pattern", "holes", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.holes = frozenset(_HOLE.findall(text))
        unknown = self.holes - HOLES.keys()
        if unknown:
            raise NetauditError(f"unknown hole {{{min(unknown)}}}", hint=f"holes are {', '.join(sorted(HOLES))}")
        self._format = _HOLE.sub(r"%(\1)s", text.replace("%", "%%"))
        self._pattern: re.Pattern[str] | None = None

    def fill(self, values: Mapping[str, str]) -> str:
        """Fill every hole; raises KeyError for a hole without a value."""
        return self._format % values

    def format_with(self, values: Mapping[str, str]) -> str:
        """Fill the holes that `values` fills; gives a format for the `%` operator that waits for the others."""

        def part(hole: re.Match[str]) -> str:
            value = values.get(hole[1])
            return f"%({hole[1]})s" if value is None else value.replace("%", "%%")

        return _HOLE.sub(part, self.text.replace("%", "%%"))

    def unify(self, text: str) -> dict[str, str] | None:
        """Find what the holes hold in `text`."""
        if self._pattern is None:
            self._pattern = re.compile(_pattern(self.text), re.DOTALL)
        found = self._pattern.fullmatch(text)
        return found.groupdict() if found else None


def _pattern(text: str) -> str:
    parts: list[str] = []
    seen: set[str] = set()
    end = 0
    for hole in _HOLE.finditer(text):
        name = hole[1]
        parts += [
            re.escape(text[end : hole.start()]),
            f"(?P={name})" if name in seen else f"(?P<{name}>{HOLES[name]})",
        ]
        seen.add(name)
        end = hole.end()
    return "".join([*parts, re.escape(text[end:])])
