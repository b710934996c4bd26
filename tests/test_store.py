"""Recordings on disk: written whole or not at all, read as hostile input."""

import gzip
import io
import lzma
import os
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sampling import SWEEP

from netaudit.errors import NewerFormatError, OutputError, RecordingError
from netaudit.model.facts import LATER, ON_REQUEST, Facts, Gap, GapReason, Source
from netaudit.store import digest, keep, load, save, write_atomically

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

SAVE = b"*filter\n:INPUT ACCEPT [0:0]\nCOMMIT\n"
FACTS = Facts(
    files={"iptables-save.txt": SAVE, "sysctl.txt": b"net.ipv4.ip_forward = 1\n", "sockets.txt": b""},
    gaps=(Gap("docker-info.json", GapReason.ABSENT, "no socket"),),
    unused=("daemon.json",),
    host="example",
    taken_at="2026-01-02T03:04:05Z",
    partial=True,
)
EARLIER = b'{"schema": "netaudit/show/v1"}'
SECOND = "2026-01-02T030405Z"
HINT = (
    "give a folder or tar that `netaudit record` wrote, or the output of iptables-save, iptables -S, "
    "iptables -L -n -v, nft list ruleset or docker ps"
)
TARS = ["recording.tar", "recording.tar.gz", "recording.tgz"]


@pytest.mark.parametrize("name", ["recording", *TARS])
def test_what_was_saved_is_loaded(tmp_path: Path, name: str) -> None:
    saved = save(FACTS, tmp_path / name)
    assert saved == msgspec.structs.replace(FACTS, digest=digest(FACTS.files))
    assert load(tmp_path / name) == saved
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_what_is_kept_in_one_second_has_names_that_sort(tmp_path: Path) -> None:
    places = [keep(FACTS, tmp_path / "new" / "folder") for _ in range(3)]
    assert [place.name for place in places] == [SECOND, f"{SECOND}.2", f"{SECOND}.3"]
    assert sorted(places) == places
    assert {load(place).digest for place in places} == {digest(FACTS.files)}


@given(
    st.builds(
        Facts,
        files=st.dictionaries(st.sampled_from([str(source) for source in Source]), st.binary(max_size=50), min_size=1),
        gaps=st.lists(st.builds(Gap, st.text(), st.sampled_from(GapReason), st.text()), max_size=2).map(tuple),
        unused=st.lists(st.text(), max_size=2).map(tuple),
        host=st.text(),
        taken_at=st.sampled_from(["", "2026-01-02T03:04:05Z", "2026-01-02T03:04:05.678+02:00"]),
        partial=st.booleans(),
    )
)
@settings(max_examples=6 * SWEEP, deadline=None)
def test_any_facts_come_back(tmp_path_factory: pytest.TempPathFactory, facts: Facts) -> None:
    path = tmp_path_factory.mktemp("any") / "recording.tar"
    saved = save(facts, path)
    assert load(path) == saved


