"""The number that nf_tables gives to the ruleset as it is: each commit of any program makes a new one."""

from netaudit.collect.asking.audit_log import announce
from netaudit.collect.asking.kernel_modules import is_there
from netaudit.collect.netlink import protocol

_GEN_ID = 1
_PATIENCE = 5.0  # seconds; the kernel answers at once or not at all


def ask_generation() -> int | None:
    """Ask for the generation of nf_tables' ruleset.

    None where it cannot be known: nf_tables is not in the kernel, or this user may not ask. Asking changes nothing.
    """
    if not is_there("nf_tables"):
        return None
    announce("ask", "netlink NFT_MSG_GETGEN")
    try:
        with protocol.connect() as connection:
            connection.settimeout(_PATIENCE)
            protocol.ask(connection, protocol.NFT_GETGEN)
            answers = [one for one in protocol.receive(connection) if one.kind == protocol.NFT_NEWGEN]
    except OSError:
        return None
    return answers[0].number(_GEN_ID) if answers else None
