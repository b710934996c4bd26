"""Facts -> an audit: parsed, attributed, exposed, compared with an earlier recording, and checked."""

import msgspec

from netaudit.attribute import attribute_diff, attribute_snapshot
from netaudit.attribute.attribution import AttributedDiff, AttributedSnapshot
from netaudit.attribute.exposure.compute import ParsedHost, with_exposure, with_exposure_changes
from netaudit.attribute.signatures.signature import Catalog
from netaudit.audit.checks.services import Services
from netaudit.audit.finding import Audit
from netaudit.audit.remedy.verify import Judged, verify
from netaudit.audit.run import Plan, run
from netaudit.audit.view.view import HostView
from netaudit.model.facts import Facts
from netaudit.packets.host.zones import ZoneChoice
from netaudit.parse import parse_snapshot
from netaudit.parse.program import parse_program


class Auditor(msgspec.Struct, frozen=True):
    """Everything an audit needs beside a host.

    `exposure`: compute who can reach what, which takes seconds on a host of 1,000 containers. `since` is an earlier
    recording of the host: what changed is audited too.
    """

    catalog: Catalog
    services: Services
    plan: Plan
    choice: ZoneChoice = ZoneChoice()
    exposure: bool = True
    since: Facts | None = None

    def audit(self, facts: Facts) -> Audit:
        """Audit a host. Raises ParseError for damaged facts."""
        return self._judge(facts).audit

    def audit_and_verify(self, facts: Facts) -> Audit:
        """Audit a host, and the hosts that the remediations lead to."""
        return verify(self._judge(facts), self._judge, self._attribute)

    def _attribute(self, facts: Facts) -> AttributedSnapshot:
        return attribute_snapshot(parse_snapshot(facts), self.catalog)

    def _judge(self, facts: Facts) -> Judged:
        read = ParsedHost(facts, parse_snapshot(facts))
        shown = attribute_snapshot(read.snapshot, self.catalog)
        if self.exposure:
            shown = with_exposure(shown, read, self.catalog, self.choice)
        program = parse_program(facts, read.snapshot.ruleset)
        view = HostView(read.snapshot, program, shown, self.services, self._changes(read))
        return Judged(facts, shown, run(view, self.plan))

    def _changes(self, later: ParsedHost) -> AttributedDiff | None:
        if self.since is None:
            return None
        earlier = ParsedHost(self.since, parse_snapshot(self.since))
        diff = attribute_diff(earlier.snapshot, later.snapshot, self.catalog)
        return with_exposure_changes(diff, earlier, later, self.catalog) if self.exposure else diff
