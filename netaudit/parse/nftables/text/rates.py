"""Limits and quotas -> JSON."""

import re

from netaudit.parse.nftables.formats import Json
from netaudit.parse.nftables.text.tokens import Cursor, NotNftError

_RATE = re.compile(r"(\d{1,18})/(\w+)")
_UNITS = ("bytes", "kbytes", "mbytes", "gbytes")
_SIZES = {"bytes": 1, "kbytes": 1 << 10, "mbytes": 1 << 20, "gbytes": 1 << 30}
_USUAL_BURST = 5


def read_limit(cursor: Cursor) -> dict[str, Json]:
    """Read `rate over 10 mbytes/second burst 5 packets`. Raises NotNftError, ValueError."""
    cursor.expect("rate")
    inverted = cursor.skip("over")
    word = cursor.take().text
    unit = ""
    if rate := _RATE.fullmatch(word):
        amount, per = int(rate[1]), rate[2]
    else:
        amount = int(word)
        unit, _, per = cursor.take().text.partition("/")
    found: dict[str, Json] = {"rate": amount, "burst": 0 if unit else _USUAL_BURST, "per": per}
    if inverted:
        found["inv"] = True
    if unit:
        found |= {"rate_unit": unit, "burst_unit": "bytes"}
    if cursor.skip("burst"):
        found["burst"] = cursor.number()
        burst_unit = cursor.skip("packets", *_UNITS)
        found |= {"burst_unit": burst_unit} if unit else {}
    return found


def read_quota(cursor: Cursor) -> dict[str, Json]:
    """Read `over 25 mbytes used 3 bytes`. Raises NotNftError, ValueError."""
    inverted = cursor.skip("over")
    cursor.skip("until")
    found: dict[str, Json] = {"val": cursor.number(), "val_unit": _unit(cursor)}
    if cursor.skip("used"):
        found |= {"used": cursor.number(), "used_unit": _unit(cursor)}
    return found | ({"inv": True} if inverted else {})


def in_bytes(quota: dict[str, Json]) -> dict[str, Json]:
    """Return a quota as nft's JSON has one that is declared: in bytes."""
    size = quota["val"] * _SIZES[quota["val_unit"]]
    used = quota.get("used", 0) * _SIZES[quota.get("used_unit", "bytes")]
    return {"bytes": size, "used": used, "inv": quota.get("inv", False)}


def _unit(cursor: Cursor) -> str:
    unit = cursor.skip(*_UNITS)
    if not unit:
        raise NotNftError
    return unit
