"""Nothing planted into a recording is in its redaction: not in any place, not in any notation."""

import json
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from planting import IPV4, IPV6, MAC, MARK, SECRETS, leaks, notations_of_name, planted_json, planted_text
from sampling import SWEEP, every, thinned

from netaudit.api.rules import shipped_catalog
from netaudit.attribute.signatures.signature import Catalog
from netaudit.errors import ParseError
from netaudit.model.facts import IPTABLES_SOURCES, PODMAN_SOURCES, Facts, Gap, GapReason, Source
from netaudit.model.netfilter.match import UnknownMatch
from netaudit.parse import parse_snapshot
from netaudit.parse.iptables.extensions import EXTENSIONS
from netaudit.parse.program import parse_program
from netaudit.store import save
from netaudit.store.redaction import Kind, Removal, redact
from netaudit.store.redaction.rules.iptables_options import OPTIONS
from netaudit.store.redaction.words import MODULES

KEY = b"k" * 32
SAMPLES = Path(__file__).parent / "redaction"
Plant = Callable[[bytes, str], Iterator[tuple[str, Callable[[], bytes]]]]
FORMS: dict[Source, tuple[str, Plant]] = {
    Source.IPTABLES_NFT: ("rules.txt", planted_text),
    Source.NFT_RULESET: ("nft.json", planted_json),
    Source.DOCKER_VERSION: ("docker-version.json", planted_json),
    Source.DOCKER_INFO: ("docker-info.json", planted_json),
    Source.DOCKER_NETWORKS: ("docker-networks.json", planted_json),
    Source.DOCKER_CONTAINERS: ("docker-containers.json", planted_json),
    Source.DOCKERD_ARGV: ("dockerd-argv.txt", planted_text),
    Source.DAEMON_JSON: ("daemon.json", planted_json),
    Source.IP_ADDR: ("ip-addr.json", planted_json),
    Source.IP_ROUTE: ("ip-route.json", planted_json),
    Source.IP6_ROUTE: ("ip-route.json", planted_json),
    Source.SOCKETS: ("sockets.txt", planted_text),
    Source.SYSCTL: ("sysctl.txt", planted_text),
    Source.IP_RULE: ("ip-rule.json", planted_json),
    Source.IP6_RULE: ("ip-rule.json", planted_json),
    Source.IPSET: ("ipset-save.txt", planted_text),
    Source.NFT_TABLES: ("nft-tables.json", planted_json),
    Source.XT_RECENT: ("xt-recent.txt", planted_text),
    Source.RESOLV_CONF: ("resolv.conf", planted_text),
    Source.CGROUPS: ("cgroups.txt", planted_text),
}
# Each notation of a secret is planted; those that only differ in letters are looked for.
PLANTED = [(secret, one) for secret, found in SECRETS.items() for one in sorted(found) if one == MARK or secret != MARK]
SECRET_WORDS = ("office", "alice", "policy_office")


@cache
def _catalog() -> Catalog:
    return shipped_catalog()


def _hidden(facts: Facts) -> bytes | None:
    """Give all bytes of the redacted recording; None for facts that are refused."""
    try:
        hidden = redact(facts, KEY, _catalog()).facts
    except ParseError:
        return None
    told = repr((sorted(hidden.files), hidden.gaps, hidden.unused, hidden.host, hidden.taken_at)).encode()
    return b"\n".join([*hidden.files.values(), told])


def _sample(source: Source) -> bytes:
    return (SAMPLES / FORMS[source][0]).read_bytes()


def test_every_source_is_planted() -> None:
    iptables = set(IPTABLES_SOURCES.values())  # FORMS has one of these, which stands for all
    assert FORMS.keys() | iptables | {Source.INSIDE, *PODMAN_SOURCES} == set(Source)


