"""netaudit: which container caused which Netfilter rule.

    kernel, dockerd, /proc                     rules/attribution/          templates/
            │                                          │                       │
         collect ─▶ Facts ─▶ parse ─▶ Snapshot ─▶ diff ─▶ attribute ─────▶ report ─▶ text
                      │                                       ▲
                 a recording on disk (store)          Docker's inventory

The public API:

    from pathlib import Path
    import netaudit

    before = netaudit.load_recording(Path("before"))
    after = netaudit.record_host()                     # this host, now
    changes = netaudit.diff_recordings(before, after)  # AttributedDiff: every change with its cause
    rules = netaudit.show_recording(after)             # AttributedSnapshot: every rule with its cause
    open_to = netaudit.expose_recording(after)         # … and .exposure: who can reach what
    found = netaudit.audit_recording(after, date.today())  # Audit: what is wrong, with proof
    packet = netaudit.trace_recording(after, "internet", "192.0.2.10:8080/tcp")  # … and one packet's way
    netaudit.save_recording(after, Path("after"))

Everything is imported when it is used: importing netaudit costs nothing.
"""

from __future__ import annotations

from netaudit.release import RELEASE

TYPE_CHECKING = False  # as typing has it; importing that takes longer than all else before signals are listened to
if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    from netaudit.attribute.attribution import AttributedDiff, AttributedSnapshot
    from netaudit.attribute.trace import AttributedTrace
    from netaudit.audit.finding import Audit
    from netaudit.model.facts import Facts
    from netaudit.packets.host.zones import ZoneChoice

__version__ = RELEASE
__all__ = [
    "audit_recording",
    "diff_recordings",
    "expose_recording",
    "load_recording",
    "record_host",
    "save_recording",
    "show_recording",
    "trace_recording",
]


def record_host() -> Facts:
    """Read this host. Nothing is changed, not even by looking; what cannot be seen is a gap."""
    from netaudit.collect import collect  # noqa: PLC0415 (late, as all below)

    return collect()


def load_recording(path: Path) -> Facts:
    """Read a recording: a folder, a tar, or plain iptables-save output. Raises RecordingError."""
    from netaudit.store import load  # noqa: PLC0415

    return load(path)


def save_recording(facts: Facts, path: Path) -> Facts:
    """Write a recording whole or not at all; gives the facts with their digest. Raises OutputError."""
    from netaudit.store import save  # noqa: PLC0415

    return save(facts, path)


def diff_recordings(
    before: Facts, after: Facts, *, counters: bool = False, exposure: bool | None = None
) -> AttributedDiff:
    """Compare two recordings of a host and attribute each change. Raises ParseError for damaged facts.

    `exposure` adds who can reach what, and could not before; None: where that is quick.
    """
    from netaudit.attribute import attribute_diff  # noqa: PLC0415
    from netaudit.attribute.exposure.compute import ParsedHost, why_not_affordable, with_exposure_changes  # noqa: PLC0415
    from netaudit.catalog import load_catalog  # noqa: PLC0415
    from netaudit.parse import parse_snapshots  # noqa: PLC0415

    catalog = load_catalog()
    earlier, later = parse_snapshots(before, after)
    diff = attribute_diff(earlier, later, catalog, counters=counters)
    gap = "not asked for" if exposure is False else "" if exposure else why_not_affordable(diff, earlier, later)
    if gap:
        from msgspec.structs import replace  # noqa: PLC0415

        return replace(diff, exposure_gap=gap)
    return with_exposure_changes(diff, ParsedHost(before, earlier), ParsedHost(after, later), catalog)


def show_recording(facts: Facts, *, exposure: bool | None = False) -> AttributedSnapshot:
    """Attribute every rule of a host. Raises ParseError for damaged facts.

    `exposure` adds who can reach what; None: where that is quick.
    """
    if exposure is not False:
        return expose_recording(facts, within_bounds=exposure is None)
    from netaudit.attribute import attribute_snapshot  # noqa: PLC0415
    from netaudit.catalog import load_catalog  # noqa: PLC0415
    from netaudit.parse import parse_snapshot  # noqa: PLC0415

    return attribute_snapshot(parse_snapshot(facts), load_catalog())


def expose_recording(
    facts: Facts, choice: ZoneChoice | None = None, *, within_bounds: bool = False
) -> AttributedSnapshot:
    """Attribute every rule of a host, and compute who can reach what. Raises ParseError for damaged facts.

    `within_bounds`: a host on which that takes long is left out, and the result says so.
    """
    from netaudit.attribute import attribute_snapshot  # noqa: PLC0415
    from netaudit.attribute.exposure.compute import ParsedHost, why_too_large, with_exposure  # noqa: PLC0415
    from netaudit.catalog import load_catalog  # noqa: PLC0415
    from netaudit.packets.host.zones import ZoneChoice  # noqa: PLC0415
    from netaudit.parse import parse_snapshot  # noqa: PLC0415

    catalog, snapshot = load_catalog(), parse_snapshot(facts)
    shown = attribute_snapshot(snapshot, catalog)
    gap = why_too_large(snapshot) if within_bounds else ""
    if gap:
        from msgspec.structs import replace  # noqa: PLC0415

        return replace(shown, exposure_gap=gap)
    return with_exposure(shown, ParsedHost(facts, snapshot), catalog, choice or ZoneChoice())


def audit_recording(facts: Facts, today: date) -> Audit:
    """Put every check that ships to a host; waivers in containers' labels hold until `today`. Raises ParseError."""
    from netaudit.audit.auditor import Auditor  # noqa: PLC0415
    from netaudit.audit.checks.services import Services  # noqa: PLC0415
    from netaudit.audit.run import Plan  # noqa: PLC0415
    from netaudit.catalog import load_catalog, load_checks, load_services  # noqa: PLC0415

    return Auditor(load_catalog(), Services(load_services()), Plan(load_checks(), today)).audit(facts)


def trace_recording(
    facts: Facts, source: str, target: str, *, interface: str = "", established: bool = False
) -> AttributedTrace:
    """Follow one packet from a zone or address to ADDRESS:PORT/PROTOCOL, with the cause of every rule that it meets.

    Raises ParseError for damaged facts, UsageError or SubjectError for places that are none.
    """
    from netaudit.attribute.trace import trace_snapshot  # noqa: PLC0415
    from netaudit.catalog import load_catalog  # noqa: PLC0415
    from netaudit.packets.trace.query import TraceQuery  # noqa: PLC0415
    from netaudit.packets.values.probe import PacketState  # noqa: PLC0415
    from netaudit.parse import parse_snapshot  # noqa: PLC0415

    state = PacketState.ESTABLISHED if established else PacketState.NEW
    return trace_snapshot(TraceQuery(source, target, interface, state), facts, parse_snapshot(facts), load_catalog())
