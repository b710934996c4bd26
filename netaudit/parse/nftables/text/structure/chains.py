"""The declaration of a base chain -> JSON, and priorities by their names (nft(8), "Chains")."""

from collections.abc import Mapping

from netaudit.parse.nftables.formats import Json
from netaudit.parse.nftables.text.tokens import Cursor, Kind, NotNftError

_PRIORITIES: Mapping[str, int] = {
    "raw": -300,
    "mangle": -150,
    "dstnat": -100,
    "filter": 0,
    "security": 50,
    "srcnat": 100,
}
_BRIDGE: Mapping[str, int] = {"dstnat": -300, "filter": -200, "out": 100, "srcnat": 300}


def read_base(cursor: Cursor, family: str) -> dict[str, Json]:
    """Read `type filter hook input device "eth0" priority filter + 10`. Raises NotNftError, ValueError."""
    found: dict[str, Json] = {"type": cursor.take().text}
    cursor.expect("hook")
    found["hook"] = cursor.take().text
    found |= read_devices(cursor)
    cursor.expect("priority")
    found["prio"] = read_priority(cursor, family)
    found["policy"] = "accept"
    return found


def read_devices(cursor: Cursor) -> dict[str, Json]:
    """Read `device "eth0"` or `devices = { eth0, eth1 }`. Raises NotNftError."""
    if cursor.skip("device"):
        return {"dev": cursor.take().text}
    if not cursor.skip("devices"):
        return {}
    cursor.expect("=")
    cursor.expect("{")
    names: list[str] = []
    while not cursor.skip("}"):
        names.append(cursor.take().text)
        cursor.skip(",")
    return {"dev": names[0] if len(names) == 1 else names}


def read_priority(cursor: Cursor, family: str) -> int:
    """Read `filter`, `-100`, `filter + 10`. Raises NotNftError, ValueError."""
    word = cursor.take().text
    names = _BRIDGE if family == "bridge" else _PRIORITIES
    number = names[word] if word in names else int(word[:12])
    sign = cursor.skip("+", "-")
    if sign:
        return number + (1 if sign == "+" else -1) * int(cursor.take().text[:12])
    token = cursor.peek()
    if token.kind is Kind.WORD and token.text[:1] in "+-" and token.text[1:].isdecimal():
        return number + int(cursor.take().text[:12])
    return number


__all__ = ["NotNftError", "read_base", "read_devices", "read_priority"]
