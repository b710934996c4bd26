"""The subjects of checks: every kind, its facts, and how its subjects are found on a host.

In: a HostView. Out: for each kind of subject, CheckSubjects with their facts and evidence.
Begin with fact.py, then binding.py for an example.
"""

from collections.abc import Callable, Iterator, Mapping

from netaudit.audit.checks.subject_kind import CheckedKind
from netaudit.audit.subjects.binding import BindingFacts, bindings
from netaudit.audit.subjects.change import ChangeFacts, changes
from netaudit.audit.subjects.container import ContainerFacts, containers
from netaudit.audit.subjects.daemon import DaemonFacts, daemons
from netaudit.audit.subjects.exposure import ExposureFacts, cells
from netaudit.audit.subjects.fact import CheckSubject, SubjectFacts
from netaudit.audit.subjects.firewall import FirewallFacts, firewalls
from netaudit.audit.subjects.host import HostFacts, hosts
from netaudit.audit.subjects.network import NetworkFacts, networks
from netaudit.audit.subjects.recording import RecordingFacts, recordings
from netaudit.audit.subjects.rules.rule import RuleFacts, rules
from netaudit.audit.subjects.written.entry import EntryFacts, entries
from netaudit.audit.subjects.written.waiver import WaiverFacts
from netaudit.audit.view.view import HostView

FACTS: Mapping[CheckedKind, type[SubjectFacts]] = {
    CheckedKind.RECORDING: RecordingFacts,
    CheckedKind.HOST: HostFacts,
    CheckedKind.FIREWALL: FirewallFacts,
    CheckedKind.DAEMON: DaemonFacts,
    CheckedKind.NETWORK: NetworkFacts,
    CheckedKind.CONTAINER: ContainerFacts,
    CheckedKind.BINDING: BindingFacts,
    CheckedKind.RULE: RuleFacts,
    CheckedKind.EXPOSURE: ExposureFacts,
    CheckedKind.CHANGE: ChangeFacts,
    CheckedKind.WAIVER: WaiverFacts,
    CheckedKind.ENTRY: EntryFacts,
}

# Waivers are not found on a host: run.py has them from the configuration.
SUBJECTS: Mapping[CheckedKind, Callable[[HostView], Iterator[CheckSubject]]] = {
    CheckedKind.RECORDING: recordings,
    CheckedKind.HOST: hosts,
    CheckedKind.FIREWALL: firewalls,
    CheckedKind.DAEMON: daemons,
    CheckedKind.NETWORK: networks,
    CheckedKind.CONTAINER: containers,
    CheckedKind.BINDING: bindings,
    CheckedKind.RULE: rules,
    CheckedKind.EXPOSURE: cells,
    CheckedKind.CHANGE: changes,
    CheckedKind.ENTRY: entries,
}