@pytest.mark.parametrize("name", TARS)
def test_the_same_facts_are_the_same_bytes(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    save(FACTS, tmp_path / name)
    first = (tmp_path / name).read_bytes()
    monkeypatch.setattr("time.time", lambda: 1e9)
    save(FACTS, tmp_path / name)
    assert (tmp_path / name).read_bytes() == first


def test_a_recording_is_its_owners_alone(tmp_path: Path) -> None:
    save(FACTS, tmp_path / "recording")
    assert (tmp_path / "recording").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("occupy", [Path.touch, lambda path: (path / "mine").mkdir(parents=True)])
def test_a_place_that_is_taken_is_refused(tmp_path: Path, occupy: Callable[[Path], object]) -> None:
    place = tmp_path / "recording"
    occupy(place)
    with pytest.raises(OutputError) as caught:
        save(FACTS, place)
    assert (caught.value.message, caught.value.hint) == (f"{place} is there already", "give a name that is free")
    assert [path.name for path in tmp_path.iterdir()] == ["recording"]


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    (tmp_path / "recording").mkdir()
    save(FACTS, tmp_path / "recording")
    assert load(tmp_path / "recording").host == "example"


@pytest.mark.parametrize("name", ["recording", "recording.tar"])
def test_a_folder_that_is_not_there_is_said(tmp_path: Path, name: str) -> None:
    place = tmp_path / "nowhere" / name
    with pytest.raises(OutputError) as caught:
        save(FACTS, place)
    assert caught.value.message == f"cannot write {place}: No such file or directory"
    assert caught.value.hint == "make the folder first"


def test_a_tar_that_is_only_read_is_not_written_as_a_folder(tmp_path: Path) -> None:
    with pytest.raises(OutputError) as caught:
        save(FACTS, tmp_path / "recording.tar.zst")
    assert caught.value.hint == "end its name in .tar.gz"
    assert list(tmp_path.iterdir()) == []


def test_a_file_stays_as_it_was_when_its_successor_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "report.html"
    write_atomically(target, EARLIER)
    monkeypatch.setattr("os.fsync", _refuse)
    with pytest.raises(OutputError):
        write_atomically(target, b"new")
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("report.html", EARLIER.decode())]


def _refuse(_handle: int) -> None:
    raise OSError(28, "No space left on device")


FULL_DISK = """
import sys
from pathlib import Path
from netaudit.errors import OutputError
from netaudit.model.facts import Facts
from netaudit.store import save
place = Path(sys.argv[1])
try:
    save(Facts(files={"iptables-save.txt": b"x" * 200_000, "sysctl.txt": b"y" * 200_000}), place)
except OutputError as error:
    print(error.message.replace(str(place), "PLACE"))
    print(error.hint)
print(sorted(path.name for path in place.parent.iterdir()))
"""


@pytest.mark.kernel
@pytest.mark.parametrize("name", ["recording", "recording.tar"])
def test_a_full_disk_leaves_nothing_behind(tmp_path: Path, name: str) -> None:
    script = 'mount -t tmpfs -o size=64k tmpfs "$1" && exec "$2" -c "$3" "$1/$4"'
    argv = ["unshare", "--mount", "sh", "-c", script, "sh", str(tmp_path), sys.executable, FULL_DISK, name]
    done = subprocess.run(argv, text=True, capture_output=True, check=True)
    assert done.stdout.splitlines() == [
        "cannot write PLACE: No space left on device",
        "free some space, or give a place on another disk",
        "[]",
    ]


def test_a_file_that_was_edited_is_refused(tmp_path: Path) -> None:
    save(FACTS, tmp_path / "recording")
    (tmp_path / "recording" / "iptables-save.txt").write_bytes(SAVE + b"#")
    with pytest.raises(RecordingError, match=r"iptables-save\.txt does not match its SHA-256") as caught:
        load(tmp_path / "recording")
    assert caught.value.hint == "record again, or remove recording.json to read it as it is"


def test_a_file_that_is_gone_is_a_gap(tmp_path: Path) -> None:
    save(FACTS, tmp_path / "recording")
    (tmp_path / "recording" / "sysctl.txt").unlink()
    gone = Gap("sysctl.txt", GapReason.NOT_RECORDED, "the file is gone from the recording")
    assert load(tmp_path / "recording").gaps == (*FACTS.gaps, gone)


def test_a_newer_format_is_told_from_a_damaged_one(tmp_path: Path) -> None:
    (tmp_path / "iptables-save.txt").write_bytes(SAVE)
    (tmp_path / "recording.json").write_text('{"format": 2}')
    with pytest.raises(NewerFormatError) as caught:
        load(tmp_path)
    assert caught.value.message == f"{tmp_path} has recording format 2; this netaudit reads up to 1"
    assert caught.value.hint == "update netaudit"


