"""`ip -j -d addr` -> interfaces."""

from typing import Any

import msgspec

from netaudit.model.facts import Source
from netaudit.model.host import HostAddress, Interface
from netaudit.parse.reading.addresses import read_address
from netaudit.parse.reading.constants import LINK_TYPES
from netaudit.parse.reading.decode import decode_json


class _Address(msgspec.Struct):
    local: str = ""
    prefixlen: int = 0
    scope: str = "global"


class _LinkInfo(msgspec.Struct):
    info_kind: str = ""
    info_data: dict[str, Any] | None = None


class _Interface(msgspec.Struct):
    ifname: str = ""
    ifindex: int = 0
    address: str = ""
    master: str = ""
    link: str | None = None  # a name, where the other end is in this namespace
    link_index: int = 0
    link_netnsid: int | None = None
    flags: list[str] = msgspec.field(default_factory=list)
    operstate: str = ""
    group: str | int = "default"
    link_type: str = ""
    linkinfo: _LinkInfo = msgspec.field(default_factory=_LinkInfo)
    addr_info: list[_Address] = msgspec.field(default_factory=list)


def parse_interfaces(data: bytes) -> tuple[Interface, ...]:
    """Read all interfaces; an entry without a name is skipped. Raises ParseError."""
    if not data.strip():
        return ()
    found = decode_json(data, list[_Interface], source=Source.IP_ADDR, expected="what `ip -j addr` prints")
    indexes = {raw.ifname: raw.ifindex for raw in found}
    return tuple(_interface(raw, indexes) for raw in found if raw.ifname)


def _interface(raw: _Interface, indexes: dict[str, int]) -> Interface:
    return Interface(
        name=raw.ifname,
        kind=raw.linkinfo.info_kind,
        addresses=tuple(_address(one) for one in raw.addr_info if one.local),
        index=raw.ifindex,
        mac=raw.address,
        master=raw.master,
        peer=raw.link_index or indexes.get(raw.link or "", 0),
        peer_elsewhere=raw.link_netnsid is not None,
        up="UP" in raw.flags,
        state=raw.operstate,
        namespace=raw.link_netnsid,
        group=str(raw.group),
        hardware=LINK_TYPES.get(raw.link_type, 0),
        table=_table(raw.linkinfo),
    )


def _address(raw: _Address) -> HostAddress:
    return HostAddress(read_address(raw.local, Source.IP_ADDR), raw.prefixlen, raw.scope)


def _table(link: _LinkInfo) -> str:
    """Return the routing table of a VRF."""
    return str((link.info_data or {}).get("table", "")) if link.info_kind == "vrf" else ""
