"""The daemon's arguments and daemon.json: the options that decide over rules, and over who reaches Docker's API."""

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any

import msgspec

from netaudit.model.facts import Source
from netaudit.parse.reading.decode import decode_json
from netaudit.store.redaction.redactor import Redactor
from netaudit.store.redaction.tally import Kind

_SWITCHES = frozenset(
    [
        "userland-proxy",
        "iptables",
        "ip6tables",
        "allow-direct-routing",
        "icc",
        "ip-masq",
        "ip-forward",
        "live-restore",
        "tlsverify",
    ]
)
_TRUTHS = frozenset({"true", "false", "1", "0", "t", "f", "T", "F", "TRUE", "FALSE", "True", "False"})
_NUMBER = r"(?:0x[0-9a-fA-F]{1,8}|\d{1,10})"
_MARK = re.compile(rf"{_NUMBER}(?:/{_NUMBER})?", re.ASCII)
_TCP = re.compile(r"tcp://(\[[0-9a-fA-F:.]+\]|[^\[\]:/@]*)(?::(\d{1,5}))?/?", re.ASCII)
_KINDS = re.compile(r"(unix|fd|npipe|ssh|http|https)://.*", re.DOTALL)


def redact_daemon_json(data: bytes, redactor: Redactor, source: Source) -> bytes:
    """Redact daemon.json."""
    options = decode_json(data, dict[str, object], source=source, expected="JSON")
    hidden = {name: _value(name, value, redactor) for name, value in options.items()}
    redactor.count(Kind.FIELD, sum(value is None for value in hidden.values()))
    return msgspec.json.encode({name: value for name, value in hidden.items() if value is not None})


def redact_arguments(data: bytes, redactor: Redactor, _source: Source) -> bytes:
    """Redact the daemon's arguments, one a line."""
    words = [word for word in data.decode(errors="replace").split("\n") if word]
    kept = [_program(word) for word in words[:1] if not word.startswith("-")]
    given = list(_given(words))
    hidden = [(name, _value(name, value, redactor)) for name, value in given]
    kept += [f"--{name}={_printed(value)}" for name, value in hidden if value is not None]
    redactor.count(Kind.LINE, sum(value is None for _, value in hidden))
    return "".join(f"{word}\n" for word in kept).encode()


def _program(word: str) -> str:
    name = word.rpartition("/")[2]
    return name if name in ("dockerd", "docker", "docker-daemon") else "dockerd"


def _given(words: Iterable[str]) -> Iterator[tuple[str, Any]]:
    """List the options: `--name=value`, `--name value`, `--name`, and `-H value` in its forms."""
    for word, after in pairwise([*words, ""]):
        if not word.startswith("-"):
            continue
        if word.startswith("-H") and word != "-H":
            yield "host", word[2:].removeprefix("=")
            continue
        name, equals, value = word.removeprefix("-").removeprefix("-").partition("=")
        name = "host" if name == "H" else name
        yield name, value if equals else after if after and not after.startswith("-") else "true"


def _value(name: str, value: Any, redactor: Redactor) -> Any:  # noqa: ANN401 (what an option holds)
    """Redact what an option holds; None for an option that netaudit does not need, or that holds something else."""
    if name in _SWITCHES:
        return value if isinstance(value, bool) or (isinstance(value, str) and value in _TRUTHS) else None
    if name in ("host", "hosts"):
        if isinstance(value, list):
            return [one for one in (_host(str(one), redactor) for one in value) if one]
        return _host(value, redactor) if isinstance(value, str) else None
    if name == "ip" and isinstance(value, str):
        return redactor.address(value)
    if name == "bridge-accept-fwmark" and isinstance(value, str | int) and _MARK.fullmatch(str(value)):
        return "/".join(_mark(part, redactor) for part in str(value).split("/"))
    return None


def _mark(text: str, redactor: Redactor) -> str:
    value = int(text, 16) if text.startswith("0x") else int(text)
    hidden = redactor.number(value)
    return text if hidden == value else f"{hidden:#x}"


def _host(text: str, redactor: Redactor) -> str | None:
    """Redact where the API listens: a TCP address keeps its port, and that it is one of this host, or of all."""
    if kind := _KINDS.fullmatch(text):
        return f"{kind[1]}://"
    found = _TCP.fullmatch(text)
    if found is None:
        return f"tcp://{redactor.name('host', text)}" if text.startswith("tcp://") else None
    host, port = found[1], f":{found[2]}" if found[2] else ""
    bare = host.strip("[]")
    hidden = bare if bare in ("", "localhost") else redactor.address(bare) or redactor.name("host", bare)
    return f"tcp://[{hidden}]{port}" if host.startswith("[") else f"tcp://{hidden}{port}"


def _printed(value: Any) -> str:  # noqa: ANN401 (what an option holds)
    return str(value).lower() if isinstance(value, bool) else str(value)
