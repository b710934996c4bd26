"""Which signatures are written for a profile, by one engine with its options."""

from collections.abc import Iterator

from netaudit.attribute.expected.daemon_options import Options
from netaudit.attribute.expected.profiles import Profile
from netaudit.attribute.signatures.signature import Applies, Catalog, Signature, SubjectKind
from netaudit.model.docker import Inventory
from netaudit.model.netfilter.ruleset import Backend, ObjectKind
from netaudit.model.version import Version


class Selection:
    """Chooses the signatures for profiles: once for all subjects that share one."""

    def __init__(self, inventory: Inventory, options: Options, catalog: Catalog) -> None:
        self._version = Version.parse(inventory.version)
        own = (signature for signature in catalog.signatures if signature.maker == options.maker)
        self._catalog = [one for one in own if _is_written(one, options.backend) and _can_be_proved(one)]
        self._selected: dict[Profile, list[tuple[Signature, bool]]] = {}

    def is_wanted(self, profile: Profile) -> bool:
        """Return whether anything is written for a profile."""
        return bool(self.of(profile))

    def of(self, profile: Profile) -> list[tuple[Signature, bool]]:
        """Return the signatures for a profile, each with whether it is surely written."""
        selected = self._selected.get(profile)
        if selected is None:
            selected = list(self._applying(profile))
            self._selected[profile] = selected
        return selected

    def _applying(self, profile: Profile) -> Iterator[tuple[Signature, bool]]:
        for signature in self._catalog:
            if signature.subject is not profile.kind or profile.family not in signature.families:
                continue
            match signature.applies(self._version, profile.facts):
                case Applies.YES:
                    yield signature, profile.certain and not signature.open
                case Applies.UNKNOWN:
                    yield signature, False
                case Applies.NO:
                    pass


def _is_written(signature: Signature, backend: Backend) -> bool:
    """Return whether an engine with a backend writes such an object: there is no mesh of a swarm in nftables."""
    of_mesh = signature.subject is SubjectKind.INGRESS and backend is Backend.NFTABLES
    return of_mesh or backend in signature.backends


def _can_be_proved(signature: Signature) -> bool:
    """Return whether the inventory can prove an object; it cannot prove an open policy, whose text is anybody's."""
    return signature.object is not ObjectKind.POLICY or not signature.open
