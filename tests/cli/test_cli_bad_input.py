"""What cannot work is one clear line with a hint and the right exit code; no traceback, nothing half written."""

import json
import shutil
from pathlib import Path

import pytest
from programs import ONE_PORT, RECORDINGS, assert_fails, run, run_inside
from sampling import every, sampled

from netaudit.cli.sources import require_rules
from netaudit.errors import CollectError
from netaudit.model.facts import Facts, Gap, GapReason

HINT = (
    "give a folder or tar that `netaudit record` wrote, or the output of iptables-save, iptables -S, "
    "iptables -L -n -v, nft list ruleset or docker ps"
)
SAVE_HINT = "record the host again, or give the untouched output of iptables-save"
COMMANDS = [("show",), ("diff", str(ONE_PORT / "00")), ("report",), ("explain", "web")]


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """Copy a recording, without its index: as a shell script collects one."""
    copy = tmp_path / "recording"
    shutil.copytree(ONE_PORT / "01", copy)
    (copy / "recording.json").unlink()
    return copy


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_a_recording_that_is_not_there(tmp_path: Path, command: tuple[str, ...]) -> None:
    place = tmp_path / "nowhere"
    assert_fails(run_inside(*command, place), 3, f"no such recording: {place}", HINT)


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"", "it is empty"),
        (b"\x7fELF\x02\x01\x00\x00", "it is binary"),
        (b"hello world\n", "no iptables-save table found"),
    ],
    ids=["empty", "binary", "foreign"],
)
@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_a_file_that_is_no_recording(tmp_path: Path, command: tuple[str, ...], data: bytes, what: str) -> None:
    path = tmp_path / "file"
    path.write_bytes(data)
    assert_fails(run_inside(*command, path), 3, f"{path} is not a recording: {what}", HINT)


def test_a_failure_of_the_program_is_that_of_the_command_line(tmp_path: Path) -> None:
    done = run_inside("show", tmp_path / "nowhere")
    assert_fails(done, 3, f"no such recording: {tmp_path}/nowhere", HINT)


def test_a_folder_that_is_no_recording(tmp_path: Path) -> None:
    assert_fails(
        run_inside("show", tmp_path),
        3,
        f"{tmp_path} is not a recording: it holds none of the files of a recording",
        HINT,
    )


@pytest.mark.parametrize("command", [("show",), ("diff",), ("verify",), ("explain", "web")], ids=" ".join)
def test_a_folder_of_recordings_is_not_one(command: tuple[str, ...]) -> None:
    message = f"{ONE_PORT} is not a recording, but holds recordings: 00, 01, 02"
    assert_fails(run_inside(*command, ONE_PORT), 3, message, f"name one, such as {ONE_PORT}/00")


def test_a_recording_that_was_cut_off(tmp_path: Path) -> None:
    copy = tmp_path / "recording"
    shutil.copytree(ONE_PORT / "01", copy)
    _cut(copy / "iptables-save.txt", 900)
    message = f"{copy}: iptables-save.txt does not match its SHA-256: it was cut off or edited"
    assert_fails(run_inside("show", copy), 3, message, "record again, or remove recording.json to read it as it is")


def test_what_netaudit_did_not_record_cannot_be_verified(recording: Path) -> None:
    message = f"{recording} cannot be verified: it has no recording.json"
    assert_fails(run_inside("verify", recording), 3, message, "only what `netaudit record` wrote can be")


def test_rules_that_were_cut_off(recording: Path) -> None:
    _cut(recording / "iptables-save.txt", 900)
    done = run_inside("show", recording)
    assert_fails(done, 3, "iptables-save.txt:2: cut off: table filter has no COMMIT", SAVE_HINT)


