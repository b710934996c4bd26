"""docs/tour.md: Docker's five kinds of networking, and the way of packets, as netaudit prints them of recorded hosts.

What `run` printed is what `diff` prints of the recordings before and after. `python -m pages.tour` writes the page.
"""

import shlex
from collections.abc import Iterator
from pathlib import Path

import msgspec

from pages.printed import block

_ROOT = Path(__file__).parents[2]
_HOST = _ROOT / "tests" / "recordings" / "tour" / "five-networks"
PATH = _ROOT / "docs" / "tour.md"


class Stop(msgspec.Struct, frozen=True):
    """A part of the tour: after the step `at` of the recorded host; its first command is the one that led there."""

    heading: str
    before: str
    commands: tuple[str, ...]
    at: int
    after: str = ""


_RUN = "netaudit run -- docker run -d"
_HEAD = """# A tour: what Docker does to a host's firewall

Five containers, one for each kind of networking that Docker has, started one after the other on a host with engine
28.5.2 and iptables-nft. Each part shows what was typed and what netaudit printed, word for word; a test makes this page
again from the recordings of that host. The host's address is 192.0.2.10, the Internet is 198.51.100.7.

`netaudit run` shows what a command changed, `explain` why, `exposure` who can reach what, `trace` one packet's way.
"""
_STOPS = (
    Stop(
        "1. The default bridge, and a published port",
        "A container without `--network` joins `bridge`, whose interface is docker0. `-p 8080:80` opens port 8080 on\n"
        "every address of the host: rules that no host firewall's INPUT chain is asked about.",
        (f"{_RUN} --name web -p 8080:80 nginx", "netaudit explain web", "netaudit exposure --container web"),
        1,
        "Three rules: DNAT sends the host's port to the container, ACCEPT lets it through FORWARD, and the rule in\n"
        "`raw` keeps neighbours from sending packets straight to 172.17.0.2.",
    ),
    Stop(
        "2. A network of your own",
        "A network that you create has a bridge of its own. Its containers find each other by name; containers of\n"
        "other networks do not get in, except by published ports.",
        (
            f"{_RUN} --name shop --network front -p 8081:80 nginx",
            "netaudit explain shop",
            "netaudit trace --from container:web --to container:shop:80/tcp",
        ),
        3,
        "The last command follows a packet from web to shop's own address. The two are on different bridges, and\n"
        "Docker's rules drop it.",
    ),
    Stop(
        "3. `container:` — the network of another container",
        "This container shares the addresses and ports of shop. No rule is written: what shop publishes leads to it\n"
        "too.",
        (
            f"{_RUN} --name guest --network container:shop nginx",
            "netaudit explain guest",
            "netaudit exposure --container shop",
        ),
        4,
    ),
    Stop(
        "4. `host` — no network of its own",
        "Its programs listen on the host. Docker writes no rule, and no rule of Docker's is in the way: only INPUT is.",
        (
            f"{_RUN} --name hosted --network host httpd",
            "netaudit explain hosted",
            "netaudit exposure --container hosted",
        ),
        5,
    ),
    Stop(
        "5. `none`",
        "Only a loopback interface: nothing gets in or out.",
        (f"{_RUN} --name alone --network none nginx", "netaudit explain alone", "netaudit exposure --container alone"),
        6,
    ),
    Stop(
        "From the Internet to a published port, and back",
        "Hook by hook, each rule that the packet meets, and the answer's way.",
        ("netaudit trace --verbose --from internet --to 192.0.2.10:8080/tcp",),
        6,
    ),
    Stop(
        "From a container to the Internet, and back",
        "Leaving the host, the packet gets the host's address as its sender (MASQUERADE); the answer is translated\n"
        "back.",
        ("netaudit trace --verbose --from container:web --to 198.51.100.7:443/tcp",),
        6,
    ),
)


def render() -> str:
    """Return the page."""
    return "\n".join([_HEAD, *(line for stop in _STOPS for line in _stop(stop))])


def _stop(stop: Stop) -> Iterator[str]:
    yield from (f"## {stop.heading}", "", stop.before, "")
    for command in stop.commands:
        yield from _print(command, stop.at)
    if stop.after:
        yield from (stop.after, "")


def _print(command: str, at: int) -> Iterator[str]:
    """Yield what a command prints of the recorded host; SNAPSHOT is named last."""
    _, *arguments = shlex.split(command)
    before, after = (_HOST / f"{step:02}" for step in (at - 1, at))
    if arguments[0] == "run":
        return block(command, ["diff"], [before, after])
    return block(command, arguments, [after])


def main() -> None:
    """Write the page."""
    PATH.write_text(render(), encoding="utf-8")


if __name__ == "__main__":
    main()
