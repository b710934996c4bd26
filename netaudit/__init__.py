"""netaudit: which container caused which Netfilter rule.

    kernel, dockerd, /proc                     rules/attribution/          templates/
            │                                          │                       │
         collect ─▶ Facts ─▶ parse ─▶ Snapshot ─▶ diff ─▶ attribute ─────▶ report ─▶ text
                      │                                       ▲
                 a recording on disk (store)          Docker's inventory

The public API is what `__all__` lists; docs/api.md describes it:

    import netaudit

    before: netaudit.Facts = netaudit.load("before")
    after: netaudit.Facts = netaudit.record()                               # this host, now
    changes: netaudit.AttributedDiff = netaudit.compare(before, after)      # every change with its cause
    audit: netaudit.Audit = netaudit.run_checks(after)                      # what is wrong, with proof
    print(netaudit.render(changes), netaudit.render(audit))

Everything is imported when it is used: importing netaudit costs nothing.
"""

from __future__ import annotations

from netaudit.release import RELEASE

TYPE_CHECKING = False  # as typing has it; importing that takes longer than all else before signals are listened to
if TYPE_CHECKING:
    from netaudit.api.audits import AuditOptions, judge_changes, load_auditor, run_checks
    from netaudit.api.formats import AssertFormat, AuditFormat, Format, PlanFormat, TraceFormat
    from netaudit.api.hosts import ZoneDetail, compare, expose, show
    from netaudit.api.plans import plan_command
    from netaudit.api.policies import hold_policy
    from netaudit.api.recordings import load, record, save
    from netaudit.api.rendering import AuditPlace, render, render_exposure
    from netaudit.api.traces import trace
    from netaudit.attribute.attribution import (
        AttributedChange,
        AttributedDiff,
        AttributedExposure,
        AttributedItem,
        AttributedSnapshot,
        Attribution,
        Cause,
        Confidence,
        ExposureChange,
    )
    from netaudit.attribute.exposure.compute import ComputeExposure
    from netaudit.attribute.trace import AttributedTrace
    from netaudit.audit.auditor import Auditor
    from netaudit.audit.changed import ChangedFindings, JudgedDiff
    from netaudit.audit.checks.check import Check
    from netaudit.audit.finding import Audit, Finding, Undecided
    from netaudit.audit.planned import JudgedPlan
    from netaudit.diff.change import Added, Altered, Moved, Removed
    from netaudit.diff.counters import Counters
    from netaudit.errors import (
        CatalogError,
        CollectError,
        ConfigError,
        NetauditError,
        NewerFormatError,
        OutputError,
        ParseError,
        PlanError,
        RecordingError,
        SubjectError,
        TakenError,
        UsageError,
    )
    from netaudit.model.exposure import Exposure, Outcome
    from netaudit.model.facts import Facts, Gap, GapReason
    from netaudit.model.netfilter.ruleset import Item
    from netaudit.model.severity import FindingConfidence, Severity
    from netaudit.packets.values.probe import PacketState
    from netaudit.policy.entry import Policy
    from netaudit.policy.verdict import Assertion, Judged, Verdict

__version__ = RELEASE
__all__ = [
    "Added",
    "Altered",
    "AssertFormat",
    "Assertion",
    "AttributedChange",
    "AttributedDiff",
    "AttributedExposure",
    "AttributedItem",
    "AttributedSnapshot",
    "AttributedTrace",
    "Attribution",
    "Audit",
    "AuditFormat",
    "AuditOptions",
    "AuditPlace",
    "Auditor",
    "CatalogError",
    "Cause",
    "ChangedFindings",
    "Check",
    "CollectError",
    "ComputeExposure",
    "Confidence",
    "ConfigError",
    "Counters",
    "Exposure",
    "ExposureChange",
    "Facts",
    "Finding",
    "FindingConfidence",
    "Format",
    "Gap",
    "GapReason",
    "Item",
    "Judged",
    "JudgedDiff",
    "JudgedPlan",
    "Moved",
    "NetauditError",
    "NewerFormatError",
    "Outcome",
    "OutputError",
    "PacketState",
    "ParseError",
    "PlanError",
    "PlanFormat",
    "Policy",
    "RecordingError",
    "Removed",
    "Severity",
    "SubjectError",
    "TakenError",
    "TraceFormat",
    "Undecided",
    "UsageError",
    "Verdict",
    "ZoneDetail",
    "compare",
    "expose",
    "hold_policy",
    "judge_changes",
    "load",
    "load_auditor",
    "plan_command",
    "record",
    "render",
    "render_exposure",
    "run_checks",
    "save",
    "show",
    "trace",
]
# Where each public name lives; a test compares this with the imports above, which type checkers read.
_HOMES = {
    "netaudit.api.audits": "AuditOptions judge_changes load_auditor run_checks",
    "netaudit.api.hosts": "ZoneDetail compare expose show",
    "netaudit.api.policies": "hold_policy",
    "netaudit.api.formats": "AssertFormat AuditFormat Format PlanFormat TraceFormat",
    "netaudit.api.plans": "plan_command",
    "netaudit.api.recordings": "load record save",
    "netaudit.api.rendering": "AuditPlace render render_exposure",
    "netaudit.api.traces": "trace",
    "netaudit.attribute.attribution": "AttributedChange AttributedDiff AttributedExposure AttributedItem"
    " AttributedSnapshot Attribution Cause Confidence ExposureChange",
    "netaudit.attribute.exposure.compute": "ComputeExposure",
    "netaudit.attribute.trace": "AttributedTrace",
    "netaudit.audit.auditor": "Auditor",
    "netaudit.audit.changed": "ChangedFindings JudgedDiff",
    "netaudit.audit.checks.check": "Check",
    "netaudit.audit.finding": "Audit Finding Undecided",
    "netaudit.audit.planned": "JudgedPlan",
    "netaudit.diff.change": "Added Altered Moved Removed",
    "netaudit.diff.counters": "Counters",
    "netaudit.errors": "CatalogError CollectError ConfigError NetauditError NewerFormatError OutputError ParseError"
    " PlanError RecordingError SubjectError TakenError UsageError",
    "netaudit.model.exposure": "Exposure Outcome",
    "netaudit.model.facts": "Facts Gap GapReason",
    "netaudit.model.netfilter.ruleset": "Item",
    "netaudit.model.severity": "FindingConfidence Severity",
    "netaudit.packets.values.probe": "PacketState",
    "netaudit.policy.entry": "Policy",
    "netaudit.policy.verdict": "Assertion Judged Verdict",
}

if not TYPE_CHECKING:  # a type checker would take any name for one that is there

    def __getattr__(name: str) -> object:
        """Import a public name when somebody asks for it."""
        for module, names in _HOMES.items():
            if name in names.split():
                from importlib import import_module  # noqa: PLC0415 (late, as everything here)

                return globals().setdefault(name, getattr(import_module(module), name))
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    def __dir__() -> list[str]:
        """List the public names, whether they were imported yet or not."""
        return sorted({*globals(), *__all__})
