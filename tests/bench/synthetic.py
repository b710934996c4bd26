"""A host as large as one asks: a recording of it, and its ruleset for iptables-restore.

Built from a real recording of engine 28.5: every container has what that engine writes for one published port, so a
host of N containers has 3 N rules and some.
"""

import json
from collections.abc import Iterator
from pathlib import Path

from netaudit.model.facts import Facts, Source
from netaudit.model.netfilter.ruleset import Backend
from netaudit.parse.iptables.save import parse_save
from netaudit.store import load

_ADDRESSES = 250  # containers per /24 of 172.17.0.0/16, and beyond 64,000 of what follows it


def make_facts(model: Path, containers: int, *, later: bool = False) -> Facts:
    """Multiply a recording of a host with an engine and no containers; `later`, some of its rules have counted on."""
    facts = load(model)
    inspected = [_container(number, _bridge_id(facts)) for number in range(containers)]
    files = {
        **facts.files,
        Source.IPTABLES_NFT: make_save(facts, containers, later=later).encode(),
        Source.DOCKER_CONTAINERS: json.dumps(inspected).encode(),
    }
    return Facts(files=files, gaps=facts.gaps, unused=facts.unused, host="synthetic", taken_at=facts.taken_at)


def make_save(facts: Facts, containers: int, *, later: bool = False) -> str:
    """Print the ruleset as iptables-nft-save -c would; one rule in ten has met packets, and does so still."""
    text = facts.files[Source.IPTABLES_NFT].decode()
    tables = parse_save(text, backend=Backend.IPTABLES_NFT, family="ip", source="model")
    rules = {(table.name, chain.name): [r.text for r in chain.rules] for table in tables for chain in table.chains}
    policies = {(table.name, chain.name): chain.policy or "-" for table in tables for chain in table.chains}
    for key in (("raw", "PREROUTING"), ("raw", "OUTPUT")):
        rules.setdefault(key, [])
        policies.setdefault(key, "ACCEPT")
    numbers = range(containers)
    rules["nat", "DOCKER"] += [
        f"-A DOCKER ! -i docker0 -p tcp -m tcp --dport {_port(n)} -j DNAT --to-destination {_address(n)}:80"
        for n in numbers
    ]
    rules["raw", "PREROUTING"] += [f"-A PREROUTING -d {_address(n)}/32 ! -i docker0 -j DROP" for n in numbers]
    rules["filter", "DOCKER"][:0] = [
        f"-A DOCKER -d {_address(n)}/32 ! -i docker0 -o docker0 -p tcp -m tcp --dport 80 -j ACCEPT"
        for n in reversed(numbers)
    ]
    return "\n".join(_print(rules, policies, 2 if later else 1)) + "\n"


def _print(rules: dict[tuple[str, str], list[str]], policies: dict[tuple[str, str], str], times: int) -> Iterator[str]:
    for table in dict.fromkeys(table for table, _ in rules):
        yield f"*{table}"
        chains = [chain for of, chain in rules if of == table]
        yield from (f":{chain} {policies[table, chain]} [0:0]" for chain in chains)
        texts = (rule for chain in chains for rule in rules[table, chain])
        yield from (f"{_counted(at, times)} {text}" for at, text in enumerate(texts))
        yield "COMMIT"


def _counted(at: int, times: int) -> str:
    packets = 0 if at % 10 else at * times
    return f"[{packets}:{60 * packets}]"


def _address(number: int) -> str:
    block, last = divmod(number, _ADDRESSES)
    return f"172.{17 + block // 256}.{block % 256}.{last + 2}"


def _port(number: int) -> int:
    return 1024 + number


def _bridge_id(facts: Facts) -> str:
    networks = json.loads(facts.files[Source.DOCKER_NETWORKS])
    return str(next(network["Id"] for network in networks if network["Name"] == "bridge"))


def _container(number: int, network: str) -> dict[str, object]:
    """Give what `netaudit record` keeps of a container."""
    ports = {"80/tcp": [{"HostIp": host, "HostPort": str(_port(number))} for host in ("0.0.0.0", "::")]}
    endpoint = {
        "NetworkID": network,
        "EndpointID": f"{number:064x}",
        "Gateway": "172.17.0.1",
        "IPAddress": _address(number),
        "IPPrefixLen": 16,
        "IPv6Gateway": "",
        "GlobalIPv6Address": "",
        "GlobalIPv6PrefixLen": 0,
        "MacAddress": "02:42:ac:11:00:02",
    }
    return {
        "Id": f"{number + 1:064x}",
        "Name": f"/c{number}",
        "State": {"Status": "running", "Running": True, "Pid": 1000 + number},
        "Config": {"Image": "busybox:local", "ExposedPorts": {"80/tcp": {}}},
        "HostConfig": {"NetworkMode": "bridge", "Links": None},
        "NetworkSettings": {
            "SandboxKey": f"/var/run/docker/netns/{number:012x}",
            "Ports": ports,
            "Networks": {"bridge": endpoint},
        },
    }
