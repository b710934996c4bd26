"""A range of ports that DNAT shifts as a whole: each port leads to its own, as the kernel counts."""

from netaudit.model.netfilter.match import Field, in_ranges
from netaudit.model.netfilter.statement import CONTINUE, Nat
from netaudit.parse.iptables.meaning import read_iptables_rule


def _led(rule: str) -> dict[int, tuple[int, int] | None]:
    meaning = read_iptables_rule(rule, "ip")
    found = {}
    for branch in meaning.then:
        (match,), (nat,) = branch.matches, branch.statements
        assert isinstance(nat, Nat)
        port = next(port for port in range(1, 1 << 16) if match == in_ranges(Field.DPORT, ((port, port),)))
        found[port] = None if nat.spread else nat.ports
    return found


def test_each_port_of_a_shifted_range_leads_to_its_own() -> None:
    led = _led("-A X -p tcp -m tcp --dport 8080:8082 -j DNAT --to-destination 192.0.2.1:80-82/8080")
    assert led == {8080: (80, 80), 8081: (81, 81), 8082: (82, 82)}


def test_a_port_below_the_base_or_beyond_the_range_is_counted_round() -> None:
    led = _led("-A X -p tcp -m tcp --dport 8079:8083 -j DNAT --to-destination 192.0.2.1:80-82/8080")
    assert led == {8079: (82, 82), 8080: (80, 80), 8081: (81, 81), 8082: (82, 82), 8083: (80, 80)}


def test_where_no_few_ports_are_asked_for_the_port_stays_the_kernels_choice() -> None:
    for rule in (
        "-A X -p tcp -j DNAT --to-destination 192.0.2.1:80-82/8080",
        "-A X -p tcp -m tcp --dport 1:9999 -j DNAT --to-destination 192.0.2.1:80-82/8080",
    ):
        meaning = read_iptables_rule(rule, "ip")
        assert meaning.then == ()
        assert meaning.verdict != CONTINUE
