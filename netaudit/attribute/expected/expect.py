"""Inventory x signatures -> the rules that ought to be there, each with its causes."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from itertools import chain

import msgspec

from netaudit.attribute.attribution import Attribution, Cause, Confidence, Standing
from netaudit.attribute.expected.container_subjects import Subject
from netaudit.attribute.expected.daemon_options import Options
from netaudit.attribute.expected.profiles import Profile
from netaudit.attribute.expected.selection import Selection
from netaudit.attribute.expected.subjects import Subjects
from netaudit.attribute.reason import AttributionReason, AttributionReasonKind
from netaudit.attribute.signatures.signature import Catalog, Signature
from netaudit.model.docker import Container, Inventory, Network
from netaudit.model.netfilter.ruleset import IPTABLES_BACKENDS, Backend, Item, ObjectKind

Place = tuple[str, str, str]  # family, table, chain (or set)


class Entry(msgspec.Struct, frozen=True, gc=False):
    """One signature that asks for a text, for one subject.

    `required` is False where that depends on something unknown.
    """

    signature: Signature
    causes: tuple[Cause, ...]
    required: bool


Layer = dict[Place, dict[str, list[Entry]]]


class _Form(msgspec.Struct, frozen=True):
    """A signature, filled in as far as all subjects of a profile agree, and the texts of its chain so far."""

    signature: Signature
    required: bool
    format: str
    texts: dict[str, list[Entry]]


class Expectation:
    """The texts that ought to be in each chain of the backend that an engine writes to.

    `partial` says that its inventory lacks networks or containers.
    """

    def __init__(self, options: Options, layer: Layer, *, partial: bool = False) -> None:
        self.options = options
        self.partial = partial
        self._layer = layer

    def entries(self, item: Item) -> list[Entry]:
        """Return the entries that ask for this very object, no entries where it is not expected."""
        return self.at(item.backend, (item.family, item.table, item.chain)).get(in_order(item.text), [])

    def at(self, backend: Backend, place: Place) -> dict[str, list[Entry]]:
        """Return the texts that are expected at a place, with the entries that ask for each."""
        return self._layer.get(place, _NOTHING) if self._is_written(backend) else _NOTHING

    def _is_written(self, backend: Backend) -> bool:
        """Return whether the engine writes to a backend: a swarm's mesh is iptables' with Docker's nftables too."""
        own, docker = self.options.backend, self.options.maker == "docker"
        return backend is own or (docker and own is Backend.NFTABLES and backend in IPTABLES_BACKENDS)

    def absent(self, present: Mapping[Place, frozenset[str]]) -> Iterator[tuple[Place, str, list[Entry]]]:
        """List what is expected and is not `present`: place, text, and the entries that ask for it."""
        for place, texts in self._layer.items():
            absent = texts.keys() - present.get(place, frozenset())
            if absent:
                yield from ((place, text, entries) for text, entries in texts.items() if text in absent)

    def present(self, present: Mapping[Place, frozenset[str]]) -> Iterator[tuple[Place, list[Entry]]]:
        """List what is expected and is `present`: place, and the entries that ask for it."""
        for place, texts in self._layer.items():
            there = present.get(place, frozenset())
            yield from ((place, entries) for text, entries in texts.items() if text in there)


_NOTHING: dict[str, list[Entry]] = {}


def expect(inventory: Inventory, options: Options, catalog: Catalog) -> Expectation:
    """Compute what ought to be there."""
    filler = _Filler(inventory, options, catalog)
    return Expectation(options, filler.fill_all(inventory.containers), partial=inventory.partial)


def expect_twice(
    before: tuple[Inventory, Options], after: tuple[Inventory, Options], catalog: Catalog
) -> tuple[Expectation, Expectation]:
    """Compute what ought to be there before and after; for containers that are the same in both, once."""
    same = _same_containers(before, after)
    if not same:
        return expect(*before, catalog), expect(*after, catalog)
    shared = _Filler(*after, catalog).fill_containers([one for one in after[0].containers if one.id in same])
    expectations = (
        Expectation(
            options,
            _merge(shared, _Filler(inventory, options, catalog).fill_all(_others(inventory, same))),
            partial=inventory.partial,
        )
        for inventory, options in (before, after)
    )
    return next(expectations), next(expectations)


def _merge(shared: Layer, own: Layer) -> Layer:
    """Return a new layer with the texts of both; a text of both has the entries of both."""
    merged = {place: dict(texts) for place, texts in shared.items()}
    for place, texts in own.items():
        both = merged.setdefault(place, {})
        for text, entries in texts.items():
            both[text] = both.get(text, []) + entries
    return merged


