"""Ask nf_tables which tables there are, with their handles: the later a table was made, the higher is its handle.

`nft -j list tables` prints the same, and takes half a minute where iptables-nft has 100,000 rules.
"""

import msgspec

from netaudit.collect.asking.answer import Answer, Answered, Unused
from netaudit.collect.asking.audit_log import announce
from netaudit.collect.asking.kernel_modules import is_there
from netaudit.collect.netlink import protocol
from netaudit.collect.netlink.backlog import family_name
from netaudit.model.facts import Gap, GapReason, Source

_NAME, _HANDLE = 1, 4
_PATIENCE = 5.0  # seconds
_MOST = 10_000  # tables


def ask_tables() -> Answer:
    """Ask for all tables; what is returned is as nft prints it."""
    if not is_there("nf_tables"):
        return Unused(Source.NFT_TABLES)
    announce("ask", "netlink NFT_MSG_GETTABLE")
    found: list[protocol.Message] = []
    try:
        with protocol.connect() as connection:
            connection.settimeout(_PATIENCE)
            protocol.ask(connection, protocol.NFT_GETTABLE)
            while len(found) < _MOST and not _is_done(found):
                found += protocol.receive(connection)
    except OSError as error:
        return Gap(Source.NFT_TABLES, GapReason.DENIED, f"nf_tables: {error.strerror}")
    if any(one.kind == protocol.ERROR for one in found):
        return Gap(Source.NFT_TABLES, GapReason.DENIED, "nf_tables: this user may not list tables")
    tables = [one for one in found if one.kind == protocol.NFT_NEWTABLE]
    listed = [
        {"table": {"family": family_name(one.family), "name": one.text(_NAME), "handle": one.number(_HANDLE)}}
        for one in tables
    ]
    return Answered(Source.NFT_TABLES, msgspec.json.encode({"nftables": listed}) + b"\n")


def _is_done(found: list[protocol.Message]) -> bool:
    return any(one.kind in (protocol.DONE, protocol.ERROR) for one in found)
