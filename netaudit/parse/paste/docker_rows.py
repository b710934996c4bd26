"""`docker ps` and excerpts of `docker inspect` -> the JSON of `docker inspect`, as far as they say it."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

_ID = re.compile(r"[0-9a-f]{12,64}")
_HEADING = re.compile(r"\s*(?:CONTAINER ID|NAMES?)\s+[A-Z]")
_COLUMN = re.compile(r"[A-Z]+(?: [A-Z]+)*")
_GAPS = re.compile(r"[ \t]{2,}|\t")
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
        if _HEADING.match(line):
            starts = {found[0]: found.start() for found in _COLUMN.finditer(line)}
        elif found := _ID.match(line.strip()):
            yield _container(found[0], line, starts)
        elif (named := {"NAME", "NAMES"}.intersection(starts)) and "CONTAINER ID" not in starts:
            yield _named(line, starts, named.pop())


def once_each(rows: Iterable[Json]) -> Iterable[Json]:
    """Return each container once: the later row counts, but for one that shows less of it."""
    found: dict[str, Json] = {}
    for row in rows:
        key = row["Name"] if len(row["Name"]) > 1 else row["Id"]
        if key not in found or _ID.fullmatch(row["Id"]):
            found[key] = row
    return found.values()


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


def published_by(lines: Iterable[str]) -> Iterator[Json]:
    """Yield a container for each of which `docker port` told: its name or identity stands before each line."""
    ports: dict[str, list[str]] = {}
    for line in lines:
        container, port, _, address = line.split()
        ports.setdefault(container, []).append(f"{address}->{port}")
    for container, said in ports.items():
        row = _container(container, f"{container} . Up {' '.join(said)}", {})
        yield {**row, "Name": "/" if _ID.fullmatch(container) else f"/{container}", "Config": {}}


def _named(line: str, starts: Mapping[str, int], column: str) -> Json:
    """Return a container that is shown without its identity: its name stands for it."""
    cells = dict(_cells(line, starts))
    name = cells.get(column, "").split(" ")[0]
    row = _container(name, f"{name} {cells.get('IMAGE', '')} {cells.get('STATUS', '')} {cells.get('PORTS', '')}", {})
    return {**row, "Name": f"/{name}", "Config": {**row["Config"], "Image": cells.get("IMAGE", "")}}


def _cells(line: str, starts: Mapping[str, int]) -> Iterator[tuple[str, str]]:
    """Cut a row at its columns; where they are not below their headings, at two spaces and more."""
    columns = sorted(starts.items(), key=lambda one: one[1])
    if all(at == 0 or line[at - 1 : at].isspace() or at >= len(line) for _, at in columns):
        ends = [*(at for _, at in columns[1:]), len(line)]
        yield from ((name, line[at:end].strip()) for (name, at), end in zip(columns, ends, strict=True))
    else:
        yield from zip((name for name, _ in columns), _GAPS.split(line.strip()), strict=False)


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
