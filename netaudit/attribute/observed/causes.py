"""What the holes of a signature hold -> the inventory object that a rule was written for, as far as it is known."""

from collections.abc import Mapping

from netaudit.attribute.attribution import Cause, CauseKind, Ref
from netaudit.attribute.observed.docker_evidence import DockerEvidence
from netaudit.attribute.observed.unify import address_in, binding_in
from netaudit.attribute.signatures.signature import Signature, SubjectKind

OPERATOR = Cause(CauseKind.OTHER, name="the operator or another program")


def find_cause(signature: Signature, values: Mapping[str, str], evidence: DockerEvidence) -> Cause:
    """Build the cause from what the holes hold, as far as an inventory knows it."""
    kind = _CAUSES[signature.subject]
    if kind is CauseKind.DAEMON:
        return Cause(kind)
    bridge = values.get("bridge", "")
    address = address_in(values)
    owner, end = evidence.owner(address)
    network = evidence.network(bridge, end) or evidence.overlay(_vxlan_id(values))
    if kind is CauseKind.OTHER:
        port = values.get("host_port")
        name = f"swarm service port {port}/{values.get('protocol')}" if port else "swarm's routing mesh"
        return Cause(kind, name=name)
    network_ref = Ref(network.id, network.name) if network else Ref("", bridge or "unknown")
    if kind is CauseKind.NETWORK:
        return Cause(kind, network=network_ref)
    container = Ref(owner.id, owner.name) if owner else Ref("", address or "unknown")
    binding = binding_in(values) if kind is CauseKind.PORT_BINDING else None
    return Cause(kind, container=container, network=network_ref, binding=binding)


def _vxlan_id(values: Mapping[str, str]) -> int:
    return int(values.get("vxlan_id", 0)) or int(values.get("vni") or values.get("vni_hex") or "0", 0) >> 8


_CAUSES: Mapping[SubjectKind, CauseKind] = {
    SubjectKind.DAEMON: CauseKind.DAEMON,
    SubjectKind.NETWORK: CauseKind.NETWORK,
    SubjectKind.ENDPOINT: CauseKind.ENDPOINT,
    SubjectKind.PORT_BINDING: CauseKind.PORT_BINDING,
    SubjectKind.LINK: CauseKind.ENDPOINT,
    SubjectKind.INGRESS: CauseKind.OTHER,
    SubjectKind.SERVICE_PORT: CauseKind.OTHER,
    SubjectKind.OVERLAY: CauseKind.NETWORK,
    SubjectKind.OTHER: CauseKind.OTHER,
}
