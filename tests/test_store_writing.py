"""Outputs: for their owner alone, through no link, over nothing that is not ours, and whole whenever we are killed."""

import fcntl
import os
import random
import secrets
import signal
import subprocess
import sys
import tarfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sampling import SWEEP

from netaudit.errors import NetauditError, OutputError, RecordingError, TakenError
from netaudit.model.facts import Facts
from netaudit.store import Replace, keep, load, make_folder, save, verify, write_atomically

SAVE = b"*filter\n:INPUT ACCEPT [0:0]\nCOMMIT\n"
FACTS = Facts(files={"iptables-save.txt": SAVE, "sysctl.txt": b"a = 1\n"}, host="h", taken_at="2026-01-02T03:04:05Z")
REPORT = b'{"schema": "netaudit/show/v1"}\n'
FORMS = ["recording", "recording.tar", "recording.tar.gz"]


@contextmanager
def _umask(mask: int) -> Iterator[None]:
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


def _modes(path: Path) -> set[tuple[bool, int]]:
    return {(one.is_dir(), one.stat().st_mode & 0o7777) for one in (path, *path.rglob("*"))}


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077, 0o277, 0o777], ids=oct)
@pytest.mark.parametrize("name", FORMS)
def test_a_recording_is_its_owners_alone_whatever_the_umask(tmp_path: Path, name: str, mask: int) -> None:
    with _umask(mask):
        save(FACTS, tmp_path / name)
        save(FACTS, tmp_path / name, Replace.ANY)
    assert _modes(tmp_path / name) <= {(True, 0o700), (False, 0o600)}


def test_folders_of_recordings_are_their_owners_alone(tmp_path: Path) -> None:
    with _umask(0):
        keep(FACTS, tmp_path / "state" / "recordings")
    assert (tmp_path / "state" / "recordings").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("mask", [0o022, 0o027, 0o077], ids=oct)
def test_a_report_has_the_mode_of_the_umask(tmp_path: Path, mask: int) -> None:
    with _umask(mask):
        write_atomically(tmp_path / "report", REPORT)
    assert (tmp_path / "report").stat().st_mode & 0o777 == 0o666 & ~mask


# ---- what is there already -----------------------------------------------------------------------------------------


FOREIGN = {
    "text": b"dear diary",
    "JSON": b'{"icc": true}',
    "a page": b"<!DOCTYPE html>\n<html><head><title>my page</title>",
    "a tar": None,
    "NUL": b"\0",
}


@pytest.mark.parametrize("content", FOREIGN.values(), ids=FOREIGN)
@pytest.mark.parametrize("name", ["report.html", "backup.tar", "backup.tar.gz"])
def test_a_file_that_netaudit_did_not_write_is_replaced_on_demand_only(
    tmp_path: Path, name: str, content: bytes | None
) -> None:
    place = tmp_path / name
    if content is None:
        with tarfile.open(place, "w:gz" if name.endswith("gz") else "w") as tar:
            tar.add(__file__, "recording.json")
        content = place.read_bytes()
    place.write_bytes(content)
    with pytest.raises(TakenError, match=r"is there already, and is no (report|recording) that netaudit wrote"):
        _write(place)
    assert place.read_bytes() == content
    _write(place, Replace.ANY)
    assert place.read_bytes() != content
    _write(place)  # now it is ours
    assert [one.name for one in tmp_path.iterdir()] == [name]


def _write(place: Path, replace: Replace = Replace.OURS) -> None:
    if place.suffix == ".html":
        write_atomically(place, REPORT, replace)
    else:
        save(FACTS, place, replace)


def test_a_recording_is_not_lost_to_a_report_nor_a_report_to_a_recording(tmp_path: Path) -> None:
    save(FACTS, tmp_path / "evidence.tar")
    with pytest.raises(TakenError, match="is no report that netaudit wrote"):
        write_atomically(tmp_path / "evidence.tar", REPORT)
    write_atomically(tmp_path / "report.tar", REPORT)
    with pytest.raises(TakenError, match="is no recording that netaudit wrote"):
        save(FACTS, tmp_path / "report.tar")


def test_an_empty_file_holds_nothing_to_lose(tmp_path: Path) -> None:
    (tmp_path / "made-by-mktemp").touch()
    write_atomically(tmp_path / "made-by-mktemp", REPORT)
    assert (tmp_path / "made-by-mktemp").read_bytes() == REPORT


