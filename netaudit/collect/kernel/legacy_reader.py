"""Print legacy tables exactly as `iptables-legacy-save -c` does, but for its comments; run as a program.

    python -m netaudit.collect.kernel.legacy_reader ip|ip6 TABLE... < /dev/null

Importing takes longer than reading: one byte on standard output says that all is ready, and the tables are read
when standard input ends.

libiptc hands out each rule as the kernel stores it: a header, then matches, then a target. The header is
printed here, each match and target by its own extension of libxtables: the code that iptables uses too. Both
write to C's stdout, so nothing has to be captured or bounded.
"""

import ctypes
import functools
import importlib
import importlib.util
import os
import struct
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from netaudit.collect.kernel.legacy_extension import Extension, Extensions, UnknownExtensionError
from netaudit.collect.kernel.legacy_header import LAYOUTS, HeaderLayout, print_header

_TABLE_CLASSES = {"ip": "Table", "ip6": "Table6"}
_FAMILY_NUMBERS = {"ip": 2, "ip6": 10}  # NFPROTO_IPV4, NFPROTO_IPV6
_NOWHERE = "/nonexistent"
READY = b"\n"
_PART = struct.Struct("=H29sB")  # xt_entry_match, xt_entry_target: size, name, revision


def main(family: str, tables: list[str]) -> None:
    """Print these tables, which must be in the kernel already: opening any other would create it."""
    iptc = import_iptc()
    pen = Pen()
    writer = RuleWriter(pen, LAYOUTS[family], Extensions(iptc, _FAMILY_NUMBERS[family]))
    os.write(1, READY)
    sys.stdin.buffer.read()
    try:
        for name in tables:
            # Without autocommit nothing is ever written back, also not when the table is closed.
            write_table(getattr(iptc, _TABLE_CLASSES[family])(name, autocommit=False), pen, writer)
    except (iptc.IPTCError, UnknownExtensionError, UnicodeDecodeError) as error:
        sys.exit(f"{name}: {error}")
    pen.flush()


def import_iptc() -> ModuleType:
    """Import python-iptables without its side effects.

    It runs `modprobe ip_tables` and `ip6_tables`, but an audit loads no module, and the tables read here are in
    the kernel already. So `iptc.util`, which holds the function that does it, is loaded first and alone, and the
    function replaced by one that does nothing.

    To find libraries it runs gcc and ld, and to find extensions `ldconfig -N -v`, which mends links below /lib.
    Where PATH and XTABLES_LIBDIR lead nowhere it does neither; libxtables knows its own folder.
    """
    os.environ |= {"PATH": _NOWHERE, "XTABLES_LIBDIR": _NOWHERE}
    package = importlib.util.find_spec("iptc")
    if package is None or package.origin is None:
        sys.exit("python-iptables is not installed")
    spec = importlib.util.spec_from_file_location("iptc.util", Path(package.origin).with_name("util.py"))
    if spec is None or spec.loader is None:
        sys.exit("python-iptables has no module util")
    util = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(util)
    vars(util)["load_kernel"] = lambda *_: None
    sys.modules["iptc.util"] = util
    iptc = importlib.import_module("iptc")
    del os.environ["XTABLES_LIBDIR"]  # before the first extension is looked for
    return iptc


class Pen:
    """C's stdout: the one stream where our output and that of libxtables stay in order."""

    def __init__(self) -> None:
        self._libc = ctypes.CDLL(None)
        self._stdout = ctypes.c_void_p.in_dll(self._libc, "stdout")
        self._libc.fputs.argtypes = [ctypes.c_char_p, ctypes.c_void_p]
        self._libc.fflush.argtypes = [ctypes.c_void_p]

    def write(self, words: bytes) -> None:
        """Print words that hold no NUL."""
        self._libc.fputs(words, self._stdout)

    def flush(self) -> None:
        """Hand on what is still in C's buffer."""
        if self._libc.fflush(self._stdout) != 0:
            sys.exit("stdout could not be written")


