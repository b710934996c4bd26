"""Put a user's rootless Podman on a host: record it, and hold its exposure against real packets.

    python -m lab.rootless_all [--version VERSION] [--driver DRIVER]

The recordings are tests/recordings/podman-VERSION-rootless/DRIVER/STEP, packed afterwards: 01 without the user's API,
02 with it and `--inside`, 03 after the host's own rule closed a port.
"""

import argparse
import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import packing

from lab.cells import Found
from lab.host import LabHost
from lab.podman import DRIVERS, RELEASES
from lab.probing import Crowd
from lab.rootless import SOCKET, RootlessPodman
from lab.surroundings import Surroundings

_IDLE = ("busybox:local", "/bin/busybox", "sleep", "100000")
_STEPS = (
    "run -d --name web -p 8080:80",
    "network create shop",
    "run -d --name app --network shop -p 8090:80 -p 127.0.0.1:8091:81/udp",
    "run -d --name slirp --network slirp4netns:port_handler=slirp4netns -p 8100:80",
    "run -d --name forwarded --network slirp4netns -p 8101:80",
)
_CLOSE = "iptables -A INPUT -i eth0 -p tcp --dport 8090 -j DROP"
_API = ("--docker-host", f"unix://{SOCKET}")


class UsersCrowd(Crowd):
    """A crowd around a host whose containers are a user's."""

    def table(self) -> list[dict[str, object]]:
        """Compute the exposure table with the user's inventory."""
        done = self.host.python("-m", "netaudit", "exposure", "--containers", "--format", "json", *_API)
        return list(json.loads(done.stdout)["exposure"])


def look_around(version: str, driver: str, folder: Path) -> Iterator[tuple[str, Found]]:
    """Run containers as a user, record the host, and try everything before and after the host closes a port."""
    with (
        LabHost(uplink=True) as host,
        RootlessPodman(host, version, driver) as podman,
        Surroundings(host) as around,
        UsersCrowd(cast("Any", podman), around) as crowd,
    ):
        for step in _STEPS:
            podman.podman(*step.split(), *(_IDLE if step.startswith("run") else ()))
        host.python("-m", "netaudit", "record", "-o", str(folder / "01"))
        host.python("-m", "netaudit", "record", "--inside", *_API, "-o", str(folder / "02"))
        yield "all run", crowd.look()
        host.run(_CLOSE.split())
        host.python("-m", "netaudit", "record", "--inside", *_API, "-o", str(folder / "03"))
        yield _CLOSE, crowd.look()


def main() -> int:
    """Run what was asked for; return the number of cells that disagreed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--version", default="", choices=["", *RELEASES])
    parser.add_argument("--driver", default="", choices=["", *DRIVERS])
    options = parser.parse_args()
    packing.unpack(packing.TREE)
    wrong = 0
    for version in [options.version] if options.version else RELEASES:
        for driver in [options.driver] if options.driver else DRIVERS:
            name = f"podman-{version}-rootless/{driver}"
            folder = packing.RECORDINGS / name
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            for step, found in look_around(version, driver, folder):
                cells, may = len(found.predicted), found.count("may")
                print(f"{version} {driver}, {step}: {cells} cells, {may} may, {len(found.disagreements)} wrong")
                print(*found.disagreements, sep="\n", flush=True)
                wrong += len(found.disagreements)
            packing.pack(packing.TREE, [name])
    return wrong


if __name__ == "__main__":
    sys.exit(main())
