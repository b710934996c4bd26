"""`ip addr` as people paste it -> the JSON that `ip -j addr` prints."""

import re
from collections.abc import Iterable
from typing import Any

Json = dict[str, Any]
_MASTER = re.compile(r" master (\S+)")
_STATE = re.compile(r" state (\w+)")
_GROUP = re.compile(r" group (\S+)")
_HEAD = re.compile(r"\s*(\d+): ([\w.:-]+?)(?:@([\w.:-]+))?: <([A-Z0-9_,-]*)>")
_ETHER = re.compile(r"\s*link/(\S+)(?: ([0-9a-f:]{17}))?")
_INET = re.compile(r"\s*inet6? (\S+?)/(\d+) ")
_SCOPE = re.compile(r" scope (\w+)")
_KINDS = {"br-": "bridge", "docker": "bridge", "veth": "veth", "wg": "wireguard", "tun": "tun"}


def addresses_of(lines: Iterable[str]) -> list[Json]:
    """Read `ip addr`."""
    found: list[Json] = []
    for line in lines:
        if head := _HEAD.match(line):
            found.append(_interface(head, line))
        elif found and (address := _INET.match(f"{line} ")):
            scope = _SCOPE.search(line)
            one = {"local": address[1], "prefixlen": int(address[2]), "scope": scope[1] if scope else "global"}
            found[-1]["addr_info"].append(one)
        elif found and (link := _ETHER.match(line)):
            found[-1]["link_type"] = link[1]
            found[-1]["address"] = link[2] or ""
    return found


def _interface(head: re.Match[str], line: str) -> Json:
    name = head[2]
    kind = next((kind for prefix, kind in _KINDS.items() if name.startswith(prefix)), "")
    found: Json = {"ifindex": int(head[1]), "ifname": name, "flags": head[4].split(","), "addr_info": []}
    for key, pattern in (("master", _MASTER), ("operstate", _STATE), ("group", _GROUP)):
        if said := pattern.search(line):
            found[key] = said[1]
    if head[3] and head[3].startswith("if") and head[3][2:].isdecimal():
        found |= {"link_index": int(head[3][2:]), "link_netnsid": 0}
    elif head[3]:
        found["link"] = head[3]
    return found | ({"linkinfo": {"info_kind": kind}} if kind else {})
