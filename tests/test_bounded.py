"""The reader of what comes from outside has an end, whatever is there."""

import os
import time
from pathlib import Path

import pytest

from netaudit.bounded import DEEPEST, UnfitError, decode_json, read_any, read_plain


def test_a_regular_file_is_read_whole(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x" * 200_000)
    assert len(read_plain(tmp_path / "file", 200_000)) == 200_000


def test_a_file_over_its_limit_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x" * 11)
    with pytest.raises(UnfitError, match="more than 10 bytes"):
        read_plain(tmp_path / "file", 10)


def test_a_file_without_end_is_refused() -> None:
    with pytest.raises(UnfitError, match="more than 1 MiB"):
        read_any(Path("/dev/zero"), 1 << 20, 5)


def test_only_a_regular_file_is_plain(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path, kind in ((tmp_path / "pipe", "a pipe"), (tmp_path, "a folder"), (Path("/dev/zero"), "a device")):
        with pytest.raises(UnfitError, match=f"is {kind}, not a regular file"):
            read_plain(path, 10)


def test_a_pipe_is_read_to_its_end() -> None:
    ours, theirs = os.pipe()
    os.write(theirs, b"said")
    os.close(theirs)
    try:
        assert read_any(Path(f"/dev/fd/{ours}"), 10, 5) == b"said"
    finally:
        os.close(ours)


def test_a_pipe_whose_writer_says_nothing_is_given_up() -> None:
    ours, theirs = os.pipe()
    began = time.monotonic()
    try:
        with pytest.raises(UnfitError, match="did not end in time"):
            read_any(Path(f"/dev/fd/{ours}"), 10, 0.2)
    finally:
        os.close(ours)
        os.close(theirs)
    assert time.monotonic() - began < 60


@pytest.mark.parametrize(
    "text", ["[" * 100_000, '{"a":' * 100_000, "[" * 101 + "]" * 101, '{"a":' * 101 + "1" + "}" * 101]
)
def test_json_that_nests_without_end_is_refused(text: str) -> None:
    with pytest.raises(UnfitError):
        decode_json(text, object)


def test_json_as_deep_as_is_allowed_is_read() -> None:
    assert decode_json("[" * DEEPEST + "]" * DEEPEST, object)


@pytest.mark.parametrize("data", [b"", b"{", b"\xff", b"7"])
def test_what_is_no_json_of_its_type_is_refused(data: bytes) -> None:
    with pytest.raises(UnfitError):
        decode_json(data, dict[str, object])
