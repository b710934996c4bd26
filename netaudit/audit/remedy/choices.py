"""Values that an operator has to choose: one for each, with which a remedy can be computed."""

import re
from collections.abc import Mapping

import msgspec

from netaudit.audit.checks.remedy import Advice, Command
from netaudit.model.netfilter.family import Family

# A private network in place of one that is trusted: the Internet has no sender in it.
_NETWORKS: Mapping[str, str] = {Family.IP: "10.0.0.0/8", Family.IP6: "fd00::/8"}
_OF_NETWORKS = frozenset({"TRUSTED_NET", "SWARM_NET"})
_IP6 = re.compile(r"\bip6(tables)?\b")


def assume(advice: Advice) -> Mapping[str, str] | None:
    """Return a value for each choice of a remedy; None where the choice is not one of networks."""
    if not _OF_NETWORKS.issuperset(advice.choices):
        return None
    family = Family.IP6 if _IP6.search(advice.line) else Family.IP
    return dict.fromkeys(advice.choices, _NETWORKS[family])


def put_in(advice: Advice, chosen: Mapping[str, str]) -> Advice:
    """Return a remedy in which the values are chosen."""
    return msgspec.structs.replace(advice, commands=tuple(_with(one, chosen) for one in advice.commands))


def _with(command: Command, chosen: Mapping[str, str]) -> Command:
    text = command.text
    for name in command.choices:
        text = text.replace(f"<{name}>", chosen[name])
    return Command(text)
