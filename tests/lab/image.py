"""The one image of the lab, made from the machine's static busybox: there is no registry."""

import hashlib
import io
import json
import platform
import tarfile
from pathlib import Path

from lab.namespaces import LabError

IMAGE = "busybox:local"
IDLE = (IMAGE, "/bin/busybox", "sleep", "100000")
SERVE = (IMAGE, "/bin/busybox", "httpd", "-f", "-p", "80", "-h", "/")
_LINKS = ("sh", "sleep", "httpd", "nc", "wget", "ping", "ip")
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


def image_archive() -> bytes:
    """Return what `docker load` reads, the same bytes each time.

    `docker import` would do, but cannot set a stop signal: `docker stop` would wait for a deaf process 1.
    """
    layer = _tar({"bin/busybox": _busybox()}, {f"bin/{name}": "busybox" for name in _LINKS})
    machine = platform.machine()
    config = {
        "architecture": _ARCHITECTURES.get(machine, machine),
        "os": "linux",
        "config": {"StopSignal": "SIGKILL", "Env": ["PATH=/bin"]},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(layer).hexdigest()}"]},
    }
    manifest = [{"Config": "config.json", "RepoTags": [IMAGE], "Layers": ["layer.tar"]}]
    files = {"config.json": json.dumps(config).encode(), "layer.tar": layer}
    return _tar({**files, "manifest.json": json.dumps(manifest).encode()}, {})


def _busybox() -> bytes:
    busybox = Path("/bin/busybox")
    if not busybox.exists():
        raise LabError("no /bin/busybox for the lab's image: apt-get install busybox-static")
    return busybox.read_bytes()


def _tar(files: dict[str, bytes], links: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.mode, entry.size = 0o755, len(content)
            tar.addfile(entry, io.BytesIO(content))
        for name, target in links.items():
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = tarfile.SYMTYPE, target
            tar.addfile(entry)
    return buffer.getvalue()
