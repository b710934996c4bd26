"""What checks are put to: every kind, its facts, and how its subjects are found on a host."""

from collections.abc import Callable, Iterator, Mapping

from netaudit.audit.subjects.binding import BindingFacts, bindings
from netaudit.audit.subjects.change import ChangeFacts, changes
from netaudit.audit.subjects.container import ContainerFacts, containers
from netaudit.audit.subjects.daemon import DaemonFacts, daemons
from netaudit.audit.subjects.exposure import ExposureFacts, cells
from netaudit.audit.subjects.fact import Facts, Subject
from netaudit.audit.subjects.firewall import FirewallFacts, firewalls
from netaudit.audit.subjects.host import HostFacts, hosts
from netaudit.audit.subjects.kind import SubjectKind
from netaudit.audit.subjects.network import NetworkFacts, networks
from netaudit.audit.subjects.recording import RecordingFacts, recordings
from netaudit.audit.subjects.rule import RuleFacts, rules
from netaudit.audit.subjects.waiver import WaiverFacts
from netaudit.audit.view import View

FACTS: Mapping[SubjectKind, type[Facts]] = {
    SubjectKind.RECORDING: RecordingFacts,
    SubjectKind.HOST: HostFacts,
    SubjectKind.FIREWALL: FirewallFacts,
    SubjectKind.DAEMON: DaemonFacts,
    SubjectKind.NETWORK: NetworkFacts,
    SubjectKind.CONTAINER: ContainerFacts,
    SubjectKind.BINDING: BindingFacts,
    SubjectKind.RULE: RuleFacts,
    SubjectKind.EXPOSURE: ExposureFacts,
    SubjectKind.CHANGE: ChangeFacts,
    SubjectKind.WAIVER: WaiverFacts,
}

# Waivers are not found on a host: they are what an audit was told.
SUBJECTS: Mapping[SubjectKind, Callable[[View], Iterator[Subject]]] = {
    SubjectKind.RECORDING: recordings,
    SubjectKind.HOST: hosts,
    SubjectKind.FIREWALL: firewalls,
    SubjectKind.DAEMON: daemons,
    SubjectKind.NETWORK: networks,
    SubjectKind.CONTAINER: containers,
    SubjectKind.BINDING: bindings,
    SubjectKind.RULE: rules,
    SubjectKind.EXPOSURE: cells,
    SubjectKind.CHANGE: changes,
}