def test_rules_that_are_none(recording: Path) -> None:
    (recording / "iptables-save.txt").write_bytes(b"*filter\n:INPUT ACCEPT [0:0]\n\xff\xfe\x00\x01\nCOMMIT\n")
    done = run_inside("show", recording)
    assert done.returncode == 3
    assert done.stderr.startswith("netaudit: iptables-save.txt:3: not a line that iptables-save prints: ")
    assert done.stderr.endswith(f" ({SAVE_HINT})\n")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "name",
    ["docker-containers.json", "docker-networks.json", "docker-info.json", "docker-version.json", "ip-addr.json"],
)
@pytest.mark.parametrize("data", [b"{", b"\x00\xff", b'"text"', b"[" * 9999], ids=["cut", "binary", "foreign", "deep"])
def test_facts_that_are_none(recording: Path, name: str, data: bytes) -> None:
    (recording / name).write_bytes(data)
    done = run_inside("show", recording)
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.startswith(f"netaudit: {name}: not what ")
    assert done.stderr.endswith(" (record the host again)\n")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("data", [b"{", b"\x00\xff", b"{}"], ids=["cut", "binary", "foreign"])
def test_an_nft_ruleset_that_is_none(recording: Path, data: bytes) -> None:
    (recording / "nft-ruleset.json").write_bytes(data)
    done = run_inside("show", recording)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (3, "", 1)
    assert done.stderr.startswith("netaudit: nft-ruleset.json: not ")
    assert done.stderr.endswith(" (give the untouched output of `nft -j list ruleset`)\n")


def test_an_empty_file_is_a_gap(recording: Path) -> None:
    (recording / "nft-ruleset.json").write_bytes(b"")
    done = run_inside("show", recording, "--strict")
    assert "nft-ruleset.json: empty (the file is empty)" in done.stdout
    assert (done.returncode, done.stderr) == (4, "")


def test_a_recording_of_a_newer_netaudit(recording: Path) -> None:
    (recording / "recording.json").write_text(json.dumps({"format": 99}))
    message = f"{recording} has recording format 99; this netaudit reads up to 1"
    assert_fails(run_inside("show", recording), 3, message, "update netaudit")


def test_a_subject_that_is_not_there() -> None:
    hint = "name a rule (nat/DOCKER#2), a container, a network or a signature; `netaudit show` lists them"
    assert_fails(run_inside("explain", "xylophone", ONE_PORT / "01"), 2, "nothing here is called xylophone", hint)


@pytest.mark.parametrize(
    ("program", "hint"),
    [
        ("/opt/my tools/bin/netaudit", "sudo '/opt/my tools/bin/netaudit' …"),
        ("/usr/bin/netaudit", "sudo netaudit …"),
        ("/usr/lib/python3/dist-packages/netaudit/__main__.py", "sudo netaudit …"),
    ],
)
def test_the_way_to_root_is_one_that_sudo_finds(monkeypatch: pytest.MonkeyPatch, program: str, hint: str) -> None:
    monkeypatch.setattr("sys.argv", [program, "show"])
    with pytest.raises(CollectError) as caught:
        require_rules(Facts({}, gaps=(Gap("iptables-save.txt", GapReason.DENIED),)))
    assert caught.value.hint == f"run it as root: {hint}"


def test_no_recording_was_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    done = run_inside("diff")
    assert_fails(done, 2, "no recording was kept on this host", "`netaudit record` keeps one; or name BEFORE")


def test_a_recording_that_was_not_finished_is_not_the_last_one_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netaudit" / "recordings" / ".2026-01-01T000000Z.abc").mkdir(parents=True)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    done = run_inside("diff")
    assert_fails(done, 2, "no recording was kept on this host", "`netaudit record` keeps one; or name BEFORE")


@pytest.mark.parametrize("command", [*COMMANDS, ("verify",), ("audit",), ("exposure",)], ids=lambda one: one[0])
def test_an_error_commands_no_pipeline(tmp_path: Path, command: tuple[str, ...]) -> None:
    done = run_inside(*command, tmp_path / "\n::error file=x::y ##[error] ##vso[x] \x1b[31m\u202e")
    assert done.returncode != 0
    assert done.stderr.count("\n") == 1
    assert "\\x0a\\x3a:error file=x\\x3a:y \\x23#[error] \\x23#vso[x] \\x1b[31m\\u202e" in done.stderr


