"""Plan commands of Podman's on a real host, run them, and compare: what differs from the plan.

    python -m lab.podman_plans [--version VERSION] [--driver DRIVER]

The client is the release's own, run on this machine with that release's libraries: it is led to the stand-in.
"""

import argparse
import shlex
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

import netaudit
from lab.host import LabHost
from lab.podman import DRIVERS, RELEASES, Podman, podman_root
from lab.record_all import take
from netaudit.api.plan_files import read_plan
from netaudit.api.plans import PlanContext, judge_command
from netaudit.api.promises import keep_promise
from netaudit.standin.session import Client

_IDLE = "busybox:local /bin/busybox sleep 100000"
_FIRST = f"podman run -d --name first {_IDLE}"
COMMANDS = (
    f"podman run -d --name web -p 8080:80 {_IDLE}",
    "podman network create shop",
    f"podman run -d --name app --network shop -p 8090-8092:90-92 -p 127.0.0.1:8443:443 -p 5353:53/udp {_IDLE}",
    "podman network create --subnet 10.99.0.0/24 --opt isolate=true lone",
    f"podman run -d --name db --network lone --ip 10.99.0.9 {_IDLE}",
    "podman network create --subnet 10.98.0.0/24 --opt isolate=strict strict",
    f"podman run -d --name vault --network strict -p 9443:443 {_IDLE}",
    "podman network create --internal inner",
    f"podman run -d --name hidden --network inner -p 7000:70 {_IDLE}",
    "podman network create --subnet 10.97.0.0/24 --ipv6 --subnet 2001:db8:1:97::/64 dual",
    f"podman run -d --name both --network dual -p 8500:85 -p [2001:db8::10]:8501:85 {_IDLE}",
    "podman stop -t 0 app",
    "podman start app",
    f"podman run -d --name any -P --expose 99 {_IDLE}",
    f"podman run -d --name open --network host {_IDLE}",
    f"podman create --name idle -p 9000:90 {_IDLE}",
    "podman rm -f -t 0 web",
    "podman rm -f -t 0 vault both hidden",
    "podman network rm strict inner",
)


def client(version: str, folder: Path) -> Client:
    """Return a client that is the release's own program."""
    root = podman_root(RELEASES[version])
    libraries = f"{root}/usr/lib/x86_64-linux-gnu"
    program = folder / "podman"
    program.write_text(
        f"#!/bin/sh\nexec {root}/lib64/ld-linux-x86-64.so.2 --library-path {libraries} --argv0 podman"
        f' {root}/usr/bin/podman "$@"\n'
    )
    program.chmod(0o755)
    return Client((("PATH", f"{folder}:/usr/sbin:/usr/bin:/sbin:/bin"),), str(folder))


def attempts(
    version: str, driver: str, folder: Path, commands: Sequence[str] = COMMANDS
) -> Iterator[tuple[str, list[str]]]:
    """Plan each command, run it, and yield what differs: rules outside of the plan, or not where it says."""
    context = PlanContext(netaudit.load_auditor(), client=client(version, folder))
    with LabHost(uplink=True) as host, Podman(host, version, driver) as podman:
        podman.podman(*shlex.split(_FIRST)[1:])  # of the first container nothing shows which driver netavark has
        take(host, folder / "0")
        for number, command in enumerate(commands, 1):
            before = netaudit.load(folder / str(number - 1))
            plan = judge_command(before, shlex.split(command), context)
            podman.podman(*shlex.split(command)[1:])
            time.sleep(0.5)
            take(host, folder / str(number))
            made = folder / "plan.json"
            made.write_text(netaudit.render(plan, netaudit.PlanFormat.JSON))
            diff = netaudit.compare(before, netaudit.load(folder / str(number)))
            found = keep_promise(read_plan(made), diff)
            yield command, [str(msgspec.to_builtins(one)) for one in found if not (one.planned and one.change.reason)]


def main() -> int:
    """Try what was asked for; return the number of commands that went otherwise."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--version", default="", choices=["", *RELEASES])
    parser.add_argument("--driver", default="", choices=["", *DRIVERS])
    options = parser.parse_args()
    wrong = 0
    for version in [options.version] if options.version else RELEASES:
        for driver in [options.driver] if options.driver else DRIVERS:
            with tempfile.TemporaryDirectory() as name:
                for command, found in attempts(version, driver, Path(name)):
                    print(f"{version} {driver} {len(found)} differ: {command}", *found, sep="\n   ", flush=True)
                    wrong += bool(found)
    return wrong


if __name__ == "__main__":
    sys.exit(main())
