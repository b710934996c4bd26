"""The values of a policy: an entry says which subjects may reach which targets."""

import datetime as dt
from enum import StrEnum

import msgspec

from netaudit.model.netfilter.family import Family
from netaudit.model.ranges import Range


class SubjectKind(StrEnum):
    """What a subject names; the text is how a policy writes it."""

    INTERNET = "internet"
    LAN = "lan"  # named: the interface that the neighbours are on
    CIDR = "cidr"  # senders by address, wherever they are
    HOST = "host"
    CONTAINER = "container"
    SERVICE = "service"  # of a Compose project or a swarm
    PROJECT = "project"  # a Compose project or a stack
    NETWORK = "network"
    LABEL = "label"
    NAME = "name"  # a container or a service
    ANYTHING = "anything"  # the Internet, the LAN and every container; as a target the host too


OF_CONTAINERS = frozenset(
    {
        SubjectKind.CONTAINER,
        SubjectKind.SERVICE,
        SubjectKind.PROJECT,
        SubjectKind.NETWORK,
        SubjectKind.LABEL,
        SubjectKind.NAME,
    }
)


class Subject(msgspec.Struct, frozen=True):
    """Who sends, or what is reached: `name` may be a pattern with `*`; `within` are the only senders meant, a CIDR."""

    kind: SubjectKind
    name: str = ""
    within: str = ""

    def __str__(self) -> str:
        match self.kind:
            case SubjectKind.NAME:
                return self.name
            case SubjectKind.CIDR:
                return self.within
            case _:
                name = f":{self.name}" if self.name else ""
                return f"{self.kind}{name}{f'({self.within})' if self.within else ''}"


class Target(msgspec.Struct, frozen=True):
    """What is reached: a subject's ports. `ports` None: every one; `protocol` "": each that has ports.

    The ports of a container are its own, whatever port of the host leads there.
    """

    subject: Subject
    ports: Range | None = None
    protocol: str = ""

    def __str__(self) -> str:
        first, last = self.ports or (0, 0)
        ports = "" if self.ports is None else f":{first}" if first == last else f":{first}-{last}"
        return f"{self.subject}{ports}{f'/{self.protocol}' if self.protocol else ''}"


class Form(StrEnum):
    """What an entry demands."""

    CAN = "can reach"
    CANNOT = "cannot reach"
    CAN_ONLY = "can reach only"  # its subjects reach each target, and nothing else
    ONLY = "only"  # its subjects reach each target, and nobody else does
    NOTHING = "nothing reaches"
    ISOLATED = "are isolated"  # the members of its networks do not reach one another


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One entry: its sentence and what it means; `line` is its place in the file, from 1.

    `subjects` send, `targets` are reached; `exceptions` are of what the form leaves open: targets for `cannot reach`,
    senders for `nothing reaches`, containers for `are isolated`. `family` None: both.
    """

    text: str
    form: Form
    subjects: tuple[Subject, ...] = ()
    targets: tuple[Target, ...] = ()
    exceptions: tuple[Target, ...] = ()
    family: Family | None = None
    line: int = 0
    why: str = ""
    owner: str = ""
    until: dt.date | None = None  # its last day

    def ended(self, today: dt.date) -> bool:
        """Tell whether its last day is over."""
        return self.until is not None and today > self.until


class Policy(msgspec.Struct, frozen=True):
    """The entries of a file, in its order."""

    entries: tuple[Entry, ...]
    place: str = ""
