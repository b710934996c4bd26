"""Two inventories of Podman's -> the ruleset after netavark has followed.

netavark runs with each container that starts or stops: what a network needs comes with its first container and goes
with its last one. Rules are appended, but for those that work only before another one: these go to the top.
"""

from collections.abc import Iterator, Mapping

import msgspec

from netaudit.attribute.expected.daemon_options import Options
from netaudit.attribute.expected.expect import in_order
from netaudit.attribute.expected.selection import Selection
from netaudit.attribute.podman.expect import PODMAN, netavark_backend
from netaudit.attribute.podman.subjects import PodmanSubjects
from netaudit.attribute.signatures.signature import Catalog, Signature, SubjectKind
from netaudit.model.docker import Container, Inventory
from netaudit.model.engines.parts import podman_part
from netaudit.model.netfilter.ruleset import IPTABLES_BACKENDS, Backend, ObjectKind, Rule, Ruleset
from netaudit.plan.rules.draft import ChainKey, Draft
from netaudit.plan.rules.fill import Wanted
from netaudit.plan.rules.written import Written


class _Object(msgspec.Struct, frozen=True):
    """A chain or a rule that netavark makes."""

    key: ChainKey
    kind: ObjectKind
    text: str


_NFT_PORTS, _IPTABLES_PORTS = "_dnat", "NETAVARK-DN-"  # in the names of a network's chains for published ports
_ISOLATED, _TO_ISOLATION = "netavark-iptables/isolated-out", "netavark-iptables/to-isolation"
Objects = Mapping[_Object, Signature]


def ruleset_after(
    ruleset: Ruleset, before: Inventory, after: Inventory, catalog: Catalog, backend: Backend | None = None
) -> Written:
    """Return what netavark has written once it wrote what an inventory needs, and deleted what it needs no longer."""
    backend = backend or netavark_backend(ruleset)
    old, new = (dict(_objects(one, backend, catalog)) for one in (before, after))
    draft = Draft(ruleset)
    stay = _networks_chains(new)
    gone = {
        one: signature
        for one, signature in old.items()
        if one not in new and not signature.kept and not (one.kind is ObjectKind.CHAIN and one.key in stay)
    }
    for one in (*gone, *_lost(gone, old)):
        _take(draft, one)
    starts = any(one not in old for one in new)
    for one, signature in new.items():
        if starts and (one not in old or signature.kept):
            _put(draft, one, signature)
    kept = {one.key for one, signature in old.items() if one.kind is ObjectKind.CHAIN and signature.kept}
    _drop_empty(draft, {one.key for one in gone} - kept - stay - {one.key for one in new})
    mixed = bool(in_no_order(before, after))
    written = (Wanted(new[one], one.key, one.text, (), _is_sure(new[one], mixed)) for one in new if one not in old)
    return Written(draft.freeze(), tuple(written))


def _networks_chains(objects: Objects) -> set[ChainKey]:
    """Name the chains for published ports of networks in use: they stay when nothing is published any longer."""
    chains = {one.key for one in objects}
    nft = {(*key[:3], f"{key[3]}{_NFT_PORTS}") for key in chains}
    return nft | {(*key[:3], key[3].replace("NETAVARK-", _IPTABLES_PORTS, 1)) for key in chains}


def _lost(gone: Objects, old: Objects) -> list[_Object]:
    """List what netavark deletes though it is still needed: the jump to the chains that keep isolated networks apart.

    The iptables driver deletes it with each isolated network that ends.
    """
    families = {one.key[1] for one, signature in gone.items() if signature.id.startswith(_ISOLATED)}
    return [one for one, signature in old.items() if signature.id == _TO_ISOLATION and one.key[1] in families]


def in_no_order(before: Inventory, after: Inventory) -> list[Container]:
    """List the containers that start, and whose ports Podman hands to netavark in no order.

    It keeps a list for each address and protocol, and takes these lists in an order that is not the same each time.
    """
    ran = {one.id for one in before.containers if one.running and one.mappings}
    started = (one for one in after.containers if one.id not in ran)
    return [one for one in started if len({(port.host_ip, port.protocol) for port in one.mappings}) > 1]


def _is_sure(signature: Signature, mixed: bool) -> bool:  # noqa: FBT001 (whether ports are in no order)
    return not (mixed and signature.subject in (SubjectKind.PORT_BINDING, SubjectKind.PORT_RANGE))


def _objects(inventory: Inventory, backend: Backend, catalog: Catalog) -> Iterator[tuple[_Object, Signature]]:
    """List what netavark makes for an inventory, in the order in which it does."""
    part = podman_part(inventory)
    if part is None:
        return
    options = Options(backend, {}, iptables=True, ip6tables=True, maker=PODMAN)
    selection = Selection(part, options, catalog)
    for subject in PodmanSubjects(part, backend).all():
        values = {**subject.profile.values, **subject.values}
        for signature, _ in selection.of(subject.profile):
            if signature.chain.holes | signature.text.holes <= values.keys():
                family = signature.table_family or subject.profile.family
                key = (backend, family, signature.table, signature.chain.fill(values))
                yield _Object(key, signature.object, signature.text.fill(values)), signature


def _take(draft: Draft, one: _Object) -> None:
    if one.kind is ObjectKind.CHAIN:
        draft.remove_chain(one.key)
        return
    rules = draft.rules(one.key)
    at = _find(rules or [], one.text)
    if rules is not None and at is not None:
        del rules[at]


def _put(draft: Draft, one: _Object, signature: Signature) -> None:
    if one.kind is ObjectKind.CHAIN:
        base = one.text.partition(" { ")[2].removesuffix(" }")
        draft.add_chain(one.key, base, "accept" if base else None)
        return
    if draft.rules(one.key) is None:
        draft.add_chain(one.key)
    rules = draft.rules(one.key)
    assert rules is not None  # noqa: S101 (it was made)
    if _find(rules, one.text) is None:
        rules.insert(0 if signature.before or signature.placements else len(rules), Rule(one.text))


def _find(rules: list[Rule], text: str) -> int | None:
    wanted = in_order(text)
    return next((at for at, rule in enumerate(rules) if in_order(rule.text) == wanted), None)


def _drop_empty(draft: Draft, gone: set[ChainKey]) -> None:
    """Delete the chains of iptables in which nothing is left of what was taken."""
    for key in gone:
        if key[0] in IPTABLES_BACKENDS and draft.rules(key) == []:
            draft.remove_chain(key)
