"""The kernel's switches of a recording, changed as sysctl(8) would."""

import re

from netaudit.audit.remedy.rules import with_files
from netaudit.model.facts import Facts, Source

# Switches that the kernel copies to every interface when they are set.
_COPIED = {
    "net.ipv4.ip_forward": re.compile(r"net\.ipv4\.conf\.[^ ]+\.forwarding"),
    "net.ipv4.conf.all.forwarding": re.compile(r"net\.ipv4\.(?:conf\.[^ ]+\.forwarding|ip_forward)"),
    "net.ipv6.conf.all.forwarding": re.compile(r"net\.ipv6\.conf\.[^ ]+\.forwarding"),
}


def set_switch(facts: Facts, name: str, value: str) -> Facts:
    """Return facts in which a switch has a value, and what the kernel sets with it too."""
    copied = _COPIED.get(name)
    lines = facts.files.get(Source.SYSCTL, b"").decode().splitlines()
    names = [line.partition(" ")[0] for line in lines]
    others = {one for one in names if copied and copied.fullmatch(one)}
    kept = [line for line in lines if line.partition(" ")[0] not in {name, *others}]
    new = [f"{one} = {value}" for one in dict.fromkeys([*(one for one in names if one in others), name])]
    return with_files(facts, {Source.SYSCTL: "".join(f"{line}\n" for line in [*kept, *new]).encode()})
