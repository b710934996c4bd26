"""Detached signatures over a recording's manifest, by OpenSSH: ssh-keygen -Y verify, with keys that people have."""

import shutil
import subprocess
from pathlib import Path

from netaudit.bounded import SMALL, UnfitError, read_plain
from netaudit.errors import RecordingError
from netaudit.store.integrity.manifest import Manifest

NAMESPACE = "netaudit"
_FOLDERS = "/usr/bin:/bin:/usr/local/bin"  # before PATH: what says "signed" must be the system's own
_SECONDS = 30


def find_signer(manifest: Manifest, signature: Path, signers: Path) -> str | None:
    """Return who signed, as the file of allowed signers names them; None where nobody of them signed this manifest.

    Raises RecordingError for a file that cannot be read, or where there is no ssh-keygen.
    """
    for file in (signature, signers):
        _require_readable(file)
    files = ("-f", str(signers.absolute()), "-s", str(signature.absolute()))
    named = _ssh_keygen("find-principals", *files, data=b"")
    for name in named.stdout.decode(errors="replace").splitlines() if named.returncode == 0 else ():
        words = ("verify", "-n", NAMESPACE, "-I", name, *files)
        if _ssh_keygen(*words, data=manifest.to_bytes()).returncode == 0:
            return name
    return None


def _require_readable(path: Path) -> None:
    try:
        read_plain(path, SMALL)
    except OSError as error:
        raise RecordingError(f"cannot read {path}: {error.strerror}", hint="name a file that is there") from error
    except UnfitError as error:
        raise RecordingError(f"cannot read {path}: it {error}", hint="name a signature, and allowed signers") from error


def _ssh_keygen(*words: str, data: bytes) -> subprocess.CompletedProcess[bytes]:
    program = shutil.which("ssh-keygen", path=_FOLDERS) or shutil.which("ssh-keygen") or "ssh-keygen"
    try:
        return subprocess.run([program, "-Y", *words], input=data, capture_output=True, check=False, timeout=_SECONDS)
    except OSError as error:
        raise RecordingError(
            f"cannot run ssh-keygen: {error.strerror}", hint="install openssh-client (8.2 or later)"
        ) from error
    except subprocess.TimeoutExpired as error:
        raise RecordingError(f"ssh-keygen did not end within {_SECONDS} s", hint="try it by hand") from error
