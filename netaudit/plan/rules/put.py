"""Put what an engine writes into a ruleset, and take it out again, as iptables and nftables do it."""

from netaudit.attribute.expected.expect import in_order
from netaudit.attribute.signatures.placement import Placement, Put
from netaudit.attribute.signatures.signature import Catalog, Signature
from netaudit.model.netfilter.ruleset import Backend, ObjectKind, Rule
from netaudit.model.version import Version
from netaudit.plan.rules.draft import ChainKey, Draft
from netaudit.plan.rules.fill import Wanted


class Hand:
    """Writes into a draft as an engine of one version does."""

    def __init__(self, draft: Draft, version: Version, catalog: Catalog) -> None:
        self._draft = draft
        self._version = version
        self._groups = _Groups(catalog, version)
        self.refused: list[Wanted] = []  # rules of chains that are not there: the engine's command fails

    def leads_somewhere(self, wanted: Wanted) -> bool:
        """Return whether a rule's jump, where it has one, leads to a chain that is there."""
        target = wanted.text.rpartition(" -j ")[2]
        own = target.startswith("DOCKER")
        return not own or self._draft.rules((*wanted.key[:3], target)) is not None

    def put(self, wanted: Wanted) -> None:
        """Write an object, unless it is there."""
        match wanted.signature.object:
            case ObjectKind.RULE:
                self._put_rule(wanted)
            case ObjectKind.CHAIN:
                base = _declared(wanted.text)
                self._draft.add_chain(wanted.key, base, "accept" if base else None)
            case ObjectKind.POLICY:
                self._draft.set_policy(wanted.key, wanted.text.rpartition(" ")[2])
            case ObjectKind.MAP | ObjectKind.SET if _is_head(wanted):
                self._draft.add_set(wanted.key, wanted.signature.object, _declared(wanted.text))
            case ObjectKind.MAP | ObjectKind.SET:
                text = wanted.text
                self._draft.change_elements(wanted.key, lambda held: held if text in held else (*held, text))
            case _:
                pass

    def take(self, wanted: Wanted) -> None:
        """Delete an object: of equal rules the first one."""
        match wanted.signature.object:
            case ObjectKind.RULE:
                self._take_rule(wanted)
            case ObjectKind.CHAIN:
                self._draft.remove_chain(wanted.key)
            case ObjectKind.MAP | ObjectKind.SET:
                text = wanted.text
                self._draft.change_elements(wanted.key, lambda held: tuple(one for one in held if one != text))
            case _:
                pass

    def _put_rule(self, wanted: Wanted) -> None:
        rules = self._draft.rules(wanted.key)
        if rules is None:
            self.refused.append(wanted)
            return
        placement = wanted.signature.placement(self._version)
        if wanted.key[0] is Backend.NFTABLES:
            self._groups.put(wanted, placement.group, rules)
        else:
            _put(Rule(wanted.text), placement, rules)

    def _take_rule(self, wanted: Wanted) -> None:
        rules = self._draft.rules(wanted.key)
        if rules is None:
            return
        at = _find(rules, wanted.text)
        if at is not None:
            del rules[at]
        if wanted.key[0] is Backend.NFTABLES:
            self._groups.forget_foreign(wanted.key, rules)


def _put(rule: Rule, placement: Placement, rules: list[Rule]) -> None:
    at = _find(rules, rule.text)
    match placement.put:
        case Put.MOVED_TO_TOP:
            if at is not None:
                rule = rules.pop(at)
            rules.insert(0, rule)
        case Put.TOP if at is None:
            rules.insert(0, rule)
        case Put.END if at is None:
            rules.append(rule)
        case _:
            pass


def _find(rules: list[Rule], text: str) -> int | None:
    wanted = in_order(text)
    return next((at for at, rule in enumerate(rules) if in_order(rule.text) == wanted), None)


class _Groups:
    """nftables' rules in their groups: a chain in which anything changes is written whole, as the daemon remembers."""

    def __init__(self, catalog: Catalog, version: Version) -> None:
        self._signatures = [
            signature
            for signature in catalog.signatures
            if Backend.NFTABLES in signature.backends and signature.object is ObjectKind.RULE
        ]
        self._version = version
        self._of_chain: dict[ChainKey, list[Signature]] = {}

    def put(self, wanted: Wanted, group: int, rules: list[Rule]) -> None:
        """Put a rule behind all rules of its group and of lower ones."""
        self.forget_foreign(wanted.key, rules)
        if _find(rules, wanted.text) is None:
            before = [at for at, rule in enumerate(rules, 1) if (self._group(wanted.key, rule.text) or 0) <= group]
            rules.insert(max(before, default=0), Rule(wanted.text))

    def forget_foreign(self, key: ChainKey, rules: list[Rule]) -> None:
        """Drop what the daemon does not write: it flushes the chain first."""
        rules[:] = [rule for rule in rules if self._group(key, rule.text) is not None]

    def _group(self, key: ChainKey, text: str) -> int | None:
        for signature in self._candidates(key):
            if signature.text.unify(text) is not None:
                return signature.placement(self._version).group
        return None

    def _candidates(self, key: ChainKey) -> list[Signature]:
        if key not in self._of_chain:
            _, family, table, chain = key
            self._of_chain[key] = [
                signature
                for signature in self._signatures
                if signature.table == table
                and family in signature.families
                and signature.chain.unify(chain) is not None
            ]
        return self._of_chain[key]


def _declared(text: str) -> str:
    """Return what a chain's declaration says in its braces."""
    return text.partition(" { ")[2].removesuffix(" }")


def _is_head(wanted: Wanted) -> bool:
    return wanted.text.startswith(("map ", "set ")) and " {" in wanted.text
