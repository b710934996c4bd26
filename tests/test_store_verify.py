"""The manifest: one digest over all that a recording says, whatever was edited and however it was packed."""

import json
import os
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from netaudit.model.facts import Facts, Gap, GapReason
from netaudit.store import load, manifest_of, save, verify

SAVE = b"*filter\n:INPUT ACCEPT [0:0]\nCOMMIT\n"
FACTS = Facts(
    files={"iptables-save.txt": SAVE, "sysctl.txt": b"a = 1\n"},
    gaps=(Gap("docker-info.json", GapReason.ABSENT, "no socket"),),
    unused=("daemon.json",),
    host="h",
    taken_at="2026-01-02T03:04:05Z",
)


@pytest.mark.parametrize("name", ["recording", "recording.tar", "recording.tar.gz"])
def test_the_digest_is_the_same_before_it_is_written_and_however_it_was(tmp_path: Path, name: str) -> None:
    save(FACTS, tmp_path / name)
    found = verify(tmp_path / name)
    assert (found.differences, found.intact) == ((), 2)
    assert found.manifest == manifest_of(FACTS)


@pytest.mark.parametrize("packed", [["recording"], ["-C", "recording", "."], ["-C", "recording", "recording.json"]])
def test_a_tar_made_by_hand_has_the_digest_of_its_folder(tmp_path: Path, packed: list[str]) -> None:
    save(FACTS, tmp_path / "recording")
    more = ["iptables-save.txt", "sysctl.txt"] if packed[-1].endswith(".json") else []
    subprocess.run(["tar", "-cf", "x.tar", *packed, *more], cwd=tmp_path, check=True)
    assert verify(tmp_path / "x.tar").manifest == verify(tmp_path / "recording").manifest


def _edit(**changes: object) -> Callable[[Path], None]:
    def edit(folder: Path) -> None:
        index = folder / "recording.json"
        index.write_text(json.dumps({**json.loads(index.read_text()), **changes}))

    return edit


def _file_and_hash(folder: Path) -> None:
    other = Facts(files={**FACTS.files, "sysctl.txt": b"a = 0\n"})
    (folder / "sysctl.txt").write_bytes(other.files["sysctl.txt"])
    hashes = json.loads((folder / "recording.json").read_text())["sha256"]
    new = manifest_of(other).files["sysctl.txt"]
    _edit(sha256={**hashes, "sysctl.txt": new})(folder)


def _both_removed(folder: Path) -> None:
    (folder / "sysctl.txt").unlink()
    hashes = json.loads((folder / "recording.json").read_text())["sha256"]
    del hashes["sysctl.txt"]
    _edit(sha256=hashes)(folder)


# What was done, and whether the recording is still consistent in itself.
EDITS: dict[str, tuple[Callable[[Path], object], bool]] = {
    "host": (_edit(host="other"), True),
    "time": (_edit(taken_at="2025-01-02T03:04:05Z"), True),
    "no time": (_edit(taken_at="soon"), True),
    "gaps": (_edit(gaps=[]), True),
    "unused": (_edit(unused=[]), True),
    "partial": (_edit(partial=True), True),
    "format": (_edit(format=0), True),
    "version": (_edit(netaudit="9"), True),
    "a key of nobody": (_edit(comment="x"), True),
    "a file and its hash": (_file_and_hash, True),
    "a file and its hash are gone": (_both_removed, True),
    "a file": (lambda folder: (folder / "sysctl.txt").write_text("x"), False),
    "a file is gone": (lambda folder: (folder / "sysctl.txt").unlink(), False),
    "a file of ours is new": (lambda folder: (folder / "sockets.txt").write_text("x"), False),
    "a stranger": (lambda folder: (folder / "notes.txt").write_text("x"), False),
    "an empty stranger": (lambda folder: (folder / "notes.txt").touch(), False),
    "a hidden stranger": (lambda folder: (folder / ".hidden").touch(), False),
    "a stranger of no UTF-8": (lambda folder: Path(os.fsdecode(bytes(folder) + b"/\xff")).touch(), False),
    "a folder": (lambda folder: (folder / "sub").mkdir(), False),
    "a link": (lambda folder: (folder / "sockets.txt").symlink_to("/etc/hostname"), False),
    "a pipe": (lambda folder: os.mkfifo(folder / "sockets.txt"), False),
}


@pytest.mark.parametrize(("edit", "consistent"), EDITS.values(), ids=EDITS)
@pytest.mark.parametrize("packed", [False, True], ids=["folder", "tar"])
def test_every_edit_changes_the_digest(
    tmp_path: Path, *, edit: Callable[[Path], object], consistent: bool, packed: bool
) -> None:
    place = tmp_path / "recording"
    save(FACTS, place)
    edit(place)
    if packed:
        with tarfile.open(tmp_path / "x.tar", "w") as tar:
            tar.add(place, "recording")
        place = tmp_path / "x.tar"
    found = verify(place)
    assert (found.differences == ()) == consistent
    assert found.manifest.digest() != manifest_of(FACTS).digest()
    assert found.manifest.to_bytes().decode()


def test_bytes_after_the_end_of_a_tar_are_a_difference(tmp_path: Path) -> None:
    save(FACTS, tmp_path / "x.tar")
    with (tmp_path / "x.tar").open("ab") as file:
        file.write(b"more")
    assert [name for name, _ in verify(tmp_path / "x.tar").differences] == ["bytes after the tar's end"]
    assert load(tmp_path / "x.tar").files == FACTS.files


def test_a_recording_of_odd_names_is_written(tmp_path: Path) -> None:
    saved = save(Facts(FACTS.files, gaps=(Gap("a\udcff", GapReason.DENIED, "\udcfe"),), host="\udcff"), tmp_path / "x")
    assert saved.host == "\udcff"
    assert load(tmp_path / "x").host == "\\udcff"
