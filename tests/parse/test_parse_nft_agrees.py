"""Our text of each native rule against nft's own: real rules in a real kernel."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from native_host import NativeHost, native_host

from netaudit.model.netfilter.ruleset import Table
from netaudit.parse.nftables.ruleset import parse_nft

SCRIPT = Path(__file__).with_name("native_rules.nft").read_text()
LACKING = tuple(f"(Could not process rule: {why})" for why in ("No such file or directory", "Operation not supported"))
pytestmark = pytest.mark.kernel


@pytest.fixture(scope="module")
def loaded() -> Iterator[tuple[NativeHost, list[str]]]:
    """Load the rules one by one; give the host, and what this kernel or this nft refused: some need kernel modules."""
    with native_host() as host:
        assert host.run("nft", "-f", "-", feed=_without_rules(SCRIPT)).returncode == 0
        yield host, list(_refused(host))


@pytest.fixture(scope="module")
def host(loaded: tuple[NativeHost, list[str]]) -> NativeHost:
    return loaded[0]


def test_a_rule_is_refused_only_where_this_kernel_lacks_what_it_asks_for(loaded: tuple[NativeHost, list[str]]) -> None:
    refused = loaded[1]
    assert len(refused) < 0.1 * len(list(_rules(SCRIPT)))
    print("refused by this kernel, not compared:", *refused, sep="\n")
    assert [one for one in refused if not one.endswith(LACKING)] == []


def test_every_rule_is_printed_as_nft_prints_it(host: NativeHost) -> None:
    ours = {place: rules for table in _tables(host) for place, rules in _rules_of(table)}
    theirs = dict(_listed_rules(host.ask("nft", "-s", "list", "ruleset")))
    assert {place: rules for place, rules in ours.items() if rules} == theirs


def test_every_element_is_printed_as_nft_prints_it(host: NativeHost) -> None:
    ours = {(table.family, named.name): named.elements for table in _tables(host) for named in table.sets}
    theirs = dict(_listed_elements(host.ask("nft", "-s", "list", "ruleset")))
    assert {place: elements for place, elements in ours.items() if elements} == theirs


def test_nothing_that_nft_knows_is_left_as_json(host: NativeHost) -> None:
    texts = [rule.text for table in _tables(host) for chain in table.chains for rule in chain.rules]
    assert [text for text in texts if "json " in text] == []


def _refused(host: NativeHost) -> Iterator[str]:
    for rule in _rules(SCRIPT):
        done = host.run("nft", "-f", "-", feed=f"add rule {rule}\n")
        if done.returncode:
            yield f"{rule} ({done.stderr.partition('Error: ')[2].splitlines()[0]})"


def _tables(host: NativeHost) -> tuple[Table, ...]:
    return parse_nft(host.ask("nft", "-j", "list", "ruleset").encode(), source="nft-ruleset.json")


def _rules_of(table: Table) -> Iterator[tuple[tuple[str, str], tuple[str, ...]]]:
    for chain in table.chains:
        yield (table.family, chain.name), tuple(rule.text for rule in chain.rules)


def _without_rules(script: str) -> str:
    kept = [line for line in script.splitlines() if not _is_rule(line)]
    return "\n".join(kept) + "\n"


def _is_rule(line: str) -> bool:
    return line.startswith("    ") and not line.startswith("    type ")


def _rules(script: str) -> Iterator[str]:
    table = chain = ""
    for line in script.splitlines():
        if found := re.match(r"table (\w+ \w+) ", line):
            table = found[1]
        elif found := re.match(r"  chain (\w+) ", line):
            chain = found[1]
        elif _is_rule(line):
            yield f"{table} {chain} {line.strip()}"


def _listed_rules(listing: str) -> Iterator[tuple[tuple[str, str], tuple[str, ...]]]:
    for family, body in _listed_tables(listing):
        for chain, inner in re.findall(r"^\tchain (\S+) \{\n(.*?)^\t\}", body, re.DOTALL | re.MULTILINE):
            lines = [line.strip() for line in inner.splitlines()]
            rules = tuple(line for line in lines if not line.startswith("type "))
            if rules:
                yield (family, chain), rules


def _listed_elements(listing: str) -> Iterator[tuple[tuple[str, str], tuple[str, ...]]]:
    for family, body in _listed_tables(listing):
        for name, inner in re.findall(r"^\t(?:set|map) (\S+) \{\n(.*?)^\t\}", body, re.DOTALL | re.MULTILINE):
            found = re.search(r"elements = \{ (.*?) \}", inner, re.DOTALL)
            if found:  # of several statements of an element this nft's JSON has one
                yield (family, name), tuple(re.split(r",\s+", found[1].replace(" counter quota 500 bytes", "")))


def _listed_tables(listing: str) -> Iterator[tuple[str, str]]:
    yield from re.findall(r"^table (\w+) \S+ \{\n(.*?)^\}", listing, re.DOTALL | re.MULTILINE)
