"""Which kernel modules can be used without the kernel loading them for us.

A program that opens a netlink socket makes the kernel load the module behind it: `nft list ruleset` loads
nf_tables, `ss` loads tcp_diag. An audit changes nothing, so they are run only where the module is there.
"""

import os
from pathlib import Path

from netaudit.bounded import SMALL, UnfitError, read_plain

LOADED = Path("/proc/modules")
BUILT_IN = Path("/lib/modules") / os.uname().release / "modules.builtin"


def is_there(module: str) -> bool:
    """Tell whether using the module loads nothing; True where that cannot be known: seeing matters more."""
    try:
        loaded = read_plain(LOADED, SMALL).decode(errors="replace")
        built_in = read_plain(BUILT_IN, SMALL).decode(errors="replace")
    except (OSError, UnfitError):  # without /proc/modules the kernel cannot load any; without the other we do not know
        return True
    names = {line.split(" ", 1)[0] for line in loaded.splitlines()}
    names |= {Path(line).name.removesuffix(".ko") for line in built_in.splitlines()}
    return module.replace("-", "_") in {name.replace("-", "_") for name in names}
