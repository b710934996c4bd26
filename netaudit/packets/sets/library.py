"""oxidd, the library of decision diagrams: what we use of it, and no more. It is imported here alone.

Its package asks for its own version when it is imported; the 60 modules that tell take as long as a third of a small
host's exposure table. So its modules are imported without what stands in the package itself.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.machinery import PathFinder
from types import ModuleType

_NAME = "oxidd"


@contextmanager
def _package_alone() -> Iterator[None]:
    """Import modules of the package in a bare one; who imports the package later gets it whole."""
    found = PathFinder.find_spec(_NAME)
    if _NAME in sys.modules or found is None or found.submodule_search_locations is None:
        yield
        return
    bare = ModuleType(_NAME)
    bare.__path__ = found.submodule_search_locations
    sys.modules[_NAME] = bare
    try:
        yield
    finally:
        del sys.modules[_NAME]


with _package_alone():
    from oxidd.bcdd import BCDDFunction, BCDDManager
    from oxidd.util import BooleanOperator

__all__ = ["BCDDFunction", "BCDDManager", "BooleanOperator"]
