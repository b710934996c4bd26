"""What targets print in a listing -> their options in iptables-save."""

import re
from collections.abc import Mapping

from netaudit.parse.listing.words import Pattern, Words, compiled, quoted

_LEVELS = ("emerg", "alert", "crit", "error", "warn", "notice", "info", "debug")
_LOG_FLAGS = ("tcp-sequence", "tcp-options", "ip-options", "uid", "", "macdecode")
_LOG = re.compile(
    r"LOG (?:flags (?P<flags>\d+) )?level (?P<level>\w+)"
    r"(?P<named>(?: (?:tcp-sequence|tcp-options|ip-options|uid|macdecode))*)"
    r"(?: prefix \"(?P<prefix>.*)\")?"
)
_NFLOG = re.compile(
    r"(?:nflog-prefix +(?P<prefix>\"[^\"]*\"|\S+) ?)?(?:nflog-group (?P<group>\d+) ?)?"
    r"(?:nflog-(?P<size>range|size) (?P<range>\d+) ?)?(?:nflog-threshold (?P<threshold>\d+))?"
)
_NEEDY = frozenset({"DNAT", "SNAT", "NETMAP", "MARK", "TCPMSS", "TPROXY"})  # never without options
_TO = r"to:(?P<to>\S+)(?P<random> random(?!-))?(?P<fully> random-fully)?(?P<persistent> persistent)?"


def read_target(target: str, words: Words) -> list[str]:
    """Read what a target prints; what it does not understand whole stays in `words`."""
    whole = words.rest
    read = words.read(TARGETS.get(target, ())) or []
    if words:  # half an option is not read
        words.rest, read = whole, []
    elif not read and target in _NEEDY:
        words.rest = "…"  # cut off when the line was copied
    return read


def _log(found: re.Match[str], _: Words) -> list[str]:
    parts = ["--log-prefix", quoted(found["prefix"])] if found["prefix"] else []
    level = found["level"]
    number = level if level.isdecimal() else str(_LEVELS.index(level)) if level in _LEVELS else "4"
    parts += ["--log-level", number] if number != "4" else []
    bits = int((found["flags"] or "0")[:4])
    named = found["named"].split()
    flags = (flag for at, flag in enumerate(_LOG_FLAGS) if flag and (bits >> at & 1 or flag in named))
    return [*parts, *(f"--log-{flag}" for flag in flags)]


def _nflog(found: re.Match[str], _: Words) -> list[str]:
    parts = ["--nflog-prefix", quoted(found["prefix"].strip('"'))] if found["prefix"] else []
    parts += ["--nflog-group", found["group"]] if found["group"] else []
    parts += [f"--nflog-{found['size']}", found["range"]] if found["size"] else []
    return [*parts, *(["--nflog-threshold", found["threshold"]] if found["threshold"] else [])]


def _translation(option: str) -> Pattern:
    def read(found: re.Match[str], _: Words) -> list[str]:
        ends = (f"--{end.strip()}" for end in (found["random"], found["fully"], found["persistent"]) if end)
        return [option, found["to"], *ends]

    return re.compile(_TO), read


def _mark(found: re.Match[str], _: Words) -> list[str]:
    """Read `MARK set 0x1`, `MARK xset 0x1/0xff`, `MARK and 0xffffff00`, `MARK or 0x1`, `MARK xor 0x1`."""
    value = int(found["value"][:10], 16)
    match found["verb"]:
        case "set":
            marked = f"{found['value']}/0xffffffff"
        case "xset":
            marked = f"{found['value']}{found['mask'] or '/0xffffffff'}"
        case "and":
            marked = f"0x0/{0xFFFFFFFF & ~value:#x}"
        case "or":
            marked = f"{value:#x}/{value:#x}"
        case _:
            marked = f"{value:#x}/0x0"
    return ["--set-xmark", marked]


def _moved_mark(found: re.Match[str], _: Words) -> list[str]:
    mask = found["mask"] or "0xffffffff"
    return [f"--{found['verb']}-mark", "--nfmask", mask, "--ctmask", mask]


def _class(found: re.Match[str], _: Words) -> list[str]:
    return ["--set-class", f"{found['major']:>04}:{found['minor']:>04}"]


_MARK = r"(?:MARK|CONNMARK) (?P<verb>set|xset|and|or|xor) (?P<value>0x[0-9a-f]+)(?P<mask>/0x[0-9a-f]+)?"

