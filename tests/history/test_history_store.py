"""A history gives back what was kept byte for byte, stays small, and is whole whatever happens to who writes it."""

import os
import random
import signal
import sqlite3
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import msgspec
import pytest
from programs import run_inside
from sampling import SWEEP

from netaudit.errors import HistoryError, SubjectError, UsageError
from netaudit.history import History, WatchLock, find_look, fsck, make_history, open_history, prune, read_history
from netaudit.history.schema import APPLICATION, NEWEST, STEPS
from netaudit.history.takeover import take_over
from netaudit.model.facts import Facts, Gap, GapReason
from netaudit.model.history.change import LoggedChange, LoggedRule
from netaudit.model.history.look import Origin
from netaudit.store import keep, load, save

RECORDINGS = Path(__file__).parents[1] / "recordings"
NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)


@cache
def recorded() -> tuple[Facts, ...]:
    """Return the steps of a real engine's scenarios, one after the other."""
    scenarios = sorted((RECORDINGS / "28.5.2-iptables-nft").iterdir())[:12]
    steps = (step for scenario in scenarios if scenario.is_dir() for step in sorted(scenario.iterdir()))
    return tuple(load(step) for step in steps if (step / "recording.json").exists())


def at(minutes: float, rule: str = "") -> Facts:
    """Return a small host, so many minutes after noon."""
    said = f"# by iptables-save at {minutes}\n*filter\n:INPUT ACCEPT [{int(minutes)}:9]\n{rule}COMMIT\n".encode()
    return Facts({"iptables-save.txt": said}, host="lab", taken_at=_time(minutes))


def _time(minutes: float) -> str:
    return f"{NOON + timedelta(minutes=minutes):%Y-%m-%dT%H:%M:%SZ}"


@pytest.fixture
def history(tmp_path: Path) -> Iterator[History]:
    with closing(make_history(tmp_path / "history.sqlite")) as made:
        yield made


def test_a_recording_comes_back_byte_for_byte_counters_too(history: History) -> None:
    for facts in recorded():
        look = history.add(facts, Origin.RECORD)
        assert history.facts(look.number) == facts


def test_a_look_costs_less_than_two_kilobytes(history: History, tmp_path: Path) -> None:
    for facts in recorded():
        history.add(facts, Origin.RECORD)
    looks = len(history.list_all())
    history.close()
    assert looks > 30
    assert (tmp_path / "history.sqlite").stat().st_size < looks * 2_000 + 32_768  # and the empty tables


def test_what_only_counted_on_is_the_same_look_which_lasts_longer(history: History) -> None:
    for minutes in (0, 5, 10):
        history.add(at(minutes), Origin.WATCH)
    assert [(one.taken_at, one.until) for one in history.list_all()] == [(_time(0), _time(10))]
    history.add(at(15, "-A INPUT -j DROP\n"), Origin.WATCH)
    assert [one.until for one in history.list_all()] == [_time(10), _time(15)]


def test_changes_are_kept_with_their_look(history: History) -> None:
    changed = LoggedChange(_time(0), _time(1), rules=(LoggedRule("added", "iptables-nft", "ip", "t", "c", "-j DROP"),))
    first = history.add(at(0), Origin.WATCH)
    second = history.add(at(1), Origin.WATCH, (changed,))  # nothing differs, but something was written and taken back
    assert (history.changes(first.number), history.changes(second.number)) == (None, (changed,))
    history.note(first.number, ())
    assert history.changes(first.number) == ()


def test_it_is_its_owners_alone_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        with closing(make_history(tmp_path / "deep" / "history.sqlite")) as history:
            history.add(at(0), Origin.WATCH)
            modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "deep").iterdir()}
    finally:
        os.umask(before)
    assert set(modes.values()) == {0o600}
    assert len(modes) == 3  # the log and its index beside it


@pytest.mark.parametrize("planted", ["link", "folder", "absent", "text", "database"])
def test_what_is_no_history_is_refused_and_left_as_it_is(tmp_path: Path, planted: str) -> None:
    path = tmp_path / "history.sqlite"
    if planted == "link":
        path.symlink_to(tmp_path / "elsewhere")
    elif planted == "folder":
        path.mkdir()
    elif planted == "text":
        path.write_text("mine" * 1000)
    elif planted == "database":
        with closing(sqlite3.connect(path)) as other:
            other.execute("CREATE TABLE mine (x)")
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(HistoryError):
        open_history(path)
    assert before is None or path.read_bytes() == before


