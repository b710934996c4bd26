"""What is fuzzed: each form of input, examples of it, and what reads it. Only NetauditError may come out."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from fuzz.readers import (
    Read,
    read_baseline,
    read_check,
    read_config,
    read_folder,
    read_headers,
    read_index,
    read_recording,
    read_signatures,
    read_template,
    read_text_rules,
    read_waivers,
    reader_of,
)
from netaudit.errors import NetauditError
from netaudit.model.facts import Source

TESTS = Path(__file__).parent.parent
SEEDS = TESTS / "fuzz" / "seeds"
RECORDED = TESTS / "recordings" / "29.0.0-nftables" / "default-one-port" / "01"
CLASSIC = TESTS / "recordings" / "20.10.24-iptables-nft" / "default-one-port" / "01"


class Form(NamedTuple):
    """A form of input. `source` is the file of a recording that has it, where one has; that is redacted, too."""

    read: Read
    seeds: tuple[Path, ...]
    source: Source | None = None


def _file(source: Source, *seeds: Path) -> Form:
    return Form(reader_of(source), seeds, source)


def _rules(*seeds: Path) -> Form:
    return Form(read_text_rules, seeds, Source.IPTABLES_NFT)


_LISTINGS = TESTS / "parse" / "listings"
TARGETS: Mapping[str, Form] = {
    "save": _rules(CLASSIC / "iptables-save.txt"),
    "commands": _rules(SEEDS / "commands.txt"),
    "listing": _rules(_LISTINGS / "nat.txt", _LISTINGS / "filter.txt"),
    "nft": _file(Source.NFT_RULESET, SEEDS / "nft.json", RECORDED / "nft-ruleset.json"),
    "containers": _file(Source.DOCKER_CONTAINERS, SEEDS / "containers.json", RECORDED / "docker-containers.json"),
    "networks": _file(Source.DOCKER_NETWORKS, RECORDED / "docker-networks.json"),
    "info": _file(Source.DOCKER_INFO, SEEDS / "info.json", RECORDED / "docker-info.json"),
    "version": _file(Source.DOCKER_VERSION, RECORDED / "docker-version.json"),
    "arguments": _file(Source.DOCKERD_ARGV, CLASSIC / "dockerd-argv.txt"),
    "daemon": _file(Source.DAEMON_JSON, SEEDS / "daemon.json"),
    "addresses": _file(Source.IP_ADDR, CLASSIC / "ip-addr.json"),
    "routes": _file(Source.IP_ROUTE, CLASSIC / "ip-route.json"),
    "routes6": _file(Source.IP6_ROUTE, CLASSIC / "ip6-route.json"),
    "sockets": _file(Source.SOCKETS, CLASSIC / "sockets.txt"),
    "sysctl": _file(Source.SYSCTL, CLASSIC / "sysctl.txt"),
    "inside": _file(Source.INSIDE, SEEDS / "inside.json"),
    "recording": Form(read_recording, tuple(sorted(SEEDS.glob("recording*")))),
    "index": Form(read_index, (SEEDS / "index.json",)),
    "folder": Form(read_folder, (SEEDS / "folder.txt",)),
    "config": Form(read_config, (SEEDS / "netaudit.toml",)),
    "waivers": Form(read_waivers, (SEEDS / "waivers.toml",)),
    "baseline": Form(read_baseline, (SEEDS / "baseline.json",)),
    "check": Form(read_check, (SEEDS / "check.yaml",)),
    "signatures": Form(read_signatures, (SEEDS / "signatures.yaml",)),
    "template": Form(read_template, (SEEDS / "template.html",)),
    "headers": Form(read_headers, (SEEDS / "headers.bin",)),
}


def seeds_of(name: str) -> Iterator[bytes]:
    """Give the examples of a form."""
    return (path.read_bytes() for path in TARGETS[name].seeds)


@contextmanager
def expected_errors() -> Iterator[None]:
    """Let an error that says what is wrong pass; anything else is a bug."""
    try:
        yield
    except NetauditError as error:
        assert str(error)  # noqa: PT017
