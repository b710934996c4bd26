"""All that one key and one catalog replace: values, and the names that rules have."""

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
        known = self.known.comment(text, rule, self.names)
        return self.done(Kind.TEXT, text, known if known is not None else self.text(text))

    def constants(self, rule: str) -> str | None:
        """Replace what a maker computed into the constants of its rule; None for any other rule."""
        return self.known.constants(rule, self._fill)

    def _fill(self, hole: str, value: str) -> str | None:  # noqa: PLR0911 (a table of cases)
        """Replace what fills the hole of a template."""
        match hole:
            case "bridge" | "interface" | "trusted":
                return self.interface(value)
            case "host_port" | "container_port" | "vxlan_port" | "protocol":
                return value
            case "name":
                return own_words(value, self.names)
            case "vxlan_id":
                return str(self.names.vxlan_id(int(value)))
            case "vni":
                return str(self.names.vxlan_id(int(value) >> 8) << 8)
            case "vni_hex":
                return f"{self.names.vxlan_id(int(value, 16) >> 8) << 8:#x}"
            case _:
                return self.address(value)
