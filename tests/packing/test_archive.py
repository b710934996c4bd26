"""The form of an archive: nothing is lost, the same files give the same bytes, and what is damaged is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from packing.archive import HEAD, MalformedError, read, write
from packing.readable import readable

_LINES = st.sampled_from(
    [b"-- ", b"-- x in 00 --", b"\\", b"\\ no newline at the end", b"\n", b"\r", b"\0", b"\xff", b"a"]
)
_CONTENT = st.binary(max_size=9) | st.lists(_LINES, max_size=9).map(b"".join) | st.lists(_LINES).map(b"\n".join)
_FILES = st.dictionaries(st.sampled_from(["a.txt", "00/a.txt", "01/a.txt", "01/b.json", "x/y/b.json"]), _CONTENT)


@given(_FILES)
def test_what_is_packed_comes_back_byte_for_byte(files: dict[str, bytes]) -> None:
    assert read(write(files)) == files


@given(_FILES)
def test_the_same_files_give_the_same_bytes_in_whatever_order_they_were_found(files: dict[str, bytes]) -> None:
    assert write(dict(reversed(files.items()))) == write(files)


def test_a_file_that_did_not_change_stands_once_with_the_folders_that_hold_it() -> None:
    files = {"00/a.txt": b"1\n", "01/a.txt": b"1\n", "02/a.txt": b"2", "truth.json": b"[]\n", "00/b.txt": b""}
    assert write(files).removeprefix(HEAD) == (
        b"-- a.txt in 00 01 --\n1\n-- a.txt in 02 --\n2\n\\ no newline at the end\n"
        b"-- b.txt in 00 --\n-- truth.json in . --\n[]\n"
    )


@pytest.mark.parametrize("name", ["../a.txt", "/a.txt", "00//a.txt", ".a.swp", "00/a b.txt", "00/a\n.txt", "", "ä.txt"])
def test_a_name_that_another_machine_could_not_unpack_is_refused(name: str) -> None:
    with pytest.raises(MalformedError, match="letters, digits"):
        write({name: b""})


@pytest.mark.parametrize(
    "archive",
    [
        b"",
        b"\x1f\x8b\x08\x00",
        HEAD + b"<<<<<<< ours\n-- a.txt in 00 --\n",
        HEAD + b"-- a.txt in 00\n",
        HEAD + b"-- a.txt in 00 --\n-- b.txt --\n",
        HEAD + b"-- a.txt in 00 --\n1\n-- a.txt in 00 --\n2\n",
        HEAD + b"-- a.txt in .. --\n1\n",
        HEAD + b"-- ../a.txt in 00 --\n1\n",
        HEAD + b"-- a.txt in /etc --\n1\n",
        HEAD + b"-- \xff in 00 --\n1\n",
    ],
)
def test_a_damaged_archive_is_refused(archive: bytes) -> None:
    with pytest.raises(MalformedError):
        read(archive)


@pytest.mark.parametrize("archive", [b"", b"\x1f\x8b\x08\x00", HEAD + b"<<<<<<< ours\n-- a.txt in 00 --\n", b"\xff"])
def test_git_shows_a_damaged_archive_as_it_is(archive: bytes) -> None:
    assert readable(archive) == archive


def test_long_json_is_laid_out_for_people_and_the_rest_stays() -> None:
    rules = ",".join(f'{{"rule":{{"chain":"DOCKER","handle":{number}}}}}' for number in range(9))
    files = {"00/nft-ruleset.json": f'{{"nftables":[{rules}]}}'.encode(), "00/a.json": b"not JSON", "00/a.txt": b"a\n"}
    shown = readable(write(files)).decode().splitlines()
    assert shown[:5] == ["-- a.json in 00 --", "not JSON", "-- a.txt in 00 --", "a", "-- nft-ruleset.json in 00 --"]
    assert shown[5:9] == ["{", ' "nftables": [', '  {"rule": {"chain": "DOCKER", "handle": 0}},',
                          '  {"rule": {"chain": "DOCKER", "handle": 1}},']  # fmt: skip
    assert shown[-3:] == ['  {"rule": {"chain": "DOCKER", "handle": 8}}', " ]", "}"]
