"""What netaudit makes of a host from beginning to end: attributed, exposed, audited, compared, redacted, printed."""

import datetime as dt
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

from fuzz.readers import redacted
from netaudit.attribute import attribute_diff, attribute_snapshot
from netaudit.attribute.attribution import AttributedSnapshot
from netaudit.attribute.exposure.compute import why_too_large, with_exposure, with_exposure_changes
from netaudit.attribute.services import Services
from netaudit.attribute.signatures.signature import Catalog
from netaudit.audit.auditor import Auditor
from netaudit.audit.finding import Audit
from netaudit.audit.run import Plan
from netaudit.catalog import load_catalog, load_checks, load_services
from netaudit.model.facts import Facts, Source
from netaudit.model.snapshot import Snapshot
from netaudit.packets.host.zones import ZoneChoice
from netaudit.parse import parse_snapshot
from netaudit.report import csv_table as table_csv
from netaudit.report.ci import github as github_annotations
from netaudit.report.ci import junit, sarif
from netaudit.report.ci.location import Locator
from netaudit.report.json import audit as audit_json
from netaudit.report.json import diff as json_diff
from netaudit.report.json import show as json_show
from netaudit.report.page import audit_markdown, picture
from netaudit.report.page import render as document
from netaudit.report.terminal import audit as audit_terminal
from netaudit.report.terminal import exposure as exposure_terminal
from netaudit.report.terminal import rules as terminal
from netaudit.report.terminal.style import Style
from netaudit.store import load

TESTS = Path(__file__).parent.parent
NATIVE = TESTS / "recordings" / "29.0.0-nftables" / "default-one-port" / "01"
CLASSIC = TESTS / "recordings" / "20.10.24-iptables-nft" / "default-one-port" / "01"
_TODAY = dt.date(2026, 1, 1)
_STYLE = Style(colour=True)


class Host(NamedTuple):
    """A host, as far as it was brought."""

    facts: Facts
    snapshot: Snapshot
    shown: AttributedSnapshot
    audit: Audit


def facts_with(source: Source, data: bytes) -> Facts:
    """Put one file into a real recording: the rest of the host is as it was."""
    base = real(NATIVE if source is Source.NFT_RULESET else CLASSIC)
    return Facts({**base.files, str(source): data}, host="odd", taken_at="2026-01-01T00:00:00Z")


@cache
def real(folder: Path) -> Facts:
    """Load a recording of a real engine, once."""
    return load(folder)


def go_through(facts: Facts, renderers: tuple[str, ...]) -> None:
    """Take a host through every stage; print it in these formats. Raises NetauditError for damaged facts."""
    snapshot = parse_snapshot(facts)
    shown = shown_of(snapshot)
    audit = _auditor().audit_shown(snapshot, shown)
    for name in renderers:
        RENDERERS[name](Host(facts, snapshot, shown, audit))
    parse_snapshot(redacted(facts))


def shown_of(snapshot: Snapshot) -> AttributedSnapshot:
    """Attribute a host, and compute who can reach what where that is cheap."""
    shown = attribute_snapshot(snapshot, _catalog())
    return shown if why_too_large(snapshot) else with_exposure(shown, snapshot, _catalog(), ZoneChoice())


def _compare(host: Host) -> None:
    """Compare with the host as it was, and print what changed."""
    before = parse_snapshot(real(NATIVE if host.facts.files.get(Source.NFT_RULESET) else CLASSIC))
    diff = attribute_diff(before, host.snapshot, _catalog())
    if not why_too_large(host.snapshot):
        diff = with_exposure_changes(diff, before, host.snapshot, _catalog())
    terminal.render_diff(diff, _STYLE)
    json_diff.render_diff(diff)
    document.render_diff_html(diff)


@cache
def _catalog() -> Catalog:
    return load_catalog()


@cache
def _auditor() -> Auditor:
    return Auditor(_catalog(), Services(load_services()), Plan(load_checks(), _TODAY))


# Every format that a report, an audit or a diff has.
RENDERERS: Mapping[str, Callable[[Host], object]] = {
    "terminal": lambda host: terminal.render_snapshot(host.shown, _STYLE),
    "json": lambda host: json_show.render_snapshot(host.shown),
    "markdown": lambda host: document.render_snapshot_markdown(host.shown, host.audit),
    "html": lambda host: document.render_snapshot_html(host.shown, host.audit),
    "csv": lambda host: table_csv.render_snapshot_csv(host.shown),
    "svg": lambda host: picture.render_snapshot_svg(host.shown),
    "dot": lambda host: picture.render_snapshot_dot(host.shown),
    "exposure": lambda host: exposure_terminal.render_exposure(host.shown, _STYLE),
    "audit": lambda host: audit_terminal.render_audit(host.audit, _STYLE),
    "audit-json": lambda host: audit_json.render_audit(host.audit),
    "audit-markdown": lambda host: audit_markdown.render_audit(host.audit),
    "junit": lambda host: junit.render_audit(host.audit, host.audit.findings),
    "sarif": lambda host: sarif.render_audit(host.audit, Locator(host.facts.files), ""),
    "github": lambda host: github_annotations.render_audit(host.audit, Locator(host.facts.files), ""),
    "diff": _compare,
}
