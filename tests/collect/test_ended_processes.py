"""Processes that have ended: the kernel's accounting says whose they were, of programs that write rules alone."""

import os
import shutil
import struct
import subprocess
from pathlib import Path

import pytest

from netaudit.collect.following.witness import ask
from netaudit.collect.kernel.process import ended_process
from netaudit.collect.netlink.exits import Ended, Exits
from netaudit.model.observation import Process

# The host's own namespaces, as kernels number them since 6.18; before, that of the network has any number.
OF_THE_HOST = {"net": "net:[4026531833]", "pid": "pid:[4026531836]", "user": "user:[4026531837]"}


def is_of_the_host() -> bool:
    """Tell whether the kernel surely tells this process: in the host's own namespaces, and not refused."""
    own = all(Path(f"/proc/self/ns/{one}").readlink().name == number for one, number in OF_THE_HOST.items())
    with Exits() as exits:
        return own and exits.listens


def run(program: Path) -> int:
    """Run a program of a name, and return the number that it had."""
    shutil.copy("/bin/true", program)
    with subprocess.Popen([str(program)]) as process:
        process.wait()
    return process.pid


def test_a_writer_that_has_ended_has_its_user_and_its_parents(tmp_path: Path) -> None:
    with Exits() as exits:
        pid = run(tmp_path / "iptables-nft")
        found = ask(exits, pid, "iptables-nft")
        if not is_of_the_host() and not found.user:
            assert found == Process("iptables-nft", pid)
            return
        assert (found.name, found.pid, bool(found.user)) == ("iptables-nft", pid, True)
        assert found.parent.split(" < ")[0] == Path("/proc/self/comm").read_text().strip()
        assert exits.find(pid) == Ended("iptables-nft", os.getuid(), os.getpid())


def test_one_of_another_name_is_not_taken_for_it_and_other_programs_are_not_even_heard(tmp_path: Path) -> None:
    with Exits() as exits:
        writer, other = run(tmp_path / "nft"), run(tmp_path / "sleepy")
        assert ask(exits, writer, "iptables") == Process("iptables", writer)
        assert ask(exits, other, "sleepy") == Process("sleepy", other)


def test_where_the_kernel_does_not_tell_nobody_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(**_: object) -> None:
        raise PermissionError

    monkeypatch.setattr("netaudit.collect.netlink.protocol.connect", refused)
    with Exits() as exits:
        assert (exits.listens, exits.find(1)) == (False, None)


def test_of_one_whose_parent_has_ended_too_the_user_is_known() -> None:
    assert ended_process(7, "iptables", 0, 1) == Process("iptables", 7, user="root")
    assert ended_process(7, "iptables", 4_000_000, 0) == Process("iptables", 7, user="4000000")


@pytest.mark.parametrize("data", [b"", b"\0" * 19, b"\xff" * 64, struct.pack("=IHHII", 20, 31, 0, 0, 0) + b"\0" * 4])
def test_a_record_that_is_none_is_no_process(data: bytes) -> None:
    with Exits() as exits:
        exits.take(data)
        assert exits.find(0) is None