@pytest.mark.parametrize("index", [b"", b"{", b"[]", b"\xff", b'{"format": "1"}', b'{"x": ' + b"[" * 5000])
def test_an_index_that_is_none_is_refused(tmp_path: Path, index: bytes) -> None:
    (tmp_path / "iptables-save.txt").write_bytes(SAVE)
    (tmp_path / "recording.json").write_bytes(index)
    with pytest.raises(RecordingError) as caught:
        load(tmp_path)
    assert caught.value.message.startswith(f"{tmp_path}/recording.json: ")


def test_what_another_program_collected_has_a_gap_for_each_file_that_is_absent_or_empty(tmp_path: Path) -> None:
    (tmp_path / "iptables-save.txt").write_bytes(SAVE)
    (tmp_path / "ip6tables-save.txt").write_bytes(b"")
    (tmp_path / "nft-ruleset.json").write_bytes(b"\n")
    (tmp_path / "notes.txt").write_text("not ours")
    facts = load(tmp_path)
    assert facts.files == {"iptables-save.txt": SAVE, "ip6tables-save.txt": b""}
    assert Gap("nft-ruleset.json", GapReason.EMPTY, "the file is empty") in facts.gaps
    assert {gap.source for gap in facts.gaps} == set(Source) - ON_REQUEST - LATER - facts.files.keys()


def test_a_link_in_a_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(SAVE)
    recording = tmp_path / "recording"
    recording.mkdir()
    (recording / "iptables-save.txt").symlink_to(tmp_path / "secret")
    (recording / "sysctl.txt").write_text("net.ipv4.ip_forward = 1\n")
    assert load(recording).files.keys() == {"sysctl.txt"}


def test_folders_in_a_folder_are_passed_by(tmp_path: Path) -> None:
    (tmp_path / "daemon.json").mkdir()
    (tmp_path / "logs").mkdir()
    (tmp_path / "rules").write_bytes(SAVE)
    assert load(tmp_path).files == {"iptables-save.txt": SAVE}


def test_many_recordings_in_a_folder_are_not_all_named(tmp_path: Path) -> None:
    for _ in range(4):
        keep(FACTS, tmp_path)
    with pytest.raises(RecordingError) as caught:
        load(tmp_path)
    assert caught.value.message.endswith(f": {SECOND}, {SECOND}.2, {SECOND}.3, …")


def test_a_folder_without_our_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("hello")
    with pytest.raises(RecordingError) as caught:
        load(tmp_path)
    assert (caught.value.message, caught.value.hint) == (
        f"{tmp_path} is not a recording: it holds none of the files of a recording",
        HINT,
    )


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(RecordingError) as caught:
        load(tmp_path / "nowhere")
    assert (caught.value.message, caught.value.hint) == (f"no such recording: {tmp_path}/nowhere", HINT)


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"", "it is empty"),
        (b" \n\n", "it is empty"),
        (b"\x7fELF\x00\x01", "it is binary"),
        (b"#!/bin/sh\necho hello\n", "no iptables-save table found"),
        (b'{"some": "json"}', "no iptables-save table found"),
        (b"*mytable\nCOMMIT\n", "no iptables-save table found"),
    ],
)
def test_a_file_that_is_no_recording_is_refused(tmp_path: Path, data: bytes, what: str) -> None:
    path = tmp_path / "file"
    path.write_bytes(data)
    with pytest.raises(RecordingError) as caught:
        load(path)
    assert (caught.value.message, caught.value.hint) == (f"{path} is not a recording: {what}", HINT)


RULES4 = "*filter\n:INPUT ACCEPT [0:0]\n"
NFT, NFT6 = Source.IPTABLES_NFT, Source.IP6TABLES_NFT
OLD, OLD6 = Source.IPTABLES_LEGACY, Source.IP6TABLES_LEGACY


