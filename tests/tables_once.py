"""Exposure tables, computed once for equal hosts: tests ask for those of the same few recordings hundreds of times.

`make mutants` computes each again (TABLES=each): there every test has to meet the code that it is a test of.
"""

import os
from collections import OrderedDict
from collections.abc import Callable
from functools import wraps
from types import FunctionType
from typing import Any

import msgspec

from netaudit.model.exposure import Exposure
from netaudit.model.netfilter.program import Program
from netaudit.model.snapshot import Snapshot
from netaudit.packets.exposure import table
from netaudit.packets.exposure.alike import rows
from netaudit.packets.exposure.alike.held import HeldKinds
from netaudit.packets.host.zones import ZoneChoice

MOST = 64  # tables that are kept
_SMALL = 300  # rules: tables of hosts with more are not kept
_ALL = lambda _: True  # noqa: E731 (compared by its code, as the default of what is asked)
Rows = tuple[Exposure, ...]
Compute = Callable[..., Rows]


def compute_tables_once() -> None:
    """Put in the place of what computes tables what does it once; before any test imports it."""
    if os.environ.get("TABLES") != "each":
        rows.expose = table.expose = once(table.expose)  # type: ignore[attr-defined]
        rows.expose_by_groups = once(rows.expose_by_groups)


def once(compute: Compute) -> Compute:
    """Return the function, which gives the same rows for an equal host, choice and question."""
    known: OrderedDict[int, tuple[object, Rows]] = OrderedDict()

    @wraps(compute)
    def computed(snapshot: Snapshot, program: Program, choice: ZoneChoice | None = None, wanted: Any = _ALL) -> Rows:
        asked = _question(wanted)
        is_own = HeldKinds.current() is not None or program is not snapshot.program or snapshot.ruleset.count() > _SMALL
        if asked is None or is_own:
            return compute(snapshot, program, choice, wanted)
        key = (snapshot, choice or ZoneChoice(), asked)
        for found, table_rows in known.values():
            if found == key:
                return table_rows
        computed_rows = compute(snapshot, program, choice, wanted)
        kept = (msgspec.structs.replace(snapshot), *key[1:])  # a copy: without the program, which is large
        known[max(known, default=0) + 1] = (kept, computed_rows)
        if len(known) > MOST:
            known.popitem(last=False)
        return computed_rows

    return computed


def _question(wanted: object) -> tuple[object, ...] | None:
    """Return what tells netaudit's own questions apart; None for a test's, which may note what it is asked."""
    own = isinstance(wanted, FunctionType) and (wanted is _ALL or wanted.__module__.startswith("netaudit."))
    if not own or wanted.__defaults__:  # type: ignore[attr-defined]
        return None
    cells = tuple(cell.cell_contents for cell in wanted.__closure__ or ())  # type: ignore[attr-defined]
    code = wanted.__code__  # type: ignore[attr-defined]
    return code.co_code, code.co_consts, code.co_names, cells
