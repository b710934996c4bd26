"""Names and bytes that no kernel should give, in interfaces and in nft's JSON: read or refused, and never obeyed."""

import json

import pytest

from netaudit.errors import NetauditError
from netaudit.model.facts import Facts, Source
from netaudit.parse import parse_snapshot
from netaudit.report.text.sanitize import terminal_text

BESIDE = {str(Source.DOCKER_NETWORKS): b"[]", str(Source.DOCKER_CONTAINERS): b"[]"}
ODD = [
    "",
    ".",
    "..",
    "a/b",
    "a b",
    "x" * 300,
    "\n::error::x",
    "\x1b[31m",
    "\u202e",
    "eth0+",
    "eth*",
    '"',
    "\x00",
    "\ud800",
]


@pytest.mark.parametrize("name", ODD, ids=ascii)
def test_an_interface_of_any_name_is_read_or_refused(name: str) -> None:
    data = json.dumps([{"ifindex": 2, "ifname": name, "flags": [], "addr_info": []}]).encode()
    try:
        snapshot = parse_snapshot(Facts({**BESIDE, str(Source.IP_ADDR): data}))
    except NetauditError as error:
        assert str(error)  # noqa: PT017 (either is right)
        return
    assert "\x1b" not in terminal_text(repr(snapshot))


@pytest.mark.parametrize(
    "odd", [b"\xff", b"\xed\xa0\x80", b"\x00", b"\x1b[31m", b"\\ud800", b"\\u0000", b"\xf8\x88"], ids=repr
)
def test_nft_json_with_any_byte_is_read_or_refused(odd: bytes) -> None:
    data = b'{"nftables": [{"table": {"family": "ip", "name": "a' + odd + b'"}}]}'
    try:
        tables = parse_snapshot(Facts({**BESIDE, str(Source.NFT_RULESET): data})).ruleset.tables
    except NetauditError as error:
        assert str(error)  # noqa: PT017 (either is right)
        return
    assert [one.name[0] for one in tables] == ["a"]


@pytest.mark.parametrize("hosts", ["true", "7", '"tcp://0.0.0.0:2375"', "{}", "null"])
def test_hosts_of_a_daemon_json_that_are_no_list_name_no_address(hosts: str) -> None:
    files = {str(Source.DAEMON_JSON): f'{{"hosts": {hosts}}}'.encode(), str(Source.DOCKERD_ARGV): b"dockerd\n"}
    inventory = parse_snapshot(Facts({**files, **BESIDE})).inventory
    assert inventory
    assert inventory.options.api_addresses == ()
