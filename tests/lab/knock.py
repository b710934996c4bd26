"""Programs of the lab: `serve NAME PLACE…` answers its name on TCP and UDP, `knock SECONDS` prints who answered.

`knock` reads lines `PROTOCOL ADDRESS PORT` from standard input, asks all at once, and prints a line for each: the name
that came back, or `-`. PROTOCOL is tcp or udp; or `connect`, which is content with a TCP connection, and prints
`connected`. With ADDRESS and PORT once more, that is where it comes from.
"""

import asyncio
import contextlib
import socket
import sys

_TRIES = 3
_IP_PKTINFO = 8  # Linux' number, which Python names from 3.13
Source = tuple[str, int] | None


class _Echo:
    """Answers datagrams from the address that was asked, as netaudit believes that programs do."""

    def __init__(self, name: bytes, here: socket.socket, family: int) -> None:
        self._name, self._socket = name, here
        if family == socket.AF_INET6:
            here.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
        else:
            here.setsockopt(socket.IPPROTO_IP, _IP_PKTINFO, 1)

    def answer(self) -> None:
        with contextlib.suppress(OSError):  # a refusal of an earlier answer
            _, to, _, sender = self._socket.recvmsg(64, 128)
            # In what is sent the kernel reads the source beside the interface: any will do.
            to = [(level, kind, _anywhere(level, data)) for level, kind, data in to]
            self._socket.sendmsg([self._name], to, 0, sender)


def _anywhere(level: int, data: bytes) -> bytes:
    """Let a datagram leave by whichever interface the routes say: they are asked with the address alone."""
    return data[:16] + bytes(4) if level == socket.IPPROTO_IPV6 else bytes(4) + data[8:12] + data[8:12]


class _Asking(asyncio.DatagramProtocol):
    def __init__(self, answer: "asyncio.Future[str]") -> None:
        self.answer = answer

    def datagram_received(self, data: bytes, _address: tuple[str, int]) -> None:
        if not self.answer.done():
            self.answer.set_result(data.decode())

    def error_received(self, _error: Exception) -> None:
        """Go on: a refusal may be of an earlier try."""


async def _serve(name: str, places: list[str]) -> None:
    async def greet(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(name.encode())
        writer.close()

    loop = asyncio.get_running_loop()
    for place in places:
        address, _, port = place.rpartition("@")
        for family, everywhere in ((socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::")):
            if address and (family == socket.AF_INET6) != (":" in address):
                continue
            where = (address or everywhere, int(port))
            await asyncio.start_server(greet, *where, family=family)
            for_udp = socket.socket(family, socket.SOCK_DGRAM)
            if family == socket.AF_INET6:
                for_udp.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            for_udp.bind(where)
            for_udp.settimeout(0)
            loop.add_reader(for_udp, _Echo(name.encode(), for_udp, family).answer)
    print("ready", flush=True)
    await asyncio.Event().wait()


def _place(source: tuple[str, int]) -> tuple[str, int] | tuple[str, int, int, int]:
    """Return what a program binds to: an address that is good for one link is one of a link."""
    return (*source, 0, socket.if_nametoindex("eth0")) if source[0].startswith("fe80:") else source


async def _ask_tcp(address: str, port: int, source: Source) -> str:
    with contextlib.closing(await _connected(address, port, source)) as from_here:
        return await _read_name(from_here)


async def _connected(address: str, port: int, source: Source) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    from_here = socket.socket(family, socket.SOCK_STREAM)
    from_here.settimeout(0)
    if source:  # several connections of one example share a port
        from_here.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        if source:
            from_here.bind(_place(source))
        await asyncio.get_running_loop().sock_connect(from_here, (address, port))
    except BaseException:
        from_here.close()
        raise
    return from_here


async def _read_name(connection: socket.socket) -> str:
    reader, writer = await asyncio.open_connection(sock=connection)
    try:
        return (await reader.read(64)).decode()
    finally:
        writer.close()


async def _connect(address: str, port: int, source: Source) -> str:
    (await _connected(address, port, source)).close()
    return "connected"


async def _ask_udp(address: str, port: int, source: Source, seconds: float) -> str:
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[str] = loop.create_future()
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    from_here = socket.socket(family, socket.SOCK_DGRAM)
    from_here.settimeout(0)
    if source:
        from_here.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        from_here.bind(_place(source))
    from_here.connect((address, port))  # only what was asked answers
    transport, _ = await loop.create_datagram_endpoint(lambda: _Asking(answer), sock=from_here)
    try:
        for _ in range(_TRIES):
            transport.sendto(b"?")
            with contextlib.suppress(TimeoutError):
                return await asyncio.wait_for(asyncio.shield(answer), seconds / _TRIES)
        return ""
    finally:
        transport.close()


async def _ask(line: str, seconds: float) -> str:
    protocol, address, port, *rest = line.split()
    source = (rest[0], int(rest[1])) if rest else None
    match protocol:
        case "tcp":
            asking = _ask_tcp(address, int(port), source)
        case "connect":
            asking = _connect(address, int(port), source)
        case _:
            asking = _ask_udp(address, int(port), source, seconds)
    with contextlib.suppress(OSError, TimeoutError):
        return await asyncio.wait_for(asking, seconds + 0.1) or "-"
    return "-"


async def _knock(seconds: float, lines: list[str]) -> None:
    for answer in await asyncio.gather(*(_ask(line, seconds) for line in lines)):
        print(answer)


def main() -> None:
    what, first, *rest = sys.argv[1:]
    asyncio.run(_serve(first, rest) if what == "serve" else _knock(float(first), sys.stdin.read().splitlines()))


if __name__ == "__main__":
    main()
