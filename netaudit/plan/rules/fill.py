"""Subjects of the catalog -> the objects of a ruleset that an engine writes, or deletes, for them."""

from collections.abc import Iterable, Iterator

import msgspec

from netaudit.attribute.attribution import Cause
from netaudit.attribute.expected.container_subjects import Subject
from netaudit.attribute.expected.selection import Selection
from netaudit.attribute.signatures.placement import Occasion, Put
from netaudit.attribute.signatures.signature import Catalog, Signature
from netaudit.model.netfilter.ruleset import Backend
from netaudit.model.version import Version
from netaudit.plan.rules.draft import ChainKey


class Wanted(msgspec.Struct, frozen=True):
    """One object of a ruleset that an engine writes; `sure` is False where that depends on what is not known."""

    signature: Signature
    key: ChainKey
    text: str
    causes: tuple[Cause, ...]
    sure: bool

    @property
    def entry(self) -> tuple[str, ChainKey, str, tuple[Cause, ...]]:
        """Return what makes it the same entry before and after, however sure it is."""
        return self.signature.id, self.key, self.text, self.causes

    @property
    def network_id(self) -> str:
        """Return the network for which it is written, "" for the daemon's."""
        return next((cause.network.id for cause in self.causes if cause.network), "")


class Filler:
    """One version of the engine with a backend: what it writes for a subject."""

    def __init__(self, selection: Selection, catalog: Catalog, version: Version, backend: Backend) -> None:
        self.docker = [s for s in catalog.signatures if s.maker == "docker" and backend in s.backends]
        self._selection = selection
        self._version = version
        self._backend = backend

    def ordered(self, subjects: Iterable[Subject]) -> list[Wanted]:
        """Order what one event writes: a subject's rules so that they end up as the catalog's file has them."""
        written: list[Wanted] = []
        for subject in subjects:
            own = list(self._fill(subject))
            at_top = [one for one in own if self._is_at_top(one.signature)]
            written += [one for one in own if not self._is_at_top(one.signature)] + at_top[::-1]
        return written

    def cleared(self, subjects: Iterable[Subject], occasion: Occasion) -> Iterator[Wanted]:
        """Return what is deleted for subjects on an occasion, whatever is there."""
        signatures = [one for one in self.docker if one.is_cleared(self._version, occasion)]
        for subject in subjects:
            profile = subject.profile
            values = {**profile.values, **subject.values}
            for one in signatures:
                alike = one.subject is profile.kind and profile.family in one.families
                if alike and one.text.holes <= values.keys():
                    key = (self._backend, profile.family, one.table, one.chain.fill(values))
                    yield Wanted(one, key, one.text.fill(values), subject.causes, sure=True)

    def unwanted(self, subjects: list[Subject], wanted: list[Wanted], occasion: Occasion) -> list[Wanted]:
        """Return what is deleted for subjects on an occasion, but for what is wanted."""
        there = {(one.key, one.text) for one in wanted}
        return [one for one in self.cleared(subjects, occasion) if (one.key, one.text) not in there]

    def _is_at_top(self, signature: Signature) -> bool:
        return signature.placement(self._version).put is not Put.END

    def _fill(self, subject: Subject) -> Iterator[Wanted]:
        profile = subject.profile
        values = {**profile.values, **subject.values}
        for signature, sure in self._selection.of(profile):
            put = signature.placement(self._version).put
            if (
                put is not Put.NEVER
                and signature.chain.holes <= values.keys()
                and signature.text.holes <= values.keys()
            ):
                key = (self._backend, profile.family, signature.table, signature.chain.fill(values))
                yield Wanted(signature, key, signature.text.fill(values), subject.causes, sure)
