"""What is fuzzed: each form of input, examples of it, and what reads it. Only NetauditError may come out."""

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from netaudit.catalog import load_catalog
from netaudit.errors import NetauditError
from netaudit.model.facts import Facts, Source
from netaudit.model.ruleset import Backend
from netaudit.parse import parse_snapshot
from netaudit.parse.forms import read_rules
from netaudit.parse.iptables_rule import parse_rule, print_rule
from netaudit.report.markdown_text import prose
from netaudit.report.safe_text import visible
from netaudit.store import load
from netaudit.store.redaction import redact

TESTS = Path(__file__).parent.parent
RECORDED = TESTS / "recordings" / "29.0.0-nftables" / "default-one-port" / "01"
CLASSIC = TESTS / "recordings" / "20.10.24-iptables-nft" / "default-one-port" / "01"
Read = Callable[[bytes], None]
_catalog = cache(load_catalog)
_SHM = "/dev/shm" if Path("/dev/shm").is_dir() else None


def _rules(data: bytes) -> None:
    """Read rules in whatever form; each one comes back word for word."""
    text = data.decode(errors="surrogateescape")
    for table in read_rules(text, backend=Backend.IPTABLES_NFT, family="ip", source="fuzz").tables:
        for rule in (rule for chain in table.chains for rule in chain.rules):
            assert print_rule(parse_rule(rule.text)) == rule.text
            assert "\x1b" not in visible(rule.text) + prose(rule.text)


def _fact(source: Source) -> Read:
    """Make what reads one file of a recording, beside an inventory that is empty."""

    def read(data: bytes) -> None:
        files = {str(Source.DOCKER_NETWORKS): b"[]", str(Source.DOCKER_CONTAINERS): b"[]", str(source): data}
        facts = Facts(files)
        parse_snapshot(facts)
        parse_snapshot(redact(facts, b"k" * 32, _catalog()).facts)

    return read


def _recording(data: bytes) -> None:
    """Open a file as a recording: a tar, something packed, or what a program printed."""
    with tempfile.TemporaryDirectory(dir=_SHM) as folder:
        path = Path(folder) / "recording"
        path.write_bytes(data)
        parse_snapshot(load(path))
        assert os.listdir(folder) == ["recording"]  # noqa: PTH208 (the quickest)


def _index(data: bytes) -> None:
    """Open a folder whose index is anything."""
    with tempfile.TemporaryDirectory(dir=_SHM) as folder:
        (Path(folder) / "recording.json").write_bytes(data)
        (Path(folder) / "iptables-save.txt").write_bytes(b"*filter\nCOMMIT\n")
        load(Path(folder))


TARGETS: Mapping[str, tuple[Read, tuple[Path, ...]]] = {
    "save": (_rules, (CLASSIC / "iptables-save.txt",)),
    "commands": (_rules, (TESTS / "fuzz" / "seeds" / "commands.txt",)),
    "listing": (_rules, (TESTS / "parse" / "listings" / "nat.txt", TESTS / "parse" / "listings" / "filter.txt")),
    "nft": (_fact(Source.NFT_RULESET), (RECORDED / "nft-ruleset.json",)),
    "containers": (_fact(Source.DOCKER_CONTAINERS), (RECORDED / "docker-containers.json",)),
    "networks": (_fact(Source.DOCKER_NETWORKS), (RECORDED / "docker-networks.json",)),
    "info": (_fact(Source.DOCKER_INFO), (RECORDED / "docker-info.json",)),
    "arguments": (_fact(Source.DOCKERD_ARGV), (CLASSIC / "dockerd-argv.txt",)),
    "addresses": (_fact(Source.IP_ADDR), (CLASSIC / "ip-addr.json",)),
    "sockets": (_fact(Source.SOCKETS), (CLASSIC / "sockets.txt",)),
    "sysctl": (_fact(Source.SYSCTL), (CLASSIC / "sysctl.txt",)),
    "recording": (_recording, tuple(sorted((TESTS / "fuzz" / "seeds").glob("recording*")))),
    "index": (_index, (TESTS / "fuzz" / "seeds" / "index.json",)),
}


def seeds_of(name: str) -> Iterator[bytes]:
    """Give the examples of a form."""
    return (path.read_bytes() for path in TARGETS[name][1])


@contextmanager
def expected_errors() -> Iterator[None]:
    """Let an error that says what is wrong pass; anything else is a bug."""
    try:
        yield
    except NetauditError as error:
        assert str(error)  # noqa: PT017
