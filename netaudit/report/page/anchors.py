"""Names that a link into a page can hold: the same content gives the same name, and no name is given twice."""

import hashlib
import re

from netaudit.attribute.attribution import Ref
from netaudit.model.netfilter.ruleset import Backend, Item, ObjectKind

_UNFIT = re.compile(r"[^A-Za-z0-9_.-]+")
_LONGEST = 64
_SHORT = {
    Backend.IPTABLES_NFT: (),
    Backend.IPTABLES_LEGACY: ("legacy",),
    Backend.NFTABLES: ("nft",),
    Backend.IPSET: ("ipset",),
}


class Anchors:
    """Gives out the anchors of one page, in the order of the page."""

    def __init__(self) -> None:
        self._given: dict[str, int] = {}
        self._subjects: dict[tuple[str, Ref], str] = {}

    def rule(self, item: Item, prefix: str = "") -> str:
        """Name an object of a ruleset: `rule-ip-nat-DOCKER-3`; what has no position is identified by its text."""
        place = [*_SHORT[item.backend], item.family, item.table, item.chain]
        if item.position is not None:
            last = [str(item.position)]
        elif item.object in (ObjectKind.CHAIN, ObjectKind.POLICY):
            last = []
        else:
            last = [_digest(item.text)]
        return self._unique("-".join(slug(word) for word in [prefix or item.object, *place, *last]))

    def subject(self, kind: str, ref: Ref) -> str:
        """Name a container or network: `container-web`; the second of a name carries its id."""
        key = (kind, ref)
        if key not in self._subjects:
            name = f"{kind}-{slug(ref.name or ref.id[:12])}"
            self._subjects[key] = self._unique(f"{name}-{slug(ref.id[:12])}" if name in self._given else name)
        return self._subjects[key]

    def finding(self, check: str, fingerprint: str) -> str:
        """Name a finding: the same as long as its fingerprint is."""
        return self._unique(f"finding-{slug(check)}-{slug(fingerprint)[:12]}")

    def _unique(self, name: str) -> str:
        """Count on where two contents come to the same name: `a-b`, `c` and `a`, `b-c`."""
        times = self._given.get(name, 0) + 1
        self._given[name] = times
        return name if times == 1 else self._unique(f"{name}.{times}")


def slug(text: str) -> str:
    """Keep what is fit for an id; where something is lost, a digest of the whole tells it apart."""
    fit = _UNFIT.sub("_", text)[:_LONGEST]
    return fit if fit == text else f"{fit}~{_digest(text)}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:8]
