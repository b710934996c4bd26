"""All that one key and one catalog replace: values, and the names that rules have."""

from collections.abc import Callable, Mapping

from netaudit.attribute.podman.names import subnet_name, subnet_of_name
from netaudit.attribute.signatures.signature import Catalog
from netaudit.store.redaction.known import Known, own_words
from netaudit.store.redaction.tally import Kind
from netaudit.store.redaction.values import ValueRedactor


class Redactor(ValueRedactor):
    """Replaces the names of tables, chains and sets too, unless a maker of rules gives them."""

    def __init__(self, key: bytes, catalog: Catalog) -> None:
        super().__init__(key)
        self.known = Known(catalog)

    def table(self, name: str) -> str:
        """Replace the name of a table, unless a maker of rules gives it."""
        known = self.known.table(name, self.names)
        return self.done(Kind.NAME, name, known or f"table{self.names.letters(name, 8)}")

    def inner(self, name: str, table: str) -> str:
        """Replace the name of a chain, a set or another object of a table, unless a maker of rules gives it."""
        known = self.known.inner(name, table, self.names, self._fill)
        return self.done(Kind.NAME, name, known or self.names.pseudonym("n", name))

    def set_name(self, name: str, rule: str) -> str:
        """Replace the name of a set that a rule of iptables asks."""
        known = self.known.set_name(name, rule, self.names)
        return self.done(Kind.NAME, name, known or self.names.pseudonym("set", name))

    def ipset(self, name: str) -> str:
        """Replace the name of an ipset as `set_name` does where a rule names it."""
        return self.set_name(name, f"--match-set {name} src")

    def comment(self, text: str, rule: str = "") -> str:
        """Replace the comment of a rule, unless a maker of rules writes it."""
        known = self.known.comment(text, rule, self.names, self._fill)
        return self.done(Kind.TEXT, text, known if known is not None else self.text(text))

    def constants(self, rule: str) -> str | None:
        """Replace what a maker computed into the constants of its rule; None for any other rule."""
        return self.known.constants(rule, self._fill)

    def _fill(self, hole: str, value: str) -> str | None:
        """Replace what fills the hole of a template; what is in no table is an address."""
        return _FILLS[hole](self, value) if hole in _FILLS else self.address(value)


def _as_it_is(_: Redactor, value: str) -> str:
    return value


def _interface(redactor: Redactor, value: str) -> str:
    return redactor.interface(value)


def _id(redactor: Redactor, value: str) -> str:
    return redactor.names.id(value)


def _subnet_name(redactor: Redactor, value: str) -> str | None:
    subnet = redactor.address(subnet_of_name(value))
    return subnet_name(subnet) if subnet else None


_FILLS: Mapping[str, Callable[[Redactor, str], str | None]] = {
    **dict.fromkeys(("host_port", "container_port", "vxlan_port", "protocol"), _as_it_is),
    **dict.fromkeys(("bridge", "interface", "trusted"), _interface),
    **dict.fromkeys(("owner", "network_id"), _id),
    "name": lambda redactor, value: own_words(value, redactor.names),
    "network_name": lambda redactor, value: redactor.names.network(value),
    "subnet_name": _subnet_name,
    "vxlan_id": lambda redactor, value: str(redactor.names.vxlan_id(int(value))),
    "vni": lambda redactor, value: str(redactor.names.vxlan_id(int(value) >> 8) << 8),
    "vni_hex": lambda redactor, value: f"{redactor.names.vxlan_id(int(value, 16) >> 8) << 8:#x}",
}