def test_a_history_of_a_newer_netaudit_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "history.sqlite"
    with closing(make_history(path)) as history:
        history.connection.execute(f"PRAGMA user_version = {NEWEST + 1}")
    with pytest.raises(HistoryError, match="update netaudit"):
        read_history(path)
    with pytest.raises(HistoryError, match=f"version {NEWEST + 1} of a history"):
        open_history(path)


def test_a_history_of_an_earlier_release_keeps_all_that_it_has(tmp_path: Path) -> None:
    path = tmp_path / "history.sqlite"
    with closing(sqlite3.connect(path)) as old:
        for statement in filter(str.strip, STEPS[0].split(";")):
            old.execute(statement)
        old.execute("INSERT INTO look (taken, until, host, origin, head) VALUES (1, 2, 'lab', 'watch', 1)")
        old.execute(f"PRAGMA application_id = {APPLICATION}")
        old.execute("PRAGMA user_version = 1")
        old.commit()
    path.chmod(0o600)
    with pytest.raises(HistoryError, match="fsck"):
        read_history(path)
    with closing(open_history(path)) as history:
        assert [one.until for one in history.list_all()] == ["1970-01-01T00:00:02Z"]
        assert history.changes(1) is None


def test_a_second_watcher_is_refused_until_the_first_has_ended(tmp_path: Path) -> None:
    path = tmp_path / "history.sqlite"
    with WatchLock(path):
        with pytest.raises(HistoryError, match="another netaudit watches"), WatchLock(path):
            pass
        with closing(make_history(path)) as recorder:  # to record meanwhile is no second watch
            recorder.add(at(0), Origin.RECORD)
    with WatchLock(path):
        pass


# ---- references -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "number"),
    [
        ("@last", 4), ("@-0", 4), ("@-3", 1), ("@2", 2), ("@2026-11-27T12:00", 1), ("@2026-11-27T12:59:59Z", 1),
        ("@2026-11-27T14:00+01:00", 2), ("@30m", 3), ("@2h", 2), ("@today", 4), ("@yesterday", 1),
    ],
)  # fmt: skip
def test_a_reference_means_the_look_that_holds_then(history: History, words: str, number: int) -> None:
    for hours, rule in enumerate(("a", "b", "c")):
        history.add(at(60 * hours, f"-A INPUT -j {rule}\n"), Origin.WATCH)
    history.add(at(60 * 11, "-A INPUT -j d\n"), Origin.WATCH)
    now = NOON + timedelta(hours={"@today": 12, "@yesterday": 24}.get(words, 3))
    if words == "@30m":
        now = NOON + timedelta(hours=3)
    assert find_look(history, words, now).number == number


def test_a_reference_that_leads_nowhere_says_what_there_is(history: History) -> None:
    with pytest.raises(SubjectError, match="no look yet"):
        find_look(history, "@last", NOON)
    history.add(at(0), Origin.WATCH)
    for words in ("@-1", "@7", "@2026-11-27T11:59Z", "@1999-01-01"):
        with pytest.raises(SubjectError, match="@1"):
            find_look(history, words, NOON)
    for words in ("@", "@soon", "@99999999d", "@2026-13-01"):
        with pytest.raises(UsageError):
            find_look(history, words, NOON)


def test_a_clock_that_jumps_back_and_forth_loses_no_look(history: History) -> None:
    for number, minutes in enumerate((0, 10, 10_000, 20, 30)):  # the third was taken while the clock was wrong
        history.add(at(minutes, f"-A INPUT -j c{number}\n"), Origin.WATCH)
    assert [one.number for one in history.list_all()] == [1, 2, 3, 4, 5]
    assert find_look(history, "@2026-11-27T12:25Z", NOON).number == 4
    assert find_look(history, "@last", NOON).number == 5
    assert fsck(history) == ()


# ---- upkeep ---------------------------------------------------------------------------------------------------------


