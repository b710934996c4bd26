"""The messages of commits, kept as they came and read when there is time: what each commit touched."""

from collections import deque

from msgspec.structs import replace

from netaudit.collect.netlink import protocol
from netaudit.collect.netlink.protocol import Message
from netaudit.model.netfilter.ruleset import ObjectKind
from netaudit.model.observation import Action, Commit, ObjectEvent

_FAMILIES = {1: "inet", 2: "ip", 3: "arp", 5: "netdev", 7: "bridge", 10: "ip6"}
# Message -> what it says of which object, and the numbers of its attributes for the object's name and handle.
_TOUCHES: dict[int, tuple[Action, ObjectKind, int, int]] = {
    3: (Action.MADE, ObjectKind.CHAIN, 3, 0),
    5: (Action.DELETED, ObjectKind.CHAIN, 3, 0),
    protocol.NFT_NEWRULE: (Action.MADE, ObjectKind.RULE, 2, 3),
    protocol.NFT_DELRULE: (Action.DELETED, ObjectKind.RULE, 2, 3),
    9: (Action.MADE, ObjectKind.SET, 2, 0),
    11: (Action.DELETED, ObjectKind.SET, 2, 0),
    12: (Action.MADE, ObjectKind.SET, 2, 0),  # an element
    14: (Action.DELETED, ObjectKind.SET, 2, 0),
}


class Backlog:
    """Datagrams in their order, and the commits that they are of; `size` is in bytes."""

    def __init__(self) -> None:
        self.size = 0
        self._open: list[bytes] = []
        self._closed: deque[tuple[Commit, list[bytes]]] = deque()
        self._events: list[ObjectEvent] = []

    def __bool__(self) -> bool:
        """Tell whether there is a commit to be read."""
        return bool(self._closed)

    def add(self, data: bytes) -> None:
        """Keep a datagram of the commit that comes next."""
        self._open.append(data)
        self.size += len(data)

    def close(self, commit: Commit) -> None:
        """Keep a commit: the datagrams before it are its own."""
        self._open.reverse()  # they are taken from the end
        self._closed.append((commit, self._open))
        self._open = []

    def read(self) -> Commit | None:
        """Read one datagram of the oldest commit; return the commit where that was the last."""
        commit, data = self._closed[0]
        if data:
            self.size -= len(data[-1])
            bodies = protocol.read_bodies(memoryview(data.pop()))
            self._events += [_event(protocol.read_message(*one)) for one in bodies if one[0] in _TOUCHES]
        if data:
            return None
        self._closed.popleft()
        touched, self._events = tuple(self._events), []
        return replace(commit, touched=touched)


def family_name(number: int) -> str:
    """Name an address family as nft does."""
    return _FAMILIES.get(number, str(number))


def _event(message: Message) -> ObjectEvent:
    deed, kind, name, handle = _TOUCHES[message.kind]
    place = (family_name(message.family), message.text(1), message.text(name))
    return ObjectEvent(deed, kind, place, message.number(handle))
