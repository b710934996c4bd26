"""One rule <-> its options: no word is lost, whatever it says."""

from pathlib import Path

from hypothesis import example, given
from hypothesis import strategies as st

from netaudit.parse.iptables.match import read_matches
from netaudit.parse.iptables.rule import Option, ParsedRule, parse_rule, print_rule, split_words, unquote

RECORDINGS = Path(__file__).parent.parent / "recordings"
LINES = sorted(
    {
        line.partition("] ")[2]
        for path in RECORDINGS.rglob("ip*tables*-save.txt")
        for line in path.read_text().splitlines()
        if line.startswith("[")
    }
)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


ADDRESSES = st.sampled_from(["192.0.2.1/32", "198.51.100.0/24", "2001:db8::/64", "0.0.0.0/0"])
INTERFACES = st.sampled_from(["docker0", "br-0123456789ab", "eth0", "lo", "veth+"])
PORTS = st.integers(1, 65535).map(str)
CHAINS = st.sampled_from(["INPUT", "FORWARD", "DOCKER", "DOCKER-USER", "f2b-sshd", "-dashed"])
COMMENTS = st.one_of(
    st.sampled_from(["-j ACCEPT", 'say \\ "no"', "! -i eth0", "-", "--", "a  b", " ", ""]), st.text(max_size=12)
).map(_quoted)
MATCHES = st.one_of(
    st.tuples(st.sampled_from(["-s", "-d"]), ADDRESSES),
    st.tuples(st.sampled_from(["-i", "-o"]), INTERFACES),
    st.tuples(st.just("-p"), st.sampled_from(["tcp", "udp", "ipv6-icmp", "132"])),
    st.tuples(st.just("-m tcp"), st.sampled_from(["--dport", "--sport"]), PORTS),
    st.tuples(st.just("-m multiport --dports"), st.lists(PORTS, min_size=1, max_size=3).map(",".join)),
    st.tuples(st.just("-m comment --comment"), COMMENTS),
    st.tuples(st.just("-m conntrack --ctstate"), st.sampled_from(["NEW", "RELATED,ESTABLISHED"])),
    st.tuples(st.just("-m addrtype --dst-type LOCAL")),
    st.tuples(st.just('-m u32 --u32 "0x0>>0x16&0x3c@0xc&0xffffff00=0x100100"')),
    st.tuples(st.just("-m tcp --tcp-flags SYN,RST SYN")),
    st.tuples(st.just("-m limit --limit 3/min --limit-burst 10")),
    st.tuples(st.just("-f")),
).map(" ".join)
NEGATED = st.tuples(st.sampled_from(["", "! "]), MATCHES).map("".join)
TARGETS = st.one_of(
    st.just(""),
    st.sampled_from(["ACCEPT", "DROP", "RETURN", "MASQUERADE", "REJECT --reject-with tcp-reset"]).map("-j {}".format),
    CHAINS.map("-j {}".format),
    CHAINS.map("-g {}".format),
    st.tuples(ADDRESSES, PORTS).map(lambda to: f"-j DNAT --to-destination {to[0]}:{to[1]}"),
    COMMENTS.map("-j LOG --log-prefix {} --log-level 7".format),
    st.just("-j MARK --set-xmark 0x1/0xffffffff"),
)
RULES = st.tuples(CHAINS, st.lists(NEGATED, max_size=5), TARGETS).map(
    lambda parts: " ".join(filter(None, ["-A", parts[0], *parts[1], parts[2]]))
)


@given(st.text())
@example("-A")
@example("-A  x")
@example("-A x -j")
@example("-A x !")
@example("-A x ! -j DROP")
@example('-A x "unclosed -j DROP')
@example("-A x -j  -j y")
@example("\\")
def test_printing_undoes_reading_for_any_text(text: str) -> None:
    assert print_rule(parse_rule(text)) == text


@given(RULES)
def test_printing_undoes_reading_for_rules(text: str) -> None:
    assert print_rule(parse_rule(text)) == text


@given(st.text())
def test_words_joined_are_the_text(text: str) -> None:
    assert " ".join(split_words(text)) == text


@given(st.text())
def test_unquoting_undoes_quoting(text: str) -> None:
    assert unquote(_quoted(text)) == text


def test_printing_undoes_reading_for_recorded_rules() -> None:
    assert len(LINES) > 100
    assert [text for text in LINES if print_rule(parse_rule(text)) != text] == []


def test_options_know_their_module_their_negation_and_their_arguments() -> None:
    parsed = parse_rule("-A DOCKER -d 172.17.0.2/32 ! -i docker0 -p tcp -m tcp --dport 80 -j ACCEPT")
    assert parsed == ParsedRule(
        "DOCKER",
        (
            Option("-d", ("172.17.0.2/32",)),
            Option("-i", ("docker0",), negated=True),
            Option("-p", ("tcp",)),
            Option("-m", ("tcp",), module="tcp"),
            Option("--dport", ("80",), module="tcp"),
        ),
        "ACCEPT",
    )


def test_a_negation_behind_its_option_is_one_too() -> None:
    """Before 1.4.3 iptables-save printed it there."""
    text = "-A INPUT -s ! 10.0.0.0/8 -p ! tcp -m state --state ! NEW -j DROP"
    parsed = parse_rule(text)
    assert parsed.matches == (
        Option("-s", ("10.0.0.0/8",), negated=True, inner=True),
        Option("-p", ("tcp",), negated=True, inner=True),
        Option("-m", ("state",), module="state"),
        Option("--state", ("NEW",), negated=True, module="state", inner=True),
    )
    today = parse_rule("-A INPUT ! -s 10.0.0.0/8 ! -p tcp -m state ! --state NEW -j DROP")
    assert read_matches(parsed.matches, "ip") == read_matches(today.matches, "ip")
    assert print_rule(parsed) == text


def test_a_comment_that_looks_like_a_target_is_a_comment() -> None:
    parsed = parse_rule('-A INPUT -m comment --comment "-j ACCEPT" -j DROP')
    assert (parsed.target, parsed.matches[-1].arguments) == ("DROP", ('"-j ACCEPT"',))


def test_a_targets_options_are_its_own() -> None:
    parsed = parse_rule("-A DOCKER ! -i docker0 -p tcp -j DNAT --to-destination 172.17.0.2:80")
    assert (parsed.target, parsed.target_options) == ("DNAT", (Option("--to-destination", ("172.17.0.2:80",)),))


def test_goto_is_told_from_jump() -> None:
    assert [parse_rule(f"-A a {verb} b").goto for verb in ("-g", "-j")] == [True, False]


def test_a_rule_may_only_count() -> None:
    assert parse_rule("-A INPUT -i lo") == ParsedRule("INPUT", (Option("-i", ("lo",)),))


def test_what_is_no_rule_is_kept_as_stray_words() -> None:
    assert parse_rule("hello world") == ParsedRule("", (Option("", ("hello", "world")),))
