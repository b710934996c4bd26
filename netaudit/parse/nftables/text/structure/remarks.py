"""What nft prints behind `#`: handles, warnings, and what it cannot say of an extension of iptables."""

import re

from netaudit.parse.nftables.text.tokens import Token

_HANDLE = re.compile(r"#\s*handle (\d{1,18})")
_MANAGED = re.compile(r"#\s*Warning: table (\S+) (\S+) is managed by iptables-nft")
_COUNTED = re.compile(r"\bcounter packets \d")


def handle_of(remark: Token) -> int | None:
    """Read `# handle 12`; None for another remark."""
    found = _HANDLE.search(remark.text)
    return int(found[1]) if found else None


def managed_table(remark: Token) -> tuple[str, str] | None:
    """Read `# Warning: table ip nat is managed by iptables-nft, do not touch!` as family and name."""
    found = _MANAGED.match(remark.text)
    return (found[1], found[2]) if found else None


def opaque_of(remark: Token, rule: str, *, verdict: bool) -> str:
    """Return what nft before 1.0 prints of an extension that it cannot translate: `… counter packets 0 bytes 0 # CT …`.

    A rule of such a table always counts; a remark that a person wrote stands behind a verdict.
    """
    said = remark.text.lstrip("# ")
    if handle_of(remark) is not None or not said:
        return ""
    if _COUNTED.search(said) or (_COUNTED.search(rule) and not verdict):
        return said
    return ""
