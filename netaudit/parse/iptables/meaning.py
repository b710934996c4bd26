"""A rule as iptables-save prints it -> what it means."""

from netaudit.model.netfilter.lists import NOT_RECORDED, AddressLists
from netaudit.model.netfilter.statement import Meaning
from netaudit.parse.iptables.match import read_matches
from netaudit.parse.iptables.rule import parse_rule
from netaudit.parse.iptables.shifted import with_shifted_ports
from netaudit.parse.iptables.target import read_target


def read_iptables_rule(text: str, family: str, lists: AddressLists = NOT_RECORDED) -> Meaning:
    """Read one rule of a table of family `ip` or `ip6`; what is not known is kept word for word, never refused."""
    rule = parse_rule(text)
    statements, verdict = read_target(rule)
    meaning = Meaning(read_matches(rule.matches, family, lists), statements, verdict)
    shifted = next((one.arguments for one in rule.target_options if one.name == "--to-destination"), ())
    return with_shifted_ports(meaning, shifted[0] if shifted else "")
