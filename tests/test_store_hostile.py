"""Recordings made to harm whoever opens them: refused in one line, in little memory, and nothing else is touched."""

import bz2
import gzip
import io
import lzma
import os
import subprocess
import sys
import tarfile
import time
import zlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sampling import SWEEP, every

from netaudit.errors import NewerFormatError, ParseError, RecordingError
from netaudit.model.facts import Facts, Source
from netaudit.parse import parse_snapshot
from netaudit.store import load, verify

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

SAVE = b"*filter\n:INPUT ACCEPT [0:0]\nCOMMIT\n"
KIB = 1 << 10


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a recording be small: what is beyond the limits is then quickly made."""
    for module in ("reading.archive", "reading.files", "format.limits", "reading.packed"):
        for name, value in (("LARGEST_FILE", 64 * KIB), ("LARGEST_RECORDING", 128 * KIB), ("MOST_FILES", 50)):
            monkeypatch.setattr(f"netaudit.store.{module}.{name}", value, raising=False)


def _tar(*members: tarfile.TarInfo, data: bytes = b"") -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for member in members:
            tar.addfile(member, io.BytesIO(data))
    return buffer.getvalue()


def _member(name: str, size: int = 0, kind: bytes = tarfile.REGTYPE) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.size, info.type = size, kind
    return info


def _refused(tmp_path: Path, data: bytes, message: str) -> None:
    path = tmp_path / "evil"
    path.write_bytes(data)
    with pytest.raises(RecordingError, match=message):
        load(path)
    assert [left.name for left in tmp_path.iterdir()] == ["evil"]


@pytest.mark.parametrize("pack", [gzip.compress, lzma.compress], ids=["gzip", "xz"])
def test_a_plain_file_that_unfolds_without_end(tmp_path: Path, pack: object) -> None:
    _refused(tmp_path, pack(b"# " * (1 << 19)), "holds more than 0 MiB")  # type: ignore[operator]


def test_a_member_that_nobody_wants_and_that_unfolds_without_end(tmp_path: Path) -> None:
    info = _member("movie.mkv", 1 << 20)
    _refused(tmp_path, gzip.compress(_tar(info, data=bytes(1 << 20))), "holds more than 0 MiB")


def test_a_header_that_unfolds_without_end(tmp_path: Path) -> None:
    info = _member("././@PaxHeader", 1 << 30, tarfile.XHDTYPE)
    _refused(tmp_path, gzip.compress(info.tobuf() + bytes(1 << 20)), "holds more than 0 MiB")


def test_more_members_than_a_recording_has(tmp_path: Path) -> None:
    _refused(tmp_path, gzip.compress(_tar(*(_member(f"file-{at}") for at in range(51)))), "holds more than 50 files")


def test_more_files_than_a_recording_has(tmp_path: Path) -> None:
    for at in range(51):
        (tmp_path / f"file-{at}").touch()
    with pytest.raises(RecordingError, match="holds more than 50 files"):
        load(tmp_path)


def test_a_sparse_member_is_not_filled(tmp_path: Path) -> None:
    info = _member("iptables-save.txt", 0, tarfile.GNUTYPE_SPARSE)
    header = bytearray(info.tobuf(format=tarfile.GNU_FORMAT))
    header[386:398], header[398:410], header[483:495] = b"00000000000\0", b"00000000000\0", b"07777777777\0"
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    _refused(tmp_path, bytes(header) + bytes(10240), "it holds none of the files of a recording")


PAX_SPARSE = {
    "a map of words": {"GNU.sparse.map": "a,b", "GNU.sparse.size": "1"},
    "a size of words": {"GNU.sparse.size": "x", "GNU.sparse.numblocks": "1"},
    "version 1.0": {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.name": "iptables-save.txt"},
    "offsets": {"GNU.sparse.offset": "x", "GNU.sparse.numbytes": "-1", "GNU.sparse.size": "9" * 5000},
    "a size below nothing": {"size": "-512"},
    "a size beyond everything": {"size": "9" * 4000},
    "a time beyond everything": {"mtime": "9" * 400},
    "a path of NUL": {"path": "\0/../x"},
    "a path elsewhere": {"path": "../../etc/passwd"},
}


@pytest.mark.parametrize("headers", PAX_SPARSE.values(), ids=PAX_SPARSE)
@pytest.mark.parametrize("pack", every(2, [bytes, gzip.compress]), ids=["tar", "gzip"])
@pytest.mark.parametrize("content", [b"x" * 512, b"1\n0\n512\n", b"9" * 512, b""], ids=repr)
def test_odd_pax_headers_are_read_or_refused(
    tmp_path: Path, headers: dict[str, str], pack: Callable[[bytes], bytes], content: bytes
) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as tar:
        good = _member("sysctl.txt", 6)
        tar.addfile(good, io.BytesIO(b"a = 1\n"))
        odd = _member("iptables-save.txt", len(content))
        odd.pax_headers = headers
        tar.addfile(odd, io.BytesIO(content))
    path = tmp_path / "odd.tar"
    path.write_bytes(pack(buffer.getvalue()))
    try:
        assert load(path).files["sysctl.txt"] == b"a = 1\n"
    except RecordingError as error:
        assert str(path) in error.message  # noqa: PT017


@pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_SPARSE])
def test_headers_before_headers_are_refused(tmp_path: Path, kind: bytes) -> None:
    header = _member("././@PaxHeader", 512, kind).tobuf(format=tarfile.GNU_FORMAT)
    (tmp_path / "deep.tar").write_bytes((header + b"11 path=abc\n".ljust(512, b"\0")) * 3000)
    with pytest.raises(RecordingError):
        load(tmp_path / "deep.tar")


@given(data=st.data())
@settings(max_examples=30 * SWEEP, deadline=None)
def test_a_tar_of_odd_headers_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    headers = [
        _odd_header(data.draw(st.sampled_from(b"0\0567xgLKSDVXA")), data.draw(st.binary(max_size=300)))
        for _ in range(data.draw(st.integers(1, 4)))
    ]
    path = tmp_path_factory.mktemp("odd") / "recording.tar"
    path.write_bytes(b"".join(headers) + bytes(1024))
    for read in (load, verify):
        with suppress(RecordingError):
            read(path)


def _odd_header(kind: int, junk: bytes) -> bytes:
    """Make a header with a right sum and strange fields, and a block of what it may say."""
    header = bytearray(_member("iptables-save.txt", 512).tobuf(format=tarfile.GNU_FORMAT))
    header[156] = kind
    header[345 : 345 + len(junk[:155])] = junk[:155]
    header[124 : 124 + len(junk[155:167])] = junk[155:167]
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    return bytes(header) + junk.ljust(512, b"\0")[:512]


def test_files_that_together_are_more_than_a_recording_are_refused_unread(tmp_path: Path) -> None:
    for at in range(5):
        (tmp_path / f"file-{at}").write_bytes(SAVE + bytes(30 * KIB))
    with pytest.raises(RecordingError, match="holds more than 0 MiB"):
        load(tmp_path)
    (tmp_path / "recording.json").write_text('{"format": 1}')
    (tmp_path / "sysctl.txt").write_text("a = 1\n")
    assert load(tmp_path).files.keys() == {"sysctl.txt"}  # strangers beside an index are not read
    with pytest.raises(RecordingError, match="holds more than 0 MiB"):
        verify(tmp_path)


@pytest.mark.parametrize("device", ["/dev/zero", "/dev/urandom", "/dev/null", "/dev/full"])
def test_a_device_is_no_recording(device: str) -> None:
    with pytest.raises(RecordingError, match="is a device, not a recording"):
        load(Path(device))


def test_a_pipe_that_nobody_writes_to_is_not_waited_for_without_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("netaudit.store.reading.files.PATIENCE", 0.2)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(RecordingError, match="did not end in time"):
        load(tmp_path / "pipe")


def test_a_pipe_without_end_is_refused() -> None:
    reader, writer = os.pipe()
    with subprocess.Popen(["cat", "/dev/zero"], stdout=writer) as endless:
        os.close(writer)
        try:
            with pytest.raises(RecordingError, match="it holds more than"):
                load(Path(f"/dev/fd/{reader}"))
        finally:
            os.close(reader)
            endless.kill()


def test_an_index_larger_than_any_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("netaudit.store.format.index.LARGEST_INDEX", 1000)
    (tmp_path / "sysctl.txt").write_text("a = 1\n")
    (tmp_path / "recording.json").write_text('{"format": 1, "unused": [' + '"x",' * 1000 + '"x"]}')
    with pytest.raises(RecordingError, match="holds more than"):
        load(tmp_path)


def test_a_dictionary_larger_than_memory(tmp_path: Path) -> None:
    packed = bytearray(lzma.compress(SAVE))
    header = packed[12 : 12 + (packed[12] + 1) * 4]
    header[header.index(b"\x21\x01") + 2] = 40  # 4 GiB
    header[-4:] = zlib.crc32(header[:-4]).to_bytes(4, "little")
    packed[12 : 12 + len(header)] = header
    _refused(tmp_path, bytes(packed), "cannot read .*: Memory usage limit exceeded")


PACKERS: list[Callable[[bytes], bytes]] = [gzip.compress, bz2.compress, lzma.compress, zstd.compress]


@pytest.mark.parametrize("cut", [1, 20, 30])
@pytest.mark.parametrize("pack", PACKERS, ids=["gzip", "bzip2", "xz", "zstd"])
def test_a_packed_file_is_read_whole_or_not_at_all(tmp_path: Path, pack: Callable[[bytes], bytes], cut: int) -> None:
    packed = pack(SAVE * 30)
    (tmp_path / "good").write_bytes(packed)
    assert load(tmp_path / "good").files == {"iptables-save.txt": SAVE * 30}
    (tmp_path / "good").unlink()
    _refused(tmp_path, packed[: -min(cut, len(packed) - 8)], "cannot read|is not a recording")


def test_a_pipe_or_device_in_a_folder_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "iptables-save.txt")
    os.mkfifo(tmp_path / "other")
    (tmp_path / "sysctl.txt").write_text("net.ipv4.ip_forward = 1\n")
    assert load(tmp_path).files.keys() == {"sysctl.txt"}


LIMITED = """
import resource, sys
from pathlib import Path
resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))
from netaudit.errors import RecordingError
from netaudit.store import load
try:
    load(Path(sys.argv[1]))