def test_prune_keeps_what_is_young_enough_whole_and_makes_the_file_smaller(history: History, tmp_path: Path) -> None:
    chaos = random.Random(7)  # noqa: S311
    for minutes in range(0, 400, 2):
        rules = "".join(f"-A INPUT -s 192.0.2.{chaos.randrange(255)}/32 -j DROP\n" for _ in range(40))
        history.add(at(minutes, rules), Origin.WATCH)
    kept = {one.number: history.facts(one.number) for one in history.list_all() if one.until >= _time(390)}
    history.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    before = (tmp_path / "history.sqlite").stat().st_size
    assert prune(history, NOON + timedelta(minutes=390)).left == 5
    history.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert {one.number: history.facts(one.number) for one in history.list_all()} == kept
    assert fsck(history) == ()
    assert (tmp_path / "history.sqlite").stat().st_size < before / 2
    assert prune(history, NOON + timedelta(days=9)).left == 1  # the last always stays
    assert history.add(at(500, "-A INPUT -j new\n"), Origin.WATCH).number == 201  # no number is given twice


def test_fsck_names_the_looks_that_damage_takes_and_no_other(history: History) -> None:
    for minutes in range(130):
        history.add(at(minutes, f"-A INPUT -s 192.0.2.{minutes}/32 -j DROP\n"), Origin.WATCH)
    (victim,) = history.connection.execute(
        "SELECT id FROM content WHERE kind = 'iptables-save.txt' ORDER BY id LIMIT 1 OFFSET 70"
    ).fetchone()
    history.connection.execute("UPDATE content SET packed = x'28b52ffd00' WHERE id = ?", (victim,))
    history.contents.forget()
    lost = {one.look for one in fsck(history)}
    readable = {one.number for one in history.list_all()} - lost
    assert 71 in lost
    assert len(lost) <= 62  # the chain of contents ends
    assert all(history.facts(number).files for number in readable)


@pytest.mark.parametrize("change", ["size = 5", "size = 1 << 40", "base = id", "hash = x'00'", "packed = x''"])
def test_a_content_that_lies_is_damage_and_no_crash(history: History, change: str) -> None:
    for minutes in range(3):
        history.add(at(minutes, f"-A INPUT -j c{minutes}\n"), Origin.WATCH)
    history.connection.execute(f"UPDATE content SET {change} WHERE kind = 'iptables-save.txt'")  # noqa: S608
    history.contents.forget()
    assert {one.look for one in fsck(history)} == {1, 2, 3}


def test_a_damaged_file_is_said_and_no_traceback(tmp_path: Path) -> None:
    path = tmp_path / "history.sqlite"
    with closing(make_history(path)) as history:
        for facts in recorded():
            history.add(facts, Origin.RECORD)
    data = bytearray(path.read_bytes())
    for place in range(8192, len(data), 700):
        data[place] ^= 0xFF
    path.write_bytes(data)
    done = run_inside("history", "fsck", "--store", path)
    assert done.returncode == 3
    assert "Traceback" not in done.stderr


# ---- the folder of earlier releases ---------------------------------------------------------------------------------


def test_kept_recordings_are_taken_over_in_the_order_of_their_times(history: History, tmp_path: Path) -> None:
    folder = tmp_path / "recordings"
    for minutes in (20, 0, 10):
        keep(at(minutes, f"-A INPUT -j c{minutes}\n"), folder)
    (folder / "notes.txt").write_text("mine")
    save(msgspec.structs.replace(at(0), taken_at=""), folder / "timeless")
    assert take_over(history, folder) == 3
    assert [one.taken_at for one in history.list_all()] == [_time(0), _time(10), _time(20)]
    assert {one.origin for one in history.list_all()} == {Origin.KEPT}
    assert len(list(folder.iterdir())) == 5


def test_commands_take_a_reference_where_they_take_a_snapshot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.delenv("NETAUDIT_STORE", raising=False)
    folder = tmp_path / "netaudit" / "recordings"
    recording = RECORDINGS / "20.10.24-iptables-nft" / "default-one-port"
    for step in ("00", "01"):
        keep(load(recording / step), folder)
    said = [run_inside("diff", *names).stdout for names in (("@-1", "@last"), (recording / "00", recording / "01"))]
    assert said[0] == said[1] != ""
    for command in (("show",), ("exposure",), ("audit", "--fail-on", "none"), ("explain", "nat/DOCKER#2")):
        done, as_file = (run_inside(*command, place) for place in ("@2", recording / "01"))
        assert done.returncode == as_file.returncode == 0
        # what to ask next names the snapshot as its user did
        words = [
            one.stdout.replace(str(name), "IT").split() for one, name in ((done, "@2"), (as_file, recording / "01"))
        ]
        assert words[0] == words[1]
    listed = run_inside("history").stdout.splitlines()
    assert [line.split()[0] for line in listed] == ["@1", "@2"]
    assert run_inside("show", "@9").returncode == 2