@pytest.mark.parametrize(
    ("text", "source"),
    [
        (RULES4, NFT),
        ("# Generated by iptables-nft-save v1.8.9 (nf_tables) on Tue\n" + RULES4, NFT),
        ("# Generated by iptables-save v1.8.7 (nf_tables) on Tue\n" + RULES4, NFT),
        ("# Generated by ip6tables-nft-save v1.8.9 (nf_tables) on Tue\n" + RULES4, NFT6),
        ("# Generated by iptables-save v1.8.9 on Tue\n" + RULES4, OLD),
        ("# Generated by iptables-legacy-save v1.8.9 on Tue\n" + RULES4, OLD),
        ("# Generated by ip6tables-save v1.8.9 on Tue\n" + RULES4, OLD6),
        ("# Generated by ip6tables-save v1.4.21 on Tue\n" + RULES4, OLD6),
        (RULES4 + "-A INPUT -s 2001:db8::/32 -j DROP\n", NFT6),
        (RULES4 + "[1:2] -A INPUT -p ipv6-icmp -j DROP\n", NFT6),
        ("*nat\n-A DOCKER -p tcp -j DNAT --to-destination [2001:db8::2]:80\n", NFT6),
        (RULES4 + "-A INPUT -m mac --mac-source 02:00:00:00:00:01 -j DROP\n", NFT),
        (RULES4 + "-A INPUT -m time --timestart 08:00:00 -j DROP\n", NFT),
        (RULES4 + '-A INPUT -m comment --comment "from -s 2001:db8::/32" -j DROP\n', NFT),
        ('{"nftables": []}', Source.NFT_RULESET),
    ],
)
def test_a_plain_file_is_known_by_what_it_says(tmp_path: Path, text: str, source: Source) -> None:
    path = tmp_path / "rules.txt"
    path.write_text(text)
    facts = load(path)
    assert (list(facts.files), facts.host) == ([str(source)], "rules")
    assert {*text.encode().split(b"\n")} <= {*facts.files[source].split(b"\n")}
    silent = {gap.source for gap in facts.gaps if not gap.detail}
    assert silent == set(Source) - ON_REQUEST - LATER - {source}


@pytest.mark.parametrize("data", [SAVE, gzip.compress(b"")], ids=["text", "gzip of nothing"])
def test_a_pipe_is_read_once(tmp_path: Path, data: bytes) -> None:
    reader, writer = os.pipe()
    os.write(writer, data)
    os.close(writer)
    try:
        files = load(Path(f"/dev/fd/{reader}")).files
    except RecordingError:
        files = {}
    finally:
        os.close(reader)
    assert files == ({"iptables-save.txt": SAVE} if data == SAVE else {})
    assert list(tmp_path.iterdir()) == []


# ---- tars of others ----------------------------------------------------------------------------------------------


