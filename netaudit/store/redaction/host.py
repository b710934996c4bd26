"""The host around the rules: interfaces, routes, sockets and sysctls."""

import re

import msgspec

from netaudit.model.facts import Source
from netaudit.parse.decode import decode_json
from netaudit.store.redaction.text import Redactor

_INTERFACES = frozenset({"ifname", "dev", "link", "master", "oif", "iif"})
_TYPED = frozenset({"ifalias", "altnames", "label"})
_SYSCTL = re.compile(r"(net\.[\w.]*?\.(?:conf|neigh)[./])([^/=\s]+?)([./]\w+\s*=.*)")
_SCOPE = re.compile(r"%([^\s:\]]+)")


def redact_ip_json(data: bytes, redactor: Redactor, source: Source) -> bytes:
    """Redact the JSON of ip."""
    return msgspec.json.encode(_redact(decode_json(data, object, source=source, expected="JSON of ip"), redactor))


def _redact(value: object, redactor: Redactor) -> object:
    match value:
        case dict():
            return {key: _member(str(key), one, redactor) for key, one in value.items() if key not in _TYPED}
        case list():
            return [_redact(one, redactor) for one in value]
        case str():
            return redactor.text(value)
        case _:
            return value


def _member(key: str, value: object, redactor: Redactor) -> object:
    if key in _INTERFACES and isinstance(value, str):
        return redactor.names.interface(value)
    return _redact(value, redactor)


def redact_sockets(data: bytes, redactor: Redactor, _: Source) -> bytes:
    """Redact the lines of ss: addresses, and the interface that one may be bound to. Programs stay."""
    text = redactor.text(data.decode(errors="replace"))
    return _SCOPE.sub(lambda found: "%" + redactor.names.interface(found[1]), text).encode()


def redact_sysctls(data: bytes, redactor: Redactor, _: Source) -> bytes:
    """Redact the lines of sysctl below net: interfaces have settings of their own."""
    lines = (line for line in data.decode(errors="replace").splitlines() if line.startswith("net."))
    return "".join(f"{_sysctl(line, redactor)}\n" for line in lines).encode()


def _sysctl(line: str, redactor: Redactor) -> str:
    if found := _SYSCTL.fullmatch(line):
        name = found[2]
        return found[1] + (name if name in ("all", "default") else redactor.names.interface(name)) + found[3]
    return redactor.text(line)
