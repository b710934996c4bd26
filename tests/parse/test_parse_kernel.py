"""What real kernels print of every extension: dumps come back word for word, listings read as the dump, or say not."""

import os
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from parse.extension_rules import rules_of

from netaudit.model.netfilter.ruleset import Backend, Chain, Table
from netaudit.parse.forms import read_rules
from netaudit.parse.iptables.rule import parse_rule, print_rule

pytestmark = [pytest.mark.kernel, pytest.mark.xdist_group("extensions")]
ROOTS = Path(__file__).parent.parent.parent / ".lab" / "roots"
# Each extension is a library beside iptables; `standard` is an ACCEPT, `NAT` what other libraries point to.
EXTENSIONS = Path("/usr/lib").glob("*/xtables/lib*.so")
NO_EXTENSIONS = {"standard", "NAT"}
TABLES = ("raw", "mangle", "nat", "filter")
HOSTS = [(backend, family) for backend in ("nft", "legacy") for family in ("ip", "ip6")]


def _libraries(root: Path) -> Path:
    """Find the folder of another system's libraries: its iptables runs here with them."""
    return next(root.glob("usr/lib/*/libxtables.so.*")).parent


def _of(root: Path | None) -> list[str]:
    if root is None:
        return []
    loader = next(_libraries(root).glob("ld-linux*.so.*"))
    return [str(loader), "--library-path", str(_libraries(root))]


class Programs:
    """iptables of one backend and family, in a namespace of its own; `root` is another system's."""

    def __init__(self, namespace: str, backend: str, family: str) -> None:
        self._enter = ["nsenter", f"--net=/run/netns/{namespace}"]
        self._multi = f"/usr/sbin/xtables-{backend}-multi"
        self.name = "ip6tables" if family == "ip6" else "iptables"
        self.family = family
        self.refused: dict[str, str] = {}

    def try_to(self, *argv: str, root: Path | None = None, name: str = "") -> subprocess.CompletedProcess[str]:
        """Run iptables."""
        wait = () if name else ("-w", "30")  # others on this machine may hold the lock of legacy tables
        command = [*self._enter, *_of(root), f"{root or ''}{self._multi}", name or self.name, *wait, *argv]
        env = {**os.environ, "XTABLES_LIBDIR": f"{_libraries(root)}/xtables"} if root else None
        return subprocess.run(command, text=True, capture_output=True, check=False, timeout=60, env=env)

    def listing(self, *options: str, root: Path | None = None) -> str:
        """List every table."""
        return "\n".join(self.try_to("-t", table, "-L", *options, root=root).stdout for table in TABLES)

    def save(self, root: Path | None = None) -> str:
        """Dump every table."""
        return self.try_to(root=root, name=f"{self.name}-save").stdout

    def read(self, text: str) -> dict[str, Table]:
        """Read rules in any form."""
        reading = read_rules(text, backend=Backend.IPTABLES_NFT, family=self.family, source="kernel")
        return {table.name: table for table in reading.tables}


@pytest.fixture(scope="module", params=HOSTS, ids="-".join)
def programs(request: pytest.FixtureRequest) -> Iterator[Programs]:
    backend, family = request.param
    namespace = f"nae-{os.getpid()}-{backend}-{family}"
    subprocess.run(["ip", "netns", "add", namespace], check=True)
    try:
        programs = Programs(namespace, backend, family)
        programs.try_to("-N", "OWN")
        for table, chain, rule in rules_of(family):
            done = programs.try_to("-t", table, "-A", chain, *shlex.split(rule))
            if done.returncode:
                programs.refused[f"{table} {rule}"] = done.stderr
        yield programs
    finally:
        subprocess.run(["ip", "netns", "del", namespace], check=True)


def _usual(rule: str) -> str:
    """Give a rule as a listing shows it: a protocol by its name, nothing of eui64, of which iptables prints nothing."""
    return rule.replace("-p 47 ", "-p gre ").replace(" -m eui64", "")


def _texts(chain: Chain) -> list[str]:
    return [rule.text for rule in chain.rules]


def test_every_extension_that_iptables_has_is_in_a_rule() -> None:
    found = (re.fullmatch(r"lib(?:xt|ipt|ip6t)_(\w+)\.so", path.name) for path in EXTENSIONS)
    listed = {one[1] for one in found if one}
    assert len(listed) > 90
    words = {word for family in ("ip", "ip6") for _, _, rule in rules_of(family) for word in rule.split()}
    assert listed - words == NO_EXTENSIONS


def test_the_kernel_takes_most_of_them(programs: Programs) -> None:
    ours = [why for why in programs.refused.values() if "unknown option" in why or "Bad argument" in why]
    assert ours == []
    assert len(programs.refused) < len(rules_of(programs.family)) // 4


def test_a_dump_comes_back_word_for_word(programs: Programs) -> None:
    for text in (programs.save(), programs.try_to("-c", name=f"{programs.name}-save").stdout):
        expected = [re.sub(r"^\[\d+:\d+\] ", "", line) for line in text.splitlines() if re.match(r"\[|-A", line)]
        read = [rule for table in programs.read(text).values() for chain in table.chains for rule in _texts(chain)]
        assert len(read) > 90
        assert read == expected
        assert [print_rule(parse_rule(rule)) for rule in read] == read


def test_iptables_s_reads_as_the_dump(programs: Programs) -> None:
    dumped = programs.read(programs.save())
    for table in TABLES:
        text = f"# {programs.name} -t {table} -S\n" + programs.try_to("-t", table, "-S").stdout
        counted = f"# {programs.name} -t {table} -S\n" + programs.try_to("-t", table, "-S", "-v").stdout
        assert _chains(programs.read(text)[table]) == _chains(dumped[table])
        assert _chains(programs.read(counted)[table]) == _chains(dumped[table])


def _chains(table: Table) -> dict[str, tuple[str | None, list[str]]]:
    return {chain.name: (chain.policy, _texts(chain)) for chain in table.chains}


@pytest.mark.parametrize("root", [None, "trixie", "forky"])
@pytest.mark.parametrize("options", ["-v -n", "-v", "-v -n -x --line-numbers", "-n", "-n --line-numbers", ""])
def test_a_listing_reads_as_the_dump_or_says_what_it_lacks(programs: Programs, options: str, root: str | None) -> None:
    other = ROOTS / root if root else None
    dumped = programs.read(programs.save(root=other))
    listed = programs.read(programs.listing(*options.split(), root=other))
    exact = 0
    for name in TABLES:
        assert [*_chains(listed[name])] == [*_chains(dumped[name])]
        for dump, listing in zip(dumped[name].chains, listed[name].chains, strict=True):
            assert dump.policy == listing.policy
            for said, read in zip(_texts(dump), _texts(listing), strict=True):
                assert read == _usual(said) or " -m listing --" in read
                exact += read == _usual(said)
    assert exact > 60 if "-v" in options else exact == 0
