"""What other programs kept, under any name: known by what it holds."""

import bz2
import gzip
import io
import lzma
import tarfile
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from netaudit.model.facts import Gap, GapReason, Source
from netaudit.parse import parse_snapshot
from netaudit.store import load

SAVE = b"*filter\n:INPUT ACCEPT [0:0]\nCOMMIT\n"
NAT = b"Chain PREROUTING (policy ACCEPT)\ntarget prot opt source destination\n"
FILTER = b"Chain INPUT (policy ACCEPT)\ntarget prot opt source destination\n"
WEB = {"Id": "a" * 64, "State": {"Running": True}, "NetworkSettings": {}}
DB = {"Id": "b" * 64, "State": {"Running": True}, "NetworkSettings": {}}
BRIDGE = {"Id": "c" * 64, "Driver": "bridge", "IPAM": {}, "Name": "bridge", "Scope": "local"}


def _json(*objects: object) -> bytes:
    return msgspec.json.encode(list(objects))


@pytest.mark.parametrize(
    ("data", "source"),
    [
        (SAVE, Source.IPTABLES_NFT),
        (b"\xef\xbb\xbf" + SAVE, Source.IPTABLES_NFT),
        (b"-P INPUT ACCEPT\n", Source.IPTABLES_NFT),
        (b"# ip6tables -S\n-P INPUT ACCEPT\n", Source.IP6TABLES_NFT),
        (b"$ sudo iptables-legacy -S\n-P INPUT ACCEPT\n", Source.IPTABLES_LEGACY),
        (FILTER, Source.IPTABLES_NFT),
        (FILTER + b"DROP all -- ::/0 2001:db8::1\n", Source.IP6TABLES_NFT),
        (b"$ sudo ip6tables -L\n" + FILTER, Source.IP6TABLES_NFT),
        (b'{"nftables": [{"metainfo": {}}]}', Source.NFT_RULESET),
        (_json(WEB), Source.DOCKER_CONTAINERS),
        (_json(BRIDGE), Source.DOCKER_NETWORKS),
        (b'{"ServerVersion": "28.5.2"}', Source.DOCKER_INFO),
        (b'{"Client": {}, "Server": {"Version": "28.5.2"}}', Source.DOCKER_VERSION),
        (_json({"ifname": "lo", "addr_info": []}), Source.IP_ADDR),
    ],
)
def test_a_file_is_known_by_what_it_holds(tmp_path: Path, data: bytes, source: Source) -> None:
    (tmp_path / "notes.txt").write_bytes(data)
    assert load(tmp_path / "notes.txt").files == {str(source): data}
    assert load(tmp_path).files == {str(source): data}


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress], ids=["gzip", "bzip2", "xz"])
def test_packed_it_is_the_same(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    (tmp_path / "rules").write_bytes(pack(SAVE))
    assert load(tmp_path / "rules").files == {"iptables-save.txt": SAVE}


def test_a_folder_of_foreign_names_is_one_host(tmp_path: Path) -> None:
    (tmp_path / "a-nat.txt").write_bytes(NAT)
    (tmp_path / "b-filter.txt").write_bytes(FILTER)
    (tmp_path / "web.json").write_bytes(_json(WEB))
    (tmp_path / "db.json").write_bytes(_json(DB))
    (tmp_path / "photo.png").write_bytes(b"\x89PNG\0")
    (tmp_path / "notes.md").write_text("hello")
    facts = load(tmp_path)
    assert facts.files == {
        "iptables-save.txt": NAT + b"\n" + FILTER,
        "docker-containers.json": b"[" + msgspec.json.encode(DB) + b",\n" + msgspec.json.encode(WEB) + b"]",
    }
    doubt = Gap("docker-containers.json", GapReason.PARTIAL, "read from db.json, which may not hold every one")
    assert doubt in facts.gaps


def test_one_object_of_docker_inspect_is_a_list_of_one(tmp_path: Path) -> None:
    (tmp_path / "web.json").write_bytes(msgspec.json.encode(WEB))
    assert load(tmp_path / "web.json").files == {"docker-containers.json": _json(WEB)}


def test_a_tar_of_foreign_names_is_read_alike(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "host.tar.gz", "w:gz") as tar:
        for name, data in (("host/rules.v4", SAVE), ("host/inspect.json", _json(WEB)), ("host/x/deep", SAVE)):
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    assert load(tmp_path / "host.tar.gz").files == {"iptables-save.txt": SAVE, "docker-containers.json": _json(WEB)}


def test_a_file_of_the_right_name_goes_before(tmp_path: Path) -> None:
    (tmp_path / "iptables-save.txt").write_bytes(SAVE)
    (tmp_path / "other.txt").write_bytes(SAVE.replace(b"ACCEPT", b"DROP"))
    assert load(tmp_path).files == {"iptables-save.txt": SAVE}


@pytest.mark.parametrize("other", [FILTER, b"-P INPUT DROP\n"])
def test_rules_in_two_forms_are_read_together(tmp_path: Path, other: bytes) -> None:
    (tmp_path / "a").write_bytes(SAVE)
    (tmp_path / "b").write_bytes(other)
    tables = {table.name: table for table in parse_snapshot(load(tmp_path)).ruleset.tables}
    assert {chain.name: chain.policy for chain in tables["filter"].chains}["INPUT"] is not None


def test_where_an_index_is_only_its_files_are_read(tmp_path: Path) -> None:
    (tmp_path / "iptables-save.txt").write_bytes(SAVE)
    (tmp_path / "web.json").write_bytes(_json(WEB))
    (tmp_path / "recording.json").write_text('{"format": 1}')
    assert load(tmp_path).files == {"iptables-save.txt": SAVE}
