"""A synthetic host -> its recording: what Docker and the firewall programs of that version would have printed."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from netaudit.model.facts import Facts, Source
from synthetic import iptables_engine, nftables_engine
from synthetic.hosts import Ctr, End, Host, Net, Rules

_OPTION = "com.docker.network."
_SAVES = {
    ("iptables-nft", "ip"): Source.IPTABLES_NFT,
    ("iptables-nft", "ip6"): Source.IP6TABLES_NFT,
    ("iptables-legacy", "ip"): Source.IPTABLES_LEGACY,
    ("iptables-legacy", "ip6"): Source.IP6TABLES_LEGACY,
}


def ident(name: str) -> str:
    """Make the id of a network or container."""
    return hashlib.sha256(name.encode()).hexdigest()


def written(host: Host) -> Mapping[str, Rules]:
    """Give the rules of each family, with their causes."""
    engine = nftables_engine if host.backend == "nftables" else iptables_engine
    return {family: engine.write(host, family) for family in ("ip", "ip6")}


def facts(host: Host, nft: bytes | None = None) -> Facts:
    """Give the recording; `nft` is what `nft -j list ruleset` says where the backend is nftables."""
    files: dict[str, bytes] = {
        Source.DOCKER_VERSION: _json({"Client": {"Version": host.version}, "Server": {"Version": host.version}}),
        Source.DOCKER_INFO: _json(_info(host)),
        Source.DOCKER_NETWORKS: _json([_network(net, host) for net in host.nets]),
        Source.DOCKER_CONTAINERS: _json([_container(ctr, host) for ctr in host.ctrs]),
        Source.IP_ADDR: _json([{"ifname": "lo"}] + ([{"ifname": "loopback0"}] if host.wsl2 else [])),
    }
    if host.told:
        files[Source.DOCKERD_ARGV] = "\n".join(_arguments(host)).encode()
    if nft is not None:
        files[Source.NFT_RULESET] = nft
    else:
        for family, rules in written(host).items():
            files[_SAVES[host.backend, family]] = save(rules).encode()
    return Facts(files=files, unused=(Source.DAEMON_JSON,))


def save(rules: Rules) -> str:
    """Print rules as iptables-save -c does."""
    lines = []
    for table in dict.fromkeys(table for table, _ in rules.chains):
        own = {name: texts for (of, name), texts in rules.chains.items() if of == table}
        if table in ("raw", "mangle") and not any(own.values()):
            continue
        lines += [f"*{table}", *(f":{name} {rules.policies[table, name]} [0:0]" for name in own)]
        lines += [f"[0:0] {text}" for texts in own.values() for text in texts]
        lines.append("COMMIT")
    return "\n".join(lines) + "\n"


def _json(value: object) -> bytes:
    return json.dumps(value).encode()


def _arguments(host: Host) -> Iterator[str]:
    yield "/usr/bin/dockerd"
    if not host.proxy:
        yield "--userland-proxy=false"
    if not host.iptables:
        yield "--iptables=false"
    if host.ip6tables is not None:
        yield f"--ip6tables={str(host.ip6tables).lower()}"
    if host.direct_routing:
        yield "--allow-direct-routing"
    if host.fwmark:
        yield from ("--bridge-accept-fwmark", fwmark_option(host.fwmark))


def fwmark_option(printed: str) -> str:
    """Give what the daemon was told for a mark that iptables or nft prints."""
    mask, _, mark = printed.removeprefix("& ").rpartition(" == ")
    return f"{int(mark, 16)}/{mask}" if mask else printed


def _info(host: Host) -> dict[str, Any]:
    info: dict[str, Any] = {
        "ServerVersion": host.version,
        "Swarm": {"LocalNodeState": "active" if host.swarm else "inactive"},
        "Warnings": None,
    }
    if host.at >= (28, 1):
        info["FirewallBackend"] = {"Driver": "nftables" if host.backend == "nftables" else "iptables"}
    return info


def _network(net: Net, host: Host) -> dict[str, Any]:
    members = {
        ident(ctr.name): {"Name": ctr.name, "IPv4Address": f"{end.ip}/16" if end.ip else "", "IPv6Address": ""}
        for ctr in host.ctrs
        for end in ctr.ends
        if end.net == net.name and net.name != "docker_gwbridge"
    }
    members |= {name: {"Name": name, "IPv4Address": f"{address}/16"} for name, address in net.members}
    raw: dict[str, Any] = {
        "Name": net.name,
        "Id": ident(net.name),
        "Driver": net.driver,
        "EnableIPv6": bool(net.subnet6),
        "IPAM": {"Driver": "default", "Config": [{"Subnet": one} for one in (net.subnet, net.subnet6) if one]},
        "Internal": net.internal,
        "ConfigOnly": False,
        "Containers": members,
        "Options": dict(_options(net)) or None,
    }
    return raw | ({"EnableIPv4": bool(net.subnet)} if host.at >= (28,) else {})


def _options(net: Net) -> Iterator[tuple[str, str]]:
    bridge = _OPTION + "bridge."
    if net.name == "bridge":
        yield bridge + "default_bridge", "true"
    if net.vxlan_id:
        yield _OPTION + "driver.overlay.vxlanid_list", str(net.vxlan_id)
        yield "encrypted", ""
    if net.driver == "bridge":
        yield bridge + "name", net.bridge
        yield bridge + "enable_icc", str(net.icc).lower()
        yield bridge + "enable_ip_masquerade", str(net.masquerade).lower()
        yield from ((name, value) for name, value in _set_options(net).items() if value)


def _set_options(net: Net) -> dict[str, str]:
    """Give the options that a network has only where it was told."""
    bridge = _OPTION + "bridge."
    return {
        _OPTION + "host_ipv4": net.snat,
        _OPTION + "host_ipv6": net.snat6,
        bridge + "gateway_mode_ipv4": net.mode.removeprefix("nat") and net.mode,
        bridge + "gateway_mode_ipv6": net.mode6.removeprefix("nat") and net.mode6,
        bridge + "trusted_host_interfaces": ":".join(net.trusted),
    }


def _container(ctr: Ctr, host: Host) -> dict[str, Any]:
    ports: dict[str, Any] = {f"{port}/tcp": None for port in ctr.exposed}
    for port in ctr.ports:
        own = ports.get(f"{port.container}/{port.protocol}") or []
        binding = {"HostIp": port.host_ip, "HostPort": str(port.host) if port.host else ""}
        ports[f"{port.container}/{port.protocol}"] = [*own, binding]
    return {
        "Id": ident(ctr.name),
        "Name": f"/{ctr.name}",
        "State": {"Status": "running", "Running": True, "Pid": 4711},
        "Config": {"Image": "busybox", "ExposedPorts": {name: {} for name in ports} or None},
        "HostConfig": {
            "NetworkMode": ctr.ends[0].net if ctr.ends else "none",
            "Links": [f"/{name}:/{ctr.name}/{name}" for name in ctr.links] or None,
        },
        "NetworkSettings": {
            "SandboxKey": f"/var/run/docker/netns/{ident(ctr.name)[:12]}",
            "Ports": ports,
            "Networks": {end.net: _endpoint(end, host) for end in ctr.ends if end.net != "docker_gwbridge"},
        },
    }


def _endpoint(end: End, host: Host) -> dict[str, Any]:
    raw: dict[str, Any] = {
        "IPAMConfig": None,
        "Links": None,
        "NetworkID": ident(end.net),
        "EndpointID": ident(end.net + end.ip),
        "Gateway": end.ip.rpartition(".")[0] + ".1" if end.ip else "",
        "IPAddress": end.ip,
        "IPv6Gateway": end.ip6.rpartition("::")[0] + "::1" if end.ip6 else "",
        "GlobalIPv6Address": end.ip6,
    }
    return raw | ({"GwPriority": end.priority} if host.at >= (28,) else {})
