"""A statement or verdict in nft's JSON -> the target of iptables that nft printed it for."""

from collections.abc import Mapping

from netaudit.model.address_text import bracketed
from netaudit.parse.iptables.rule import split_words
from netaudit.parse.listing.words import quoted
from netaudit.parse.nftables.formats import Json
from netaudit.parse.nftables.values import print_value
from netaudit.parse.translated.matches import NotTranslatedError

_NAT = {"dnat": ("DNAT", "--to-destination"), "snat": ("SNAT", "--to-source")}
_PORTS = {"masquerade": "MASQUERADE", "redirect": "REDIRECT"}
_FLAGS = {"random": "--random", "fully-random": "--random-fully", "persistent": "--persistent"}
_LEVELS = ("emerg", "alert", "crit", "err", "warn", "notice", "info", "debug")
# How iptables calls what it rejects with, where nft's name is not its own behind `icmp-`.
_REJECTS = {
    "net-unreachable": "icmp-net-unreachable",
    "host-unreachable": "icmp-host-unreachable",
    "prot-unreachable": "icmp-proto-unreachable",
    "port-unreachable": "icmp-port-unreachable",
    "net-prohibited": "icmp-net-prohibited",
    "host-prohibited": "icmp-host-prohibited",
    "admin-prohibited": "icmp-admin-prohibited",
}
_REJECTS6 = {
    "no-route": "icmp6-no-route",
    "admin-prohibited": "icmp6-adm-prohibited",
    "addr-unreachable": "icmp6-addr-unreachable",
    "port-unreachable": "icmp6-port-unreachable",
    "policy-fail": "icmp6-policy-fail",
    "reject-route": "icmp6-reject-route",
}


def target_of(expression: Mapping[str, Json]) -> list[str]:
    """Return the target with its options; raises NotTranslatedError for what is no target."""
    name, body = next(iter(expression.items()))
    match name:
        case "accept" | "drop" | "return":
            return ["-j", name.upper()]
        case "jump" | "goto":
            return ["-j" if name == "jump" else "-g", str(body["target"])]
        case "reject":
            return ["-j", "REJECT", "--reject-with", _reject(body)]
        case "dnat" | "snat" | "masquerade" | "redirect":
            return _translation(name, body or {})
        case "log":
            return ["-j", "LOG", *_log(body or {})]
        case _:
            return _other(name, body)


def _other(name: str, body: Json) -> list[str]:
    match name, body:
        case "notrack", _:
            return ["-j", "CT", "--notrack"]
        case "mangle", {"key": {"meta": {"key": "mark"}}, "value": int() as mark}:
            return ["-j", "MARK", "--set-xmark", f"{mark:#x}/0xffffffff"]
        case "mangle", {"key": {"tcp option": {"name": "maxseg"}}, "value": {"rt": {"key": "mtu"}}}:
            return ["-j", "TCPMSS", "--clamp-mss-to-pmtu"]
        case "mangle", {"key": {"tcp option": {"name": "maxseg"}}, "value": int() as size}:
            return ["-j", "TCPMSS", "--set-mss", str(size)]
        case "xt", {"type": "target", "name": str() as target}:
            return ["-j", split_words(target)[0]]
        case _:
            raise NotTranslatedError


def _reject(body: Mapping[str, Json]) -> str:
    if body["type"] == "tcp reset":
        return "tcp-reset"
    names = _REJECTS6 if body["type"] == "icmpv6" else _REJECTS
    try:
        return names[body["expr"]]
    except KeyError:
        raise NotTranslatedError from None


def _translation(name: str, body: Mapping[str, Json]) -> list[str]:
    flags = [_FLAGS[flag] for flag in body.get("flags", []) if flag in _FLAGS]
    port = print_value(body["port"]) if "port" in body else ""
    if name in _PORTS:
        return ["-j", _PORTS[name], *(["--to-ports", port] if port else []), *flags]
    address = body.get("addr")
    if not isinstance(address, str) and not (isinstance(address, dict) and "range" in address):
        raise NotTranslatedError
    target, option = _NAT[name]
    host = print_value(address)
    return ["-j", target, option, f"{bracketed(host)}:{port}" if port else host, *flags]


def _log(body: Mapping[str, Json]) -> list[str]:
    if "group" in body:
        raise NotTranslatedError
    prefix = ["--log-prefix", quoted(str(body["prefix"]))] if "prefix" in body else []
    level = str(body.get("level", "warn"))
    number = _LEVELS.index(level) if level in _LEVELS else 4
    return [*prefix, *(["--log-level", str(number)] if number != 4 else [])]
