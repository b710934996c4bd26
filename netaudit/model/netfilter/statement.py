"""What a rule does besides asking: statements, verdicts, and a whole rule's meaning.

A packet meets a rule so: if all `matches` hold, each of `statements` is done in order; then `verdict`. Where `then`
is not empty, it takes the verdict's place: the first meaning in it whose matches hold is done in the same way, and
where none holds the rule ends without a verdict. That is how a map, a verdict map, and a rule that matches again after
it has changed the packet are said:

    tcp dport vmap { 22 : accept, 23 : drop }      matches PROTOCOL 6,
                                                   then  DPORT 22 -> accept;  DPORT 23 -> drop
    meta mark set 1 tcp dport 80 accept            statement MARK := 1,  then  PROTOCOL 6, DPORT 80 -> accept
"""

from collections.abc import Iterator
from enum import StrEnum

import msgspec

from netaudit.model.netfilter.match import Field, Match


class Accept(msgspec.Struct, frozen=True, gc=False, tag=True):
    """Ends this base chain; the next one at the hook, and all later hooks, still see the packet."""


class Drop(msgspec.Struct, frozen=True, gc=False, tag=True):
    """Ends everything."""


class Reject(msgspec.Struct, frozen=True, gc=False, tag=True):
    """Ends everything with an answer to the sender."""

    answer: str = ""


class Jump(msgspec.Struct, frozen=True, gc=False, tag=True):
    """Goes on in a chain of the same table, and after its end here."""

    chain: str


class Goto(msgspec.Struct, frozen=True, gc=False, tag=True):
    """Goes on in a chain of the same table; its end is the end of this chain too, and a base chain's policy follows."""

    chain: str


class Return(msgspec.Struct, frozen=True, gc=False, tag=True):
    """Ends this chain; in a base chain the policy follows."""


class Continue(msgspec.Struct, frozen=True, gc=False, tag=True):
    """Goes on with the next rule: also what a rule without a verdict does."""


class Queue(msgspec.Struct, frozen=True, gc=False, tag=True):
    """A program decides: the outcome may be anything."""


Verdict = Accept | Drop | Reject | Jump | Goto | Return | Continue | Queue
ACCEPT, DROP, RETURN, CONTINUE = Accept(), Drop(), Return(), Continue()


class NatKind(StrEnum):
    """Which address is translated, and to what."""

    DNAT = "dnat"
    SNAT = "snat"
    REDIRECT = "redirect"  # dnat to the first address of the incoming interface; to 127.0.0.1 or ::1 on output
    MASQUERADE = "masquerade"  # snat to an address of the outgoing interface


class Nat(msgspec.Struct, frozen=True, gc=False, tag=True):
    """Translate, once per connection, in a chain of type nat; the verdict is accept.

    `addresses` and `ports` are inclusive ranges, None where they stay (`redirect` and `masquerade` have no addresses).
    `spread` is set where the kernel chooses by more than need: random, persistent, a base port.
    """

    kind: NatKind
    addresses: tuple[int, int] | None = None
    ports: tuple[int, int] | None = None
    spread: bool = False


class SetMark(msgspec.Struct, frozen=True, gc=False, tag=True):
    """`field = field & ~mask ^ value`, of MARK or CT_MARK."""

    field: Field
    mask: int
    value: int


class CopyMark(msgspec.Struct, frozen=True, gc=False, tag=True):
    """`target = target & ~target_mask ^ source & source_mask`, between MARK and CT_MARK."""

    target: Field
    source: Field
    target_mask: int = 0xFFFFFFFF
    source_mask: int = 0xFFFFFFFF


class NoTrack(msgspec.Struct, frozen=True, gc=False, tag=True):
    """The packet belongs to no connection: CT_STATE is untracked, and nothing is translated."""


class Forget(msgspec.Struct, frozen=True, gc=False, tag=True):
    """A field is rewritten to what is not followed here: whatever asks for it from here on is undecided."""

    field: Field
    text: str


class Note(msgspec.Struct, frozen=True, gc=False, tag=True):
    """Log, count, clamp, remember an address: nothing that changes where the packet goes."""

    text: str


class UnknownStatement(msgspec.Struct, frozen=True, gc=False, tag=True):
    """What netaudit does not know, word for word: from here on anything may become of the packet."""

    text: str
    reason: str


Statement = Nat | SetMark | CopyMark | NoTrack | Forget | Note | UnknownStatement


class Meaning(msgspec.Struct, frozen=True):
    """A whole rule, or one branch of it: see the top of this file."""

    matches: tuple[Match, ...] = ()
    statements: tuple[Statement, ...] = ()
    verdict: Verdict = CONTINUE
    then: "tuple[Meaning, ...]" = ()

    @property
    def inert(self) -> bool:
        """Tell whether all that a rule does is to log or count: whether its matches hold makes no difference."""
        noted = all(isinstance(one, Note) for one in self.statements)
        return noted and not self.then and isinstance(self.verdict, Continue)

    def branches(self) -> "Iterator[Meaning]":
        """Return the meaning itself, and all branches in it."""
        yield self
        for branch in self.then:
            yield from branch.branches()
