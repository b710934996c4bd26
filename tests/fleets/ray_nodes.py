"""Audit a fleet on a Ray cluster of two nodes, kill one, and compare all with a local audit: `make ray`."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import packing

from fleets.generate import make_fleet
from fleets.same import audit_command, files_of
from netaudit.fleet.results.results import SPOOL

_FOLDER = Path(__file__).resolve().parents[2] / ".fleet" / "ray"
_ROWS = 200_000  # bytes of rows in the spool when the node is killed: about thirty hosts are done


def main(hosts: int, seed: int) -> int:
    """Print what was done, and every file that is not the same."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    packing.unpack(packing.TREE)
    shutil.rmtree(_FOLDER, ignore_errors=True)
    make_fleet(_FOLDER / "fleet", hosts, hosts // 10, seed)
    subprocess.run(audit_command(_FOLDER / "fleet", _FOLDER / "local"), check=True)
    failed = _audit_on_two_nodes()
    local, spread = files_of(_FOLDER / "local"), files_of(_FOLDER / "spread")
    other = sorted(name for name in {*local, *spread} if local.get(name) != spread.get(name))
    print(*other, f"{len(local)} files, {len(other)} of them are not the same", sep="\n")
    return 1 if failed or other or not local else 0


def _audit_on_two_nodes() -> bool:
    """Audit, and kill a node in the middle; tell whether that went wrong."""
    from ray.cluster_utils import Cluster  # noqa: PLC0415 (an extra of 240 MB, for this alone)

    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    try:
        victim = cluster.add_node(num_cpus=1)
        command = audit_command(_FOLDER / "fleet", _FOLDER / "spread", "--engine", "ray://")
        with subprocess.Popen(command, env={**os.environ, "RAY_ADDRESS": cluster.address}) as run:
            spooled = _wait_for_rows(run)
            cluster.remove_node(victim, allow_graceful=False)
            print(f"a node of two was killed when {spooled >> 10} KiB of rows were there", flush=True)
            return run.wait() != 0 or spooled == 0
    finally:
        cluster.shutdown()


def _wait_for_rows(run: subprocess.Popen[bytes]) -> int:
    """Wait until some hosts are done; 0 where the audit ends before."""
    spool = _FOLDER / "spread" / SPOOL
    while run.poll() is None:
        if spool.exists() and (size := spool.stat().st_size) > _ROWS:
            return size
        time.sleep(0.05)
    return 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:3])))
