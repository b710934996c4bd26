"""Record SERVERS=50 real sshd's and HOSTS=2000 others, of which some are slow, dead or lying: `make collect`."""

import shutil
import socket
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import packing

from fleets.servers import fleet_command, servers
from fleets.small import TODAY
from netaudit.fleet.query.asking import ask

_FOLDER = Path(__file__).resolve().parents[2] / ".fleet" / "collect"
_WAIT = 20  # seconds that a host may take
# What answers for hosts that are no servers, by the host's name; the others go to the real ssh.
_ANSWERS = """#!/bin/sh
for word; do case $word in
  slow-*) exec sleep 600 ;;
  dead-*) echo "ssh: connect to host $word port 22: Connection refused" >&2; exit 255 ;;
  strange-*) echo "Host key verification failed." >&2; exit 255 ;;
  lying-*) cat > /dev/null; head -c 5000 /dev/urandom; exit 0 ;;
  cut-*) cat > /dev/null; head -c 900 {folder}/answer.tar.gz; exit 0 ;;
  good-*) cat > /dev/null; exec cat {folder}/answer.tar.gz ;;
esac; done
exec /usr/bin/ssh -F {folder}/config "$@"
"""
_KINDS = {"good": 0.9, "slow": 0.005, "dead": 0.04, "strange": 0.02, "lying": 0.02, "cut": 0.015}


def main(real: int, hosts: int) -> int:
    """Print how long it took, and what failed why; each host that is good has to be there, and no other."""
    packing.unpack(packing.TREE)
    shutil.rmtree(_FOLDER, ignore_errors=True)
    _FOLDER.mkdir(parents=True)
    with socket.create_server(("127.0.0.1", 0)) as mute, servers(_FOLDER, real) as ports:
        names = [f"{kind}-{number:05d}" for kind, part in _KINDS.items() for number in range(int(hosts * part))]
        listed = [*(f"ssh://root@127.0.0.1:{port}" for port in (*ports, mute.getsockname()[1])), *names]
        (_FOLDER / "hosts").write_text("\n".join(listed))
        options = ["-o", str(_FOLDER / "kept"), "--at-once", "64", "--host-timeout", f"{_WAIT}", "--retries", "0"]
        start = time.monotonic()
        done = fleet_command(_FOLDER, "collect", str(_FOLDER / "hosts"), *options, answers=_ANSWERS)
    print(f"{time.monotonic() - start:.1f} s for {len(listed)} hosts, {real} of them real servers, 64 at once")
    print(done.stderr.splitlines()[-1])
    return _compare(listed, real)


def _compare(listed: list[str], real: int) -> int:
    """Hold what was kept, and the rows of what failed, against the names."""
    kept = {path.name.partition("-")[0] for path in (_FOLDER / "kept").iterdir() if path.is_dir()}
    number = sum(path.is_dir() for path in (_FOLDER / "kept").iterdir())
    good = sum(name.startswith("good-") for name in listed) + real
    command = [sys.executable, "-m", "netaudit", "fleet", "audit", str(_FOLDER / "kept"), "--no-exposure"]
    subprocess.run([*command, "--out", str(_FOLDER / "results"), "--today", f"{TODAY}"], check=True)
    rows = ask(_FOLDER / "results", "SELECT host, message FROM errors WHERE stage = 'collect'", TODAY).rows
    print(Counter(host.partition("-")[0] for host, _ in rows))
    right = number == good and kept == {"good", "127.0.0.1"} and len(rows) == len(listed) - good
    print(f"{number} hosts are kept, {good} are good, {len(rows)} failed: {'right' if right else 'WRONG'}")
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:3])))
