"""Hold the entries of a policy against a host: exhaustively over packets, as its exposure table is.

`can reach` asks for one family in which it works, unless the entry says which; `cannot reach` is about both. An entry
in which something names nothing of the host is vacuous: a typing error must not pass. Where something was not seen
that may open a way, nothing counts as closed.
"""

from netaudit.model.exposure import Exposure, Outcome
from netaudit.policy.entry import Entry, Form
from netaudit.policy.judging.context import HostContext
from netaudit.policy.judging.demanded import demanded
from netaudit.policy.judging.forbidden import forbidden_cells
from netaudit.policy.judging.isolation import shared_members
from netaudit.policy.judging.lacks import hidden_ways, missing_facts, unmatched_words
from netaudit.policy.verdict import Judged, Unmet, Verdict

POSITIVE = frozenset({Form.CAN, Form.CAN_ONLY, Form.ONLY})


def judge(context: HostContext, entry: Entry) -> Judged:
    """Return the verdict of an entry, with its proof."""
    unmatched, missing = tuple(unmatched_words(context, entry)), tuple(missing_facts(context, entry))
    if unmatched:
        return Judged(entry=entry, verdict=Verdict.VACUOUS, unmatched=unmatched, missing=missing)
    if missing:
        return Judged(entry=entry, verdict=Verdict.UNDECIDED, missing=missing)
    return _judge(context, entry)


def _judge(context: HostContext, entry: Entry) -> Judged:
    found = [*forbidden_cells(context, entry), *(demanded(context, entry) if entry.form in POSITIVE else ())]
    cells = [one for one in dict.fromkeys(found) if isinstance(one, Exposure)]
    unmet = tuple(one for one in found if isinstance(one, Unmet))
    shared = shared_members(context, entry) if entry.form is Form.ISOLATED else ()
    open_cells = [one for one in cells if one.outcome is Outcome.ALLOWED]
    unseen = tuple(hidden_ways(context, entry))
    doubtful = bool(cells or (unseen and (unmet or entry.form is not Form.CAN)))
    broken = bool(open_cells or shared or (unmet and not unseen))
    verdict = Verdict.BROKEN if broken else Verdict.UNDECIDED if doubtful else Verdict.HOLDS
    undecided = verdict is Verdict.UNDECIDED
    return Judged(
        entry=entry,
        verdict=verdict,
        cells=tuple(map(context.cells.attributed, cells if undecided else open_cells)),
        unmet=unmet,
        shared=shared,
        missing=unseen if undecided else (),
    )