def test_a_folder_is_replaced_on_demand_and_only_if_it_is_a_recording_alone(tmp_path: Path) -> None:
    place = tmp_path / "recording"
    save(FACTS, place)
    with pytest.raises(TakenError):
        save(FACTS, place)
    later = Facts(files={"iptables-save.txt": SAVE}, host="later")
    save(later, place, Replace.ANY)
    assert (load(place).host, len(list(place.iterdir()))) == ("later", 2)
    (place / "notes.txt").write_text("mine")
    with pytest.raises(TakenError, match="is not a recording alone"):
        save(FACTS, place, Replace.ANY)
    assert load(place).host == "later"
    assert [one.name for one in tmp_path.iterdir()] == ["recording"]


# ---- links ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [*FORMS, "report.html"])
@pytest.mark.parametrize("replace", Replace)
def test_a_link_at_the_place_is_never_followed(tmp_path: Path, name: str, replace: Replace) -> None:
    victim = tmp_path / "victim"
    victim.mkdir() if name == "recording" else victim.write_bytes(b"")
    (tmp_path / name).symlink_to(victim)
    try:
        _write(tmp_path / name, replace)
    except TakenError:
        assert (tmp_path / name).is_symlink()
    else:
        assert replace is Replace.ANY
        assert not (tmp_path / name).is_symlink()
    assert (list(victim.iterdir()) if victim.is_dir() else list(victim.read_bytes())) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes links of another user")
def test_another_users_link_on_the_way_is_not_followed_where_others_may_write(tmp_path: Path) -> None:
    shared, victim = tmp_path / "shared", tmp_path / "victim"
    shared.mkdir()
    shared.chmod(0o1777)
    victim.mkdir()
    (shared / "link").symlink_to(victim)
    write_atomically(shared / "link" / "one", REPORT)
    os.lchown(shared / "link", 65534, 65534)
    for write in (lambda: write_atomically(shared / "link" / "two", REPORT), lambda: make_folder(shared / "link")):
        with pytest.raises(OutputError, match="another user's link"):
            write()
    assert [one.name for one in victim.iterdir()] == ["one"]


