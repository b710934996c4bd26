"""The shell script that records a host on which netaudit cannot be installed."""

from collections.abc import Iterable, Iterator
from importlib.resources import files
from math import ceil
from textwrap import wrap

from netaudit.collect.asking.search_path import SYSTEM_FOLDERS
from netaudit.collect.docker import fields
from netaudit.collect.docker.config import KEPT_KEYS, SHOWN_OPTIONS
from netaudit.collect.docker.fields import KEEP
from netaudit.collect.docker.go_template import inspect_template
from netaudit.collect.kernel.host import SWITCHES
from netaudit.release import RELEASE

# The command's own names for these are not the API's, or not every version has them: the script tells which.
_VARYING = frozenset({"FirewallBackend", "BridgeNfIptables", "BridgeNfIp6tables", "EnableUserlandProxy"})


def recording_script(timeout: float = 60) -> str:
    """Write the script; `timeout` is in seconds, for each program."""
    script = files("netaudit.collect.remote").joinpath("record.sh").read_text(encoding="utf-8")
    for name, value in _VALUES.items():
        script = script.replace(f"@{name}@", value)
    return script.replace("@TIMEOUT@", str(max(1, ceil(timeout))))


def _flat(holder: str, names: Iterable[str]) -> Iterator[str]:
    return (f'"{name}":{{{{json {holder}.{name}}}}}' for name in names)


def _folded(words: str) -> str:
    """Break a long line of shell as shells allow it."""
    return " \\\n            ".join(wrap(words, 100, break_long_words=False, break_on_hyphens=False))


_SWARM = ("NodeID", "LocalNodeState", "ControlAvailable")
_INFO = [name for name, inner in fields.INFO.items() if inner is KEEP and name not in _VARYING]
_VALUES = {
    "RELEASE": RELEASE,
    "CONTAINER": inspect_template(fields.CONTAINER),
    "NETWORK": inspect_template(fields.NETWORK),
    "VERSION": '{"Server":{{json .Server}}}',
    "INFO": ",".join((*_flat("", _INFO), f'"Swarm":{{{",".join(_flat(".Swarm", _SWARM))}}}')),
    "OPTIONS": _folded(" | ".join(f"--{name} | --{name}=*" for name in sorted(SHOWN_OPTIONS))),
    "FOLDERS": ":".join(SYSTEM_FOLDERS),
    "KEYS": "|".join(sorted(KEPT_KEYS)),
    "SWITCHES": _folded(" ".join(SWITCHES)),
}
