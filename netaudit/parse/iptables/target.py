"""The target of a rule of iptables -> its statements and verdict."""

from collections.abc import Callable, Mapping

from netaudit.model.netfilter.match import Field
from netaudit.model.netfilter.statement import (
    ACCEPT,
    CONTINUE,
    DROP,
    RETURN,
    CopyMark,
    Forget,
    Goto,
    Jump,
    Nat,
    NatKind,
    Note,
    NoTrack,
    Queue,
    Reject,
    SetMark,
    Statement,
    UnknownStatement,
    Verdict,
)
from netaudit.parse.iptables.rule import Option, ParsedRule, print_options
from netaudit.parse.reading.values import address, masked, span

Effect = tuple[Statement, Verdict]

_VERDICTS: Mapping[str, Verdict] = {
    "ACCEPT": ACCEPT,
    "DROP": DROP,
    "RETURN": RETURN,
    "QUEUE": Queue(),
    "NFQUEUE": Queue(),
}
_NOTES = frozenset(
    (
        *("AUDIT", "CHECKSUM", "CLASSIFY", "CONNSECMARK", "IDLETIMER", "LED", "LOG", "NFLOG", "RATEEST"),
        *("SECMARK", "SET", "TCPMSS", "TCPOPTSTRIP", "TEE", "TRACE", "ULOG"),
    )
)
_REWRITES = {
    "DSCP": Field.DSCP,
    "TOS": Field.DSCP,
    "HL": Field.TTL,
    "TTL": Field.TTL,
    "HMARK": Field.MARK,
}
_SPREADING = frozenset(("--random", "--random-fully", "--persistent"))


def read_target(rule: ParsedRule) -> tuple[tuple[Statement, ...], Verdict]:
    """Say what a rule does. A target that iptables does not define is a chain of its table."""
    if rule.goto:
        return (), Goto(rule.target)
    if rule.target in _VERDICTS:
        return (), _VERDICTS[rule.target]
    if not rule.target:
        return (), CONTINUE
    if rule.target == "REJECT":
        return (), Reject(_values(rule.target_options).get("--reject-with", ""))
    if rule.target in _TARGETS or rule.target_options:
        statement, verdict = _effect(rule)
        return (statement,), verdict
    return _bare(rule.target)


def _bare(target: str) -> tuple[tuple[Statement, ...], Verdict]:
    """Read a word without options: a target that needs none, or else a chain."""
    if target in _NOTES:
        return (Note(target),), CONTINUE
    return (), Jump(target)


def _effect(rule: ParsedRule) -> Effect:
    text = f"-j {rule.target} {print_options(rule.target_options)}".rstrip()
    if rule.target in _NOTES:
        return Note(text), CONTINUE
    if rule.target in _REWRITES:
        return Forget(_REWRITES[rule.target], text), CONTINUE
    try:
        return _TARGETS[rule.target](_values(rule.target_options))
    except (KeyError, ValueError):  # a target, or an option of one, that is not known here
        return UnknownStatement(text, "what it does is not known"), CONTINUE


def _values(options: tuple[Option, ...]) -> dict[str, str]:
    return {option.name: " ".join(option.arguments) for option in options}


def _nat(kind: NatKind, option: str) -> Callable[[dict[str, str]], Effect]:
    def read(values: dict[str, str]) -> Effect:
        addresses, ports, base = read_destination(values[option])
        return Nat(kind, addresses, ports, spread=base or not _SPREADING.isdisjoint(values)), ACCEPT

    return read


def _nat_ports(kind: NatKind) -> Callable[[dict[str, str]], Effect]:
    def read(values: dict[str, str]) -> Effect:
        ports, base = _ports(values.get("--to-ports", ""))
        return Nat(kind, None, ports, spread=base or not _SPREADING.isdisjoint(values)), ACCEPT

    return read


def read_destination(text: str) -> tuple[tuple[int, int] | None, tuple[int, int] | None, bool]:
    """Read `192.0.2.1-192.0.2.9:80-90/8080`: addresses, ports, and whether a base port stands behind them."""
    host, port = text, ""
    if "[" in text or text.count(":") == 1:
        host, _, port = text.rpartition(":") if not text.endswith("]") else (text, "", "")
    first, _, last = host.partition("-")
    addresses = (address(first), address(last or first)) if host else None
    return addresses, *_ports(port)


def _ports(text: str) -> tuple[tuple[int, int] | None, bool]:
    ports, slash, _ = text.partition("/")
    return (span(ports, "-") if ports else None), bool(slash)


def _mark(field: Field, values: dict[str, str]) -> Effect:
    for option in ("--set-xmark", "--set-mark"):
        if option in values:
            value, mask = masked(values[option])
            return SetMark(field, mask | (value if option == "--set-mark" else 0), value), CONTINUE
    for option, make in _OPERATIONS.items():
        if option in values:
            bits = int(values[option], 0)
            return make(field, bits), CONTINUE
    raise KeyError(values)


_OPERATIONS: Mapping[str, Callable[[Field, int], SetMark]] = {
    "--and-mark": lambda field, bits: SetMark(field, ~bits & 0xFFFFFFFF, 0),
    "--or-mark": lambda field, bits: SetMark(field, bits, bits),
    "--xor-mark": lambda field, bits: SetMark(field, 0, bits),
}


def _connmark(values: dict[str, str]) -> Effect:
    of_packet, of_connection = (
        int(values.get(option, values.get("--mask", "0xffffffff")), 0) for option in ("--nfmask", "--ctmask")
    )
    if "--save-mark" in values:
        return CopyMark(Field.CT_MARK, Field.MARK, of_connection, of_packet), CONTINUE
    if "--restore-mark" in values:
        return CopyMark(Field.MARK, Field.CT_MARK, of_packet, of_connection), CONTINUE
    return _mark(Field.CT_MARK, values)


def _ct(values: dict[str, str]) -> Effect:
    if "--notrack" in values:
        return NoTrack(), CONTINUE
    if values.keys() <= {"--helper", "--ctevents", "--expevents", "--timeout"}:
        return Note(" ".join(f"{name} {value}" for name, value in values.items())), CONTINUE
    raise KeyError(values)


_TARGETS: Mapping[str, Callable[[dict[str, str]], Effect]] = {
    "CONNMARK": _connmark,
    "CT": _ct,
    "DNAT": _nat(NatKind.DNAT, "--to-destination"),
    "MARK": lambda values: _mark(Field.MARK, values),
    "MASQUERADE": _nat_ports(NatKind.MASQUERADE),
    "NOTRACK": lambda _values: (NoTrack(), CONTINUE),
    "REDIRECT": _nat_ports(NatKind.REDIRECT),
    "SNAT": _nat(NatKind.SNAT, "--to-source"),
}