def test_links_that_are_planted_meanwhile_lead_nothing_elsewhere(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_bytes(b"precious")
    shared = tmp_path / "shared"
    shared.mkdir()
    done = threading.Event()
    attacker = threading.Thread(target=_plant, args=(shared, victim, done))
    attacker.start()
    written = 0
    try:
        for turn in range(300):
            try:
                save(FACTS, shared / ("recording.tar" if turn % 2 else "recording"), Replace.ANY)
                written += 1
            except OutputError:
                pass
    finally:
        done.set()
        attacker.join()
    assert written > 0
    assert victim.read_bytes() == b"precious"
    assert {one.name for one in tmp_path.iterdir()} == {"victim", "shared"}


def _plant(shared: Path, victim: Path, done: threading.Event) -> None:
    """Put links where outputs go, and where they are written first, again and again."""
    while not done.is_set():
        for name in ("recording", "recording.tar", *(one.name for one in shared.glob(".netaudit-*"))):
            link = shared / f"link-{secrets.token_hex(8)}"
            link.symlink_to(victim)
            try:
                link.rename(shared / name)
            except OSError:
                link.unlink()


def test_another_users_pipe_is_not_written_to(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    if os.geteuid() == 0:
        os.chown(tmp_path / "pipe", 65534, 65534)
        with pytest.raises(TakenError):
            write_atomically(tmp_path / "pipe", REPORT)
        os.chown(tmp_path / "pipe", 0, 0)
    with subprocess.Popen(["cat", tmp_path / "pipe"], stdout=subprocess.PIPE) as reader:
        write_atomically(tmp_path / "pipe", REPORT)
        assert reader.communicate()[0] == REPORT


@pytest.mark.matrix
def test_standard_output_by_its_name_is_written_to_and_stays(tmp_path: Path) -> None:
    script = "import sys; from pathlib import Path; from netaudit.store import write_atomically\n"
    script += "write_atomically(Path(sys.argv[1]), b'report')"
    before = os.lstat("/dev/stdout")
    for name in ("/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"):
        with (tmp_path / "out").open("wb") as out:
            subprocess.run([sys.executable, "-c", script, name], stdout=out, check=True)
        assert (tmp_path / "out").read_bytes() == b"report"
    assert os.lstat("/dev/stdout") == before


# ---- killed --------------------------------------------------------------------------------------------------------


WRITER = """
import sys
from pathlib import Path
from netaudit.model.facts import Facts
from netaudit.store import Replace, keep, save
place = Path(sys.argv[1])
rules = b"*filter\\n:INPUT ACCEPT [0:0]\\nCOMMIT\\n" * 20_000
files = {"iptables-save.txt": rules, "sysctl.txt": b"a = 1\\n" * 200_000}
print(flush=True)
for turn in range(10_000):
    facts = Facts(files, host=str(turn), taken_at="2026-01-02T03:04:05Z")
    save(facts, place / "recording", Replace.ANY)
    save(facts, place / "recording.tar")
    keep(facts, place / "kept")
"""


@pytest.mark.matrix
def test_a_process_that_is_killed_at_any_instant_leaves_whole_recordings_and_what_it_left_is_swept(
    tmp_path: Path,
) -> None:
    save(FACTS, tmp_path / "recording")
    save(FACTS, tmp_path / "recording.tar")
    chance = random.Random(11)  # noqa: S311 (no secret)
    for _ in range(3 * SWEEP):
        with subprocess.Popen([sys.executable, "-c", WRITER, tmp_path], stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(chance.random() / 2)
            process.send_signal(signal.SIGKILL)
        visible = [tmp_path / "recording", tmp_path / "recording.tar", *tmp_path.glob("kept/[!.]*")]
        assert [verify(one).differences for one in visible] == [()] * len(visible)
    save(FACTS, tmp_path / "recording", Replace.ANY)
    keep(FACTS, tmp_path / "kept")
    assert list(tmp_path.rglob(".*")) == []


def test_what_is_still_being_written_is_not_swept(tmp_path: Path) -> None:
    alive, left, foreign = (tmp_path / f".netaudit-{digit * 16}.part" for digit in "0af")
    for path in (alive, left):
        path.mkdir()
        (path / "file").touch()
    foreign.symlink_to(alive)
    mine = tmp_path / ".netaudit-notes.part"
    mine.touch()
    handle = os.open(alive, os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    write_atomically(tmp_path / "report", REPORT)
    os.close(handle)
    assert set(tmp_path.iterdir()) == {alive, foreign, mine, tmp_path / "report"}
    write_atomically(tmp_path / "report", REPORT)
    assert not alive.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes files of another user")
def test_what_another_user_left_is_not_swept(tmp_path: Path) -> None:
    other = tmp_path / f".netaudit-{'0' * 16}.part"
    other.touch()
    os.chown(other, 65534, 65534)
    write_atomically(tmp_path / "report", REPORT)
    assert other.exists()


# ---- names ---------------------------------------------------------------------------------------------------------


ODD_TIMES = ["/etc/docker", "../../up", "x/../../backup.tar.gz", "2026-01-02T03:04:05Z/../x", "soon", "\0", "٢٠٢٦"]
ODD_TIMES += ["2026-02-31T00:00:00Z", "0000-01-01T00:00:00Z", "2026-01-02T03:04:05", "0001-01-01T00:00:00+01:00"]


@pytest.mark.parametrize(
    "time_said", [*ODD_TIMES, "2026-02-31T00:00:00Z", "0000-01-01T00:00:00Z", "2026-01-02T03:04:05"]
)
def test_a_time_that_is_none_never_becomes_part_of_a_path_and_is_a_gap(tmp_path: Path, time_said: str) -> None:
    there = tmp_path / "recording"
    save(Facts(FACTS.files, host="h", taken_at=time_said), there)
    facts = load(there)
    assert facts.taken_at == ""
    assert facts.files == FACTS.files
    assert [gap.source for gap in facts.gaps] == ["recording.json"]
    for kept in (keep(facts, tmp_path / "kept"), keep(Facts(FACTS.files, taken_at=time_said), tmp_path / "kept")):
        assert kept.parent == tmp_path / "kept"
        assert kept.name[:4].isascii()
        assert load(kept).files == FACTS.files
    assert {one.name for one in tmp_path.iterdir()} == {"recording", "kept"}


def _no_error(action: Callable[[], object]) -> bool:
    try:
        action()
    except NetauditError:
        return False
    return True


def test_a_place_without_a_name_is_refused(tmp_path: Path) -> None:
    for place in (Path("/"), tmp_path / "..", tmp_path):
        assert not _no_error(lambda place=place: write_atomically(place, REPORT, Replace.ANY))  # type: ignore[misc]
    with pytest.raises(RecordingError):
        load(tmp_path)
