"""Plants what would tell whose host it is into every place of a recording's files, and looks for it in any notation."""

import json
import re
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any

MARK = "Qzv7Kwx"
IPV4, IPV6, MAC = "198.51.77.201", "2001:db8:77:c9::beef:41", "0a:42:9f:01:72:0e"

# ---- notations -------------------------------------------------------------------------------------------------------


def notations_of_ipv4(text: str) -> set[str]:
    address = IPv4Address(text)
    turned = int.from_bytes(address.packed[::-1], "big")
    reversed_ = ".".join(reversed(text.split(".")))
    found = {text, reversed_, f"{reversed_}.in-addr.arpa", str(int(address)), str(turned)}
    found |= {f"{number:08x}" for number in (int(address), turned)} | {f"{int(address):#x}", f"{turned:#x}"}
    high, low = f"{int(address) >> 16:x}", f"{int(address) & 0xFFFF:x}"
    return found | {f"::ffff:{high}:{low}", f"::ffff:{text}", text.replace(".", "-")}


def notations_of_ipv6(text: str) -> set[str]:
    address = IPv6Address(text)
    digits = address.exploded.replace(":", "")
    return {text, address.compressed, address.exploded, digits, str(int(address)), ".".join(reversed(digits))}


def notations_of_mac(text: str) -> set[str]:
    parts = text.split(":")
    bare = "".join(parts)
    shorter = ":".join(part.lstrip("0") or "0" for part in parts)
    first = int(parts[0], 16) ^ 2
    eui = f"{first:02x}{parts[1]}:{parts[2]}ff:fe{parts[3]}:{parts[4]}{parts[5]}"
    found = {text, "-".join(parts), bare, ".".join(bare[at : at + 4] for at in (0, 4, 8)), shorter}
    found |= {
        ":".join(reversed(parts)),
        "".join(reversed(parts)),
        str(int(bare, 16)),
        f"8000.{shorter}",
        f"8000.{bare}",
    }
    return found | {str(ip_address(f"fe80::{eui}")), eui}


def notations_of_name(text: str) -> set[str]:
    return {text, text.lower(), text.upper(), text[::-1], text.encode().hex(), b64encode(text.encode()).decode()}


SECRETS: Mapping[str, set[str]] = {
    MARK: notations_of_name(MARK),
    IPV4: notations_of_ipv4(IPV4),
    IPV6: notations_of_ipv6(IPV6),
    MAC: notations_of_mac(MAC),
}


def leaks(data: bytes, notations: set[str]) -> set[str]:
    """List the notations that stand in an output; digits only as whole numbers."""
    text = data.decode(errors="replace").lower()
    found = {one for one in notations if one.lower() in text}
    return {
        one for one in found if re.search(rf"(?<![\w.:]){re.escape(one.lower())}(?![\w])", text) or not _is_short(one)
    }


def _is_short(text: str) -> bool:
    """Tell whether a notation may stand within a longer number or address by chance."""
    return bool(re.fullmatch(r"[\d.]+|[0-9a-f]{1,8}|[0-9a-f:]+", text.lower()))


# ---- places ----------------------------------------------------------------------------------------------------------


def planted_json(text: bytes, secret: str) -> Iterator[tuple[str, Callable[[], bytes]]]:
    """Give a document for each kind of place: a secret as a value, behind one, as a key, as a new member."""
    whole = json.loads(text)
    done: set[tuple[object, ...]] = set()
    for path, value in _places(whole):
        shape = tuple("*" if isinstance(step, int) else step for step in path)
        kind = (shape, value if isinstance(value, str) and len(value) < 12 else type(value).__name__)
        if kind in done:
            continue
        done.add(kind)
        for name, new in _planted_value(value, secret):
            yield f"{'.'.join(map(str, path))}: {name}", partial(_document, whole, path, new)


def _document(whole: Any, path: tuple[str | int, ...], new: Any) -> bytes:
    return json.dumps(_replaced(whole, path, new)).encode()


def _planted_value(value: Any, secret: str) -> Iterator[tuple[str, Any]]:
    match value:
        case str():
            yield "whole", secret
            yield "behind", value + secret
            yield "before", f"{secret}-{value}"
        case bool() | None:
            yield "in place of a switch", secret
        case int() | float():
            yield "in place of a number", secret
            if secret.isdecimal():
                yield "as a number", int(secret)
        case list():
            yield "in place of a list", secret
            yield "in a list", [*value, secret]
            yield "first in a list", [secret, *value]
        case dict():
            yield "new member", {**value, secret: 1, "unknown": secret, "x": {secret: [secret]}}
            for key in list(value)[:12]:
                yield f"renamed {key}", {(secret if name == key else name): one for name, one in value.items()}


def _places(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    yield path, value
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, one in children:
        yield from _places(one, (*path, step))


def _replaced(value: Any, path: tuple[str | int, ...], new: Any) -> Any:
    if not path:
        return new
    step, *rest = path
    if isinstance(value, dict):
        return {key: _replaced(one, tuple(rest), new) if key == step else one for key, one in value.items()}
    return [_replaced(one, tuple(rest), new) if at == step else one for at, one in enumerate(value)]


def planted_text(text: bytes, secret: str) -> Iterator[tuple[str, Callable[[], bytes]]]:
    """Give a document for each word of each kind of line, with a secret in its place, behind it and before it."""
    lines = text.decode().splitlines()
    done: set[tuple[str, int]] = set()
    for at, line in enumerate(lines):
        words = re.findall(r'"[^"]*"|[^\s"]+|\s+', line)
        shape = re.sub(r"\d+", "0", line)
        for place, word in enumerate(words):
            if word.isspace() or (shape, place) in done:
                continue
            done.add((shape, place))
            bare = word.strip('"')
            quote = '"' if word != bare else ""
            for name, new in (("whole", secret), ("behind", bare + secret), ("before", secret + bare)):
                changed = "".join([*words[:place], f"{quote}{new}{quote}", *words[place + 1 :]])
                yield f"{line}: {word} {name}", partial(_lines, [*lines[:at], changed, *lines[at + 1 :]])
    for name, extra in (("line", secret), ("comment", f"# {secret}")):
        yield f"another {name}", partial(_lines, [extra, *lines])


def _lines(lines: list[str]) -> bytes:
    return "\n".join([*lines, ""]).encode()
