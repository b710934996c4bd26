"""All that happens at one hook, in the order of priorities: base chains, connection tracking, translation."""

from collections.abc import Callable, Mapping, Sequence
from itertools import groupby

from netaudit.model.netfilter.family import Family
from netaudit.model.netfilter.match import CtState, Field
from netaudit.model.netfilter.program import (
    CONNTRACK_PRIORITY,
    Hook,
    Program,
    ReadChain,
    ReadTable,
    is_order_known,
    nat_priority,
)
from netaudit.model.reason import ReasonKind, make_reason
from netaudit.packets.trace.branch import Branch, merged
from netaudit.packets.trace.chain import Walk
from netaudit.packets.trace.nat import DESTINATION_DONE, SOURCE_DONE, again
from netaudit.packets.trace.recorder import TraceRecorder
from netaudit.packets.values.packet import Packet, Value
from netaudit.packets.values.steps import Step, StepKind

_TRACKED = (CtState.NEW, CtState.RELATED, CtState.ESTABLISHED)
_FIRST = (CtState.NEW, CtState.RELATED)
Chains = Sequence[tuple[ReadTable, ReadChain]]


class Hooks:
    """Leads packets of one family through hooks."""

    def __init__(
        self, program: Program, family: str, walk: Walk, recorder: TraceRecorder, track: Callable[[Packet], Packet]
    ) -> None:
        self._program = program
        self._family = family
        self._walk = walk
        self._recorder = recorder
        self._belong = track  # what connection tracking makes of a packet

    def meet(self, hook: Hook, states: list[Branch]) -> list[Branch]:
        """Lead packets through a hook; gives those that go on."""
        chains = self._program.base_chains(hook, self._family)
        translates = hook is not Hook.FORWARD
        todo: list[tuple[int, int, Callable[[list[Branch]], list[Branch]]]] = [
            (chain.base.priority, 1, self._through(hook, table, chain))
            for table, chain in chains
            if chain.base and chain.base.kind != "nat"
        ]
        if hook in (Hook.PREROUTING, Hook.OUTPUT):
            todo.append((CONNTRACK_PRIORITY, 0, self._track))
        if translates:
            todo.append((nat_priority(hook), 0, lambda states: self._translate(hook, states)))
        for _, _, action in sorted(todo, key=lambda one: one[:2]):
            states = action(states) if states else states
        return states

    def _through(self, hook: Hook, table: ReadTable, chain: ReadChain) -> Callable[[list[Branch]], list[Branch]]:
        return lambda states: self._walk.through(hook, table, chain, states)

    def _track(self, states: list[Branch]) -> list[Branch]:
        return merged(self._tracked(state) for state in states)

    def _tracked(self, state: Branch) -> Branch:
        if state.packet.get(Field.CT_STATE) != CtState.INVALID:
            return state
        return state.become(self._belong(state.packet))

    def _translate(self, hook: Hook, states: list[Branch]) -> list[Branch]:
        """Translate first packets as the rules say, and later ones, or one that comes back over loopback, the same."""
        first = [state for state in states if _is_open(hook, state)]
        later = [self._repeated(hook, state) for state in states if not _is_open(hook, state)]
        return merged([*(_closed(hook, state) for state in self._by_rules(hook, first)), *later])

    def _by_rules(self, hook: Hook, states: list[Branch]) -> list[Branch]:
        chains = [(t, c) for t, c in self._program.base_chains(hook, self._family) if c.base and c.base.kind == "nat"]
        for _, group in groupby(chains, key=lambda pair: pair[1].base and pair[1].base.priority):
            same = list(group)
            asking = [(table, chain) for table, chain in same if chain.rules]
            if is_order_known(asking):
                states = self._ordered(hook, same, states, self._walk)
            else:
                states = self._in_any_order(hook, (same, same[::-1]), states)
        return states

    def _in_any_order(self, hook: Hook, orders: Sequence[Chains], states: list[Branch]) -> list[Branch]:
        """Ask chains in an order that is not known: where it makes a difference, each way is followed."""
        ends = {frozenset(self._ordered(hook, one, states, self._walk.unwritten())) for one in orders}
        if len(ends) == 1:
            return self._ordered(hook, orders[0], states, self._walk)
        self._recorder.doubt(make_reason(ReasonKind.NAT_CHAINS_OF_ONE_PRIORITY, hook=hook))
        parts = [state.part(len(orders)) for state in states]
        return merged(state for order in orders for state in self._ordered(hook, order, parts, self._walk))

    def _ordered(self, hook: Hook, chains: Chains, states: list[Branch], walk: Walk) -> list[Branch]:
        for table, chain in chains:
            states = self._one_chain(hook, table, chain, states, walk)
        return states

    def _one_chain(
        self, hook: Hook, table: ReadTable, chain: ReadChain, states: list[Branch], walk: Walk
    ) -> list[Branch]:
        """Ask a chain for what no chain before it has translated."""
        done = [state for state in states if not _is_open(hook, state)]
        asked = [state for state in states if _is_open(hook, state)]
        return merged([*done, *(walk.through(hook, table, chain, asked) if asked else [])])

    def _repeated(self, hook: Hook, state: Branch) -> Branch:
        if state.packet.get(Field.CT_STATE) not in _TRACKED:
            return state
        changes = dict(again(state.packet, hook))
        if not changes:
            return state
        after = state.become(state.packet.changed(changes))
        back = state.packet.get(Field.CT_DIRECTION) == 1
        detail = make_reason(ReasonKind.TRANSLATED_BACK if back else ReasonKind.TRANSLATED_AS_FIRST)
        step = Step(StepKind.NAT, hook, "continue", detail, sure=state.sure)
        self._recorder.changing(step, state.packet, after.packet)
        return after


class Bridges:
    """Leads packets through the chains of bridges (netaudit.model.netfilter.bridges), where they pass one."""

    def __init__(self, program: Program, walk: Walk) -> None:
        self._program, self._walk = program, walk

    def meet(self, hooks: Sequence[Hook], states: list[Branch], places: Mapping[Field, Value]) -> list[Branch]:
        """Return what hooks let on; `places` are the bridges and ports that their rules see, and IP's do not."""
        for hook in hooks:
            for table, chain in self._program.base_chains(hook, Family.BRIDGE):
                if states:
                    seen = [state.become(state.packet.changed(places)) for state in states]
                    states = [_as_before(one, states[0]) for one in self._walk.through(hook, table, chain, seen)]
        return states


def _is_open(hook: Hook, state: Branch) -> bool:
    """Tell whether rules may still choose the address that this hook's chains translate."""
    return state.packet.get(Field.CT_STATE) in _FIRST and not (state.packet.number(Field.CT_STATUS) or 0) & _done(hook)


def _closed(hook: Hook, state: Branch) -> Branch:
    """Settle that the address stays, or is what a rule chose."""
    status = (state.packet.number(Field.CT_STATUS) or 0) | _done(hook)
    return state.become(state.packet.changed({Field.CT_STATUS: status}))


def _done(hook: Hook) -> int:
    return DESTINATION_DONE if hook in (Hook.PREROUTING, Hook.OUTPUT) else SOURCE_DONE


def _as_before(state: Branch, before: Branch) -> Branch:
    """Return a packet with the interfaces that IP's rules see."""
    fields = (Field.IIF, Field.OIF, Field.PHYSIN, Field.PHYSOUT)
    return state.become(state.packet.changed({field: before.packet.get(field) for field in fields}))
