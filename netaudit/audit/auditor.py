"""Facts -> an audit: parsed, attributed, exposed, compared with an earlier recording, and checked."""

from collections.abc import Collection
from typing import TYPE_CHECKING, Self

import msgspec

from netaudit.attribute import attribute_diff, attribute_snapshot
from netaudit.attribute.attribution import AttributedDiff, AttributedSnapshot
from netaudit.attribute.exposure.compute import ComputeExposure, diff_with_exposure, with_exposure
from netaudit.attribute.services import Services
from netaudit.attribute.signatures.signature import Catalog
from netaudit.audit.finding import Audit
from netaudit.audit.remedy.patch import Run, run_nothing
from netaudit.audit.remedy.verify import Judged, verify
from netaudit.audit.run import Plan, run
from netaudit.audit.view.view import HostView
from netaudit.model.facts import Facts
from netaudit.model.snapshot import Snapshot
from netaudit.packets.host.zones import ZoneChoice
from netaudit.parse import parse_snapshot
from netaudit.policy.entry import Policy

if TYPE_CHECKING:
    from netaudit.policy.hold import Held


class Auditor(msgspec.Struct, frozen=True):
    """Everything an audit needs beside a host; one is loaded once, for any number of hosts.

    `choice` is what the exposure table is computed for. `since` is an earlier recording of the host: what changed is
    audited too. `policy` is held against each host.
    """

    catalog: Catalog
    services: Services
    plan: Plan
    choice: ZoneChoice = ZoneChoice()
    exposure: ComputeExposure = ComputeExposure.ALWAYS
    since: Facts | None = None
    policy: Policy | None = None

    def obeying(self, but: Collection[str]) -> Self:
        """Return the auditor of a configuration of which some settings are not obeyed: the command line has others."""
        obeyed = self.plan.obeyed.without(but) if self.plan.obeyed else None
        return msgspec.structs.replace(self, plan=msgspec.structs.replace(self.plan, obeyed=obeyed))

    def audit(self, facts: Facts) -> Audit:
        """Audit a host. Raises ParseError for damaged facts."""
        return self._judge(facts).audit

    def audit_and_verify(self, facts: Facts, run: Run = run_nothing) -> Audit:
        """Audit a host, and the hosts that the remediations lead to. Raises ParseError for damaged facts.

        `run` runs a line of a shell on a copy of the host, and gives its facts; what it cannot run is computed.
        """
        return verify(self._judge(facts), self._judge, self._attribute, run)

    def audit_shown(self, snapshot: Snapshot, shown: AttributedSnapshot) -> Audit:
        """Audit a host that was attributed already."""
        return self.audit_changed(snapshot, shown, self._changes(snapshot))

    def audit_changed(self, snapshot: Snapshot, shown: AttributedSnapshot, since: AttributedDiff | None) -> Audit:
        """Audit a host that was attributed already, and what changed on it."""
        view = HostView(snapshot, shown, self.services, since, self.choice, self.hold(snapshot))
        return run(view, self.plan)

    def hold(self, snapshot: Snapshot) -> "Held | None":
        """Hold the policy against a host; None without a policy."""
        if self.policy is None:
            return None
        from netaudit.policy.hold import Holder  # noqa: PLC0415 (late: the library of packet sets is slow to load)

        return Holder(self.catalog, self.plan.today, self.choice.uplinks).hold(snapshot, self.policy)

    def _attribute(self, facts: Facts) -> AttributedSnapshot:
        return attribute_snapshot(parse_snapshot(facts), self.catalog)

    def _judge(self, facts: Facts) -> Judged:
        snapshot = parse_snapshot(facts)
        attributed = attribute_snapshot(snapshot, self.catalog)
        shown = with_exposure(attributed, snapshot, self.catalog, self.choice, self.exposure)
        return Judged(facts, shown, self.audit_shown(snapshot, shown))

    def _changes(self, later: Snapshot) -> AttributedDiff | None:
        if self.since is None:
            return None
        earlier = parse_snapshot(self.since)
        if self.exposure is ComputeExposure.NEVER:
            return attribute_diff(earlier, later, self.catalog)
        return diff_with_exposure(earlier, later, self.catalog, self.exposure)[0]