def attribute_expected(entries: list[Entry], *, standing: Standing = Standing.EXPECTED) -> Attribution:
    """Attribute a text that is expected: proved, unless different signatures or subjects would each write it."""
    first = entries[0]
    certain = is_certain(entries)
    return Attribution(
        confidence=Confidence.PROVED if certain else Confidence.AMBIGUOUS,
        maker=first.signature.maker,
        signature=first.signature.id,
        purpose=first.signature.purpose,
        causes=tuple(dict.fromkeys(cause for entry in entries for cause in entry.causes)),
        standing=standing,
        reason=None if certain else AttributionReason(AttributionReasonKind.SEVERAL_CAUSES),
    )


def is_certain(entries: list[Entry]) -> bool:
    """Return whether a text has one explanation: one entry, or one signature that all its causes share."""
    if len(entries) == 1:
        return True
    first = entries[0].signature
    if any(entry.signature is not first for entry in entries):
        return False
    return first.shared or len({cause for entry in entries for cause in entry.causes}) == 1


def is_checked(kind: ObjectKind) -> bool:
    """Return whether the absence of such an object is worth a report: chains and policies are implied by rules."""
    return kind in (ObjectKind.RULE, ObjectKind.MAP)


def in_order(text: str) -> str:
    """Sort the elements of a set of names: their order is the kernel's, and no two versions of nft print the same."""
    if '{ "' not in text:
        return text
    return _SET_OF_NAMES.sub(lambda found: "{ " + ", ".join(sorted(found[1].split(", "))) + " }", text)


_SET_OF_NAMES = re.compile(r'\{ ("[^{}"]*"(?:, "[^{}"]*")+) \}')


class _Filler:
    """Fills signatures with the subjects of one inventory of Docker's."""

    def __init__(self, inventory: Inventory, options: Options, catalog: Catalog) -> None:
        self._selection = Selection(inventory, options, catalog)
        self._subjects = Subjects(inventory, options, self._selection.is_wanted)

    def fill_all(self, containers: Collection[Container]) -> Layer:
        """Expect everything: the daemon's rules, the networks' rules, and the rules of the containers given."""
        subjects = chain(self._subjects.apart_from_containers(), self._subjects.of_containers(containers))
        return fill(subjects, self._selection)

    def fill_containers(self, containers: Collection[Container]) -> Layer:
        """Expect the rules of the containers given, and no others."""
        return fill(self._subjects.of_containers(containers), self._selection)


def fill(subjects: Iterable[Subject], selection: Selection) -> Layer:
    """Fill the signatures that are selected for each subject."""
    layer: Layer = {}
    forms: dict[Profile, list[_Form]] = {}
    for subject in subjects:
        profile = subject.profile
        if profile not in forms:
            forms[profile] = list(_forms(selection, profile, subject.values.keys(), layer))
        values, causes = subject.values, subject.causes
        for form in forms[profile]:
            text = form.format % values
            entry = Entry(form.signature, causes, form.required)
            if text in form.texts:
                form.texts[text].append(entry)
            else:
                form.texts[text] = [entry]
    return layer


def _forms(selection: Selection, profile: Profile, own: AbstractSet[str], layer: Layer) -> Iterator[_Form]:
    """Prepare what is the same for all subjects of a profile: `own` are the holes that each fills itself."""
    for signature, required in selection.of(profile):
        named = signature.chain.holes <= profile.values.keys()  # the catalog checks it, except for open signatures
        if named and signature.text.holes <= {*own, *profile.values}:
            family = signature.table_family or profile.family
            place = (family, signature.table, signature.chain.fill(profile.values))
            yield _Form(signature, required, signature.text.format_with(profile.values), layer.setdefault(place, {}))


def _same_containers(before: tuple[Inventory, Options], after: tuple[Inventory, Options]) -> frozenset[str]:
    """Name the containers for which the same is expected before and after.

    The engine, its options and the networks must be the same, and nothing about the container may depend on
    others: a link, or an endpoint that only docker_gwbridge lists.
    """
    (old, old_options), (new, new_options) = before, after
    if old.version != new.version or old_options != new_options or _plain(old) != _plain(new):
        return frozenset()
    if any(network.name == "docker_gwbridge" for network in new.networks):
        return frozenset()
    earlier = {container.id: container for container in old.containers}
    return frozenset(one.id for one in new.containers if not one.links and earlier.get(one.id) == one)


def _plain(inventory: Inventory) -> list[Network]:
    return [msgspec.structs.replace(network, members=()) for network in inventory.networks]


def _others(inventory: Inventory, same: frozenset[str]) -> list[Container]:
    return [container for container in inventory.containers if container.id not in same]