@pytest.mark.parametrize(
    "command",
    [("blame", "a", "b", "{}"), ("show", "--by", "{}"), ("{}",), ("show", "--x{}"), ("trace", "--from", "{}")],
)
def test_wrong_usage_commands_no_pipeline_and_no_terminal(command: tuple[str, ...]) -> None:
    odd = "\n::error file=x::y ##[error] \x1b[31m\u202e"
    done = run_inside(*(word.format(odd) for word in command))
    assert done.returncode == 2
    assert [one for one in ("\x1b", "\u202e", "##[", "::error") if one in done.stderr] == []


def test_a_subject_that_commands_no_pipeline() -> None:
    done = run_inside("explain", "\n::set-output name=x::y", ONE_PORT / "01")
    assert done.returncode == 2
    assert done.stderr.startswith("netaudit: nothing here is called \\x0a\\x3a:set-output name=x\\x3a:y (")


def test_a_hostile_name_does_not_reach_the_terminal(tmp_path: Path) -> None:
    path = tmp_path / "red\x1b[31m\nnext"
    done = run_inside("show", path)
    assert done.returncode == 3
    assert "\x1b" not in done.stderr
    assert done.stderr.count("\n") == 1


# ---- where the result goes ----------------------------------------------------------------------------------------

FORMATS = ["terminal", "json", "markdown", "html"]


@pytest.mark.parametrize("form", FORMATS)
def test_a_full_disk(form: str) -> None:
    done = run_inside("show", ONE_PORT / "01", "--format", form, "-o", "/dev/full")
    message = "cannot write /dev/full: No space left on device"
    assert_fails(done, 3, message, "free some space, or give a place on another disk")


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    place = tmp_path / "nowhere" / "report.html"
    done = run_inside("report", ONE_PORT / "01", "-o", place)
    assert_fails(done, 3, f"cannot write {place}: No such file or directory", "make the folder first")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.matrix
@pytest.mark.parametrize(
    "command",
    every(
        3, [["show", ONE_PORT / "01"], ["diff", ONE_PORT / "00", ONE_PORT / "01"], ["explain", "web", ONE_PORT / "01"]]
    ),
    ids=lambda command: command[0],
)
def test_a_full_standard_output(command: list[str | Path]) -> None:
    with Path("/dev/full").open("w") as full:
        done = run(*command, stdout=full, capture_output=False, stderr=-1)
    message = "netaudit: cannot write to standard output: No space left on device (give -o a file)\n"
    assert (done.returncode, done.stderr) == (3, message)


@pytest.mark.parametrize("command", [["--help"], ["--version"], ["show", "--help"]], ids=" ".join)
def test_a_full_standard_output_for_help(command: list[str]) -> None:
    with Path("/dev/full").open("w") as full:
        done = run(*command, stdout=full, capture_output=False, stderr=-1)
    message = "netaudit: cannot write to standard output: No space left on device (lead it elsewhere)\n"
    assert (done.returncode, done.stderr) == (3, message)


def test_a_closed_standard_output() -> None:
    done = run("show", ONE_PORT / "01", before=["sh", "-c", 'exec "$@" >&-', "sh"])
    assert_fails(done, 3, "standard output is closed", "lead it somewhere, for example to /dev/null")


