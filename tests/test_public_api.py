"""What other programs may call: load, save, diff, show, record; and importing it costs nothing."""

import ast
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

import netaudit
from netaudit.attribute.attribution import AttributedDiff, AttributedSnapshot, Confidence
from netaudit.errors import NetauditError

ONE_PORT = Path(__file__).parent / "recordings" / "20.10.24-iptables-nft" / "default-one-port"
REPOSITORY = Path(netaudit.__path__[0]).parent


def test_the_public_names_are_these() -> None:
    assert netaudit.__all__ == [
        "audit_recording",
        "diff_recordings",
        "expose_recording",
        "load_recording",
        "record_host",
        "save_recording",
        "show_recording",
        "trace_recording",
    ]
    assert all(callable(getattr(netaudit, name)) and getattr(netaudit, name).__doc__ for name in netaudit.__all__)


def test_importing_netaudit_imports_nothing_else() -> None:
    code = "import sys, netaudit; print({n.partition('.')[0] for n in sys.modules} - {*sys.stdlib_module_names})"
    done = subprocess.run(
        [sys.executable, "-S", "-c", code], capture_output=True, text=True, check=True, cwd=REPOSITORY
    )
    assert sorted(ast.literal_eval(done.stdout)) == ["__main__", "netaudit"]


def test_a_diff_names_the_cause_of_every_change() -> None:
    before, after = (netaudit.load_recording(ONE_PORT / step) for step in ("00", "01"))
    diff = netaudit.diff_recordings(before, after)
    assert isinstance(diff, AttributedDiff)
    assert [(one.change.item.where, [str(cause) for cause in one.attribution.causes]) for one in diff.changes] == [
        ("filter/DOCKER#1", ["web 0.0.0.0:8080 → 80/tcp on network bridge"]),
        ("nat/POSTROUTING#2", ["web 0.0.0.0:8080 → 80/tcp on network bridge"]),
        ("nat/DOCKER#2", ["web 0.0.0.0:8080 → 80/tcp on network bridge"]),
    ]


def test_a_container_that_came_and_went_leaves_no_change() -> None:
    first, last = (netaudit.load_recording(ONE_PORT / step) for step in ("00", "02"))
    assert netaudit.diff_recordings(first, last).changes == ()


def test_a_snapshot_attributes_every_rule() -> None:
    shown = netaudit.show_recording(netaudit.load_recording(ONE_PORT / "01"))
    assert isinstance(shown, AttributedSnapshot)
    assert (shown.coverage.rules, shown.coverage.proved, shown.missing) == (18, 18, ())


def test_an_audit_finds_what_is_wrong() -> None:
    found = netaudit.audit_recording(netaudit.load_recording(ONE_PORT / "01"), date(2026, 12, 1))
    assert "container-open-past-its-bindings" in {one.check.id for one in found.open}


def test_what_was_saved_attributes_alike(tmp_path: Path) -> None:
    facts = netaudit.load_recording(ONE_PORT / "01")
    netaudit.save_recording(facts, tmp_path / "copy.tar.gz")
    assert netaudit.show_recording(netaudit.load_recording(tmp_path / "copy.tar.gz")) == netaudit.show_recording(facts)


def test_the_same_recordings_give_the_same_diff() -> None:
    before, after = (netaudit.load_recording(ONE_PORT / step) for step in ("00", "01"))
    assert netaudit.diff_recordings(before, after) == netaudit.diff_recordings(before, after)


def test_every_failure_is_a_netaudit_error_with_a_hint(tmp_path: Path) -> None:
    with pytest.raises(NetauditError) as caught:
        netaudit.load_recording(tmp_path / "nowhere")
    assert caught.value.hint


def test_confidence_has_the_words_of_the_report() -> None:
    assert [str(one) for one in Confidence] == ["proved", "likely", "ambiguous", "unattributed"]
