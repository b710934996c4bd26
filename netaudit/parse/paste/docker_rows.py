"""`docker ps` and excerpts of `docker inspect` -> the JSON of `docker inspect`, as far as they say it."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

_ID = re.compile(r"[0-9a-f]{12,64}")
_COLUMNS = ("CONTAINER ID", "IMAGE", "COMMAND", "CREATED", "STATUS", "PORTS", "NAMES", "SIZE")
_PUBLISHED = re.compile(
    r"(?:(?P<ip>\[?[0-9a-fA-F:.]+\]?):)?(?P<host>\d+)(?:-(?P<host_end>\d+))?->(?P<port>\d+)(?:-(?P<end>\d+))?/(?P<protocol>\w+)"
)
_EXPOSED = re.compile(r"(?<![\w>.:-])(\d+)(?:-\d+)?/(tcp|udp|sctp)")
_STATUS = re.compile(r"\b(Up|Exited|Created|Restarting|Dead)\b")
_MOST = 1024
Json = dict[str, Any]


def rows_of(lines: Mapping[int, str]) -> Iterator[Json]:
    """Yield a container for each row; where a heading stands its columns tell, else what columns look like."""
    starts: dict[str, int] = {}
    for line in lines.values():
        if line.lstrip().startswith("CONTAINER ID"):
            starts = {name: line.index(name) for name in _COLUMNS if name in line}
        elif found := _ID.match(line.strip()):
            yield _container(found[0], line, starts)


def _container(identity: str, line: str, starts: Mapping[str, int]) -> Json:
    words = line.split()
    status = _STATUS.search(line)
    ports = line[status.end() :] if status else line
    image = words[1] if len(words) > 1 else ""
    return {
        "Id": identity,
        "Name": f"/{_name(line, words, starts)}",
        "State": {"Running": status is None or status[1] in ("Up", "Restarting")},
        "Config": {"Image": image, "ExposedPorts": {f"{port}/{kind}": {} for port, kind in _EXPOSED.findall(ports)}},
        "NetworkSettings": {"Ports": dict(_bindings(ports)), "Networks": {}},
    }


def _name(line: str, words: list[str], starts: Mapping[str, int]) -> str:
    """Return the last column; one that is cut off has no name."""
    at = starts.get("NAMES", -1)
    if 0 <= at < len(line) and line[at - 1 : at].isspace():
        below = line[at:].split()
        if "SIZE" in starts or len(below) < 2:
            return below[0] if below else ""
    last = words[-1]
    return "" if len(words) < 4 or "->" in last or "/" in last or _ID.fullmatch(last) else last


def _bindings(text: str) -> Iterator[tuple[str, list[Json]]]:
    found: dict[str, list[Json]] = {}
    for one in _PUBLISHED.finditer(text):
        first, host = int(one["port"]), int(one["host"])
        last = min(int(one["end"] or first), first + _MOST)
        for port in range(first, last + 1):
            address = (one["ip"] or "0.0.0.0").strip("[]")  # noqa: S104 (what Docker calls every address)
            known = "::" if address in ("::", ":") else address
            bound = {"HostIp": known, "HostPort": str(host + port - first)}
            found.setdefault(f"{port}/{one['protocol']}", []).append(bound)
    yield from found.items()


def objects_of(values: Iterable[Any]) -> tuple[list[Json], list[Json], list[Json]]:
    """Sort JSON into containers, networks and what nft printed; any other JSON is left away."""
    containers: list[Json] = []
    networks: list[Json] = []
    rulesets: list[Json] = []
    for value in values:
        for one in value if isinstance(value, list) else [value]:
            if not isinstance(one, dict):
                continue
            if "nftables" in one:
                rulesets.append(one)
            elif "IPAM" in one or ("Driver" in one and "Scope" in one):
                networks.append(one)
            elif not {"NetworkSettings", "Networks", "Ports"}.isdisjoint(one):
                containers.append(_whole(one))
    return containers, networks, rulesets


def _whole(one: Json) -> Json:
    """Return an excerpt as a container: it runs, or nobody would show its networks."""
    settings = one.get("NetworkSettings") or {key: one[key] for key in ("Networks", "Ports") if key in one}
    state = one.get("State") if isinstance(one.get("State"), dict) else {"Running": True}
    return {**one, "Id": str(one.get("Id") or one.get("ID") or ""), "State": state, "NetworkSettings": settings}
