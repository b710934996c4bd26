"""Hold plans of a swarm's commands against a real engine: `python -m live_plans.swarms [VERSION [BACKEND]]`.

Services on overlay networks with host-mode ports, containers on attachable ones, tasks that wait, and a stack. What
only the routing mesh would write is left out: the lab's kernel has no IPVS.
"""

import json
import shlex
import sys
import tempfile
import time
from pathlib import Path

from lab.engine import NFT, Engine
from lab.host import LabHost
from lab.image import IDLE

from live_plans.trial import Host, Trial

_SETTLES = 18.0  # seconds until a swarm's tasks have ended and begun
_SERVICE = "docker service create --no-resolve-image --detach"
_IDLE = shlex.join(IDLE)
_COMMANDS = (
    "docker network create -d overlay ov",
    f"{_SERVICE} --name web --network ov --publish mode=host,published=8080,target=80 {_IDLE}",
    (
        f"{_SERVICE} --name two --network ov --publish mode=host,published=8081,target=80"
        " --publish mode=host,published=8082,target=80"
        f" --publish mode=host,published=8083,target=53,protocol=udp {_IDLE}"
    ),
    f"{_SERVICE} --name any --network ov --publish mode=host,target=80 {_IDLE}",
    "docker service update --detach --publish-add mode=host,published=8085,target=85 web",
    "docker service rm two",
    "docker network create -d overlay --attachable --subnet 10.77.0.0/24 att",
    f"docker run -d --name solo --network att -p 8099:80 -p 127.0.0.1:8098:81 {_IDLE}",
    "docker network create front",
    "docker network connect front solo",
    "docker network disconnect front solo",
    "docker restart solo",
    "docker rm -f solo",
    "docker network create -d overlay --internal inner",
    f"{_SERVICE} --name shut --network inner --publish mode=host,published=8102,target=80 {_IDLE}",
    f"{_SERVICE} --mode global --name each --network ov --publish mode=host,published=8103,target=80 {_IDLE}",
    f"{_SERVICE} --name waits --replicas 2 --network ov --publish mode=host,published=8104,target=80 {_IDLE}",
    f"{_SERVICE} --name taken --network ov --publish published=8104,target=80 {_IDLE}",
    "docker stack deploy --detach=true --resolve-image never -c {stack} shop",
    "docker stack rm shop",
)
_PORTS = {"web": {"published": 8090, "mode": "host"}, "api": {"published": 9090, "mode": "ingress"}}


def attempt(version: str, backend: str) -> list[Trial]:
    """Try the commands on a host whose engine is a swarm of its own."""
    found = []
    with (
        LabHost(uplink=True) as machine,
        Engine(machine, version, backend) as engine,
        tempfile.TemporaryDirectory() as at,
    ):
        engine.docker("swarm", "init", "--advertise-addr", "192.0.2.10")
        time.sleep(_SETTLES)
        (stack := Path(at) / "stack.json").write_text(json.dumps(_stack()))
        host = Host(engine, Path(at), settles=_SETTLES)
        for command in _COMMANDS:
            found.append(host.attempt(shlex.split(command.format(stack=stack))))
            print("\n    ".join((command, *found[-1].differences)), flush=True)
    return found


def _stack() -> dict[str, object]:
    service = {"image": IDLE[0], "command": list(IDLE[1:]), "networks": ["net"]}
    services = {name: {**service, "ports": [{"target": 80, **port}]} for name, port in _PORTS.items()}
    return {"version": "3.8", "services": services, "networks": {"net": {"driver": "overlay"}}}


if __name__ == "__main__":
    named = sys.argv[1:]
    tried = attempt(*named, *("28.5.2", NFT)[len(named) :])
    sys.exit(any(one.differences for one in tried))
