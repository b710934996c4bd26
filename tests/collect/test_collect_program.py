"""How a program ends decides what is known."""

import os
import sys
import time
from pathlib import Path

import pytest

from netaudit.collect.asking.search_path import SYSTEM_FOLDERS
from netaudit.collect.asking.subprocesses import run, run_for_text
from netaudit.model.facts import Gap, GapReason, Source

NFT = Source.NFT_RULESET


@pytest.fixture
def nft(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An `nft` in place of the host's own, and fails as its script says."""
    monkeypatch.setattr("netaudit.collect.asking.search_path.SYSTEM_FOLDERS", (str(tmp_path), *SYSTEM_FOLDERS))
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")  # where a plain user's programs are looked up first
    program = tmp_path / "nft"
    program.touch(mode=0o755)
    return program


def test_a_program_that_ends_well_is_taken_at_its_word(nft: Path) -> None:
    nft.write_text("#!/bin/sh\necho $1; echo noise >&2\n")
    assert run(NFT, ["nft", "rules"], timeout=10) == b"rules\n"


def test_a_program_that_is_not_installed_is_an_absent_source() -> None:
    assert run(NFT, ["no-such-nft"], timeout=10) == Gap(NFT, GapReason.ABSENT, "no-such-nft is not installed")


def test_a_program_that_may_not_be_run_is_a_denied_source(nft: Path) -> None:
    nft.chmod(0o644)
    assert run(NFT, [str(nft)], timeout=10) == Gap(NFT, GapReason.DENIED, f"{nft} may not be run by this user")


@pytest.mark.parametrize(
    "complaint",
    [
        "Fetching rule set generation id failed: Permission denied (you must be root)",
        "netlink: Error: cache initialization failed: Operation not permitted",
    ],
)
def test_a_program_that_asks_for_privilege_is_a_denied_source(nft: Path, complaint: str) -> None:
    nft.write_text(f"#!/bin/sh\necho '{complaint}' >&2\nexit 4\n")
    assert run(NFT, ["nft"], timeout=10) == Gap(NFT, GapReason.DENIED, f"nft: {complaint}")


def test_a_program_that_fails_is_a_crashed_source_with_its_first_complaint(nft: Path) -> None:
    nft.write_text("#!/bin/sh\necho half; echo 'no memory' >&2; echo more >&2; exit 3\n")
    assert run(NFT, ["nft"], timeout=10) == Gap(NFT, GapReason.CRASHED, "nft ended with code 3: no memory")


def test_a_program_that_dies_is_a_crashed_source_with_the_name_of_the_signal(nft: Path) -> None:
    nft.write_text("#!/bin/sh\necho half; kill -SEGV $$\n")
    assert run(NFT, ["nft"], timeout=10) == Gap(NFT, GapReason.CRASHED, "nft ended by signal 11 (SIGSEGV)")


def test_a_program_that_is_not_one_is_a_crashed_source(nft: Path) -> None:
    nft.write_bytes(b"\x7fnonsense")
    assert run(NFT, [str(nft)], timeout=10) == Gap(
        NFT, GapReason.CRASHED, f"{nft} could not be started: Exec format error"
    )


def test_a_program_that_does_not_end_is_ended_with_all_that_it_started(nft: Path, tmp_path: Path) -> None:
    nft.write_text(f"#!/bin/sh\nsleep 1000 &\necho $! >{tmp_path}/child\nwait\n")
    began = time.monotonic()
    assert run(NFT, ["nft"], timeout=0.5) == Gap(NFT, GapReason.TIMEOUT, "nft did not end within 0.5 s")
    assert time.monotonic() - began < 60
    child = (tmp_path / "child").read_text().strip()
    while _runs(child) and time.monotonic() - began < 60:
        time.sleep(0.02)
    assert not _runs(child)


def _runs(pid: str) -> bool:
    try:
        return "(sleep) Z" not in Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False


def test_printing_nothing_is_a_gap_only_where_something_must_be_printed(nft: Path) -> None:
    nft.write_text("#!/bin/sh\n")
    assert run(NFT, ["nft"], timeout=10) == b""
    assert run_for_text(NFT, ["nft"], timeout=10) == Gap(NFT, GapReason.EMPTY, "nft printed nothing")


def test_programs_get_one_language_and_none_of_our_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XTABLES_LIBDIR", "/elsewhere")
    names = "import os; print(sorted(set(os.environ) - {'LC_CTYPE'}), os.environ['LC_ALL'])"
    assert run(NFT, [sys.executable, "-c", names], timeout=10) == b"['LC_ALL', 'PATH'] C\n"
