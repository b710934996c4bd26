"""What entries are judged by: one host, its subjects and senders, and the cells of its exposure table."""

import datetime as dt

import msgspec

from netaudit.model.facts import Source
from netaudit.model.reason import Reason
from netaudit.policy.cells import Cells
from netaudit.policy.senders import SenderZones
from netaudit.policy.subjects import Subjects


class HostContext(msgspec.Struct, frozen=True):
    """One host; `missing` are the sources that were not recorded, and that an answer may need."""

    subjects: Subjects
    senders: SenderZones
    cells: Cells
    missing: dict[Source, Reason]
    today: dt.date
