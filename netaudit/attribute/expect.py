"""Inventory x signatures -> the rules that ought to be there, each with its causes."""

from collections.abc import Iterator

import msgspec

from netaudit.attribute.attribution import Attribution, Cause, Confidence, Standing
from netaudit.attribute.options import Options
from netaudit.attribute.signature import Applies, Catalog, Signature
from netaudit.attribute.subject import Profile, Subjects
from netaudit.model.docker import Inventory
from netaudit.model.ruleset import Item, ObjectKind
from netaudit.model.version import Version

Place = tuple[str, str, str]  # family, table, chain (or set)


class Entry(msgspec.Struct, frozen=True, gc=False):
    """One signature that asks for a text, for one subject. `required` is False where it hangs on the unknown."""

    signature: Signature
    causes: tuple[Cause, ...]
    required: bool


class Expectation:
    """The texts that ought to be in each chain of the backend that Docker writes to."""

    def __init__(self, inventory: Inventory, options: Options, catalog: Catalog) -> None:
        self.options = options
        self.version = Version.parse(inventory.version)
        self._places: dict[Place, dict[str, list[Entry]]] = {}
        self._catalog = [s for s in catalog.signatures if options.backend in s.backends and not s.open]
        self._selected: dict[Profile, list[tuple[Signature, bool]]] = {}
        self._fill(inventory)

    def entries(self, item: Item) -> list[Entry]:
        """Give the entries that ask for this very object, none where it is not expected."""
        if item.backend is not self.options.backend:
            return []
        texts = self._places.get((item.family, item.table, item.chain))
        return texts.get(item.text, []) if texts else []

    def places(self) -> Iterator[tuple[Place, dict[str, list[Entry]]]]:
        """List what is expected, chain by chain."""
        yield from self._places.items()

    def _fill(self, inventory: Inventory) -> None:
        for subject in Subjects(inventory, self.options, lambda profile: bool(self._select(profile))):
            values = subject.values
            for signature, required in self._select(subject.profile):
                if signature.text.holes <= values.keys():
                    place = (subject.profile.family, signature.table, signature.chain.fill(values))
                    entry = Entry(signature, subject.causes, required)
                    self._place(place).setdefault(signature.text.fill(values), []).append(entry)

    def _place(self, place: Place) -> dict[str, list[Entry]]:
        texts = self._places.get(place)
        if texts is None:
            texts = self._places[place] = {}
        return texts

    def _select(self, profile: Profile) -> list[tuple[Signature, bool]]:
        """Choose the signatures for a profile: once for all subjects that share it."""
        selected = self._selected.get(profile)
        if selected is None:
            selected = list(self._applying(profile))
            self._selected[profile] = selected
        return selected

    def _applying(self, profile: Profile) -> Iterator[tuple[Signature, bool]]:
        for signature in self._catalog:
            if signature.subject.value != profile.kind.value or profile.family not in signature.families:
                continue
            match signature.applies(self.version, profile.facts):
                case Applies.YES:
                    yield signature, profile.certain
                case Applies.PERHAPS:
                    yield signature, False
                case Applies.NO:
                    pass


def attribute_expected(entries: list[Entry], *, standing: Standing = Standing.EXPECTED) -> Attribution:
    """Attribute a text that is expected: proved, unless different signatures or subjects would each write it."""
    first = entries[0]
    causes = tuple(dict.fromkeys(cause for entry in entries for cause in entry.causes))
    one = all(entry.signature is first.signature for entry in entries)
    certain = len(entries) == 1 or (one and (first.signature.shared or len(causes) == 1))
    return Attribution(
        confidence=Confidence.PROVED if certain else Confidence.AMBIGUOUS,
        maker=first.signature.maker,
        signature=first.signature.id,
        purpose=first.signature.purpose,
        causes=causes,
        standing=standing,
        reason="" if certain else "more than one cause would write this very rule",
    )


def is_checked(kind: ObjectKind) -> bool:
    """Tell whether the absence of such an object is worth a report: chains and policies are implied by rules."""
    return kind in (ObjectKind.RULE, ObjectKind.MAP)
