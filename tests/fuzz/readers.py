"""What reads each form of input, from bytes: as netaudit would when the bytes lay where such a form comes from."""

import contextlib
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from netaudit.attribute import attribute_snapshot
from netaudit.attribute.attribution import AttributedSnapshot
from netaudit.audit.checks.condition import KnownFacts
from netaudit.audit.subjects import FACTS
from netaudit.audit.subjects.fact import fact_types
from netaudit.catalog import load_catalog, load_checks_from
from netaudit.catalog.config import load_baseline, load_config, load_waivers
from netaudit.catalog.signatures import load_catalog_from
from netaudit.cli import templates
from netaudit.cli.output import Output
from netaudit.collect.kernel.legacy_header import LAYOUTS, print_header
from netaudit.model.facts import Facts, Source
from netaudit.model.netfilter.ruleset import Backend
from netaudit.parse import parse_snapshot
from netaudit.parse.forms import read_rules
from netaudit.parse.iptables.rule import parse_rule, print_rule
from netaudit.report.text.markdown import prose
from netaudit.report.text.sanitize import visible
from netaudit.store import load
from netaudit.store.redaction import redact

CLASSIC = Path(__file__).parent.parent / "recordings" / "20.10.24-iptables-nft" / "default-one-port" / "01"
Read = Callable[[bytes], None]
_catalog = cache(load_catalog)
_SHM = "/dev/shm" if Path("/dev/shm").is_dir() else None
_PART, _KIND = b"\n----\n", b"\n"
_ID = "odd-one"
_TEMPLATE_SECONDS = 2.0


def read_text_rules(data: bytes) -> None:
    """Read rules in whatever form; each one comes back word for word."""
    text = data.decode(errors="surrogateescape")
    for table in read_rules(text, backend=Backend.IPTABLES_NFT, family="ip", source="fuzz").tables:
        for rule in (rule for chain in table.chains for rule in chain.rules):
            assert print_rule(parse_rule(rule.text)) == rule.text
            assert "\x1b" not in visible(rule.text) + prose(rule.text)


def redacted(facts: Facts) -> Facts:
    """Redact with a key that is always the same."""
    return redact(facts, b"k" * 32, _catalog()).facts


def reader_of(source: Source) -> Read:
    """Make what reads one file of a recording, beside an inventory that is empty."""

    return lambda data: _ignore(parse_snapshot(_alone(source, data)))


def redactor_of(source: Source) -> Read:
    """Make what redacts one file of a recording and reads the result."""
    return lambda data: _ignore(parse_snapshot(redacted(_alone(source, data))))


def _alone(source: Source, data: bytes) -> Facts:
    return Facts({str(Source.DOCKER_NETWORKS): b"[]", str(Source.DOCKER_CONTAINERS): b"[]", str(source): data})


def _ignore(_: object) -> None:
    """Take what was read: that it was read is all that is looked at."""


@contextmanager
def _file(data: bytes, name: str) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir=_SHM) as folder:
        path = Path(folder) / name
        path.write_bytes(data)
        yield path
        assert os.listdir(folder) == [name]  # noqa: PTH208 (the quickest)


def read_recording(data: bytes) -> None:
    """Open a file as a recording: a tar, something packed, or what a program printed."""
    with _file(data, "recording") as path:
        parse_snapshot(load(path))


def read_index(data: bytes) -> None:
    """Open a folder whose index is anything."""
    with tempfile.TemporaryDirectory(dir=_SHM) as folder:
        (Path(folder) / "recording.json").write_bytes(data)
        (Path(folder) / "iptables-save.txt").write_bytes(b"*filter\nCOMMIT\n")
        load(Path(folder))


def read_folder(data: bytes) -> None:
    """Open a folder of files, links, pipes and folders: parts of a name, a kind and what it holds, a line each."""
    with tempfile.TemporaryDirectory(dir=_SHM) as folder:
        for part in data.split(_PART)[:100]:
            with contextlib.suppress(OSError, ValueError):  # no such name can be, or it is there already
                _lay(Path(folder), *[*part.split(_KIND, 2), b"", b""][:3])
        parse_snapshot(load(Path(folder)))


def _lay(folder: Path, name: bytes, kind: bytes, data: bytes) -> None:
    """Make one entry of a folder, and nothing outside of it."""
    path = folder / os.fsdecode(name).replace("/", "_")
    match kind:
        case b"link":
            path.symlink_to(os.fsdecode(data))
        case b"pipe":
            os.mkfifo(path)
        case b"folder":
            path.mkdir()
        case b"sparse":
            with path.open("xb") as file:
                file.truncate(1 << 20)
        case _:
            with path.open("xb") as file:  # never through a link, never into a pipe that is there already
                file.write(data)


def read_config(data: bytes) -> None:
    """Read a netaudit.toml."""
    with _file(data, "netaudit.toml") as path:
        load_config(path)


def read_waivers(data: bytes) -> None:
    """Read a file of waivers."""
    with _file(data, "waivers.toml") as path:
        load_waivers(path)


def read_baseline(data: bytes) -> None:
    """Read an earlier audit."""
    with _file(data, "baseline.json") as path:
        load_baseline(path)


def read_check(data: bytes) -> None:
    """Load a folder with one check, and put the check to its own examples."""
    with _file(data, f"{_ID}.yaml") as path:
        for check in load_checks_from(path.parent):
            for example in check.examples:
                check.condition.holds(KnownFacts(example.facts, fact_types(FACTS[check.subject])))


def read_signatures(data: bytes) -> None:
    """Load a folder with one file of signatures."""
    with _file(data, f"{_ID}.yaml") as path:
        load_catalog_from(path.parent)


def read_template(data: bytes) -> None:
    """Print a report with a template of somebody's own."""
    templates._SECONDS = _TEMPLATE_SECONDS  # noqa: SLF001 (what runs for ever is refused in less time here)
    with tempfile.TemporaryDirectory(dir=_SHM) as folder:
        path = Path(folder) / "own.html"
        path.write_bytes(data)
        templates.print_with(templates.read_template(path), _shown(), Output(Path(folder) / "report.html", force=True))


@cache
def _shown() -> AttributedSnapshot:
    return attribute_snapshot(parse_snapshot(load(CLASSIC)), load_catalog())


def read_headers(data: bytes) -> None:
    """Print headers of legacy rules as the kernel hands them out."""
    for layout in LAYOUTS.values():
        if len(data) >= layout.entry.size:
            print_header(layout.unpack(data[: layout.entry.size]), layout, lambda number: b"%d" % number)
