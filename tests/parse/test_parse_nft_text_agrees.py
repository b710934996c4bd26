"""nft's text against nft's JSON of the same ruleset: real rules in a real kernel, with each nft that is here.

NFT_TEXT=5000 holds as many generated rulesets against each other, NFT_TEXT=1000:1500 some of them.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import composed_nft
import msgspec
import pytest
from kernel import random_nft
from kernel.pools import Pools
from native_host import NativeHost, native_host
from sampling import SWEEP

from netaudit.model.facts import Facts, Source
from netaudit.model.netfilter.ruleset import Table
from netaudit.model.snapshot import Snapshot
from netaudit.parse import parse_snapshot
from netaudit.parse.nftables.text.reader import read_nft_text

HERE = Path(__file__).parent
SCRIPT = (HERE / "native_rules.nft").read_text()
ROOTS = HERE.parents[1] / ".lab" / "roots"
LATER = ("trixie", "forky")
NFTS = {
    "of this machine": ("nft",),
    **{root.name: ("chroot", str(root), "/usr/sbin/nft") for root in map(ROOTS.joinpath, LATER) if root.is_dir()},
}
_FIRST, _, _LAST = os.environ.get("NFT_TEXT", str(16 * min(SWEEP, 5))).rpartition(":")
SEEDS = range(int(_FIRST or 0), int(_LAST))
_UNSAID = (
    ("timeout,dynamic", "timeout"),
    ("; flags dynamic", ""),
    (" device lo ", " "),
    ("typeof ip saddr", "type ipv4_addr"),
)
FORMS = ((), ("-a",), ("-y",), ("-a", "-y"))
pytestmark = pytest.mark.kernel


@pytest.fixture(scope="module")
def host() -> Iterator[NativeHost]:
    with native_host() as made:
        yield made


@pytest.fixture(params=NFTS, scope="module")
def nft(request: pytest.FixtureRequest) -> tuple[str, ...]:
    return NFTS[request.param]


def test_every_rule_of_nfts_language_is_read_as_its_json_is(host: NativeHost, nft: tuple[str, ...]) -> None:
    _load_what_it_takes(host, nft)
    assert _differences(host, nft, FORMS) == []


def test_generated_rulesets_are_read_as_their_json_is(host: NativeHost, nft: tuple[str, ...]) -> None:
    for seed in SEEDS:
        lines = random_nft.ruleset(Pools(seed, 6 if seed % 4 == 2 else 4)).splitlines()
        if seed % 2:
            lines = list(composed_nft.ruleset(seed, SCRIPT.splitlines()))
        host.ask(*nft, "flush", "ruleset")
        _feed(host, nft, lines)
        assert _differences(host, nft, (FORMS[seed // 2 % len(FORMS)],)) == [], seed


def _load_what_it_takes(host: NativeHost, nft: tuple[str, ...]) -> None:
    host.ask(*nft, "flush", "ruleset")
    _feed(host, nft, SCRIPT.splitlines())


def _feed(host: NativeHost, nft: tuple[str, ...], lines: list[str]) -> None:
    """Load a file without the lines that this kernel or nft refuses."""
    for _ in lines:
        done = host.run(*nft, "-f", "-", feed="\n".join(lines) + "\n")
        if done.returncode == 0:
            return
        refused = {int(part.split(":")[0]) for part in done.stderr.split("/dev/stdin:")[1:]}
        assert refused, done.stderr
        lines = ["" if number in refused else line for number, line in enumerate(lines, 1)]
    raise AssertionError(lines)


def _differences(host: NativeHost, nft: tuple[str, ...], forms: tuple[tuple[str, ...], ...]) -> list[object]:
    printed = host.ask(*nft, "-j", "list", "ruleset")
    expected = parse_snapshot(Facts({Source.NFT_RULESET: printed.encode()}))
    found: list[object] = []
    for form in forms:
        text = host.ask(*nft, *form, "list", "ruleset")
        assert read_nft_text(text).lost == ()
        read = parse_snapshot(Facts({Source.NFT_RULESET: text.encode()}))
        handles = "-a" in form
        ours, theirs = _content(read, handles=True), _content(expected, handles=handles)
        found += [pair for pair in zip(ours, theirs, strict=True) if not _same(*pair)]
    return found


def _same(ours: object, theirs: object) -> bool:
    """Compare what was read of both forms; nft 1.0.6 has no JSON for an update of a map, and prints its words there."""
    return _as_old(ours) == _as_old(theirs) or "nft itself does not say" in str(theirs)


def _as_old(part: object) -> str:
    """Leave away what the JSON of nft 1.0.6 lacks: dynamic sets, devices of chains, marks in maps, `typeof`."""
    said = str(part)
    for words, instead in _UNSAID:
        said = said.replace(words, instead)
    return re.sub(r"0x0+(?=\d)", "", said)


def _content(snapshot: Snapshot, *, handles: bool) -> list[object]:
    """List tables, chains and rules with what they mean, in an order of their own."""
    found: list[object] = []
    for table in sorted(snapshot.ruleset.tables, key=lambda one: one.key):
        found += [table.key, table.flags, _sorted(table, "sets"), _sorted(table, "objects")]
        for chain in table.chains:
            found.append((chain.name, chain.policy, chain.base))
            meanings = snapshot.meanings.read(table, chain)
            for rule, meaning in zip(chain.rules, meanings, strict=True):
                found += [rule if handles else msgspec.structs.replace(rule, handle=None), meaning]
    return found


def _sorted(table: Table, kind: str) -> list[object]:
    return sorted(getattr(table, kind), key=lambda one: (one.kind, one.name))