def test_who_keeps_looks_for_months_holds_the_last_of_each_kind_alone(history: History) -> None:
    sizes = []
    for number in range(40):
        history.add(at(number, f"-A INPUT -s 192.0.2.{number}/32 -j DROP\n"), Origin.WATCH)
        sizes.append(sum(map(len, history.contents._cache.values())))  # noqa: SLF001 (what it holds is the point)
    assert max(sizes) <= 1.2 * sizes[0]
    assert sizes[-1] == history.contents._cached  # noqa: SLF001
    assert [history.facts(number).taken_at for number in (1, 40)] == [at(0).taken_at, at(39).taken_at]


# ---- whatever happens ----------------------------------------------------------------------------------------------

_WRITER = """
import itertools, sys
from pathlib import Path
from netaudit.history import make_history
from netaudit.model.facts import Facts
from netaudit.model.history.look import Origin
history = make_history(Path(sys.argv[1]))
first = (history.last().number if history.last() else 0) + 1
for number in itertools.count(first):
    rules = "".join(f"-A INPUT -s 192.0.2.{(number * at) % 255}/32 -j DROP\\n" for at in range(200))
    files = {"iptables-save.txt": f"*filter\\n:INPUT ACCEPT [{number}:9]\\n{rules}COMMIT\\n".encode()}
    time = f"2026-11-27T{number // 3600 % 24:02}:{number // 60 % 60:02}:{number % 60:02}Z"
    history.add(Facts(files, host="lab", taken_at=time), Origin.WATCH)
    print(number, flush=True)
"""


def _killed_while_writing(path: Path, chaos: random.Random) -> int:
    """Start a writer, kill it at a random instant, and return the last look that it said is kept."""
    command = [sys.executable, "-c", _WRITER, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        first = process.stdout.readline()
        time.sleep(chaos.random() * 0.05)
        process.send_signal(signal.SIGKILL)
        said = [first, *process.stdout.read().split()]
    return int(said[-1])


@pytest.mark.matrix
@pytest.mark.parametrize("seed", range(500 if SWEEP >= 50 else 2 * SWEEP))
def test_a_writer_that_is_killed_loses_the_look_under_way_at_most(tmp_path: Path, seed: int) -> None:
    path = tmp_path / "history.sqlite"
    chaos = random.Random(seed)  # noqa: S311
    said = _killed_while_writing(path, chaos)
    with closing(open_history(path)) as history:
        last = history.last()
        assert last
        assert last.number in (said, said + 1)
        assert fsck(history) == ()


def test_a_full_disk_loses_the_look_under_way_alone(history: History) -> None:
    history.add(at(0), Origin.WATCH)
    (pages,) = history.connection.execute("PRAGMA page_count").fetchone()
    history.connection.execute(f"PRAGMA max_page_count = {pages}")
    large = os.urandom(100_000).hex()
    with pytest.raises(HistoryError, match="full") as refused:
        history.add(at(1, f"-A INPUT -j {large}\n"), Origin.WATCH)
    assert "free some space" in refused.value.hint
    assert (fsck(history), len(history.list_all())) == ((), 1)
    history.connection.execute("PRAGMA max_page_count = 100000")
    assert history.add(at(2, f"-A INPUT -j {large}\n"), Origin.WATCH).number == 2
    assert fsck(history) == ()


def test_gaps_and_names_of_any_kind_are_kept(history: History) -> None:
    gap = Gap("nft-ruleset.json", GapReason.CRASHED, "it is \x00 dead")
    facts = msgspec.structs.replace(at(0), gaps=(gap,), host="läb\n", partial=True, unused=("daemon.json",))
    facts.files["ip-addr.json"] = b'\x00{"valid_life_time": 5}\x01\x00\x01'
    found = history.facts(history.add(facts, Origin.RECORD).number)
    assert msgspec.structs.replace(found, digest="") == facts
