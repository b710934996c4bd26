"""All that happens at one hook, in the order of priorities: base chains, connection tracking, translation.

What a bridge passes between two of its ports meets the hooks of its tables, and IP's where br_netfilter is on.
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import groupby

import msgspec

from netaudit.model.netfilter.bridges import BETWEEN_PORTS, FROM_HOST, LED_BACK, PORTS
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
from netaudit.packets.host.fib import Routing
from netaudit.packets.trace.chain import Walk
from netaudit.packets.trace.nat import DESTINATION_DONE, SOURCE_DONE, again
from netaudit.packets.trace.recorder import TraceRecorder
from netaudit.packets.values.branch import Branch, merged
from netaudit.packets.values.packet import SOME_PORT, Packet, Value
from netaudit.packets.values.steps import EndKind, Step, StepKind

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
            unseen = {field: "" for field, at in PORTS.items() if hook not in at}
            for table, chain in self._program.base_chains(hook, Family.BRIDGE):
                if states:
                    seen = [state.become(state.packet.changed({**places, **unseen})) for state in states]
                    states = [_as_before(one, states[0]) for one in self._walk.through(hook, table, chain, seen)]
        return states


class BridgePorts(msgspec.Struct, frozen=True):
    """A bridge, and the ports by which a packet comes and goes; `SOME_PORT` where nobody knows which."""

    bridge: str
    enters: str = SOME_PORT
    leaves: str = SOME_PORT


class BridgePassage:
    """Leads packets from one port of a bridge to another: IP's hooks see them only where br_netfilter shows them."""

    def __init__(
        self, hooks: Hooks, bridges: Bridges, routing: Routing, recorder: TraceRecorder, ports: BridgePorts
    ) -> None:
        self._hooks, self._bridges, self._routing, self._recorder = hooks, bridges, routing, recorder
        self._ports = ports

    def follow(self, state: Branch) -> list[Branch]:
        """Lead a packet from one port to the other; return what leaves by it."""
        ports = self._ports
        known = self._routing.interfaces.get(ports.bridge)
        if known is not None and known.shut:
            self._recorder.end(EndKind.LOST, state, make_reason(ReasonKind.BRIDGE_SHUT, bridge=ports.bridge))
            return []
        places = {Field.OIF: ports.bridge, Field.PHYSIN: ports.enters, Field.PHYSOUT: ports.leaves}
        passed = self._bridges.meet(BETWEEN_PORTS, [state], places)
        return [left for one in passed for left in self._pass(one)]

    def turn(self, states: list[Branch]) -> list[Branch]:
        """Lead on what NAT leads back to its bridge: the bridge passes it to another port, if rules see that."""
        if not self._routing.sysctls.filters_bridged():
            return self._bridges.meet(FROM_HOST, self._last(states, None), {Field.PHYSIN: "", Field.PHYSOUT: SOME_PORT})
        return self._bridges.meet(LED_BACK, self._last(states, ""), {Field.PHYSIN: self._ports.enters})

    def _last(self, states: list[Branch], hidden: str | None) -> list[Branch]:
        """Lead what a bridge passes through postrouting: no rule sees there by which interface it came in.

        Source: br_nf_post_routing() in the kernel's net/bridge/br_netfilter_hooks.c.
        """
        passed = self._hooks.meet(Hook.POSTROUTING, [_seen_from(one, hidden) for one in states])
        return [_seen_from(one, self._ports.bridge) for one in passed]

    def _pass(self, state: Branch) -> list[Branch]:
        """Pass a packet: IP's hooks see it only where br_netfilter shows it to them."""
        filtered = self._routing.sysctls.filters_bridged()
        if filtered:
            return self._through_ip(state)
        if filtered is None:
            self._recorder.doubt(make_reason(ReasonKind.BRIDGE_FILTER_NOT_RECORDED))
            state = state.part()
        past = make_reason(ReasonKind.BRIDGED_PAST_RULES, bridge=self._ports.bridge)
        self._recorder.step(StepKind.LINK, None, state, "continue", past)
        return [state, *(self._through_ip(state) if filtered is None else ())]

    def _through_ip(self, state: Branch) -> list[Branch]:
        ports, target = self._ports, state.packet.get(Field.DADDR)
        packet = state.packet.changed({Field.PHYSIN: ports.enters})
        found: list[Branch] = []
        for one in self._hooks.meet(Hook.PREROUTING, [state.become(packet)]):
            if one.packet.get(Field.DADDR) != target:
                self._recorder.end(EndKind.UNKNOWN, one, make_reason(ReasonKind.BRIDGED_ELSEWHERE))
                self._recorder.doubt(make_reason(ReasonKind.BRIDGED_ELSEWHERE_NOT_FOLLOWED))
                continue
            beyond = {Field.OIF: ports.bridge, Field.PHYSOUT: ports.leaves}
            bridged = make_reason(ReasonKind.BRIDGED, bridge=ports.bridge)
            self._recorder.step(StepKind.LINK, None, one, "continue", bridged)
            found += self._last(self._hooks.meet(Hook.FORWARD, [one.become(one.packet.changed(beyond))]), "")
        return found


def _seen_from(state: Branch, interface: str | None) -> Branch:
    """Name the interface by which rules see that a packet came in: "" for none, None where that is not known."""
    return state.become(state.packet.changed({Field.IIF: interface}))


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
