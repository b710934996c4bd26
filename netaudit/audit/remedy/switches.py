"""The kernel's switches of a recording, changed as sysctl(8) would."""

from netaudit.audit.remedy.rules import with_files
from netaudit.model.facts import Facts, Source


def set_switch(facts: Facts, name: str, value: str) -> Facts:
    """Return facts in which a switch has a value."""
    lines = facts.files.get(Source.SYSCTL, b"").decode().splitlines()
    kept = [line for line in lines if not line.startswith(f"{name} ")]
    return with_files(facts, {Source.SYSCTL: "".join(f"{line}\n" for line in [*kept, f"{name} = {value}"]).encode()})
