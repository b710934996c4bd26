"""Faults that are planted, and the findings that each brings and takes away: known before anything is audited."""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import NamedTuple

Files = Mapping[str, bytes]


class Fault(NamedTuple):
    """An edit of a recording of `default-one-port`, after its container was started, on an engine of iptables."""

    name: str
    edit: Callable[[Files], Files]
    brings: Counter[str]
    takes: Counter[str]


_SAVES = ("iptables-save.txt", "iptables-legacy-save.txt")


def _rules(before: str, after: str) -> Callable[[Files], Files]:
    """Replace a text in the rules, wherever the backend keeps them."""

    def edit(files: Files) -> Files:
        names = [
            name
            for name in ("iptables-save.txt", "iptables-legacy-save.txt")
            if before.encode() in files.get(name, b"")
        ]
        assert len(names) == 1, (before, names)
        return _replaced(files, names[0], before, after)

    return edit


def _containers(before: str, after: str) -> Callable[[Files], Files]:
    return lambda files: _replaced(files, "docker-containers.json", before, after)


def _replaced(files: Files, name: str, before: str, after: str) -> Files:
    assert before.encode() in files[name], (name, before)
    return {**files, name: files[name].replace(before.encode(), after.encode(), 1)}


_JUMP = "-A FORWARD -j DOCKER-USER\n"
_LAST = "-A DOCKER ! -i docker0 -o docker0 -j DROP\n"
FAULTS = (
    Fault(
        "forward-policy", _rules(":FORWARD DROP", ":FORWARD ACCEPT"), Counter({"forward-policy-accept": 1}), Counter()
    ),
    Fault(
        "accept-in-docker-user",
        _rules(_JUMP, f"{_JUMP}[0:0] -A DOCKER-USER -j ACCEPT\n"),
        Counter({"docker-user-accepts-everything": 1, "ipv6-port-past-forward-rules": 1}),
        Counter({"docker-user-empty": 1}),
    ),
    Fault(
        "operators-rule-in-docker-chain",
        _rules(_LAST, f"-A DOCKER -s 198.51.100.66/32 -j ACCEPT\n[0:0] {_LAST}"),
        Counter({"foreign-rule-in-docker-chain": 1}),
        Counter(),
    ),
    Fault("rule-twice", _rules(_LAST, f"{_LAST}[0:0] {_LAST}"), Counter({"rule-duplicated": 1}), Counter()),
    Fault(
        "privileged",
        _containers('"Privileged": false', '"Privileged": true'),
        Counter({"privileged-container": 1}),
        Counter(),
    ),
)
