"""The host around the rules."""

import msgspec


class Interface(msgspec.Struct, frozen=True):
    """A network interface with its addresses (`address/prefix`)."""

    name: str
    kind: str = ""  # bridge, veth, dummy…
    addresses: tuple[str, ...] = ()


class Listener(msgspec.Struct, frozen=True):
    """A listening socket and the programs that hold it, "" where they could not be seen."""

    protocol: str
    address: str
    port: int
    programs: tuple[str, ...] = ()


class Host(msgspec.Struct, frozen=True):
    """What the kernel says of itself beside its rules."""

    interfaces: tuple[Interface, ...] = ()
    listeners: tuple[Listener, ...] = ()
    sysctls: tuple[tuple[str, str], ...] = ()
