"""Scenarios about the daemon: its options, its end and its return, other people's rules, swarm."""

import shutil

from lab.engine import Engine
from lab.scenario import (
    BOTH,
    DAEMON,
    OPERATOR,
    Scenario,
    Step,
    does,
    ends,
    network,
    network_gone,
    operator,
    remove,
    restart,
    run,
    upgrade,
)

_NO_PROXY = ("--userland-proxy=false",)
_LIVE = ("--live-restore",)
_WEB = (run("web", "-p 8080:80"), remove("web"))
_USER_NET = (network("n1"), run("u1", "--network n1 -p 8201:80"))
_KILL = Step("kill -9 dockerd", DAEMON, Engine.kill)
_START = Step("start dockerd", DAEMON, Engine.start)
_WSLINFO = "printf '#!/bin/sh\\necho mirrored\\n' > {0}; chmod +x {0}"


def _kill_and_forget(engine: Engine) -> None:
    """Kill the daemon and delete what it knew of networks and containers."""
    engine.kill()
    engine.host.run(["sh", "-c", "ip -o link show type bridge | cut -d: -f2 | xargs -r -n1 ip link del"])
    for folder in ("network", "containers"):
        shutil.rmtree(engine.host.state / folder, ignore_errors=True)


def _mimic_wsl2(engine: Engine) -> None:
    engine.host.run(["sh", "-ec", _WSLINFO.format(engine.inside("/usr/bin/wslinfo"))])
    engine.restart()


DAEMONS = (
    Scenario("48 75", "no-proxy-one-port", _WEB, _NO_PROXY, backends=BOTH),
    Scenario("48", "no-proxy-loopback", (run("db", "-p 127.0.0.1:5432:5432"), remove("db")), _NO_PROXY),
    Scenario("48", "no-proxy-user-net", (*_USER_NET, remove("u1"), network_gone("n1")), _NO_PROXY),
    Scenario(
        "48",
        "no-proxy-dual-stack",
        (
            network("n9", "--ipv6 --subnet fd00:9::/64"),
            run("u9", "--network n9 -p 8209:80 -p [::1]:8210:81"),
            remove("u9"),
        ),
        _NO_PROXY,
        since=(27,),
    ),
    Scenario(
        "49",
        "no-proxy-host-ipv4",
        (network("n1", "-o com.docker.network.host_ipv4=192.0.2.10"), run("u1", "--network n1 -p 8201:80")),
        _NO_PROXY,
    ),
    Scenario("50", "proxy-off-and-on", (*_USER_NET, restart(*_NO_PROXY), restart())),
    Scenario(
        "51",
        "icc-off-link",
        (
            run("db", "--expose 5432"),
            run("web", "--link db:db -p 8080:80"),
            ends("docker stop db", "db"),
            does("docker start db", "db"),
            ends("docker stop web", "web"),
        ),
        ("--icc=false",),
    ),
    Scenario("53", "daemon-no-masquerade", _WEB, ("--ip-masq=false",)),
    Scenario("53", "daemon-ip", (run("web", "-p 8080:80"), *_USER_NET), ("--ip=127.0.0.1",)),
    Scenario("53", "daemon-bip", _WEB, ("--bip=172.31.5.1/24", "--fixed-cidr=172.31.5.128/25")),
    Scenario("53", "daemon-no-bridge", _USER_NET, ("--bridge=none",)),
    Scenario(
        "54", "iptables-off-later", (*_WEB[:1], *_USER_NET, restart("--iptables=false"), network("n2"), remove("u1"))
    ),
    Scenario(
        "55",
        "ip6tables-off",
        (network("n9", "--ipv6 --subnet fd00:9::/64"), run("u9", "--network n9 -p 8209:80")),
        ("--ip6tables=false",),
        since=(27,),
    ),
    Scenario("56", "direct-routing", (*_WEB[:1], *_USER_NET), ("--allow-direct-routing",), since=(28, 2)),
    Scenario(
        "56",
        "no-raw-rules",
        (*_WEB[:1], run("db", "-p 127.0.0.1:5432:5432")),
        environment={"DOCKER_INSECURE_NO_IPTABLES_RAW": "1"},
        since=(28,),
    ),
    Scenario("57", "forward-no-drop", _WEB, ("--ip-forward-no-drop",), since=(28,)),
    Scenario("1", "no-forwarding", _WEB, ("--ip-forward=false",)),
    Scenario("59", "live-restore", (*_WEB[:1], *_USER_NET, restart(*_LIVE)), _LIVE, backends=BOTH),
    Scenario("59", "restart-stops-containers", (*_WEB[:1], *_USER_NET, restart())),
    Scenario("60", "daemon-killed", (*_WEB[:1], *_USER_NET, _KILL, _START)),
    Scenario("60", "daemon-killed-live", (*_WEB[:1], *_USER_NET, _KILL, _START), _LIVE),
    Scenario(
        "61",
        "store-deleted",
        (*_WEB[:1], *_USER_NET, Step("kill -9 dockerd; delete its store", DAEMON, _kill_and_forget), _START),
    ),
    Scenario("63", "upgrade-to-28", (*_WEB[:1], *_USER_NET, upgrade("28.5.2")), _LIVE, since=(26,), before=(27,)),
    Scenario("64", "downgrade-to-26", (*_WEB[:1], *_USER_NET, upgrade("26.1.5")), _LIVE, since=(28,)),
    Scenario(
        "66",
        "operators-rules",
        (
            run("web", "-p 8080:80"),
            operator("iptables -I DOCKER-USER -s 198.51.100.0/24 -j DROP"),
            operator("iptables -I FORWARD -p tcp --dport 25 -j REJECT"),
            operator("iptables -t nat -A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE"),
            operator("iptables -A INPUT -p tcp --dport 22 -m comment --comment its-ssh -j ACCEPT"),
            operator("iptables -P INPUT DROP"),
            remove("web"),
        ),
        backends=BOTH,
    ),
    Scenario("67", "forward-flushed", (*_WEB[:1], operator("iptables -F FORWARD"), *_USER_NET)),
    Scenario(
        "69",
        "swarm",
        (
            Step("docker swarm init --advertise-addr 192.0.2.10", DAEMON),
            Step(
                "docker service create --no-resolve-image --name web --publish 8080:80"
                " busybox:local /bin/busybox sleep 100000",
                {"kind": "service", "name": "web"},
            ),
            Step("docker service scale web=2", {"kind": "service", "name": "web"}),
            Step("docker service rm web", {"kind": "service", "name": "web", "removed": True}),
            Step("docker swarm leave --force", {**DAEMON, "removed": True}),
        ),
    ),
    Scenario(
        "70",
        "swarm-host-mode",
        (
            Step("docker swarm init --advertise-addr 192.0.2.10", DAEMON),
            Step(
                "docker service create --no-resolve-image --name web --publish mode=host,published=8080,target=80"
                " busybox:local /bin/busybox sleep 100000",
                {"kind": "service", "name": "web"},
            ),
        ),
    ),
    Scenario(
        "71",
        "swarm-encrypted",
        (
            Step("docker swarm init --advertise-addr 192.0.2.10", DAEMON),
            network("ov", "-d overlay --opt encrypted --attachable"),
            run("task", "--network ov"),
        ),
    ),
    Scenario(
        "72",
        "wsl2-mirrored",
        (
            Step("ip link add loopback0 type bridge", OPERATOR),
            Step("install /usr/bin/wslinfo; restart dockerd", DAEMON, _mimic_wsl2),
            run("db", "-p 127.0.0.1:8080:80"),
        ),
        since=(28,),
    ),
)
