"""What the kernel and containers may tell without end is bounded, and that is said."""

import socket
import struct
import time
from collections.abc import Iterator

import pytest

from netaudit.collect.asking.options import Where
from netaudit.collect.docker import netns
from netaudit.collect.netlink import commits, handles, protocol
from netaudit.model.facts import Gap, GapReason, Source

RULE = (10 << 8) | protocol.NFT_NEWRULE


def _message(kind: int) -> bytes:
    body = struct.pack("=BBH", 2, 0, 0) + struct.pack("=HH", 8, 1) + b"nat\0"
    return struct.pack("=IHHII", 16 + len(body), kind, 0, 0, 0) + body


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """Give what speaks as the kernel does to a netlink socket of ours."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    ours.settimeout(0.1)
    monkeypatch.setattr(commits, "_open", lambda: ours)
    monkeypatch.setattr(protocol, "connect", lambda: ours)
    with theirs:
        yield theirs


def test_of_commits_no_more_is_kept_than_a_number_and_that_is_said(
    kernel: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commits, "_MOST", 20 * len(_message(RULE)))
    with commits.CommitListener() as listener:
        for _ in range(8):
            kernel.send(_message(RULE) * 10)
        time.sleep(0.3)
    assert listener.blind == "the kernel told more than is kept"
    assert listener._backlog.size <= 30 * len(_message(RULE))  # noqa: SLF001 (what it keeps is the point)


def _generation(number: int, pid: int, name: bytes) -> bytes:
    words = ((1, number.to_bytes(4, "big")), (2, pid.to_bytes(4, "big")), (3, name + b"\0"))
    body = struct.pack("=BBH", 0, 0, 0) + b"".join(protocol.attribute(*one) for one in words)
    return struct.pack("=IHHII", 16 + len(body), (10 << 8) | protocol.NFT_NEWGEN, 0, 0, 0) + body


def test_who_committed_is_asked_before_what_was_touched_is_read(
    kernel: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []
    read = protocol.read_message
    monkeypatch.setattr(protocol, "read_message", lambda *one: order.append("read") or read(*one))
    kernel.send(_message(RULE) * 7)
    kernel.send(_generation(4, 812, b"iptables"))
    kernel.send(_message(RULE) * 2 + _generation(5, 813, b"nft"))  # in one datagram
    with commits.CommitListener(lambda pid, _: order.append(f"ask {pid}")) as listener:
        pass
    assert [(one.generation, one.pid, one.name) for one in listener.commits] == [(4, 812, "iptables"), (5, 813, "nft")]
    assert [len(one.touched) for one in listener.commits] == [7, 2]
    assert order[0] == "ask 812"
    assert order.index("ask 813") <= 2  # its own message is read, and nothing else


def test_a_kernel_that_tells_without_a_pause_is_left(kernel: socket.socket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commits, "_LINGER", 0.0)
    monkeypatch.setattr(commits.CommitListener, "_receive", lambda _: False)
    with commits.CommitListener() as listener:
        kernel.send(_message(RULE))
    assert listener.blind == "the kernel told more than is kept"


def test_handles_without_end_are_none(kernel: socket.socket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handles, "_MOST", 20)
    monkeypatch.setattr(protocol, "ask", lambda *_: None)
    for _ in range(8):
        kernel.send(_message(RULE) * 10)
    assert handles.ask_handles(1) is None


def test_handles_that_come_too_slowly_are_none(kernel: socket.socket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handles, "_LONGEST", 0.0)
    monkeypatch.setattr(protocol, "ask", lambda *_: None)
    kernel.send(_message(RULE))
    assert handles.ask_handles(1) is None


def test_one_container_that_floods_leaves_room_for_no_other_and_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def ask_one(_where: Where, _pid: int, most: int) -> object:
        asked.append(most)
        return netns._Printed({"iptables-save.txt": "x" * most}, [])  # noqa: SLF001

    monkeypatch.setattr(netns, "_MOST", 600)
    monkeypatch.setattr(netns, "_MOST_OF_ALL", 1000)
    monkeypatch.setattr(netns, "_ask_one", ask_one)
    budget = netns._Budget(Where())  # noqa: SLF001
    printed = [budget.ask(pid) for pid in (1, 2, 3)]
    assert asked == [600, 400]
    assert printed[2].gaps == [Gap(Source.INSIDE, GapReason.INVALID, "the containers hold more than 0 MiB of rules")]


def test_what_is_printed_inside_without_end_is_a_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    real = netns.run

    def flood(source: Source, _argv: list[str], **options: object) -> bytes | Gap:
        return real(source, ["sh", "-c", "exec yes"], **options)  # type: ignore[arg-type]

    monkeypatch.setattr(netns, "run", flood)
    printed = netns._ask_one(Where(), 1, 1 << 20)  # noqa: SLF001
    assert printed.files == {}
    assert [one.detail for one in printed.gaps] == ["sh printed more than 1 MiB"]
