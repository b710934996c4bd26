"""The hosts of docs/tour.md and of the pictures: a small shop, and Docker's five kinds of networking.

python -m lab.tour [NAME …]      record them again, as root: tests/recordings/tour/NAME/STEP
"""

import json
import shutil
import sys

import packing

from lab.engine import NFT
from lab.record_all import record_steps
from lab.scenario import Scenario, does, network, remove, run

ENGINE = "28.5.2"
RECORDINGS = packing.RECORDINGS / "tour"
_SHOP = "--label com.docker.compose.project=shop"

TOUR = (
    Scenario(
        "15",
        "shop",
        (
            network("shop_front", _SHOP),
            network("shop_back", _SHOP),
            run("shop-web", f"--network shop_front {_SHOP} -p 80:80 -p 443:443"),
            run("shop-api", f"--network shop_front {_SHOP} -p 127.0.0.1:8080:8080"),
            does("docker network connect shop_back shop-api", "shop-api"),
            run("shop-cache", f"--network shop_back {_SHOP}"),
            run("grafana", "-p 192.0.2.10:3000:3000"),
            run("shop-db", f"--network shop_back {_SHOP}"),
            remove("shop-db"),
            run("shop-db", f"--network shop_back {_SHOP} -p 5432:5432"),
        ),
    ),
    Scenario(
        "68",
        "five-networks",
        (
            run("web", "-p 8080:80"),
            network("front"),
            run("shop", "--network front -p 8081:80"),
            run("guest", "--network container:shop"),
            does("docker run -d --name hosted --network host busybox:local httpd -f -p 8088 -h /", "hosted"),
            run("alone", "--network none"),
        ),
    ),
)


def main(names: list[str]) -> None:
    """Record the hosts that are named, or all."""
    for scenario in TOUR:
        if names and scenario.name not in names:
            continue
        folder = RECORDINGS / scenario.name
        shutil.rmtree(folder, ignore_errors=True)
        truth = [*record_steps(scenario, ENGINE, NFT, folder)]
        (folder / "truth.json").write_text(json.dumps(truth, indent=1) + "\n")
        packing.pack(packing.TREE, [f"tour/{scenario.name}"])


if __name__ == "__main__":
    main(sys.argv[1:])
