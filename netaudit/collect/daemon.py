"""Read what no API shows: the arguments of dockerd, and its configuration file."""

from collections.abc import Iterator, Sequence

import msgspec

from netaudit.collect.announce import announce
from netaudit.collect.answer import Answer, Said, Unused
from netaudit.collect.dockerd import PROC, NoDockerdError, find_dockerd
from netaudit.collect.elsewhere import why_elsewhere
from netaudit.collect.where import Where
from netaudit.model.facts import Gap, GapReason, Source

_DEFAULT_CONFIG = "/etc/docker/daemon.json"
_HIDDEN = "…"

# What decides about rules and networks; options of logging, proxies and registries may hold credentials.
# fmt: off
KEPT_KEYS = frozenset({
    "iptables", "ip6tables", "ip-masq", "ip", "ip-forward", "ip-forward-no-drop", "icc",
    "bridge", "bip", "bip6", "fixed-cidr", "fixed-cidr-v6", "ipv6", "mtu", "default-gateway",
    "default-gateway-v6", "userland-proxy", "userland-proxy-path", "allow-direct-routing",
    "bridge-accept-fwmark", "firewall-backend", "default-address-pools", "default-network-opts",
    "live-restore", "hosts", "tls", "tlsverify", "experimental", "features",
    "swarm-default-advertise-addr", "data-root",
})
# The same where the command line spells it otherwise, and options that only say where things are.
SHOWN_OPTIONS = KEPT_KEYS | {
    "default-address-pool", "default-network-opt", "feature", "host", "config-file", "exec-root", "pidfile",
    "containerd", "containerd-namespace", "group", "debug", "log-level", "storage-driver",
}
# fmt: on


def ask_daemon(where: Where) -> Iterator[Answer]:
    """Read the arguments and the configuration file of the dockerd that serves the API."""
    if why := why_elsewhere(where):
        yield from (Gap(source, GapReason.ABSENT, why) for source in (Source.DOCKERD_ARGV, Source.DAEMON_JSON))
        return
    try:
        pid = find_dockerd(where)
        argv = _arguments(pid)
    except NoDockerdError as error:
        reason, detail = error.args
        yield Gap(Source.DOCKERD_ARGV, reason, detail)
        yield Gap(Source.DAEMON_JSON, reason, detail)
        return
    shown = "".join(f"{argument}\n" for argument in hide_secrets(argv))
    yield Said(Source.DOCKERD_ARGV, shown.encode())
    yield _configuration(pid, argv)


def _arguments(pid: int) -> list[str]:
    announce("read", f"{PROC}/{pid}/cmdline")
    try:
        raw = (PROC / str(pid) / "cmdline").read_bytes()
    except PermissionError as error:
        raise NoDockerdError(GapReason.DENIED, f"dockerd's arguments: {error.strerror}") from error
    except OSError as error:
        raise NoDockerdError(GapReason.ABSENT, "dockerd ended while it was looked at") from error
    return [argument.replace("\n", " ") for argument in raw.decode(errors="replace").split("\0")[:-1]]


def hide_secrets(argv: Sequence[str]) -> Iterator[str]:
    """Replace the value of every option that is not known to be harmless (`--name=value`, `--name value`)."""
    hide_next = False
    for argument in argv:
        is_option = argument.startswith("-")
        name, equals, _ = argument.removeprefix("--").partition("=")
        secret = argument.startswith("--") and name not in SHOWN_OPTIONS
        if secret and equals:
            yield f"--{name}={_HIDDEN}"
        else:
            yield _HIDDEN if hide_next and not is_option else argument
        hide_next = secret and not equals


def _configuration(pid: int, argv: Sequence[str]) -> Answer:
    """Read daemon.json as dockerd sees it: it may live in another root directory than we do."""
    path = _config_path(argv)
    place = PROC / str(pid) / ("root" if path.startswith("/") else "cwd") / path.lstrip("/")
    announce("read", str(place))
    try:
        raw = place.read_bytes()
    except FileNotFoundError:
        return Unused(Source.DAEMON_JSON)
    except OSError as error:
        reason = GapReason.DENIED if isinstance(error, PermissionError) else GapReason.CRASHED
        return Gap(Source.DAEMON_JSON, reason, f"{path}: {error.strerror}")
    return _kept(path, raw)


def _config_path(argv: Sequence[str]) -> str:
    for argument, following in zip(argv, [*argv[1:], ""], strict=True):
        name, equals, value = argument.partition("=")
        if name == "--config-file":
            return value if equals else following
    return _DEFAULT_CONFIG


def _kept(path: str, raw: bytes) -> Answer:
    try:
        options = msgspec.json.decode(raw, type=dict[str, object])
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        return Gap(Source.DAEMON_JSON, GapReason.INVALID, f"{path}: {error}")
    kept = {key: value for key, value in options.items() if key in KEPT_KEYS}
    return Said(Source.DAEMON_JSON, msgspec.json.format(msgspec.json.encode(kept), indent=4) + b"\n")