def test_what_podman_says_is_left_away_and_its_absence_is_a_gap() -> None:
    facts = Facts({str(source): b'[{"Id": "secret"}]' for source in PODMAN_SOURCES})
    hidden = redact(facts, b"k" * 32, shipped_catalog()).facts
    assert hidden.files == {}
    assert {gap.source for gap in hidden.gaps} == {*PODMAN_SOURCES}


@pytest.mark.parametrize(("secret", "notation"), PLANTED, ids=str)
def test_what_is_planted_would_be_found(secret: str, notation: str) -> None:
    for source, (_, plant) in FORMS.items():
        _, make = next(plant(_sample(source), notation))
        assert leaks(make(), SECRETS[secret]), source


@pytest.mark.parametrize("source", every(3, FORMS))
def test_a_name_planted_anywhere_is_found_nowhere(source: Source) -> None:
    assert _leaking(source, MARK, MARK, most=30 * SWEEP) == []


def _leaking(source: Source, secret: str, notation: str, most: int) -> list[str]:
    """List the places at which a secret comes through: of all places, or of as many as are wanted, evenly spread."""
    read, found = 0, []
    places = list(FORMS[source][1](_sample(source), notation))
    for place, make in places[:: 1 + len(places) // most]:
        data = make()
        hidden = _hidden(Facts({str(source): data}))
        read += hidden is not None
        if hidden is not None and (through := leaks(hidden, SECRETS[secret])):
            found.append(f"{place}: {sorted(through)}")
    assert read > 2
    return found


@pytest.mark.matrix
@pytest.mark.parametrize(
    ("source", "secret", "notation"), thinned(11, [(one, *planted) for planted in PLANTED for one in FORMS]), ids=str
)
def test_what_is_planted_anywhere_in_any_notation_is_found_nowhere(source: Source, secret: str, notation: str) -> None:
    assert _leaking(source, secret, notation, most=1 << 20 if notation == MARK else 60) == []


@given(
    st.sampled_from(sorted(FORMS)),
    st.sampled_from([pair for pair in PLANTED if pair[0] != MARK]),
    st.integers(min_value=0),
)
@settings(max_examples=30 * SWEEP, deadline=None)
def test_an_address_planted_somewhere_is_found_nowhere(source: Source, pair: tuple[str, str], at: int) -> None:
    secret, notation = pair
    hidden = _hidden(Facts({str(source): _planted(source, notation, at)}))
    assert hidden is None or leaks(hidden, SECRETS[secret]) == set()


def _planted(source: Source, text: str, at: int) -> bytes:
    """Give one of the documents with a text planted."""
    made = [make for _, make in FORMS[source][1](_sample(source), text)]
    return made[at % len(made)]()


NAMES = st.text(st.sampled_from("abcdefghijklmnopqrstuvwxyzABCXYZ0123456789-_."), min_size=6, max_size=30).filter(
    lambda name: name[0].isalpha() and sum(map(str.isalpha, name)) > 4
)


@given(st.sampled_from(sorted(FORMS)), NAMES, st.integers(min_value=0))
@settings(max_examples=30 * SWEEP, deadline=None)
def test_any_name_planted_somewhere_is_found_nowhere(source: Source, name: str, at: int) -> None:
    hidden = _hidden(Facts({str(source): _planted(source, f"Qz{name}", at)}))
    assert hidden is None or leaks(hidden, notations_of_name(f"Qz{name}")) == set()


@pytest.mark.parametrize("source", FORMS)
def test_what_the_samples_hold_is_found_nowhere(source: Source) -> None:
    hidden = _hidden(Facts({str(source): _sample(source)}))
    assert hidden is not None
    assert [word for word in SECRET_WORDS if word.encode() in hidden.lower()] == []
    for address in ("192.0.2.", "2001:db8", "00:11:22", "02:42", "2:42:9f", "198.51.100", "0123456789ab", "c0000201"):
        assert address.encode() not in hidden.lower()


def test_what_stands_inside_containers_and_beside_the_files_is_found_nowhere() -> None:
    rules = f"*filter\n:INPUT ACCEPT [0:0]\n:{MARK} - [0:0]\n-A INPUT -s {IPV4} -i {MARK} -j {MARK}\nCOMMIT\n"
    nft = json.dumps({"nftables": [{"table": {"family": "ip", "name": MARK, "comment": f"{MAC} {IPV6}"}}]})
    files = {"iptables-save.txt": rules, "nft-ruleset.json": nft, MARK: MARK}
    hidden = _hidden(
        Facts(
            {str(Source.INSIDE): json.dumps({MARK: files, "a" * 64: files}).encode(), MARK: MARK.encode()},
            gaps=(Gap(MARK, GapReason.CRASHED, MARK), Gap(Source.SOCKETS, GapReason.PARTIAL, f"{MARK}: {IPV4}")),
            unused=(MARK, str(Source.DAEMON_JSON)),
            host=MARK,
            taken_at=f"2026-01-01T00:00:00Z{MARK}",
        )
    )
    assert hidden is not None
    assert b"-A INPUT -s " in hidden
    assert [secret for secret, found in SECRETS.items() if leaks(hidden, found)] == []


_COLUMNS = "target prot opt source destination\n"


@pytest.mark.parametrize(
    "text",
    [
        f"Chain INPUT (policy DROP)\n{_COLUMNS}{MARK} tcp -- {IPV4} {MARK}.example tcp dpt:ssh\n",
        f"-P INPUT ACCEPT\n-N {MARK}\n-A INPUT -s {IPV4}/32 -m comment --comment {MARK} -j {MARK}\n",
        f"# Table `{MARK}' is incompatible, use 'nft' tool.\n*filter\n:INPUT ACCEPT [0:0]\nCOMMIT\n",
        f"*office\n:INPUT ACCEPT [0:0]\n:{MARK} - [0:0]\n-A {MARK} -g {MARK}\nCOMMIT\n",
    ],
    ids=["iptables -L", "iptables -S", "a table that could not be printed", "a table of another name"],
)
def test_every_form_of_rules_is_redacted(text: str) -> None:
    hidden = _hidden(Facts({str(Source.IPTABLES_NFT): text.encode()}))
    assert hidden is not None
    assert leaks(hidden, SECRETS[MARK] | SECRETS[IPV4] | {"office"}) == set()


# ---- what is left means what it meant, or is undecided ---------------------------------------------------------------


def _meanings(source: Source, data: bytes) -> list[tuple[int, bool, str]]:
    """Give of each rule: how many matches it has, whether one is undecided, and its verdict's kind."""
    facts = Facts({str(source): data})
    ruleset = parse_snapshot(facts).ruleset
    program = parse_program(facts, ruleset)
    rules = (rule.meaning for table in program.tables for chain in table.chains.values() for rule in chain.rules)
    return [
        (
            len(rule.matches),
            any(isinstance(match, UnknownMatch) for match in rule.matches),
            type(rule.verdict).__name__,
        )
        for rule in rules
    ]


@pytest.mark.parametrize("source", [Source.IPTABLES_NFT, Source.NFT_RULESET])
def test_no_rule_of_the_samples_means_more_than_it_did(source: Source) -> None:
    hidden = redact(Facts({str(source): _sample(source)}), KEY, _catalog()).facts
    before, after = _meanings(source, _sample(source)), _meanings(source, hidden.files[source])
    assert len(before) == len(after) > 10
    for (matches, undecided, verdict), (matches_after, undecided_after, verdict_after) in zip(
        before, after, strict=True
    ):
        assert verdict == verdict_after
        assert matches_after >= matches
        assert undecided_after or not undecided


def _rule(text: str) -> str:
    saved = f"*filter\n:INPUT ACCEPT [0:0]\n{text}\nCOMMIT\n"
    hidden = redact(Facts({str(Source.IPTABLES_NFT): saved.encode()}), KEY, _catalog()).facts
    return hidden.files[Source.IPTABLES_NFT].decode().splitlines()[3]


@pytest.mark.parametrize(
    "match",
    [
        "-m string --string secret --algo bm",
        "-m tls --tls-host secret.example",
        '-m u32 --u32 "0xc&0xffffffff=0xc0000201"',
        "-m iprange --src-range 192.0.2.3-192.0.2.77",
        "-s 10.0.0.5/255.0.0.255",
        "-m secret --secret yes",
        "-m tcp --secret yes",
        "--secret yes",
        "! -s secret",
        "-m cgroup --path /secret",
        "-p secret",
    ],
)
def test_a_match_that_is_not_known_stays_as_one_that_is_undecided(match: str) -> None:
    text = _rule(f"-A INPUT {match} -j ACCEPT")
    assert "--redacted redacted-" in text
    meaning = _meanings(Source.IPTABLES_NFT, f"*filter\n:INPUT ACCEPT [0:0]\n{text}\nCOMMIT\n".encode())
    assert [undecided for _, undecided, _ in meaning] == [True]
    assert text == _rule(f"-A INPUT {match} -j ACCEPT")
    assert text != _rule(f"-A INPUT {match}x -j ACCEPT")


def test_a_range_of_addresses_is_the_networks_that_stand_for_it() -> None:
    assert "--redacted" not in _rule("-A INPUT -m iprange --src-range 192.0.2.0-192.0.2.255 -j ACCEPT")
    data = {"nftables": [
        {"table": {"family": "ip", "name": "t"}},
        {"chain": {"family": "ip", "table": "t", "name": "c"}},
        {"rule": {"family": "ip", "table": "t", "chain": "c", "expr": [
            {"match": {"op": "==", "left": {"payload": {"protocol": "ip", "field": "saddr"}},
                       "right": {"range": ["192.0.2.3", "192.0.2.77"]}}}, {"drop": None}]}},
    ]}  # fmt: skip
    hidden = redact(Facts({str(Source.NFT_RULESET): json.dumps(data).encode()}), KEY, _catalog()).facts
    rule = json.loads(hidden.files[Source.NFT_RULESET])["nftables"][2]["rule"]["expr"][0]["match"]["right"]
    sizes = [2 ** (32 - one["prefix"]["len"]) for one in rule["set"]]
    assert sum(sizes) == 75


@pytest.mark.matrix
def test_ranges_that_are_very_many_networks_are_removed_and_said() -> None:
    ranges = [{"range": [f"2001:db8::{at:x}", "2001:db9:ffff:ffff:ffff:ffff:ffff:fffe"]} for at in range(1, 400)]
    table = {"family": "inet", "name": "t"}
    members = {"family": "inet", "name": "s", "table": "t", "type": "ipv6_addr", "elem": ranges}
    data = {"nftables": [{"table": table}, {"set": members}]}
    done = redact(Facts({str(Source.NFT_RULESET): json.dumps(data).encode()}), KEY, _catalog())
    elements = json.loads(done.facts.files[Source.NFT_RULESET])["nftables"][1]["set"]["elem"]
    assert len(elements) == len(ranges)
    kept = [one for one in elements if isinstance(one, dict)]
    assert 0 < len(kept) < len(ranges)
    assert sum(len(one["set"]) for one in kept) <= 1 << 14
    (unknown,) = [one for one in done.removed if one.kind == "unknown parts replaced by a placeholder"]
    assert unknown.count == len(ranges) - len(kept)


def test_a_wildcard_matches_what_it_matched() -> None:
    names = redact_names(
        "office0", "office+", "off+", "eth+", "eth0.100", "eth0.+", "br-0123456789ab", "br-+", "veth12ab"
    )
    assert names[0].startswith(names[1][:-1])
    assert names[1].startswith(names[2][:-1])
    assert names[3] == "eth+"
    assert names[4].startswith(names[5][:-1])
    assert names[4] != "eth0.100"
    assert names[6].startswith("br-")
    assert names[7] == "br-+"


def redact_names(*names: str) -> list[str]:
    return [_rule(f"-A INPUT -i {name} -j ACCEPT").split()[3] for name in names]


# ---- what was removed is said ----------------------------------------------------------------------------------------


def test_what_was_removed_is_said_by_file_and_kind() -> None:
    sysctls = f"net.ipv4.ip_forward = 1\nkernel.hostname = {MARK}\nnet.ipv4.conf.office0.rp_filter = 1\n"
    redaction = redact(Facts({str(Source.SYSCTL): sysctls.encode()}), KEY, _catalog())
    assert redaction.removed == (
        Removal("sysctl.txt", Kind.LINE, 1),
        Removal("sysctl.txt", Kind.NAME, 1),
    )


def test_a_whole_thing_that_is_dropped_leaves_a_gap() -> None:
    printed = {"nftables": [{"table": {"family": "ip", "name": "filter"}}, {"office": {"name": MARK}}]}
    redaction = redact(Facts({str(Source.NFT_RULESET): json.dumps(printed).encode(), MARK: b"x"}), KEY, _catalog())
    assert redaction.facts.gaps == (
        Gap("nft-ruleset.json", GapReason.PARTIAL, "by redaction: objects removed: 1"),
        Gap("other files", GapReason.PARTIAL, "by redaction: files removed: 1"),
    )


def test_the_written_recording_holds_nothing_planted(tmp_path: Path) -> None:
    facts = Facts(
        {str(source): _sample(source) for source in FORMS}, host="office", gaps=(Gap("office", GapReason.DENIED),)
    )
    save(redact(facts, KEY, _catalog()).facts, tmp_path / "hidden")
    written = b"".join(path.read_bytes() for path in sorted((tmp_path / "hidden").iterdir()))
    assert b"office" not in written
    assert b"192.0.2." not in written


def test_every_extension_that_netaudit_reads_is_known_to_redaction() -> None:
    assert EXTENSIONS.keys() <= MODULES
    assert len(OPTIONS) > 150


def test_the_documentation_names_every_kind() -> None:
    text = (Path(__file__).parents[1] / "docs" / "redaction.md").read_text()
    assert [kind for kind in Kind if kind not in re.sub(r"\s+", " ", text)] == []


def test_where_dockers_api_listens_is_still_known() -> None:
    """A check hangs on it: an address stays one of the same kind, with its port."""
    files = {str(source): _sample(source) for source in (Source.DOCKERD_ARGV, Source.DAEMON_JSON)}
    facts = Facts({**files, str(Source.DOCKER_CONTAINERS): b"[]", str(Source.DOCKER_NETWORKS): b"[]"})
    before, after = (parse_snapshot(one).inventory for one in (facts, redact(facts, KEY, _catalog()).facts))
    assert before
    assert after
    ports = [one.rpartition(":")[2] for one in before.options.api_addresses or ()]
    assert [one.rpartition(":")[2] for one in after.options.api_addresses or ()] == ports
    assert len(ports) == 4
    assert "127.0.0.1:2377" in (after.options.api_addresses or ())
    assert after.options.userland_proxy is before.options.userland_proxy
    assert after.options.tls_verify is before.options.tls_verify
    assert bool(after.options.default_address)


def test_what_nests_without_end_is_refused() -> None:
    deep = '{"elem":' * 300 + "1" + "}" * 300
    printed = f'{{"nftables": [{{"rule": {{"family": "ip", "table": "t", "chain": "c", "expr": [{deep}]}}}}]}}'
    with pytest.raises(ParseError, match=r"nft-ruleset\.json"):
        redact(Facts({str(Source.NFT_RULESET): printed.encode()}), KEY, _catalog())
