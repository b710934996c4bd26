"""How little is enough: what each kind of user can see is as docs/privileges.md says, source by source."""

import json
import os
import re
import sys
from pathlib import Path

import pytest
from lab.engine import Engine
from lab.host import REPOSITORY
from read_only_socket import SOCKET

pytestmark = pytest.mark.engine
DOCUMENT = REPOSITORY / "docs" / "privileges.md"
_NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
# What a column of the table is: capabilities, and Docker's socket.
USERS = {
    "plain user": ([*_NOBODY], "unix:///run/docker.sock"),
    "NET_ADMIN": ([*_NOBODY, "--inh-caps=+net_admin", "--ambient-caps=+net_admin"], "unix:///run/docker.sock"),
    "NET_ADMIN, GET-only socket": ([*_NOBODY, "--inh-caps=+net_admin", "--ambient-caps=+net_admin"], SOCKET),
    "root": ([], "unix:///run/docker.sock"),
}


def test_each_user_sees_what_the_table_says(guarded: tuple[Engine, Path]) -> None:
    engine = guarded[0]
    seen = {name: _seen(engine, *user) for name, user in USERS.items()}
    sources = sorted({source for column in seen.values() for source in column})
    lines = [f"| `{source}` | {' | '.join(seen[name].get(source, 'read') for name in USERS)} |" for source in sources]
    table = "\n".join([f"| | {' | '.join(USERS)} |", f"|---{'|---' * len(USERS)}|", *lines])
    written = _tables()
    if os.environ.get("UPDATE_GOLDENS"):
        DOCUMENT.write_text(DOCUMENT.read_text().replace(written[engine.backend], table))
        written = _tables()
    assert written[engine.backend] == table


def test_a_socket_that_only_reads_is_enough_and_every_request_was_announced(
    guarded: tuple[Engine, Path], tmp_path: Path
) -> None:
    engine, log = guarded
    log.unlink(missing_ok=True)
    record = ["-m", "netaudit", "record", "--print-commands", "--docker-host", SOCKET, "-o", str(tmp_path / "made")]
    said = engine.host.python(*record).stderr
    announced = [line.removeprefix("netaudit: ") for line in said.splitlines() if line.startswith("netaudit: GET ")]
    assert log.read_text().splitlines() == announced
    assert len(announced) > 10
    assert "could not see" not in said


_AS_SYSTEM = (
    "import sys; from netaudit.collect.asking import search_path; from netaudit.__main__ import script;"
    "search_path.SYSTEM_FOLDERS = (sys.argv.pop(1), *search_path.SYSTEM_FOLDERS); script()"
)  # root's programs are looked up in the system's folders: a folder of the test's is made one


def test_every_program_that_is_run_was_announced(guarded: tuple[Engine, Path], tmp_path: Path) -> None:
    engine = guarded[0]
    trace = tmp_path / "trace"
    for name in ("nft", "ip", "ss", "iptables-nft-save", "ip6tables-nft-save"):
        found = engine.host.run(["sh", "-c", f"command -v {name}"]).stdout.strip()
        (tmp_path / name).write_text(f'#!/bin/sh\necho {name} "$@" >> {trace}\nexec {found} "$@"\n')
        (tmp_path / name).chmod(0o755)
    record = ["record", "--print-commands", "-o", str(tmp_path / "made")]
    said = engine.host.run([sys.executable, "-c", _AS_SYSTEM, str(tmp_path), *record]).stderr.splitlines()
    announced = [line.removeprefix("netaudit: run ") for line in said if line.startswith("netaudit: run ")]
    assert [line for line in announced if not line.startswith(sys.executable)] == trace.read_text().splitlines()


def _seen(engine: Engine, enter: list[str], docker_host: str) -> dict[str, str]:
    """Give the reason of each gap; `nothing` where netaudit will not even make a recording."""
    code = (
        "import sys, json; from netaudit.collect.asking.options import Where;"
        "from netaudit.collect.collector import collect;"
        "print(json.dumps([[gap.source, gap.reason] for gap in collect(Where(docker_host=sys.argv[1])).gaps]))"
    )
    done = engine.host.run([*enter, sys.executable, "-c", code, docker_host])
    return dict(json.loads(done.stdout))


def _tables() -> dict[str, str]:
    """Find the table of each backend in the document."""
    found = re.findall(r"^## (iptables-\w+)\n(?:.*\n)*?((?:\|.*\n)+)", DOCUMENT.read_text(), re.MULTILINE)
    return {backend: table.rstrip("\n") for backend, table in found}
