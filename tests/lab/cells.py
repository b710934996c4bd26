"""The cells of an exposure table, and what came of trying them."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, NamedTuple

_EVERYWHERE = ("0.0.0.0", "::")
Zone = tuple[str, str]  # its kind and its name
Row = dict[str, Any]


class Cell(NamedTuple):
    """A question that the table answers, and packets too."""

    zone: Zone
    kind: str
    whose: str  # a container's id, or "host"; "connected" where a connection will do, "" where nobody should answer
    family: str
    protocol: str
    address: str  # as the table has it
    port: int


@dataclass
class Found:
    """What one look at a host brought: for each cell what the table says, and who answered."""

    predicted: dict[Cell, str] = field(default_factory=dict)
    answered: dict[Cell, set[str]] = field(default_factory=dict)
    why: dict[Cell, str] = field(default_factory=dict)  # what the table says beside
    unasked: list[str] = field(default_factory=list)  # zones of the table for which nobody here stands
    doubts: Counter[str] = field(default_factory=Counter)  # why cells are `may`

    @property
    def disagreements(self) -> list[str]:
        """List the cells whose packets did something else; a `may` is never wrong, and is counted apart."""
        return [
            f"{cell}: {said} ({self.why.get(cell, '')}), but {' and '.join(sorted(self.answered[cell])) or 'nobody'}"
            " answered"
            for cell, said in self.predicted.items()
            if said != "may" and said != self.observed(cell)
        ]

    @property
    def late(self) -> list[Cell]:
        """List the cells that are allowed, and through which nobody came yet."""
        return [cell for cell, said in self.predicted.items() if said == "allowed" != self.observed(cell)]

    def observed(self, cell: Cell) -> str:
        """Say what packets saw of a cell."""
        answered = self.answered[cell]
        return "allowed" if cell.whose in answered or (answered and not cell.whose) else "blocked"

    def count(self, outcome: str) -> int:
        """Count the cells of which the table says so."""
        return sum(said == outcome for said in self.predicted.values())


class Table:
    """An exposure table, by what a cell asks but for its port."""

    def __init__(self, rows: list[Row]) -> None:
        self._rows: dict[tuple[Zone, str, str, str, str, str], list[Row]] = {}
        self._families: dict[Zone, set[str]] = {}
        for row in rows:
            zone, to = (row["zone"]["kind"], row["zone"]["name"]), row["destination"]
            whose = "host" if to["kind"] == "host-listener" else (to.get("container") or {}).get("id", "")
            key = (zone, to["kind"], whose, to["family"], to["protocol"], to["address"])
            self._rows.setdefault(key, []).append(row)
            self._families.setdefault(zone, set()).add(to["family"])

    @property
    def zones(self) -> set[Zone]:
        """Return the zones."""
        return set(self._families)

    def listeners(self) -> list[tuple[str, str, str, int]]:
        """List the host's listeners: family, protocol, address and port."""
        return sorted(
            {
                (family, protocol, address, row["destination"]["ports"][0][0])
                for (_, kind, _, family, protocol, address), rows in self._rows.items()
                if kind == "host-listener"
                for row in rows
            }
        )

    def forwarded(self) -> list[tuple[str, str, str, str, int]]:
        """List what NAT rules lead to containers and to the host: whose it is, then as a listener is listed."""
        return sorted(
            {
                (whose or "host", family, protocol, address, row["destination"]["ports"][0][0])
                for (_, kind, whose, family, protocol, address), rows in self._rows.items()
                for row in rows
                if kind == "forwarded-port" and (whose or row["destination"].get("programs"))
            }
        )

    def led(self, zone: Zone, family: str, protocol: str, port: int) -> tuple[str, str] | None:
        """Find to whom a zone's packets to a port are led that nobody publishes, and the address that they are for."""
        for (of, kind, whose, *rest, address), rows in self._rows.items():
            here = (of, kind, rest) == (zone, "forwarded-port", [family, protocol])
            if here and any(_has(row, port) for row in rows):
                return whose, address
        return None

    def predicted(self, cell: Cell) -> str:
        """Find the outcome that the table gives a cell; fails where it has none, or more than one."""
        if cell.family not in self._families.get(cell.zone, ()):
            return "blocked"  # the zone has no addresses of this family: it cannot even try
        if self._is_another_way(cell):
            return "allowed"
        if cell.kind == "forwarded-port" and (not cell.whose or not self._of_any_address(cell)):
            return "blocked"  # no row, or one that leads to whom nobody knows
        found = {row["outcome"] for row in self._of(cell) or self._of_any_address(cell)}
        found = found & {"allowed"} or found if cell.kind == "forwarded-port" else found
        assert len(found) == 1, f"{cell}: {found or 'no cell'}"
        return str(found.pop())

    def witness(self, cell: Cell) -> str:
        """Give the example packet of a cell; "" for none."""
        return next((row["witness"] for row in self._of(cell) if row["witness"]), "")

    def reason(self, cell: Cell) -> str:
        """Say why a cell is what it is; "" where the table does not."""
        return next((row["reason"] for row in self._of(cell) if row["reason"]), "")

    def why(self, cell: Cell) -> str:
        """Say all that the table says of a cell beside its outcome."""
        parts = [
            (row["way"], (row.get("rule") or {}).get("text", ""), row["reason"], row["witness"])
            for row in self._of(cell)
        ]
        return "; ".join(", ".join(filter(None, some)) for some in parts)

    def _is_another_way(self, cell: Cell) -> bool:
        """Tell whether a container answers at the port by another rule too: it does not say which of its own ports."""
        here = () if cell.address in _EVERYWHERE else (cell.address, *_EVERYWHERE)
        others = {"published-port": ("forwarded-port", _EVERYWHERE), "forwarded-port": ("published-port", here)}
        kind, addresses = others.get(cell.kind, ("", ()))
        if cell.address.startswith("127.") and cell.zone[0] not in ("host", "lan"):
            return False  # nobody else can try its own loopback
        known = {key[5] for key in self._rows if key[:2] == (cell.zone, kind)}
        rows = [self._of(cell._replace(kind=kind, address=one)) for one in known if not addresses or one in addresses]
        return any(row["outcome"] == "allowed" for some in rows for row in some)

    def _of_any_address(self, cell: Cell) -> list[Row]:
        """List the rows of a port that rules lead on, at whichever address of the host packets are led on."""
        addresses = {key[5] for key in self._rows if key[:2] == (cell.zone, cell.kind)}
        return [row for address in sorted(addresses) for row in self._of(cell._replace(address=address))]

    def _of(self, cell: Cell) -> list[Row]:
        whose = "host" if cell.whose == "connected" else cell.whose
        to_host = cell.kind == "forwarded-port" and whose == "host"  # the row names nobody, as for a strange machine
        where = (cell.zone, cell.kind, "" if to_host else whose, cell.family, cell.protocol, cell.address)
        rows = [row for row in self._rows.get(where, []) if row["destination"].get("programs") or not to_host]
        return [row for row in rows if _has(row, cell.port)]


def _has(row: Row, port: int) -> bool:
    return any(low <= port <= high for low, high in row["destination"]["ports"])
