"""Matches and targets of legacy rules, printed by their own code in libxtables."""

import ctypes
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any, NoReturn

_TRY_LOAD = 2  # XTF_TRY_LOAD: look for the extension's library, and return NULL if there is none
_HEADER_SIZE = 32  # of xt_entry_match and xt_entry_target, before their data

_Save = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p)
_Alias = ctypes.CFUNCTYPE(ctypes.c_char_p, ctypes.c_void_p)


class UnknownExtensionError(Exception):
    """libxtables has no code for a match or target that the kernel holds."""


@dataclass(frozen=True)
class Extension:
    """One revision of one match or target: the name it goes by, and what prints its data to C's stdout.

    `save` takes the addresses of the rule and of the match or target in it.
    """

    name: bytes
    alias: Callable[[int], bytes] | None
    save: Callable[[int, int], None] | None
    unsupported: bool

    def name_of(self, address: int) -> bytes:
        """Return the name to print: data decides between aliases (`state` is stored as `conntrack`)."""
        return self.alias(address) if self.alias else self.name


class Extensions:
    """Finds the extensions of one address family; each is looked up once."""

    def __init__(self, iptc: ModuleType, number: int) -> None:
        xtables = iptc.xtables
        self._xtables = xtables.xtables(number)
        self._library = ctypes.CDLL(None)  # python-iptables has made libxtables' symbols global
        self._known: dict[tuple[str, bytes, int], Extension] = {}
        # libxtables reports an error by this call, which must not return; as installed by python-iptables it
        # jumps to where it last called into C, and we did not go that way.
        self._give_up = type(xtables.xtables_globals().exit_err)(_give_up)
        parameters = ctypes.POINTER(xtables.xtables_globals).in_dll(self._library, "xt_params")
        parameters.contents.exit_err = self._give_up

    def match(self, name: bytes, revision: int) -> Extension:
        """Find the match with this name and revision."""
        return self._find("match", name, revision)

    def target(self, name: bytes, revision: int) -> Extension:
        """Find the target with this name and revision."""
        return self._find("target", name, revision)

    def _find(self, kind: str, name: bytes, revision: int) -> Extension:
        key = (kind, name, revision)
        if key not in self._known:
            self._known[key] = self._load(kind, name, revision)
        return self._known[key]

    def _load(self, kind: str, name: bytes, revision: int) -> Extension:
        newest = getattr(self._xtables, f"find_{kind}")(name)
        if not newest:
            raise UnknownExtensionError(f"libxtables does not know {kind} `{name.decode(errors='replace')}'")
        exact = self._revision(kind, name, newest, revision)
        shown = (exact or newest).contents
        alias, save = getattr(shown, "alias", None), exact.contents.save if exact else None
        return Extension(
            name=name,
            alias=ctypes.cast(alias, _Alias) if alias else None,
            save=ctypes.cast(save, _Save) if save else None,
            unsupported=not save and bool(newest.contents.save),
        )

    def _revision(self, kind: str, name: bytes, newest: Any, revision: int) -> Any:  # noqa: ANN401 (a C pointer)
        """Find the code for the revision that the kernel holds: an older iptables may have written it."""
        if newest.contents.revision == revision:
            return newest
        find = getattr(self._library, f"xtables_find_{kind}_revision", None)
        if find is None:  # libxtables before 1.8
            return None
        find.argtypes = [ctypes.c_char_p, ctypes.c_int, ctypes.c_void_p, ctypes.c_int]
        find.restype = type(newest)
        return find(name, _TRY_LOAD, newest, revision)


def _give_up(status: int, message: bytes) -> NoReturn:
    """End the process, as iptables does: there is no way back into libxtables."""
    sys.stderr.write(f"libxtables: {message.decode(errors='replace')}\n")
    sys.stderr.flush()
    os._exit(status or 1)
