"""ICMP types and codes: their names in a listing -> the numbers of iptables-save (IANA: icmp-parameters)."""

import re
from collections.abc import Mapping

from netaudit.parse.listing.words import Words

_UNREACHABLE = (
    "network-unreachable host-unreachable protocol-unreachable port-unreachable fragmentation-needed "
    "source-route-failed network-unknown host-unknown - network-prohibited host-prohibited TOS-network-unreachable "
    "TOS-host-unreachable communication-prohibited host-precedence-violation precedence-cutoff"
)
_UNREACHABLE6 = (
    "no-route communication-prohibited beyond-scope address-unreachable port-unreachable failed-policy reject-route"
)
_ICMP = {
    "any": "any",
    "echo-reply": "0",
    "destination-unreachable": "3",
    "source-quench": "4",
    "redirect": "5",
    "echo-request": "8",
    "router-advertisement": "9",
    "router-solicitation": "10",
    "time-exceeded": "11",
    "parameter-problem": "12",
    "timestamp-request": "13",
    "timestamp-reply": "14",
    "address-mask-request": "17",
    "address-mask-reply": "18",
    "network-redirect": "5/0",
    "host-redirect": "5/1",
    "TOS-network-redirect": "5/2",
    "TOS-host-redirect": "5/3",
    "ttl-zero-during-transit": "11/0",
    "ttl-zero-during-reassembly": "11/1",
    "ip-header-bad": "12/0",
    "required-option-missing": "12/1",
    **{name: f"3/{code}" for code, name in enumerate(_UNREACHABLE.split())},
}
_ICMP6 = {
    "any": "any",
    "destination-unreachable": "1",
    "packet-too-big": "2",
    "time-exceeded": "3",
    "parameter-problem": "4",
    "echo-request": "128",
    "echo-reply": "129",
    "router-solicitation": "133",
    "router-advertisement": "134",
    "neighbour-solicitation": "135",
    "neighbor-solicitation": "135",
    "neighbour-advertisement": "136",
    "neighbor-advertisement": "136",
    "redirect": "137",
    "ttl-zero-during-transit": "3/0",
    "ttl-zero-during-reassembly": "3/1",
    "bad-header": "4/0",
    "unknown-header-type": "4/1",
    "unknown-option": "4/2",
    **{name: f"1/{code}" for code, name in enumerate(_UNREACHABLE6.split())},
}
_NUMBER = re.compile(r"\d{1,3}(?:-\d{1,3})?")


def read_icmp(found: re.Match[str], words: Words) -> list[str] | None:
    """Read `icmp echo-request`, `icmptype 3 code 4`, `ipv6-icmptype 128`; None for a type that has no such name."""
    six = words.family == "ip6"
    names: Mapping[str, str] = _ICMP6 if six else _ICMP
    number = found["name"] if _NUMBER.fullmatch(found["name"]) else names.get(found["name"])
    if number is None:
        return None
    code = f"/{found['code']}" if found["code"] else ""
    module, option = ("icmp6", "--icmpv6-type") if six else ("icmp", "--icmp-type")
    return ["-m", module, *(["!"] if found["n"] else []), option, "any" if number == "255" else number + code]
