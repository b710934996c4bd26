"""netaudit.toml, waiver files and baselines -> the configuration of an audit; errors name file, line and key."""

import datetime as dt
import re
from collections.abc import Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Any, Literal, NoReturn, TypeVar

import msgspec

from netaudit.audit.checks.waiver import Waiver
from netaudit.bounded import PATIENCE, SMALL, UnfitError, decode_json, read_any
from netaudit.catalog.document import Strict
from netaudit.errors import ConfigError, suggest

T = TypeVar("T")
DEFAULT = "netaudit.toml"
PYPROJECT = "pyproject.toml"
_BASELINE = 64 << 20  # bytes; an audit of 10,000 findings has 20 MB
_HINT = "docs/netaudit.schema.json describes it"
_PATH = re.compile(r"\.([\w-]+)(?:\[(\d+|\.\.\.)\])?")
_PART = r"""(?:[\w-]++|"[^"\n]*"|'[^'\n]*')"""
# a.b.c… of more parts than any configuration has: tomllib takes quadratic time for them, and nests them too deep.
_LONG_KEY = re.compile(rf"(?<![\w.-]){_PART}(?:[ \t]*\.[ \t]*{_PART}){{32}}")
Text = Annotated[str, msgspec.Meta(min_length=1)]
Bar = Literal["none", "info", "low", "medium", "high", "critical"]
Sureness = Literal["low", "medium", "high"]


class WaiverEntry(Strict):
    """A finding that is accepted; all keys are needed."""

    check: Annotated[Text, msgspec.Meta(description="The check's id; * stands for any text.")]
    subject: Annotated[
        Text,
        msgspec.Meta(
            description="The finding's subject as reports print it, or CONTAINER PORT/PROTOCOL; * stands for any text."
        ),
    ]
    reason: Annotated[Text, msgspec.Meta(description="Why it is accepted.")]
    owner: Annotated[Text, msgspec.Meta(description="Who answers for it.")]
    until: Annotated[dt.date, msgspec.Meta(description="Its last day.")]


class Config(Strict):
    """netaudit.toml: each key is an option of `netaudit audit` too, and the option wins."""

    fail_on: Annotated[Bar, msgspec.Meta(description="Exit 1 if any finding is at least this severe.")] = "high"
    min_confidence: Annotated[Sureness, msgspec.Meta(description="Findings that are less sure do not fail.")] = "low"
    checks: Annotated[list[str], msgspec.Meta(description="Folders with further checks, relative to this file.")] = (
        msgspec.field(default_factory=list)
    )
    skip: Annotated[list[str], msgspec.Meta(description="Checks to skip.")] = msgspec.field(default_factory=list)
    baseline: Annotated[
        str, msgspec.Meta(description="An earlier audit as JSON, relative to this file: what it has is not new.")
    ] = ""
    sensitive_ports: Annotated[
        dict[str, str], msgspec.Meta(description="Further container ports that should not face a network, with a name.")
    ] = msgspec.field(default_factory=dict)
    uplinks: Annotated[
        list[str], msgspec.Meta(description="Interfaces that the Internet is behind; else by the default route.")
    ] = msgspec.field(default_factory=list)
    exposure: Annotated[bool, msgspec.Meta(description="Compute who can reach what; some checks need it.")] = True
    policy: Annotated[
        str, msgspec.Meta(description="A policy (docs/policy.md), relative to this file: what it permits is accepted.")
    ] = ""
    waivers: Annotated[list[WaiverEntry], msgspec.Meta(description="Accepted findings.")] = msgspec.field(
        default_factory=list
    )


_NO_DAY = "YYYY-MM-DD"  # as `explain` prints a waiver that is to be filled in
_PLAINER = {"Expected `str` of length >= 1": "it is empty: say it in a few words"}


class _WaiverFile(Strict):
    waivers: list[WaiverEntry]


class _BaselineFinding(msgspec.Struct):
    fingerprint: str


class _Baseline(msgspec.Struct):
    schema: Literal["netaudit/audit/v1"]
    findings: list[_BaselineFinding]


def load_config(path: Path) -> tuple[Config, tuple[Waiver, ...]]:
    """Read a netaudit.toml with its waivers. Raises ConfigError."""
    text = _read(path)
    config = _convert(path, text, Config)
    for port in config.sensitive_ports:
        if not is_port(port):
            key = f"sensitive-ports.{port}"
            hint = "a container port is a number"
            raise ConfigError("no port", file=str(path), line=_line(text, port), key=key, hint=hint)
    return config, _waivers(path, text, config.waivers)


def is_port(text: str) -> bool:
    """Return whether a text is the number of a port, written as ASCII digits."""
    return re.fullmatch(r"[0-9]{1,5}", text) is not None


def load_waivers(path: Path) -> tuple[Waiver, ...]:
    """Read a file of waivers. Raises ConfigError."""
    text = _read(path)
    return _waivers(path, text, _convert(path, text, _WaiverFile).waivers)


def load_baseline(path: Path) -> frozenset[str]:
    """Read the fingerprints of an earlier audit. Raises ConfigError for anything else."""
    try:
        baseline = decode_json(_read(path, _BASELINE), _Baseline)
    except UnfitError as error:
        hint = "write one with: netaudit audit --write-baseline FILE"
        raise ConfigError(f"no audit as JSON: {error}", file=str(path), hint=hint) from error
    return frozenset(one.fingerprint for one in baseline.findings)