def write_table(table: Any, pen: Pen, writer: "RuleWriter") -> None:  # noqa: ANN401 (iptc has no types)
    """Print a table: its chains with policies, then its rules, chain by chain."""
    pen.write(f"*{table.name}\n".encode())
    chains = [chain.name for chain in table.chains]
    for chain in chains:
        pen.write(f":{chain} {_policy(table, chain)}\n".encode())
    for chain in chains:
        for entry in _entries(table, chain):
            writer.write(chain, ctypes.addressof(entry), table.get_target(entry))
    pen.write(b"COMMIT\n")


def _policy(table: Any, chain: str) -> str:  # noqa: ANN401 (iptc has no types)
    policy, counters = table.get_policy(chain)
    return f"{policy.name} [{counters[0]}:{counters[1]}]" if policy else "- [0:0]"


def _entries(table: Any, chain: str) -> Iterator[Any]:  # noqa: ANN401 (iptc has no types)
    entry = table.first_rule(chain)
    while entry:
        yield entry
        entry = table.next_rule(entry)


class RuleWriter:
    """Prints the rules of one address family."""

    def __init__(self, pen: Pen, layout: HeaderLayout, extensions: Extensions) -> None:
        self._pen = pen
        self._layout = layout
        self._extensions = extensions

    def write(self, chain: str, address: int, verdict: bytes) -> None:
        """Print the rule at this address; `verdict` is a chain or a standard target, "" if it only counts."""
        layout, pen = self._layout, self._pen
        header = layout.unpack(ctypes.string_at(address, layout.entry.size))
        memory = ctypes.string_at(address, header.next_offset)
        pen.write(b"[%d:%d] -A %s" % (header.packets, header.bytes, chain.encode()))
        pen.write(print_header(header, layout, protocol_name))
        offset = layout.entry.size
        while offset < header.target_offset:
            size, name, revision = _part(memory, offset)
            self._write_part(b" -m ", self._extensions.match(name, revision), address, offset)
            offset += size
        size, name, revision = _part(memory, offset)
        if name:
            target = self._extensions.target(name, revision)
            self._write_part(b" -j ", target, address, offset)
        elif verdict:
            pen.write((b" -g " if header.flags & layout.goto else b" -j ") + verdict)
        pen.write(b"\n")

    def _write_part(self, option: bytes, extension: Extension, rule: int, offset: int) -> None:
        self._pen.write(option + extension.name_of(rule + offset))
        if extension.save:
            extension.save(rule, rule + offset)
        elif extension.unsupported:
            self._pen.write(b" [unsupported revision]")


def _part(memory: bytes, offset: int) -> tuple[int, bytes, int]:
    size, name, revision = _PART.unpack_from(memory, offset)
    return size, name.split(b"\0", 1)[0], revision


@functools.cache
def protocol_name(number: int) -> bytes:
    """Name a protocol as iptables does: from /etc/protocols, else as libxtables does, else by number."""
    library = ctypes.CDLL(None)
    library.getprotobynumber.restype = ctypes.POINTER(ctypes.c_char_p)  # protoent begins with its name
    entry = library.getprotobynumber(number)
    if entry:
        return bytes(entry[0])
    return _chain_protocols(library).get(number, b"%d" % number)


class _ChainProtocol(ctypes.Structure):
    _fields_ = (("name", ctypes.c_char_p), ("number", ctypes.c_uint8))


def _chain_protocols(library: ctypes.CDLL) -> dict[int, bytes]:
    """Read `xtables_chain_protos`, which ends with a nameless entry; the first name for a number counts."""
    names: dict[int, bytes] = {}
    for protocol in (_ChainProtocol * 256).in_dll(library, "xtables_chain_protos"):
        if not protocol.name:
            break
        names.setdefault(protocol.number, protocol.name)
    return names


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
