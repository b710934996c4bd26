"""Who wrote a rule, what for, and how sure that is."""

from enum import StrEnum

import msgspec

from netaudit.attribute.reason import AttributionReason
from netaudit.diff import Change
from netaudit.model.docker import PortBinding
from netaudit.model.exposure import Exposure
from netaudit.model.facts import Gap
from netaudit.model.netfilter.ruleset import Backend, Item
from netaudit.model.observation import DockerEvent, Writer


class Confidence(StrEnum):
    """How sure an attribution is."""

    PROVED = "proved"  # the catalog, given the inventory, expects this very text for these causes
    LIKELY = "likely"  # a maker's signature fits, with no inventory to prove it
    AMBIGUOUS = "ambiguous"  # more than one cause explains it: all are named
    UNATTRIBUTED = "unattributed"  # no maker that the catalog knows


class Standing(StrEnum):
    """How a rule stands against what ought to be there."""

    EXPECTED = "expected"
    FOREIGN = "foreign"  # another maker's, or unattributed: it is not checked
    STALE = "stale"  # its container, address or network is gone
    MISPLACED = "misplaced"  # there, but where it does not work
    DUPLICATE = "duplicate"  # the same text once more than its maker writes it
    MISSING = "missing"  # ought to be there, and is not


class CauseKind(StrEnum):
    """The kind of inventory object a rule exists for."""

    DAEMON = "daemon"
    NETWORK = "network"
    ENDPOINT = "endpoint"
    PORT_BINDING = "port-binding"
    OTHER = "other"


class Ref(msgspec.Struct, frozen=True, order=True):
    """A container or network, by id and name."""

    id: str
    name: str


class Cause(msgspec.Struct, frozen=True):
    """The inventory object a rule exists for.

    Daemon carries nothing more, network `network`, endpoint `container` and `network`, port-binding all three;
    `name` says what an `other` is.
    """

    kind: CauseKind
    container: Ref | None = None
    network: Ref | None = None
    binding: PortBinding | None = None
    name: str = ""

    def __str__(self) -> str:
        container = self.container.name if self.container else ""
        network = self.network.name if self.network else ""
        match self.kind:
            case CauseKind.DAEMON:
                return "the Docker daemon"
            case CauseKind.NETWORK:
                return f"network {network}"
            case CauseKind.ENDPOINT:
                return f"{container} on network {network}"
            case CauseKind.PORT_BINDING:
                return f"{container} {self.binding} on network {network}"
            case CauseKind.OTHER:
                return self.name


OPERATOR_MAKER = "operator"  # of rules that were typed by hand, or that a program wrote which the catalog does not know
KERNEL_MAKER = "kernel"  # of what is there without anybody: chains of the kernel's own, with their policies


class Attribution(msgspec.Struct, frozen=True):
    """A rule's maker, signature, purpose and causes. `maker` and `signature` are "" when unattributed."""

    confidence: Confidence
    maker: str = ""
    signature: str = ""
    purpose: str = ""
    causes: tuple[Cause, ...] = ()
    standing: Standing = Standing.FOREIGN
    reason: AttributionReason | None = None  # why the standing or the confidence is what it is, where that is not plain

    @property
    def beneficiaries(self) -> tuple[Cause, ...]:
        """Return the causes that a rule can be said to be there *for*: who typed it is not one."""
        return () if self.maker == OPERATOR_MAKER else self.causes


DEFECTS = frozenset({Standing.STALE, Standing.MISPLACED, Standing.DUPLICATE})
UNATTRIBUTED = Attribution(Confidence.UNATTRIBUTED)


class AttributedItem(msgspec.Struct, frozen=True):
    """An object of a ruleset with its attribution."""

    item: Item
    attribution: Attribution


class AttributedChange(msgspec.Struct, frozen=True):
    """A change with the attribution of what is there after it (of what was there, for a removal).

    `before` is the attribution of the earlier text, for an alteration. `writer` is None where the kernel's
    messages were not recorded; `events` are Docker's about its causes.
    """

    change: Change
    attribution: Attribution
    before: Attribution | None = None
    writer: Writer | None = None
    events: tuple[DockerEvent, ...] = ()


class AttributedExposure(msgspec.Struct, frozen=True):
    """A cell of the exposure table with the attribution of its deciding rule."""

    exposure: Exposure
    attribution: Attribution = UNATTRIBUTED
    service: str = ""  # the sensitive service that is reached, "" for none known
    project: str = ""  # the Compose project or stack of the container that is reached, "" for none


class ExposureChange(msgspec.Struct, frozen=True):
    """A cell whose outcome differs; None where its zone or destination did not exist. `because` is one sentence."""

    before: AttributedExposure | None
    after: AttributedExposure | None
    because: str = ""


class Coverage(msgspec.Struct, frozen=True):
    """How many rules of a snapshot are explained, by confidence; `undecided` counts what gaps leave undecided."""

    rules: int = 0
    proved: int = 0
    likely: int = 0
    ambiguous: int = 0
    unattributed: int = 0
    undecided: int = 0


class Narrowed(msgspec.Struct, frozen=True):
    """The part of a result that a reader asked for, in the words of the options, and the zones among it."""

    words: str
    zones: tuple[str, ...] = ()


class SnapshotHead(msgspec.Struct, frozen=True):
    """What names a snapshot in a report, and what it lacks."""

    host: str
    taken_at: str
    gaps: tuple[Gap, ...]
    sha256: str
    engine: str = ""
    partial: bool = False
    podman: str = ""  # its version
    backends: tuple[Backend, ...] = ()  # that hold rules
    narrowed: Narrowed | None = None  # None: the result is shown whole


class AttributedInside(msgspec.Struct, frozen=True):
    """The objects inside one container's network namespace, attributed."""

    container: Ref
    items: tuple[AttributedItem, ...]


class AttributedSnapshot(msgspec.Struct, frozen=True):
    """All objects of a snapshot, attributed; `missing` ought to be there.

    `defects` are the `items` that are stale, misplaced or duplicate.
    """

    head: SnapshotHead
    items: tuple[AttributedItem, ...]
    missing: tuple[AttributedItem, ...]
    coverage: Coverage
    defects: tuple[AttributedItem, ...] = ()
    exposure: tuple[AttributedExposure, ...] | None = None  # None: not computed, which is not "nothing exposed"
    exposure_gap: str = ""  # why it was not computed, where that was not by choice
    inside: tuple[AttributedInside, ...] = ()  # empty unless it was recorded


class AttributedDiff(msgspec.Struct, frozen=True):
    """The changes between two snapshots, attributed; the rest is of the later one, as in AttributedSnapshot."""

    before: SnapshotHead
    after: SnapshotHead
    changes: tuple[AttributedChange, ...]
    missing: tuple[AttributedItem, ...]
    coverage: Coverage
    defects: tuple[AttributedItem, ...] = ()
    exposure: tuple[ExposureChange, ...] | None = None
    exposure_gap: str = ""
    exposure_undecided: int = 0  # cells of which neither snapshot tells the outcome: they may have changed
    exposure_unasked: int = 0  # containers whose cells were not computed, though not all that decides was recorded
