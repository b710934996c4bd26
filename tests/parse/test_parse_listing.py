"""`iptables -L` text as people publish it: what it says is read, what it does not say is said."""

import time
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netaudit import show
from netaudit.attribute.attribution import AttributedSnapshot, Confidence
from netaudit.errors import ParseError
from netaudit.model.facts import Facts, Gap, GapReason, Source
from netaudit.model.netfilter.ruleset import Backend
from netaudit.parse.forms import read_rules
from netaudit.parse.listing.names import BindingEvidence
from netaudit.parse.reading.result import Loss, ParseResult

LISTINGS = Path(__file__).parent / "listings"
CLASSIC = (LISTINGS / "nat.txt").read_text() + (LISTINGS / "filter.txt").read_text()
# A row, and indented below it the rule that it is.
_ROWS = (LISTINGS / "rows.txt").read_text().splitlines()
ROWS_READ = [(row, rule.strip()) for row, rule in zip(_ROWS[::2], _ROWS[1::2], strict=True)]
WIDE = " pkts bytes target     prot opt in     out     source               destination\n"
NARROW = "target     prot opt source               destination\n"
WEB = {
    "Id": "a" * 64,
    "Name": "/web",
    "State": {"Running": True},
    "HostConfig": {"NetworkMode": "default"},
    "NetworkSettings": {
        "Ports": {"80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "8080"}]},
        "Networks": {"bridge": {"NetworkID": "b" * 64, "IPAddress": "172.17.0.2", "IPPrefixLen": 16}},
    },
}


def _read(text: str, family: str = "ip", ports: frozenset[int] = frozenset()) -> ParseResult:
    return read_rules(
        text, backend=Backend.IPTABLES_NFT, family=family, source="listing", evidence=BindingEvidence(ports)
    )


def _rules(text: str, family: str = "ip") -> list[str]:
    return [rule.text for table in _read(text, family).tables for chain in table.chains for rule in chain.rules]


def _wide(*rows: str) -> str:
    return "Chain INPUT (policy ACCEPT 0 packets, 0 bytes)\n" + WIDE + "".join(f"    0     0 {row}\n" for row in rows)


def _shown(**files: bytes) -> AttributedSnapshot:
    return show(Facts({str(Source[name]): data for name, data in files.items()}))


# ---- the published listing of `docker run -p 8080:80 nginx` beside libvirt -----------------------------------------


def _makers(shown: AttributedSnapshot) -> dict[str, tuple[str, Confidence, list[str]]]:
    return {
        one.item.text: (
            one.attribution.maker,
            one.attribution.confidence,
            [cause.container.name for cause in one.attribution.causes if cause.container],
        )
        for one in shown.items
        if one.item.position is not None
    }


DNAT = "-A DOCKER ! -i docker0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.17.0.2:80"
HAIRPIN = "-A POSTROUTING -s 172.17.0.2/32 -d 172.17.0.2/32 -p tcp -m tcp --dport 80 -j MASQUERADE"
ACCEPT = "-A DOCKER -d 172.17.0.2/32 ! -i docker0 -o docker0 -p tcp -m tcp --dport 80 -j ACCEPT"
OUTPUT = "-A OUTPUT ! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j DOCKER"
LIBVIRT = [
    "-A POSTROUTING -s 192.168.122.0/24 -d 224.0.0.0/24 -j RETURN",
    "-A POSTROUTING -s 192.168.122.0/24 ! -d 192.168.122.0/24 -p udp -j MASQUERADE --to-ports 1024-65535",
    "-A INPUT -i virbr0 -p udp -m udp --dport 53 -j ACCEPT",
    "-A INPUT -i virbr0 -p tcp -m tcp --dport 67 -j ACCEPT",
    "-A OUTPUT -o virbr0 -p udp -m udp --dport 68 -j ACCEPT",
    "-A FORWARD -o virbr0 -j REJECT --reject-with icmp-port-unreachable",
]


def test_the_published_listing_reads_rightly_without_an_inventory() -> None:
    makers = _makers(_shown(IPTABLES_NFT=CLASSIC.encode()))
    assert {makers[rule][:2] for rule in (DNAT, HAIRPIN, ACCEPT, OUTPUT)} == {("docker", Confidence.LIKELY)}
    assert {makers[rule][:2] for rule in LIBVIRT} == {("libvirt", Confidence.LIKELY)}


def test_docker_inspect_beside_the_published_listing_proves_it() -> None:
    shown = _shown(IPTABLES_NFT=CLASSIC.encode(), DOCKER_CONTAINERS=msgspec.json.encode([WEB]))
    makers = _makers(shown)
    assert {rule: makers[rule] for rule in (DNAT, HAIRPIN, ACCEPT)} == dict.fromkeys(
        (DNAT, HAIRPIN, ACCEPT), ("docker", Confidence.PROVED, ["web"])
    )
    assert {makers[rule][:2] for rule in LIBVIRT} == {("libvirt", Confidence.LIKELY)}
    assert (shown.missing, shown.defects) == ((), ())


def test_the_name_of_a_port_is_doubtful_until_something_else_decides() -> None:
    doubt = Loss("the port of http-alt/tcp: taken for 8080, is 8008 or 591 on other systems", doubtful=True)
    assert doubt in _read(CLASSIC).losses
    assert doubt not in _read(CLASSIC, ports=frozenset({8080})).losses
    assert "--dport 8008 " in str(_read(CLASSIC, ports=frozenset({8008})).tables)


def test_what_a_listing_lacks_is_a_gap() -> None:
    gaps = _shown(IPTABLES_NFT=CLASSIC.encode()).head.gaps
    assert Gap("iptables-save.txt", GapReason.NOT_RECORDED, "not listed: table mangle, raw") in gaps
    narrow = _shown(
        IPTABLES_NFT=b"Chain INPUT (policy DROP)\n" + NARROW.encode() + b"ACCEPT all -- anywhere anywhere\n"
    )
    assert [one.item.text for one in narrow.items][1:] == ["-A INPUT -m listing --interfaces -j ACCEPT"]
    interfaces = Gap("iptables-save.txt", GapReason.NOT_RECORDED, "the interfaces of rules: listed without -v")
    assert interfaces in narrow.head.gaps


def test_rules_that_a_listing_may_not_have_shown_are_not_missing() -> None:
    only_nat = (LISTINGS / "nat.txt").read_bytes()
    assert _shown(IPTABLES_NFT=only_nat, DOCKER_CONTAINERS=msgspec.json.encode([WEB])).missing == ()


# ---- columns ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("row", "rule"), ROWS_READ)
def test_a_row_is_read(row: str, rule: str) -> None:
    assert _rules(_wide(row)) == [f"-A INPUT {rule}".rstrip()]


def test_what_is_not_read_is_said_with_its_words() -> None:
    losses = _read(_wide("DROP all -- any any web.example anywhere something new")).losses
    assert Loss("the address of web.example") in losses
    assert Loss("what a rule of INPUT says: something new") in losses


def test_counters_in_thousands_are_read() -> None:
    (table, *_) = _read(_wide().replace("    0", "") + " 487K   32M ACCEPT all -- any any anywhere anywhere\n").tables
    assert [(rule.packets, rule.octets) for rule in table.chains[0].rules] == [(487_000, 32_000_000)]


def test_line_numbers_are_no_counters() -> None:
    text = "Chain INPUT (policy ACCEPT)\nnum  " + NARROW + "1    ACCEPT     all  --  anywhere             anywhere\n"
    assert _rules(text) == ["-A INPUT -m listing --interfaces -j ACCEPT"]


def test_ipv6_without_an_option_column_is_read() -> None:
    rows = ["ACCEPT     tcp      lo     *       ::/0                 2001:db8::1          tcp dpt:22"]
    rows += ["           ipv6-icmp    any    any     anywhere             anywhere             ipv6-icmp echo-request"]
    reading = _read(_wide(*rows))
    assert [table.family for table in reading.tables] == ["ip6"]
    assert _rules(_wide(*rows)) == [
        "-A INPUT -d 2001:db8::1/128 -i lo -p tcp -m tcp --dport 22 -j ACCEPT",
        "-A INPUT -p ipv6-icmp -m icmp6 --icmpv6-type 128",
    ]


@pytest.mark.parametrize(
    "text",
    [
        _wide("DROP tcp -- any any anywhere anywhere tcp dpt:ssh"),
        _wide("DROP tcp -- any any anywhere anywhere tcp dpt:ssh").replace("\n", "\r\n"),
        "$ sudo iptables -L -v\n[sudo] password for me: \n"
        + _wide("DROP tcp -- any any anywhere anywhere tcp dpt:ssh"),
        "# Warning: iptables-legacy tables present\n" + _wide("DROP tcp -- any any anywhere anywhere tcp dpt:ssh"),
        "[root@host ~]# iptables -vL\n"
        + _wide("DROP tcp -- any any anywhere anywhere tcp dpt:ssh")
        + "[root@host ~]# exit\n",
        _wide("DROP tcp -- any any anywhere anywhere tcp dpt:ssh").replace("bytes)", "bytes) # empty") + "me@host:~$ ",
        "\n\n" + _wide("DROP tcp -- any any anywhere anywhere tcp dpt:ssh") + "\n \n\t\n",
    ],
)
def test_how_a_listing_was_copied_does_not_matter(text: str) -> None:
    assert _rules(text) == ["-A INPUT -p tcp -m tcp --dport 22 -j DROP"]


def test_a_comment_of_several_lines_does_not_forge_a_rule() -> None:
    forged = "    0     0 ACCEPT     all  --  any    any     anywhere             anywhere"
    text = _wide(f"DROP       all  --  any    any     anywhere             anywhere             /* a\n{forged} */")
    assert _rules(text) == [f'-A INPUT -m comment --comment "a\n{forged}" -j DROP']


PROSE = [
    "hello world",
    "and here is the nat table now",
    "I restarted docker and it still does not work",
    "DROP all packets from eth0 please",
    "allow tcp from anywhere to me",
    "it -- sadly -- does not work",
    "CONTAINER ID   IMAGE     COMMAND                  CREATED         STATUS         PORTS     NAMES",
    '4c01db0b339c   nginx     "/docker-entrypoint.…"   2 minutes ago   Up 2 minutes   0.0.0.0:8080->80/tcp   web',
]
LISTED = "Chain INPUT (policy DROP)\ntarget     prot opt source               destination\n"
RULE = "ACCEPT     tcp  --  0.0.0.0/0            0.0.0.0/0            tcp dpt:22\n"


@pytest.mark.parametrize("line", PROSE)
@pytest.mark.parametrize("text", [LISTED + RULE + "{}\n", LISTED + "{}\n" + RULE, "{}\n" + LISTED + RULE])
def test_what_people_write_between_rules_never_becomes_a_rule(text: str, line: str) -> None:
    reading = _read(text.replace("{}", line))
    assert [rule.text for table in reading.tables for chain in table.chains for rule in chain.rules] == [
        "-A INPUT -m listing --interfaces -p tcp -m tcp --dport 22 -j ACCEPT"
    ]
    number = text.split("\n").index("{}") + 1
    said = f"line {number}, which iptables does not print, passed by: {line[:60]!r}"
    assert Loss(said, doubtful=True) in reading.losses


@pytest.mark.parametrize("line", ["    0     0 ACCEPT all", "    x     0 ACCEPT all -- any any a b"])
def test_a_row_that_was_cut_or_changed_is_a_loss_with_its_line(line: str) -> None:
    said = f"line 3, a row that was cut off or changed: {line.strip()!r}"
    assert Loss(said, of_rules=True) in _read(_wide() + line + "\n").losses


WORDS = st.sampled_from([*CLASSIC.split(), "!", "/*", "*/", "::/0", "0xff", "9" * 30, "²"])
ROWS = st.lists(st.one_of(WORDS, st.text(max_size=6)), max_size=14).map(" ".join)


@given(st.lists(ROWS, max_size=8))
def test_any_rows_are_read_or_refused(rows: list[str]) -> None:
    try:
        reading = _read(_wide(*rows))
    except ParseError:
        return
    read = [rule.text for table in reading.tables for chain in table.chains for rule in chain.rules]
    assert all(text.startswith("-A ") for text in read)


@pytest.mark.matrix
@pytest.mark.parametrize("piece", ["/* a */ ", "tcp dpt:22 ", "state NEW ", "mark match 0x1 "])
def test_a_line_of_a_quarter_of_a_megabyte_costs_no_more_than_its_length(piece: str) -> None:
    """Before, each piece copied or counted all that was left: comments took 11 seconds."""
    line = "ACCEPT     tcp  --  0.0.0.0/0            0.0.0.0/0            " + piece * (250_000 // len(piece))
    text = f"Chain INPUT (policy ACCEPT)\ntarget     prot opt source               destination\n{line}\n"
    begun = time.process_time()
    _read(text)
    assert time.process_time() - begun < 4
