"""The shell script records what netaudit itself records, under any shell, and leaves the host as it was."""

import json
import re
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from lab.engine import LEGACY, NFT, Engine
from lab.host import LabHost
from lab.image import IDLE

from netaudit.collect.remote.script import recording_script

pytestmark = pytest.mark.engine
SHELLS = {"dash": ["dash"], "busybox": ["busybox", "sh"]}
_STATE = "cat /proc/net/ip_tables_names /proc/net/ip6_tables_names; nft -s list ruleset; ip route"
_SECRETS = ("-e", "TOKEN=hunter2", "--label", "key=hunter2", "-v", "/hunter2:/hunter2")
_WAIVER = 'reason=the "monitoring" needs it; owner=ops; until=2099-12-31'
_WAIVED = ("--label", f"netaudit.waive.docker-socket-mounted={_WAIVER}", "-v", "/run/docker.sock:/docker.sock:ro")


@pytest.fixture(scope="module", params=[NFT, LEGACY])
def busy_engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """An engine with two containers, one network and something to hide."""
    with LabHost(uplink=True) as host:
        config = '{"icc": true, "userland-proxy": false, "labels": ["key=hunter2"], "registry-mirrors": []}'
        host.run(["sh", "-c", "cat > /etc/docker/daemon.json"], stdin=config.encode())
        with Engine(host, backend=request.param, options=["--log-opt", "tag=hunter2"]) as engine:
            engine.docker("network", "create", "shop", "--label", "key=hunter2")
            engine.docker("run", "-d", "--name", "web", *_SECRETS, "-p", "8080:80", *IDLE)
            own = ("--network", "shop", "-p", "127.0.0.1:5432:5432")
            engine.docker("run", "-d", "--name", "db", *_WAIVED, *own, *IDLE)
            engine.docker("create", "--name", "idle", *IDLE)
            yield engine


@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_s_recording_shows_what_netaudit_s_shows(busy_engine: Engine, shell: str, tmp_path: Path) -> None:
    host = busy_engine.host
    before = host.run(["sh", "-c", _STATE]).stdout
    _run(busy_engine, shell, tmp_path / "script")
    assert host.run(["sh", "-c", _STATE]).stdout == before
    host.python("-m", "netaudit", "record", "-o", str(tmp_path / "netaudit"))
    shown = [_show(busy_engine, tmp_path / name) for name in ("netaudit", "script", "script.tar.gz")]
    assert shown[0] == shown[1] == shown[2]
    assert shown[0].count("8080 → 80/tcp") > 2


@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_s_recording_holds_no_secret_and_no_gap(busy_engine: Engine, shell: str, tmp_path: Path) -> None:
    folder = tmp_path / "script"
    _run(busy_engine, shell, folder)
    assert all(b"hunter2" not in file.read_bytes() for file in folder.iterdir())
    assert json.loads((folder / "recording.json").read_text())["gaps"] == []
    assert json.loads((folder / "daemon.json").read_text()) == {"icc": True, "userland-proxy": False}
    assert "--log-opt\n…\n" in (folder / "dockerd-argv.txt").read_text()
    with tarfile.open(tmp_path / "script.tar.gz") as tar:
        assert tar.getnames()[0] == "recording.json"
        assert len(tar.getnames()) == len(list(folder.iterdir()))


def test_an_audit_finds_on_the_script_s_recording_what_it_finds_on_netaudit_s(
    busy_engine: Engine, tmp_path: Path
) -> None:
    _run(busy_engine, "dash", tmp_path / "script")
    busy_engine.host.python("-m", "netaudit", "record", "-o", str(tmp_path / "netaudit"))
    ours, theirs = (_audit(busy_engine, tmp_path / name) for name in ("netaudit", "script"))
    assert theirs == ours
    assert [kind for check, _, kind in theirs if check == "docker-socket-mounted"] == ["waived"]


def test_the_script_s_objects_are_netaudit_s_but_for_what_is_empty(busy_engine: Engine, tmp_path: Path) -> None:
    _run(busy_engine, "dash", tmp_path / "script")
    busy_engine.host.python("-m", "netaudit", "record", "-o", str(tmp_path / "netaudit"))
    for name in ("docker-containers.json", "docker-networks.json"):
        ours, theirs = (json.loads((tmp_path / kind / name).read_text()) for kind in ("netaudit", "script"))
        assert _without_empty(theirs) == _without_empty(ours)


def _run(engine: Engine, shell: str, folder: Path) -> None:
    script = folder.with_suffix(".sh")
    script.write_text(recording_script())
    assert engine.host.run([*SHELLS[shell], str(script), str(folder)]).stderr == ""


def _show(engine: Engine, recording: Path) -> str:
    return re.sub(r"20\S+Z", "TIME", engine.host.python("-m", "netaudit", "show", str(recording)).stdout)


def _audit(engine: Engine, recording: Path) -> list[tuple[str, str, str]]:
    options = ("--format", "json", "--fail-on", "none")
    said = json.loads(engine.host.python("-m", "netaudit", "audit", str(recording), *options).stdout)
    found = [(one["check"], one["subject"]["name"], one["status"]) for one in said["findings"]]
    return found + [(one["check"], one["subject"], "undecided") for one in said["undecided"]]


def _without_empty(value: object) -> object:
    match value:
        case dict():
            return {key: _without_empty(inner) for key, inner in value.items() if inner not in (None, {}, [])}
        case list():
            return [_without_empty(inner) for inner in value]
        case _:
            return value
