"""The history of a host: recordings over time in one SQLite file, small, and whole at every instant.

history    looks at a host: added, given back byte for byte
heads      a look as it is kept        contents  what files of recordings hold, each against the one before it
schema     the tables, and how older files become new
reference  `@yesterday`, `@-3`: which look a person means
upkeep     prune, fsck                 takeover  the folder of recordings of earlier releases
standing   problems that last
places     where a history is, and that one process alone watches into it
"""

from netaudit.history.history import History
from netaudit.history.places import WatchLock, default_place, is_watched, make_history, open_history, read_history
from netaudit.history.reference import find_look, is_reference
from netaudit.history.upkeep import Damage, Pruned, fsck, prune

__all__ = [
    "Damage",
    "History",
    "Pruned",
    "WatchLock",
    "default_place",
    "find_look",
    "fsck",
    "is_reference",
    "is_watched",
    "make_history",
    "open_history",
    "prune",
    "read_history",
]
