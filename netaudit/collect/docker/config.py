"""Read what no API shows: the arguments of dockerd, and its configuration file."""

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from netaudit.bounded import SMALL, UnfitError, decode_json
from netaudit.collect.asking.answer import Answer, Answered, Unused
from netaudit.collect.asking.audit_log import announce
from netaudit.collect.asking.options import Where
from netaudit.collect.asking.proc import Process, namespace_of
from netaudit.collect.asking.url import shown_url
from netaudit.collect.docker.daemon_process import NoDockerdError, find_dockerd
from netaudit.collect.docker.foreign_root import ForeignRoot
from netaudit.collect.docker.locality import why_not_local
from netaudit.model.facts import Gap, GapReason, Source

_DEFAULT_CONFIG = "/etc/docker/daemon.json"
_HIDDEN = "…"
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")  # a file of lines must not get lines from an argument

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
    if why := why_not_local(where):
        yield from (Gap(source, GapReason.ABSENT, why) for source in (Source.DOCKERD_ARGV, Source.DAEMON_JSON))
        return
    try:
        with _dockerd(where) as dockerd:
            argv = _arguments(dockerd)
            shown = "".join(f"{argument}\n" for argument in hide_secrets(argv))
            yield Answered(
                Source.DOCKERD_ARGV, shown.encode(errors="surrogateescape").decode(errors="replace").encode()
            )
            yield from _configuration(dockerd, argv)
    except NoDockerdError as error:
        reason, detail = error.args
        yield Gap(Source.DOCKERD_ARGV, reason, detail)
        yield Gap(Source.DAEMON_JSON, reason, detail)


def _dockerd(where: Where) -> Process:
    pid = find_dockerd(where)
    try:
        return Process(str(pid))
    except OSError as error:
        raise _ended() from error


def _ended() -> NoDockerdError:
    return NoDockerdError(GapReason.ABSENT, "dockerd ended while it was looked at")


def _arguments(dockerd: Process) -> list[str]:
    """Return the arguments, bytes that are no text escaped. A process without any is just ending."""
    announce("read", f"{dockerd.place}/cmdline")
    try:
        raw = dockerd.read("cmdline")
    except PermissionError as error:
        raise NoDockerdError(GapReason.DENIED, f"dockerd's arguments: {error.strerror}") from error
    except UnfitError as error:
        raise NoDockerdError(GapReason.INVALID, f"dockerd's arguments: more than a command line {error}") from error
    except OSError as error:
        raise _ended() from error
    if not raw:
        raise _ended()
    return [os.fsdecode(argument) for argument in raw.removesuffix(b"\0").split(b"\0")]


def hide_secrets(argv: Sequence[str]) -> Iterator[str]:
    """Replace the value of every option that is not known to be harmless (`--name=value`, `--name value`)."""
    hide_next = False
    for argument in map(_as_line, argv):
        is_option = argument.startswith("-")
        name, equals, _ = argument.removeprefix("--").partition("=")
        secret = argument.startswith("--") and name not in SHOWN_OPTIONS
        if secret and equals:
            yield f"--{name}={_HIDDEN}"
        else:
            yield _HIDDEN if hide_next and not is_option else _without_password(argument)
        hide_next = secret and not equals


def _as_line(argument: str) -> str:
    return _CONTROLS.sub(" ", argument)


def _without_password(argument: str) -> str:
    """Hide credentials in an address of the API, such as `-H=tcp://user:password@0.0.0.0`."""
    option, mark, url = argument.rpartition("=") if argument.startswith("-") else ("", "", argument)
    return option + mark + (shown_url(url) if "://" in url else url)


def _configuration(dockerd: Process, argv: Sequence[str]) -> Iterator[Answer]:
    """Read daemon.json as dockerd sees it: it may live in another root directory than we do."""
    path = _config_path(argv)
    shown = _as_line(path)
    announce("read", f"{dockerd.place}/{'root' if path.startswith('/') else 'cwd'}/{shown.lstrip('/')}")
    state: os.stat_result | None = None
    try:
        raw, state = ForeignRoot(dockerd.handle).read(path, SMALL)
        yield _kept(shown, raw)
    except (FileNotFoundError, NotADirectoryError):
        yield Unused(Source.DAEMON_JSON)
    except (UnfitError, ValueError) as error:
        yield Gap(Source.DAEMON_JSON, GapReason.INVALID, f"{shown}: {error}")
    except OSError as error:
        reason = GapReason.DENIED if isinstance(error, PermissionError) else GapReason.CRASHED
        yield Gap(Source.DAEMON_JSON, reason, f"{shown}: {error.strerror}")
    if not _is_ours(dockerd, path, state):
        detail = f"{shown} was looked for where dockerd sees it, in another mount namespace: here it is another file"
        yield Gap(Source.DAEMON_JSON, GapReason.PARTIAL, detail)


def _is_ours(dockerd: Process, path: str, state: os.stat_result | None) -> bool:
    """Tell whether dockerd's file is the one that this process sees under its path, or neither sees one."""
    try:
        if dockerd.namespace("mnt") == namespace_of("self", "mnt"):
            return True
    except OSError:  # then its file could not be read either, which is a gap
        return True
    try:
        found = Path(path).stat()
    except (OSError, ValueError):
        return state is None
    return state is not None and (state.st_dev, state.st_ino) == (found.st_dev, found.st_ino)


def _config_path(argv: Sequence[str]) -> str:
    """Return the path that `--config-file` says; the last one counts."""
    path = _DEFAULT_CONFIG
    for argument, following in zip(argv, [*argv[1:], ""], strict=True):
        name, equals, value = argument.partition("=")
        if name == "--config-file":
            path = value if equals else following
    return path


def _kept(path: str, raw: bytes) -> Answer:
    try:
        options = decode_json(raw, dict[str, object])
    except UnfitError as error:
        return Gap(Source.DAEMON_JSON, GapReason.INVALID, f"{path}: {error}")
    kept = {key: value for key, value in options.items() if key in KEPT_KEYS}
    if isinstance(hosts := kept.get("hosts"), list):
        kept["hosts"] = [shown_url(host) if isinstance(host, str) else host for host in hosts]
    return Answered(Source.DAEMON_JSON, msgspec.json.format(msgspec.json.encode(kept), indent=4) + b"\n")