except RecordingError as error:
    print(error.message.rpartition(" holds ")[2])
"""


def test_sixty_sparse_files_are_refused_in_little_memory(tmp_path: Path) -> None:
    for at in range(60):
        with (tmp_path / f"file-{at}").open("wb") as file:
            file.truncate(250 << 20)
    done = subprocess.run(
        [sys.executable, "-c", LIMITED.replace("2 << 30", "300 << 20"), tmp_path],
        text=True,
        capture_output=True,
        check=True,
    )
    assert done.stdout == "more than 512 MiB\n"


@pytest.mark.matrix
def test_a_real_bomb_in_real_memory(tmp_path: Path) -> None:
    bomb = tmp_path / "bomb.zst"
    with zstd.open(bomb, "wb") as file:
        for _ in range(400):
            file.write(b"# x\n" * (1 << 18))
    assert bomb.stat().st_size < 1 << 20
    done = subprocess.run([sys.executable, "-c", LIMITED, bomb], text=True, capture_output=True, check=True)
    assert done.stdout == "more than 256 MiB\n"


@pytest.mark.parametrize("more", ["", ', "gaps": "new"', ', "sha256": [1]', ', "unused": {}'])
def test_a_newer_format_is_told_whatever_it_changed(tmp_path: Path, more: str) -> None:
    (tmp_path / "iptables-save.txt").write_bytes(SAVE)
    (tmp_path / "recording.json").write_text(f'{{"format": 7{more}}}')
    with pytest.raises(NewerFormatError):
        load(tmp_path)


HOSTILE = {
    "deep": b"[" * 100_000 + b"]" * 100_000,
    "deep objects": b'[{"a":' * 50_000,
    "huge number": b'[{"Id": "x", "State": {"Pid": ' + b"9" * 10_000 + b"}}]",
    "number of text": b'[{"Id": 7}]',
    "lone surrogate": b'[{"Id": "\\ud800", "Name": "\\udfff"}]',
    "no UTF-8": b'[{"Id": "\xff"}]',
    "NUL": b'[{"Id": "\\u0000"}]',
    "not a number": b'[{"Id": "x", "State": {"Pid": NaN}}]',
}


@pytest.mark.parametrize("name", [source for source in Source if source.endswith(".json")])
@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE)
def test_hostile_json_is_read_or_refused(name: str, data: bytes) -> None:
    files = {str(Source.DOCKER_NETWORKS): b"[]", str(Source.DOCKER_CONTAINERS): b"[]", name: data}
    try:
        parse_snapshot(Facts(files))
    except ParseError as error:
        assert error.message.startswith(f"{name}: ")  # noqa: PT017


LONG = 400_000
SECONDS = 10  # of the processor; what grows with the square of the length takes minutes


@pytest.mark.parametrize(
    "text",
    [
        "-A INPUT " + "x" * LONG,
        '-A INPUT -m comment --comment "' + "\\" * LONG,
        "-A INPUT " + "! " * (LONG // 2),
        '-A INPUT "\n' * (LONG // 12),
        "[" + "9" * LONG + ":1] -A INPUT",
        "Chain INPUT (policy ACCEPT)\ntarget prot opt source destination\nDROP all -- a b " + "/* " * (LONG // 3),
        "Chain INPUT (policy ACCEPT)\ntarget prot opt source destination\n" + "/*\n" * (LONG // 20),
        "Chain INPUT (policy ACCEPT)\ntarget prot opt source destination\nDROP tcp -- a b tcp"
        + " dpt:1" * (LONG // 20),
        "# " + "iptables " * (LONG // 9),
        "/" * LONG + "iptables -S",
    ],
    ids=lambda text: repr(text[:40]),
)
def test_long_lines_take_no_long_time(text: str) -> None:
    begun = time.process_time()
    for form in (f"*filter\n:INPUT ACCEPT [0:0]\n{text}\nCOMMIT\n", f"-P INPUT DROP\n{text}\n", text):
        try:
            parse_snapshot(Facts({str(Source.IPTABLES_NFT): form.encode()}))
        except ParseError as error:
            assert len(error.message) < 400  # noqa: PT017
    assert time.process_time() - begun < SECONDS