def _tar(*members: tuple[str, bytes | None, bytes], size: int | None = None) -> bytes:
    """Make a tar of (name, content, type); `size` is what the last header says."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, content, kind in members:
            info = tarfile.TarInfo(name)
            info.type, info.size = kind, len(content or b"")
            info.linkname = "/etc/passwd" if kind != tarfile.REGTYPE else ""
            tar.addfile(info, io.BytesIO(content or b""))
    if size is None:
        return buffer.getvalue()
    info = tarfile.TarInfo(members[-1][0])
    info.size = size
    return info.tobuf() + (members[-1][1] or b"") + bytes(1024)


def _load(tmp_path: Path, data: bytes) -> Facts:
    path = tmp_path / "foreign.tar"
    path.write_bytes(data)
    return load(path)


@pytest.mark.parametrize("folder", ["", "./", "recording/", "./recording/"])
def test_the_files_of_a_tar_lie_at_its_top_or_in_one_folder(tmp_path: Path, folder: str) -> None:
    facts = _load(tmp_path, _tar((f"{folder}iptables-save.txt", SAVE, tarfile.REGTYPE)))
    assert facts.files == {"iptables-save.txt": SAVE}


@pytest.mark.parametrize(
    "name", ["../iptables-save.txt", "/iptables-save.txt", "/etc/iptables-save.txt", "a/b/sysctl.txt"]
)
def test_a_name_that_leads_elsewhere_is_not_read(tmp_path: Path, name: str) -> None:
    with pytest.raises(RecordingError, match="it holds none of the files of a recording"):
        _load(tmp_path, _tar((name, SAVE, tarfile.REGTYPE)))
    assert [path.name for path in tmp_path.iterdir()] == ["foreign.tar"]


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE, tarfile.DIRTYPE])
def test_a_link_or_device_in_a_tar_is_not_read(tmp_path: Path, kind: bytes) -> None:
    good = ("sysctl.txt", b"a = 1\n", tarfile.REGTYPE)
    assert _load(tmp_path, _tar(good, ("iptables-save.txt", None, kind))).files == {"sysctl.txt": b"a = 1\n"}


def test_a_tar_of_two_recordings_is_refused(tmp_path: Path) -> None:
    twice = [(f"{step}/iptables-save.txt", SAVE, tarfile.REGTYPE) for step in ("00", "01")]
    with pytest.raises(RecordingError, match=r"holds iptables-save\.txt twice") as caught:
        _load(tmp_path, _tar(*twice))
    assert caught.value.hint == "pack one recording into one tar"


def test_a_member_that_claims_to_be_huge_is_refused_unread(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="holds more than 256 MiB"):
        _load(tmp_path, _tar(("iptables-save.txt", SAVE, tarfile.REGTYPE), size=1 << 40))


def test_a_tar_bomb_is_refused_before_it_unfolds(tmp_path: Path) -> None:
    info = tarfile.TarInfo("iptables-save.txt")
    info.size = 3 << 30
    path = tmp_path / "bomb.tar.gz"
    path.write_bytes(gzip.compress(info.tobuf() + bytes(1 << 20)))
    with pytest.raises(RecordingError, match="holds more than 256 MiB"):
        load(path)


@pytest.mark.parametrize("pack", [gzip.compress, lzma.compress], ids=["gzip", "xz"])
@given(data=st.data())
@settings(max_examples=12 * SWEEP, deadline=None)
def test_a_damaged_tar_is_refused_or_read_for_what_it_is(
    tmp_path_factory: pytest.TempPathFactory, pack: Callable[[bytes], bytes], data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("damaged") / "recording.tar"
    save(FACTS, path)
    packed = bytearray(data.draw(st.sampled_from([bytes, pack]))(path.read_bytes()))
    packed[data.draw(st.integers(0, len(packed) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    path.write_bytes(packed[: data.draw(st.integers(1, len(packed)))])
    try:
        files = load(path).files
    except RecordingError:
        return
    assert all(content == FACTS.files.get(name) for name, content in files.items())


def test_a_tar_packed_with_zstd_is_read(tmp_path: Path) -> None:
    save(FACTS, tmp_path / "recording.tar")
    packed = zstd.compress((tmp_path / "recording.tar").read_bytes())
    (tmp_path / "recording.tar.zst").write_bytes(packed)
    assert load(tmp_path / "recording.tar.zst") == msgspec.structs.replace(FACTS, digest=digest(FACTS.files))
    for cut in (20, 200, len(packed) - 1):
        (tmp_path / "cut.tar.zst").write_bytes(packed[:cut])
        with pytest.raises(RecordingError, match="cannot read"):
            load(tmp_path / "cut.tar.zst")


def test_zstd_that_wants_more_memory_than_128_mib_is_refused(tmp_path: Path) -> None:
    parameters = {zstd.CompressionParameter.window_log: 28, zstd.CompressionParameter.content_size_flag: 0}
    packer = zstd.ZstdCompressor(options=parameters)
    (tmp_path / "greedy.zst").write_bytes(packer.compress(b"*filter\nCOMMIT\n") + packer.flush())
    with pytest.raises(RecordingError, match="too much memory"):
        load(tmp_path / "greedy.zst")