TARGETS: Mapping[str, list[Pattern]] = {
    "LOG": [(re.compile(_LOG.pattern, re.DOTALL), _log)],
    "NFLOG": [(_NFLOG, _nflog)],
    "DNAT": [_translation("--to-destination")],
    "SNAT": [_translation("--to-source")],
    "NETMAP": compiled(r"to:(?P<to>\S+) => --to {to}"),
    "MARK": [(re.compile(_MARK), _mark)],
    "CONNMARK": [
        (re.compile(_MARK), _mark),
        (re.compile(r"CONNMARK (?P<verb>save|restore)(?: mask (?P<mask>0x\w+))?"), _moved_mark),
    ],
    "REJECT": compiled(r"reject-with (?P<v>\S+) => --reject-with {v}"),
    "MASQUERADE": compiled(
        r"""
        masq ports: (?P<v>\S+) random => --to-ports {v} --random
        masq ports: (?P<v>\S+) random-fully => --to-ports {v} --random-fully
        masq ports: (?P<v>\S+) => --to-ports {v}
        random => --random
        random-fully => --random-fully
        """
    ),
    "REDIRECT": compiled(
        r"""
        redir ports (?P<v>\S+) random => --to-ports {v} --random
        redir ports (?P<v>\S+) => --to-ports {v}
        random => --random
        """
    ),
    "TCPMSS": compiled(
        r"""
        TCPMSS clamp to PMTU => --clamp-mss-to-pmtu
        TCPMSS set (?P<v>\d+) => --set-mss {v}
        """
    ),
    "CHECKSUM": compiled("CHECKSUM fill => --checksum-fill"),
    "TPROXY": compiled(
        r"TPROXY redirect (?P<ip>[0-9a-f.:]+):(?P<port>\d+) mark (?P<m>\S+)"
        " => --on-port {port} --on-ip {ip} --tproxy-mark {m}"
    ),
    "TTL": compiled(
        r"""
        TTL set to (?P<v>\d+) => --ttl-set {v}
        TTL decrement by (?P<v>\d+) => --ttl-dec {v}
        TTL increment by (?P<v>\d+) => --ttl-inc {v}
        """
    ),
    "HL": compiled(
        r"""
        HL set to (?P<v>\d+) => --hl-set {v}
        HL decrement by (?P<v>\d+) => --hl-dec {v}
        HL increment by (?P<v>\d+) => --hl-inc {v}
        """
    ),
    "DSCP": compiled(r"DSCP set (?P<v>0x\w+) => --set-dscp {v}"),
    "TOS": compiled(r"TOS set ?(?P<v>0x\w+/0x\w+) => --set-tos {v}"),
    "CLASSIFY": [(re.compile(r"CLASSIFY set (?P<major>[0-9a-f]{1,4}):(?P<minor>[0-9a-f]{1,4})"), _class)],
    "TEE": compiled(r"TEE gw:(?P<v>\S+) => --gateway {v}"),
    "AUDIT": compiled(r"AUDIT (?P<v>accept|drop|reject) => --type {v}"),
    "CONNSECMARK": compiled(r"CONNSECMARK (?P<v>save|restore) => --{v}"),
    "ECN": compiled(r"ECN TCP remove => --ecn-tcp-remove"),
    "TCPOPTSTRIP": compiled(r"TCPOPTSTRIP options (?P<v>[\d,]+) => --strip-options {v}"),
    "IDLETIMER": compiled(r"timeout:(?P<v>\d+) label:(?P<w>\S+) => --timeout {v} --label {w}"),
    "NFQUEUE": compiled(
        r"""
        NFQUEUE num (?P<v>\d+) bypass => --queue-num {v} --queue-bypass
        NFQUEUE num (?P<v>\d+) => --queue-num {v}
        NFQUEUE balance (?P<v>\S+) cpu-fanout => --queue-balance {v} --queue-cpu-fanout
        NFQUEUE balance (?P<v>\S+) bypass => --queue-balance {v} --queue-bypass
        NFQUEUE balance (?P<v>\S+) => --queue-balance {v}
        """
    ),
    "CT": compiled(
        r"""
        (?:CT )?notrack => --notrack
        CT helper (?P<v>\S+) => --helper {v}
        CT zone (?P<v>\d+) => --zone {v}
        """
    ),
    "SET": compiled(
        r"""
        add-set (?P<v>\S+) (?P<d>\S+) exist => --add-set {v} {d} --exist
        add-set (?P<v>\S+) (?P<d>\S+) => --add-set {v} {d}
        del-set (?P<v>\S+) (?P<d>\S+) => --del-set {v} {d}
        """
    ),
}
