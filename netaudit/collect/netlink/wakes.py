"""Listen to addresses, routes and links of the kernel, and to replaced legacy tables. Nothing is changed."""

import re
import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime

from netaudit.collect.netlink.protocol import connect, split_messages
from netaudit.model.observation import Replaced

_ROUTE, _AUDIT = 0, 9  # NETLINK_ROUTE, NETLINK_AUDIT
# RTMGRP_LINK, RTMGRP_IPV4_IFADDR, RTMGRP_IPV4_ROUTE, RTMGRP_IPV4_RULE, RTMGRP_IPV6_IFADDR, RTMGRP_IPV6_ROUTE
_ADDRESSES = 0x1 | 0x10 | 0x40 | 0x80 | 0x100 | 0x400
_READ_LOG = 1  # AUDIT_NLGRP_READLOG
_AUDIT_GET, _NETFILTER_CFG = 1000, 1325
_HEADER = struct.Struct("=IHHII")  # struct nlmsghdr
_STATUS = struct.Struct("=II")  # struct audit_status: mask, enabled
_REQUEST = 0x1
_BUFFER = 1 << 16
_FAMILIES = {"2": "ip", "10": "ip6", "7": "bridge", "3": "arp", "1": "inet", "5": "netdev"}
_FIELD = re.compile(r'(\w+)=(?:"([^"]*)"|(\S+))')


def open_routes() -> socket.socket:
    """Open a socket that becomes readable when an address, a route, a rule of routing or a link changes."""
    return connect(groups=_ADDRESSES, protocol=_ROUTE)


def open_audit() -> socket.socket | None:
    """Open a socket that gets the kernel's audit records; None where auditing is off, or this user may not read them.

    It is never turned on: that would change the host.
    """
    with suppress(OSError):
        return connect(groups=_READ_LOG, protocol=_AUDIT) if _is_audited() else None
    return None


def drain(connection: socket.socket, take: Callable[[bytes], None]) -> None:
    """Hand over all that has come. Raises OSError: ENOBUFS where some was lost."""
    while True:
        try:
            data = connection.recv(_BUFFER, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return
        take(data)


def replaced_tables(data: bytes) -> Iterator[Replaced]:
    """Read records of replaced legacy tables: `table=nat family=2 entries=7 op=xt_replace pid=9 comm="iptables"`."""
    for kind, body in split_messages(data):
        if kind != _NETFILTER_CFG:
            continue
        text = bytes(body).rstrip(b"\0").decode(errors="replace")
        fields = {name: quoted or plain for name, quoted, plain in _FIELD.findall(text)}
        family = _FAMILIES.get(fields.get("family", ""))
        if fields.get("op") == "xt_replace" and family and fields.get("pid", "").isdigit():
            at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            yield Replaced(family, fields.get("table", ""), int(fields["pid"]), _command(fields.get("comm", "")), at)


def _command(comm: str) -> str:
    """Read a name: what has blanks or quotes in it is written in hexadecimal."""
    with suppress(ValueError):
        if len(comm) > 2 and comm == comm.upper():
            return bytes.fromhex(comm).decode(errors="replace")
    return comm


def _is_audited() -> bool:
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, _AUDIT) as asking:
        asking.settimeout(1.0)
        asking.sendto(_HEADER.pack(_HEADER.size, _AUDIT_GET, _REQUEST, 1, 0), (0, 0))
        for kind, body in split_messages(asking.recv(_BUFFER)):
            if kind == _AUDIT_GET and len(body) >= _STATUS.size:
                return bool(_STATUS.unpack_from(body)[1])
    return False