def config_schema() -> dict[str, Any]:
    """Return the JSON Schema of netaudit.toml."""
    schema = msgspec.json.schema(Config)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "netaudit.toml", **schema}


def _read(path: Path, most: int = SMALL) -> str:
    try:
        return read_any(path, most, PATIENCE).decode()
    except (OSError, UnfitError, UnicodeDecodeError) as error:
        why, hint = _why_unread(error)
        raise ConfigError(f"cannot be read: {why}", file=str(path), hint=hint) from error


def _why_unread(error: OSError | UnfitError | UnicodeDecodeError) -> tuple[str, str]:
    """Say why, and what to do."""
    match error:
        case OSError():
            return error.strerror or str(error), "name a file that exists and that you may read"
        case UnfitError():
            return f"it {error}", "name a file of 1 MiB at most, or a pipe such as <(command) that ends soon"
        case _:
            return "no UTF-8", "write it in UTF-8"


def convert_toml(path: Path, kind: type[T], hint: str) -> tuple[str, T]:
    """Read a TOML file as a type; return its text too. Raises ConfigError, which names line and key."""
    text = _read(path)
    return text, _convert(path, text, kind, hint)


def _convert(path: Path, text: str, kind: type[T], hint: str = _HINT) -> T:
    try:
        return msgspec.convert(_own_table(path, _loads(path, text)), kind)
    except msgspec.ValidationError as error:
        message, _, key = str(error).partition(" - at ")
        refuse_toml(path, text, message, key.strip("`").removeprefix("$").removeprefix("."), hint)


def _own_table(path: Path, data: dict[str, Any]) -> object:
    """Return what is netaudit's: of a pyproject.toml the table tool.netaudit alone."""
    return data.get("tool", {}).get("netaudit", {}) if path.name == PYPROJECT else data


def _loads(path: Path, text: str) -> dict[str, Any]:
    if long := _LONG_KEY.search(text):
        line = text.count("\n", 0, long.start()) + 1
        raise ConfigError("not TOML: a key of too many parts", file=str(path), line=line, hint=_HINT)
    import tomllib  # noqa: PLC0415 (late: most hosts have no netaudit.toml)

    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"(.*) \(at line (\d+)", str(error))
        message, line = (found[1], int(found[2])) if found else (str(error), text.count("\n") + 1)
        if _NO_DAY in text.split("\n")[line - 1]:
            said = f"until: put a date in the place of {_NO_DAY}, such as 2027-06-30"
            raise ConfigError(said, file=str(path), line=line, hint="docs/waivers.md") from error
        raise ConfigError(f"not TOML: {message}", file=str(path), line=line, hint=_HINT) from error
    except RecursionError as error:
        raise ConfigError("not TOML: nested too deep", file=str(path), hint=_HINT) from error
    except ValueError as error:  # of int(), for thousands of digits
        raise ConfigError(f"not TOML: {error}", file=str(path), hint=_HINT) from error


def refuse_toml(path: Path, text: str, message: str, key: str, hint: str = _HINT) -> NoReturn:
    """Raise ConfigError for what stands under a key of a TOML file, with its line."""
    unknown = re.search(r"unknown field `([^`]+)`", message)
    where = ".".join(filter(None, (key, unknown[1] if unknown else "")))
    line = 0
    for name, number in _PATH.findall(f".{where}"):
        line = _line(text, name, line, int(number) if number.isdecimal() else 0) or line
    raise ConfigError(_PLAINER.get(message, message), file=str(path), line=line, key=where, hint=hint)


def _line(text: str, key: str, after: int = 0, number: int = 0) -> int:
    """Find the line, behind another one, of a key or of the n-th table of that name; 0 for none."""
    found = [at for at in _lines(text, key) if at > after]
    return found[min(number, len(found) - 1)] if found else 0


def _lines(text: str, key: str) -> list[int]:
    """Find the lines of a key or of the tables of that name."""
    pattern = re.compile(rf'\s*(\[+\s*"?{re.escape(key)}"?\s*\]+|"?{re.escape(key)}"?\s*=)')
    return [at for at, line in enumerate(text.splitlines(), 1) if pattern.match(line)]


def _waivers(path: Path, text: str, entries: list[WaiverEntry]) -> tuple[Waiver, ...]:
    lines = _lines(text, "waivers") or [0]
    lines += lines[-1:] * (len(entries) - len(lines))  # an array on one line
    return tuple(
        Waiver(one.check, one.subject, one.reason, one.owner, one.until, place=f"{path}:{line}")
        for one, line in zip(entries, lines, strict=False)
    )


def check_names(known: Mapping[str, object], config: Config, waivers: tuple[Waiver, ...], file: str) -> None:
    """Refuse checks that there are not, in waivers and in what is to be skipped. Raises ConfigError."""
    for name in config.skip:
        if name not in known:
            hint = suggest(name, known, "docs/checks.md lists them")
            raise ConfigError(f"no such check: {name}", file=file, key="skip", hint=hint)
    for one in waivers:
        if not any(fnmatchcase(name, one.check) for name in known):
            hint = suggest(one.check, known, "docs/checks.md lists them")
            raise ConfigError(f"no such check: {one.check}", file=one.place, key="check", hint=hint)
