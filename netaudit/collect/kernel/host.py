"""Ask for what surrounds the rules: interfaces, routes, listening sockets, and the kernel's switches."""

import os
from collections.abc import Iterator
from pathlib import Path

from netaudit.bounded import UnfitError, read_plain
from netaudit.collect.asking.answer import Answer, Answered, Unused
from netaudit.collect.asking.audit_log import announce
from netaudit.collect.asking.kernel_modules import is_there
from netaudit.collect.asking.options import Where
from netaudit.collect.asking.proc import Process
from netaudit.collect.asking.subprocesses import run, run_for_text
from netaudit.model.facts import Gap, GapReason, Source

SYSCTLS = Path("/proc/sys")
SWITCHES = (
    "net/ipv4/ip_forward",
    "net/ipv4/ip_local_port_range",
    "net/ipv4/ip_local_reserved_ports",
    "net/ipv4/ip_nonlocal_bind",
    "net/ipv6/ip_nonlocal_bind",
    "net/ipv4/conf/*/forwarding",
    "net/ipv4/conf/*/rp_filter",
    "net/ipv4/conf/*/route_localnet",
    "net/ipv4/conf/*/accept_local",
    "net/ipv4/conf/*/src_valid_mark",
    "net/ipv6/conf/*/forwarding",
    "net/ipv6/conf/*/disable_ipv6",
    "net/bridge/bridge-nf-call-iptables",
    "net/bridge/bridge-nf-call-ip6tables",
    "net/netfilter/nf_conntrack_max",
)
RESOLV_CONF = Path("/etc/resolv.conf")
_RULES = ("-j", "rule", "show")
_NOT_SUPPORTED = "not supported"  # of EOPNOTSUPP and EAFNOSUPPORT
_LONGEST_FILE = 1 << 20
_LONGEST = 4096  # bytes of a switch's value
_SEARCH, _PTRACE = 1 << 1 | 1 << 2, 1 << 19  # CAP_DAC_OVERRIDE or CAP_DAC_READ_SEARCH; CAP_SYS_PTRACE
_SOCKET_MODULES = ("inet_diag", "tcp_diag", "udp_diag")


def ask_switches(where: Where) -> Iterator[Answer]:
    """Ask for listening sockets and sysctls."""
    yield from _sockets(where)
    yield from _switches()


def ask_addresses(where: Where) -> Iterator[Answer]:
    """Ask for interfaces with their addresses, and for routes."""
    timeout = where.timeout
    yield _as_answer(Source.IP_ADDR, run_for_text(Source.IP_ADDR, ["ip", "-j", "-d", "addr"], timeout=timeout))
    routes = ["-j", "route", "show", "table", "all"]
    yield _as_answer(Source.IP_ROUTE, run(Source.IP_ROUTE, ["ip", *routes], timeout=timeout))
    yield _as_answer(Source.IP6_ROUTE, run(Source.IP6_ROUTE, ["ip", "-6", *routes], timeout=timeout))
    yield _policy(Source.IP_RULE, run(Source.IP_RULE, ["ip", *_RULES], timeout=timeout))
    yield _policy(Source.IP6_RULE, run(Source.IP6_RULE, ["ip", "-6", *_RULES], timeout=timeout))


def ask_resolver() -> Iterator[Answer]:
    """Ask which name servers the host's programs use; search domains are names of others, and are left out."""
    announce("read", str(RESOLV_CONF))
    try:
        text = read_plain(RESOLV_CONF.resolve(), _LONGEST_FILE).decode(errors="replace")
    except FileNotFoundError:
        yield Unused(Source.RESOLV_CONF)
    except (OSError, UnfitError) as error:
        yield Gap(Source.RESOLV_CONF, GapReason.INVALID, f"{RESOLV_CONF}: {error}")
    else:
        kept = [line for line in text.splitlines() if line.startswith("nameserver")]
        yield Answered(Source.RESOLV_CONF, "".join(f"{line}\n" for line in kept).encode())


def _policy(source: Source, output: bytes | Gap) -> Answer:
    """Take what `ip rule` printed; a kernel that has no policy rules, or not this family, refuses to list them."""
    if isinstance(output, Gap) and _NOT_SUPPORTED in output.detail:
        return Unused(source)
    return _as_answer(source, output)


def _as_answer(source: Source, output: bytes | Gap) -> Answer:
    return output if isinstance(output, Gap) else Answered(source, output)


def _sockets(where: Where) -> Iterator[Answer]:
    """List listening sockets; ss looks into /proc where asking the kernel would make it load a module."""
    without_modules = {} if all(map(is_there, _SOCKET_MODULES)) else {"PROC_ROOT": "/proc"}
    output = run(Source.SOCKETS, ["ss", "-lntupH"], timeout=where.timeout, environment=without_modules)
    yield _as_answer(Source.SOCKETS, output)
    if isinstance(output, bytes) and not _sees_every_process():
        detail = "the programs behind other users' sockets are not shown"
        yield Gap(Source.SOCKETS, GapReason.PARTIAL, detail)


def _sees_every_process() -> bool:
    """Tell whether this process may look at the open files of any other: root in a container may not."""
    try:
        with Process("self") as process:
            held = int(b"".join(process.status(b"CapEff")), 16)
    except (OSError, UnfitError, ValueError):
        return False
    return held & _PTRACE != 0 and held & _SEARCH != 0


def _switches() -> Iterator[Answer]:
    """Read the sysctls that decide where packets go, as sorted `name = value` lines."""
    for pattern in SWITCHES:
        announce("read", str(SYSCTLS / pattern))
    paths = [path for pattern in SWITCHES for path in SYSCTLS.glob(pattern)]
    values: dict[str, str] = {}
    denied: list[str] = []
    for path in paths:
        try:
            values[sysctl_name(path)] = _one_line(read_plain(path, _LONGEST))
        except PermissionError:
            denied.append(sysctl_name(path))
        except (OSError, UnfitError):  # its interface has just gone
            continue
    if not values:
        yield Gap(Source.SYSCTL, GapReason.ABSENT, f"nothing to read below {SYSCTLS / 'net'}")
        return
    yield Answered(Source.SYSCTL, "".join(f"{name} = {values[name]}\n" for name in sorted(values)).encode())
    if denied:
        yield Gap(Source.SYSCTL, GapReason.PARTIAL, f"may not be read: {', '.join(sorted(denied))}")


def sysctl_name(path: Path) -> str:
    """Name a switch as sysctl(8) does: dots for slashes, and a slash for the dot of eth0.100.

    The name of an interface may hold any bytes but white space: what is no text is replaced.
    """
    parts = path.relative_to(SYSCTLS).parts
    return _one_line(os.fsencode(".".join(part.replace(".", "/") for part in parts)))


def _one_line(data: bytes) -> str:
    return " ".join(data.decode(errors="replace").split())
