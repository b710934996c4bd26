"""Tell whether a legacy table is the same as before: the kernel hands out its bytes, but does not count its changes."""

import ctypes
import hashlib
import socket
import struct

from netaudit.collect.asking.audit_log import announce
from netaudit.collect.kernel.legacy_header import LAYOUTS, HeaderLayout

# linux/netfilter_ipv4/ip_tables.h; IPv6 has the same numbers on its own level.
_GET_INFO, _GET_ENTRIES = 64, 65
_LEVELS = {"ip": (socket.AF_INET, socket.SOL_IP), "ip6": (socket.AF_INET6, 41)}  # 41: SOL_IPV6
_INFO = struct.Struct("@32s13I")  # struct ipt_getinfo: name, hooks, entry points, underflows, rules, size
_ASK = struct.Struct("@32sI0Q")  # struct ipt_get_entries, up to the entries
_COUNTERS = struct.Struct("@2Q")


def legacy_mark(family: str, table: str) -> bytes | None:
    """Identify the rules of a table that is in the kernel, counters apart; None where this user may not look."""
    address_family, level = _LEVELS[family]
    announce("ask", f"getsockopt IPT_SO_GET_ENTRIES {family} {table}")
    try:
        with socket.socket(address_family, socket.SOCK_RAW, socket.IPPROTO_RAW) as raw:
            entries = _entries(raw, level, table.encode())
    except OSError:
        return None
    return hashlib.sha256(_without_counters(entries, LAYOUTS[family])).digest()


def _entries(raw: socket.socket, level: int, table: bytes) -> bytearray:
    info = bytearray(_INFO.pack(table, *[0] * 13))
    _ask(raw, level, _GET_INFO, info)
    size = _INFO.unpack(info)[-1]
    answer = bytearray(_ASK.pack(table, size)) + bytes(size)
    _ask(raw, level, _GET_ENTRIES, answer)
    return answer[_ASK.size :]


def _ask(raw: socket.socket, level: int, option: int, buffer: bytearray) -> None:
    """Call getsockopt(2) with a question in the buffer, which Python's own cannot. Raises OSError."""
    library = ctypes.CDLL(None, use_errno=True)
    length = ctypes.c_uint32(len(buffer))
    memory = (ctypes.c_char * len(buffer)).from_buffer(buffer)
    if library.getsockopt(raw.fileno(), level, option, memory, ctypes.byref(length)) != 0:
        raise OSError(ctypes.get_errno(), "getsockopt")


def _without_counters(entries: bytearray, layout: HeaderLayout) -> bytearray:
    at, counters = 0, layout.entry.size - _COUNTERS.size
    while at + layout.entry.size <= len(entries):
        _COUNTERS.pack_into(entries, at + counters, 0, 0)
        step = layout.unpack(bytes(entries[at : at + layout.entry.size])).next_offset
        if not step:
            break
        at += step
    return entries