@pytest.mark.matrix
@pytest.mark.parametrize("unbuffered", sampled(("", "1"), ("",)))
def test_a_reader_that_went_away(recording: Path, unbuffered: str) -> None:
    save = recording / "iptables-save.txt"
    many = "".join(
        f"[0:0] -A DOCKER-USER -s 192.0.2.{at % 256}/32 -j DROP\n" for at in range(2000)
    )  # more than a pipe holds
    save.write_text(save.read_text().replace("[0:0] -A DOCKER-USER", many + "[0:0] -A DOCKER-USER", 1))
    script = '("$@"; echo "code $?" >&2) | head -n 1'
    done = run("show", recording, before=["sh", "-c", script, "sh"], env={"PYTHONUNBUFFERED": unbuffered})
    assert (done.stdout.count("\n"), done.stderr) == (1, "code 141\n")


def _cut(path: Path, size: int) -> None:
    path.write_bytes(path.read_bytes()[:size])


def test_a_redacted_recording_is_written_and_its_key_is_kept_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    done = run_inside("redact", ONE_PORT / "01", "-o", tmp_path / "hidden")
    assert (done.returncode, done.stdout) == (0, f"{tmp_path}/hidden\n")
    assert "netaudit: redacted docker-networks.json: names replaced: " in done.stderr
    assert "netaudit: redacted ip-addr.json: fields removed: " in done.stderr
    assert all(line.startswith("netaudit: redacted ") for line in done.stderr.splitlines())
    assert (tmp_path / "state" / "netaudit" / "redact.key").stat().st_size == 32
    shown, plain = (run_inside("show", one).stdout for one in (tmp_path / "hidden", ONE_PORT / "01"))
    assert "172.17.0.2" not in shown
    assert "web" not in shown
    assert shown.splitlines()[-1].split(";")[0] == plain.splitlines()[-1].split(";")[0]


def test_a_key_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("x")
    done = run_inside("redact", ONE_PORT / "01", "-o", tmp_path / "hidden", "--redact-key", tmp_path / "key")
    message = f"{tmp_path}/key is no key: it does not hold 32 bytes"
    assert_fails(done, 2, message, "name a new file: it will be made")
    assert not (tmp_path / "hidden").exists()


def test_a_name_of_a_megabyte_does_not_fill_the_terminal(tmp_path: Path) -> None:
    (tmp_path / "hosts").write_text("[" * 1_000_000)
    done = run_inside("fleet", "collect", tmp_path / "hosts", "-o", tmp_path / "out")
    assert done.returncode == 2
    assert len(done.stderr) < 2200
    assert "characters are left out" in done.stderr
    assert done.stderr.endswith("(one host a line: web-1.example, or ssh://user@web-1.example:2222)\n")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (["ports"], "exposure"),
        (["fix", "host"], "audit host"),
        (["list"], "show"),
        (["audit", "--json"], "audit --format json"),
        (["exposure", "--format", "md"], "exposure --format markdown"),
        (["exposure", "-f", "table"], "exposure -f terminal"),
        (["audit", "--format=md"], "audit --format=markdown"),
        (["diff", "--since", "yesterday"], "diff @yesterday"),
        (["plan", "--json", "--", "docker", "ps", "--json"], "plan --format json -- docker ps --json"),
        (["blame", "-A FORWARD -j DROP"], "blame -- '-A FORWARD -j DROP'"),
    ],
)
def test_a_command_line_that_people_guess_names_the_one_that_is_meant(written: list[str], meant: str) -> None:
    done = run_inside(*written)
    assert done.returncode == 2
    assert done.stderr.endswith(f"did you mean: netaudit {meant}\n")


def test_what_nobody_can_guess_is_not_guessed() -> None:
    assert "did you mean:" not in run_inside("exposure", "--nonsense").stderr


@pytest.mark.parametrize("command", ["report", "exposure", "audit"])
def test_a_file_that_is_called_after_no_format_is_refused_with_those_that_are(command: str, tmp_path: Path) -> None:
    done = run_inside(command, RECORDINGS / "tour" / "shop" / "10", "-o", tmp_path / "out.pdf")
    assert done.returncode == 2
    assert "no format is called .pdf: " in done.stderr
    assert ".html" in done.stderr
    assert not list(tmp_path.iterdir())
