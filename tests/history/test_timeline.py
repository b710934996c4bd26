"""The lines of a log: each change once, with its writer and cause, and doubt said where there is some."""

import json
import re
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest
from msgspec.structs import replace
from programs import run_inside

from netaudit.collect.kernel.process import ask_process
from netaudit.collect.netlink.wakes import replaced_tables
from netaudit.errors import SubjectError
from netaudit.history import History, make_history
from netaudit.model.facts import Facts
from netaudit.model.history.change import CauseOf, LoggedCause, LoggedChange, LoggedExposure, LoggedRule
from netaudit.model.history.look import Origin
from netaudit.model.netfilter.ruleset import ObjectKind
from netaudit.model.observation import Action, Commit, DockerEvent, ObjectEvent, Observation, Process, Replaced
from netaudit.parse import parse_snapshot
from netaudit.report.text.history.log import describe_cause, describe_change
from netaudit.store import load
from netaudit.timeline.between import changes_between
from netaudit.timeline.blame import blame
from netaudit.timeline.log import entries

RECORDINGS = Path(__file__).parents[1] / "recordings"
NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)
_DROP = "-A INPUT -s 192.0.2.7/32 -j DROP\n"


@cache
def one_port(backend: str = "nft") -> tuple[Facts, Facts]:
    """Return a real engine's host before and after `docker run -p 8080:80`."""
    folder = RECORDINGS / f"20.10.24-iptables-{backend}" / "default-one-port"
    return load(folder / "00"), load(folder / "01")


def dropping(facts: Facts, rules: str = _DROP, name: str = "iptables-save.txt") -> Facts:
    """Return a host with rules of an operator's in its chain INPUT."""
    table, found, rest = facts.files[name].partition(b"*filter\n")
    declared, commit, after = rest.partition(b"COMMIT\n")
    assert found
    assert commit
    return replace(facts, files={**facts.files, name: table + found + declared + rules.encode() + commit + after})


def commit(
    chain: str, process: Process | None = None, *, pid: int = 9, action: Action = Action.MADE, table: str = "filter"
) -> Commit:
    touched = ObjectEvent(action, ObjectKind.RULE, ("ip", table, chain))
    return Commit(2, pid, "iptables", (touched,), "2026-11-27T12:00:07Z", process)


def lines(before: Facts, after: Facts, heard: Observation | None) -> tuple[LoggedChange, ...]:
    return changes_between(before, after, "2026-11-27T12:00:00Z", heard)


def test_what_the_engine_wrote_for_a_container_is_one_line_with_its_event_and_exposure() -> None:
    before, after = one_port()
    event = DockerEvent("container", "start", _container_id(after), "web", "2026-11-27T12:00:05Z")
    (line,) = lines(before, after, Observation(events=(event,)))
    assert (line.cause, line.containers) == (LoggedCause(CauseOf.CONTAINER, "web", (("start", 1),)), ("web",))
    assert (line.count("added"), line.count("removed"), line.at, line.exact) == (3, 0, event.at, True)
    assert ("internet" in line.exposure[0].zone.lower(), line.exposure[0].after, line.exposure[0].outside) == (
        True,
        "ALLOWED",
        True,
    )


def _container_id(facts: Facts) -> str:
    (found,) = json.loads(facts.files["docker-containers.json"])
    return str(found["Id"])


def test_an_operator_has_a_line_for_each_process() -> None:
    host = one_port()[1]
    shell = Process("iptables", 9, "ssh.service", "ada", "bash < sudo < bash")
    (line,) = lines(host, dropping(host), Observation(commits=(commit("INPUT", shell),)))
    assert (line.cause, line.writer) == (LoggedCause(CauseOf.OPERATOR, "ada"), shell)
    said = "operator ada, by iptables[9] of ssh.service, user ada, from bash < sudo < bash, rules +1 −0"  # noqa: RUF001
    assert describe_change(line) == said


def test_a_process_that_had_ended_before_it_could_be_asked_says_that_its_user_is_not_known() -> None:
    host = one_port()[1]
    (line,) = lines(host, dropping(host), Observation(commits=(commit("INPUT", Process("iptables", 9)),)))
    said = "an operator, by iptables[9], user not known, rules +1 −0"  # noqa: RUF001
    assert describe_change(line) == said


def test_a_rule_of_dockers_that_somebody_deleted_is_not_the_engines_deed() -> None:
    host = one_port()[1]
    text = host.files["iptables-save.txt"]
    rule = next(one for one in text.splitlines(keepends=True) if b"DNAT" in one)
    gone = replace(host, files={**host.files, "iptables-save.txt": text.replace(rule, b"")})
    touched = ObjectEvent(Action.DELETED, ObjectKind.RULE, ("ip", "nat", "DOCKER"))
    heard = Observation(commits=(Commit(2, 9, "iptables", (touched,), "2026-11-27T12:00:07Z"),))
    (line,) = lines(host, gone, heard)
    assert (line.cause.kind, line.count("removed")) == (CauseOf.OPERATOR, 1)
    by_engine = replace(heard.commits[0], process=Process("iptables", 9, "docker.service", "root", "dockerd"))
    (line,) = lines(host, gone, Observation(commits=(by_engine,)))
    assert line.cause.kind is CauseOf.ENGINE


@pytest.mark.parametrize(
    ("process", "kind", "name"),
    [
        (Process("firewalld", 9, "firewalld.service", "root", "systemd"), CauseOf.PROGRAM, "firewalld"),
        (Process("iptables-restor", 9, "", "root", "ufw < bash"), CauseOf.PROGRAM, "ufw"),
        (Process("iptables", 9, "", "root", "dockerd"), CauseOf.ENGINE, ""),
        (Process("iptables", 9, "cron.service", "root", "sh < cron"), CauseOf.OPERATOR, "root"),
        (None, CauseOf.OPERATOR, ""),
    ],
)
def test_what_is_written_and_as_before_is_a_line_too(process: Process | None, kind: CauseOf, name: str) -> None:
    host = one_port()[1]
    written = commit("INPUT", process), commit("INPUT", process, action=Action.DELETED)
    (line,) = lines(host, host, Observation(commits=written))
    assert (line.cause, line.rewritten, line.rules) == (LoggedCause(kind, name), 2, ())


def test_a_short_process_between_two_of_one_program_is_that_programs() -> None:
    host = one_port()[1]
    ufw = Process("iptables", 0, "", "root", "ufw < bash")

    def heard(*pids: tuple[int, Process | None]) -> set[tuple[CauseOf, str]]:
        commits = tuple(commit("INPUT", one and replace(one, pid=pid), pid=pid) for pid, one in pids)
        return {(one.cause.kind, one.cause.name) for one in lines(host, host, Observation(commits=commits))}

    silent, engine = Process("iptables"), Process("iptables", 0, "", "root", "dockerd < systemd")
    assert heard((100, ufw), (103, silent), (108, ufw)) == {(CauseOf.PROGRAM, "ufw")}
    assert heard((100, ufw), (103, silent)) == {(CauseOf.PROGRAM, "ufw")}
    assert (CauseOf.OPERATOR, "") in heard((100, ufw), (900, silent))
    assert (CauseOf.OPERATOR, "") in heard((100, ufw), (99, silent), (108, ufw))
    assert (CauseOf.OPERATOR, "") in heard((100, engine), (103, silent), (108, engine))


def test_what_firewalld_runs_for_an_engine_that_starts_is_the_engines_and_what_it_loads_itself_is_not() -> None:
    before, after = one_port()
    passed = Process("iptables", 9, "firewalld.service", "root", "firewalld < systemd")
    loaded = Process("iptables-restor", 8, "firewalld.service", "root", "firewalld < systemd")
    chains = ("DOCKER", "POSTROUTING")
    events = (DockerEvent("daemon", "start", "", "", "2026-11-27T12:00:05Z"),)
    ran = Observation(
        commits=tuple(commit(chain, passed, table=table) for chain in chains for table in ("nat", "filter"))
    )

    def of_engine(heard: Observation) -> set[CauseOf]:
        return {one.cause.kind for one in lines(before, after, heard) if one.rules or one.rewritten}

    assert of_engine(replace(ran, engine_away=True)) == {CauseOf.ENGINE}
    assert of_engine(replace(ran, events=events)) == {CauseOf.ENGINE}
    assert of_engine(ran) == {CauseOf.PROGRAM}  # firewalld was reloaded, and the engine follows
    again = commit("DOCKER", passed)
    started = (DockerEvent("container", "start", "x", "other", "2026-11-27T12:00:05Z"),)
    (line,) = lines(after, after, Observation(commits=(again,), events=started))
    assert line.cause.kind is CauseOf.CONTAINER
    found = lines(after, after, Observation(commits=(again, commit("INPUT", loaded)), events=started))
    assert {one.cause.name for one in found if one.rewritten} == {"firewalld"}


def test_a_container_that_crashes_in_a_loop_is_one_line_that_counts() -> None:
    host = one_port()[1]
    events = [DockerEvent("container", one, "id", "bad", "2026-11-27T12:00:05Z") for one in ("start", "die") * 20]
    churn = tuple(commit("DOCKER", pid=pid) for pid in range(40))
    (line,) = lines(host, host, Observation(commits=churn, events=tuple(events)))
    assert line.cause == LoggedCause(CauseOf.CONTAINER, "bad", (("die", 20), ("start", 20)))
    assert (line.rewritten, line.containers) == (40, ("bad",))


def test_of_legacy_tables_the_writer_is_not_known_unless_the_kernels_audit_tells() -> None:
    host = one_port("legacy")[1]
    more = dropping(host, name="iptables-legacy-save.txt")
    (line,) = lines(host, more, Observation())
    assert (line.writer, line.exact, line.cause.kind) == (None, False, CauseOf.UNKNOWN)
    assert (line.since, line.at) == ("2026-11-27T12:00:00Z", more.taken_at)
    assert "legacy" in line.unknown
    told = Replaced("ip", "filter", 812, "iptables", "2026-11-27T12:00:09Z")
    (line,) = lines(host, more, Observation(replaced=(told,)))
    assert (line.writer, line.at, line.exact) == (Process("iptables", 812), told.at, True)


def test_a_policy_that_is_the_kernels_default_again_has_no_program_for_its_cause() -> None:
    host = one_port("legacy")[1]
    name = "iptables-legacy-save.txt"
    closed = replace(host, files={**host.files, name: host.files[name].replace(b":INPUT ACCEPT", b":INPUT DROP")})
    (line,) = lines(closed, host, Observation())
    assert (line.cause.kind, line.rules[0].maker) == (CauseOf.UNKNOWN, "kernel")


def test_audit_records_of_replaced_tables_are_read_and_others_are_not() -> None:
    def record(kind: int, text: bytes) -> bytes:
        body = text + b"\0" * (-len(text) % 4)
        return (16 + len(body)).to_bytes(4, sys.byteorder) + kind.to_bytes(2, sys.byteorder) + bytes(10) + body

    said = b'audit(1.2:3): table=nat family=10 entries=7 op=xt_replace pid=812 subj=unconfined comm="ip6tables"'
    nft = b'audit(1.2:3): table=t:1 family=1 entries=1 op=nft_register_rule pid=5 comm="nft"'
    data = record(1325, said) + record(1300, said) + record(1325, nft) + record(1325, b"table=") + b"\1"
    (found,) = replaced_tables(data)
    assert (found.family, found.table, found.pid, found.name) == ("ip6", "nat", 812, "ip6tables")
    (found,) = replaced_tables(record(1325, said.replace(b'"ip6tables"', b"6D792066770A")))
    assert found.name == "my fw\n"


def test_events_that_were_lost_are_said() -> None:
    host = one_port()[1]
    (line,) = lines(host, dropping(host), Observation(blind="the kernel told more at once than could be heard"))
    assert line.notes == ("the kernel told more at once than could be heard",)
    (line,) = lines(host, host, Observation(blind="the kernel told more at once than could be heard"))
    assert line.cause.kind is CauseOf.HOST


def test_two_recordings_that_nobody_watched_between_still_have_a_line() -> None:
    before, after = one_port()
    found = lines(before, after, None)
    assert sum(one.count("added") for one in found) == 3
    assert all((one.exact, one.writer) == (False, None) for one in found)


@pytest.mark.parametrize("backend", ["nft", "legacy"])
def test_what_two_looks_prove_is_the_cause_also_where_nobody_watched(backend: str) -> None:
    before, after = one_port(backend)
    (came,) = lines(before, after, None)
    assert came.cause == LoggedCause(CauseOf.CONTAINER, "web", became="started")
    assert describe_change(came).startswith("container web (was started), writer not known: ")
    (went,) = lines(after, before, None)
    assert went.cause == LoggedCause(CauseOf.CONTAINER, "web", became="removed")
    unseen = replace(before, files={name: text for name, text in before.files.items() if "docker" not in name})
    assert {one.cause.kind for one in lines(unseen, after, None)} == {CauseOf.UNKNOWN}
    text = after.files["iptables-save.txt"] if backend == "nft" else after.files["iptables-legacy-save.txt"]
    rule = next(one for one in text.splitlines(keepends=True) if b"DNAT" in one)
    name = "iptables-save.txt" if backend == "nft" else "iptables-legacy-save.txt"
    by_hand = replace(after, files={**after.files, name: text.replace(rule, b"")})
    assert lines(after, by_hand, None)[0].cause.kind is CauseOf.UNKNOWN


def test_networks_that_two_looks_tell_are_a_cause() -> None:
    folder = RECORDINGS / "tour" / "shop"
    (line,) = lines(load(folder / "00"), load(folder / "01"), None)
    assert line.cause == LoggedCause(CauseOf.NETWORK, "shop_front", became="made")
    (line,) = lines(load(folder / "04"), load(folder / "05"), None)
    assert line.cause == LoggedCause(CauseOf.CONTAINER, "shop-api", became="connected otherwise")


def with_address(host: Facts, local: str, scope: str = "global", device: int = 0) -> Facts:
    """Return a host with one more address on an interface."""
    links = json.loads(host.files["ip-addr.json"])
    extra = {"family": "inet", "local": local, "prefixlen": 24, "scope": scope}
    links[device]["addr_info"] = [*links[device]["addr_info"], extra]
    return replace(host, files={**host.files, "ip-addr.json": json.dumps(links).encode()})


def with_line(host: Facts, name: str, line: object) -> Facts:
    """Return a host of which a program printed one object more."""
    said = json.loads(host.files[name])
    return replace(host, files={**host.files, name: json.dumps([*said, line]).encode()})


def test_addresses_of_the_host_are_a_line_and_link_local_ones_are_not() -> None:
    host = one_port()[1]
    assert lines(host, with_address(host, "fe80::7", "link"), Observation()) == ()
    (line,) = lines(host, with_address(host, "192.0.2.77"), Observation())
    assert line.cause == LoggedCause(CauseOf.HOST, "ip-addr.json")
    assert line.notes == ("+ 192.0.2.77/24 dev lo",)


def test_routes_and_policy_rules_are_written_out_and_what_comes_with_networks_of_containers_is_not() -> None:
    host = one_port()[1]
    route = {"dst": "203.0.113.0/24", "gateway": "192.0.2.1", "dev": "eth0", "flags": []}
    (line,) = lines(host, with_line(host, "ip-route.json", route), Observation())
    assert (describe_cause(line.cause), line.notes) == (
        "the host: routes",
        ("+ 203.0.113.0/24 via 192.0.2.1 dev eth0",),
    )
    rule = {"priority": 32765, "src": "198.51.100.0", "srclen": 24, "table": "100"}
    plain = replace(host, files={**host.files, "ip-rule.json": b"[]"})
    (line,) = lines(with_line(plain, "ip-rule.json", rule), plain, Observation())
    assert line.notes == ("- 32765: from 198.51.100.0/24 lookup 100",)
    own = {"dst": "172.30.0.0/16", "dev": "br-0123456789ab", "scope": "link", "flags": []}
    assert lines(host, with_line(host, "ip-route.json", own), Observation()) == ()


def not_forwarding(host: Facts) -> Facts:
    """Return a host after `sysctl -w net.ipv4.ip_forward=0`, which the kernel writes into each interface's setting."""
    data = re.sub(rb"(?m)^(net\.ipv4\..*forward(?:ing)?) = 1$", rb"\1 = 0", host.files["sysctl.txt"])
    assert data != host.files["sysctl.txt"]
    return replace(host, files={**host.files, "sysctl.txt": data})


def test_a_setting_that_changed_is_a_line_and_one_of_an_interface_that_came_is_not() -> None:
    host = one_port()[1]
    data = host.files["sysctl.txt"].rstrip() + b"\nnet.ipv4.conf.wg0.forwarding = 1\n"
    assert lines(host, replace(host, files={**host.files, "sysctl.txt": data}), Observation()) == ()
    (line,) = lines(host, not_forwarding(host), Observation())
    assert line.cause.name == "sysctl.txt"
    assert "+ net.ipv4.ip_forward = 0" in line.notes
    assert not [note for note in line.notes if "docker0" in note or "veth" in note]
    assert {cell.after for cell in line.exposure} >= {"blocked"}


def test_what_a_person_wrote_is_not_what_closed_where_the_host_changed_too() -> None:
    host = one_port()[1]
    shell = Process("iptables", 9, "ssh.service", "ada", "bash")
    after = dropping(not_forwarding(host))
    found = {one.cause.kind: one for one in lines(host, after, Observation(commits=(commit("INPUT", shell),)))}
    assert found.keys() == {CauseOf.OPERATOR, CauseOf.HOST}
    assert not found[CauseOf.OPERATOR].exposure
    assert found[CauseOf.HOST].exposure
    assert found[CauseOf.HOST].notes[-1].startswith("rules changed between the same two looks")


def test_a_process_that_has_just_written_is_named_with_its_parents() -> None:
    with subprocess.Popen(["/bin/sleep", "60"]) as process:
        try:
            found = ask_process(process.pid, "sleep")
            other = ask_process(process.pid, "iptables")  # the number was given to another process meanwhile
        finally:
            process.kill()
    assert (found.name, found.pid) == ("sleep", process.pid)
    if Path("/proc/self/ns/pid").readlink().name == "pid:[4026531836]":
        assert found.parent.split(" < ")[0] == Path("/proc/self/comm").read_text().strip()
        assert found.user
    assert other == Process("iptables", process.pid)


# ---- a history of 1,000 changes ---------------------------------------------------------------------------------


def _change(number: int, at: str) -> LoggedChange:
    rule = LoggedRule("added", "iptables-nft", "ip", "filter", "INPUT", f"-A INPUT -s 198.51.100.{number % 250}/32 -p tcp -m tcp --dport {number} -j DROP", "rule", number)  # fmt: skip  # noqa: E501
    opened = LoggedExposure("Internet", f"web:{number}/tcp by 0.0.0.0:{number}", "blocked", "ALLOWED", f"c{number % 9}", outside=True)  # fmt: skip  # noqa: E501
    writer = Process("iptables", 1000 + number, "ssh.service", "ada", "bash < sudo")
    cause = LoggedCause(CauseOf.OPERATOR, "ada")
    return LoggedChange(at, at, exact=True, writer=writer, cause=cause, containers=(f"c{number % 9}",), rules=(rule,), exposure=(opened,))  # fmt: skip  # noqa: E501


@pytest.fixture(scope="module")
def long_history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write 1,000 changes of a real host, of which the last 20 rules stay; from the 700th on, web can be reached."""
    path = tmp_path_factory.mktemp("long") / "history.sqlite"
    without, host = one_port()
    rules: list[str] = []
    with closing(make_history(path)) as history:
        for number in range(1001):
            at = f"{NOON + timedelta(minutes=number):%Y-%m-%dT%H:%M:%SZ}"
            change = _change(number, at)
            rules = [*rules, f"{change.rules[0].text}\n"][-20:] if number else []
            facts = dropping(replace(host if number >= 700 else without, taken_at=at), "".join(rules))
            history.add(facts, Origin.WATCH, (change,) if number else None)
    return path


@pytest.mark.matrix
def test_a_thousand_changes_fit_three_megabytes_and_answers_read_few_of_them_whole(
    long_history: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert long_history.stat().st_size < 3_000_000
    read: list[int] = []
    facts = History.facts
    monkeypatch.setattr(History, "facts", lambda self, number: read.append(number) or facts(self, number))
    for question, answer in _ANSWERS.items():
        done = run_inside(*question, "--store", long_history)
        assert (done.returncode, done.stderr) == (0, "")
        assert len(set(read)) <= 14, question  # two ends and log2(1,000): seconds are for `make bench`
        read.clear()
        assert len(re.findall(answer, done.stdout, re.MULTILINE)) == (111 if "c3" in question else 1)


def test_a_rule_is_named_by_its_handle_or_by_words_of_its_text(tmp_path: Path) -> None:
    path = tmp_path / "history.sqlite"
    folder = RECORDINGS / "29.7.2-nftables" / "routed-second-network"
    with closing(make_history(path)) as history:
        history.add(load(folder / "04"), Origin.WATCH)
        look = history.list_all()[0]
        rules = blame(history, "ip:docker-bridges/filter-FORWARD", look)
        first = rules[0].item
        table = next(one for one in parse_snapshot(history.facts(1)).ruleset.tables if one.name == first.table)
        chain = next(one for one in table.chains if one.name == first.chain)
        for at, rule in enumerate(chain.rules, 1):
            (by_handle,) = blame(history, f"ip:docker-bridges/filter-FORWARD handle {rule.handle}", look)
            assert by_handle.item.position == at
        assert first in [one.item for one in blame(history, first.text, look)]
        some = " ".join(first.text.split()[:2])
        assert {one.item.text.startswith(some) or some in one.item.text for one in blame(history, some, look)} == {True}
        for wrong in ("ip:docker-bridges/filter-FORWARD handle 999999", "words that no rule has", "word"):
            with pytest.raises(SubjectError):
                blame(history, wrong, look)


@pytest.mark.parametrize("subject", ["-s 192.0.2.7", "192.0.2.7/32", "192.0.2.7", "-s 192.0.2.7/32 -j DROP"])
def test_a_rule_is_found_by_an_address_as_either_tool_prints_it(tmp_path: Path, subject: str) -> None:
    with closing(make_history(tmp_path / "history.sqlite")) as history:
        history.add(dropping(one_port()[1]), Origin.WATCH)
        (found,) = blame(history, subject, history.list_all()[0])
        assert found.item.text == _DROP.strip()
        for other in ("192.0.2.0/24", "92.0.2.7", "192.0.2.7#1"):
            with pytest.raises(SubjectError):
                blame(history, other, history.list_all()[0])


def test_the_log_can_be_asked_for_a_container_a_time_and_for_exposure_alone(tmp_path: Path) -> None:
    path = tmp_path / "history.sqlite"
    host, now = one_port()[1], datetime.now(UTC)
    first, earlier, between, later = (
        f"{now - timedelta(minutes=ago):%Y-%m-%dT%H:%M:%SZ}" for ago in (180, 150, 135, 120)
    )
    told = _change(80, earlier), replace(_change(81, later), exposure=())
    with closing(make_history(path)) as history:
        history.add(replace(host, taken_at=first), Origin.WATCH)
        history.add(replace(dropping(host), taken_at=later), Origin.WATCH, told)
        assert [one.place for one in entries(history)] == [1, 2]
    log = ("log", "--store", path)
    counted = {
        (): 2,
        ("--container", "c8"): 1,
        ("--container", "c*"): 2,
        ("--container", "web"): 0,
        ("--exposure",): 1,
        ("--since", between): 1,
        ("--since", "yesterday"): 2,
    }
    for more, count in counted.items():
        said = run_inside(*log, "--format", "json", *more).stdout.splitlines()
        assert len(said) == len(run_inside(*log, *more).stdout.split("@2  ")[1:]) == count, more
        assert all(json.loads(line)["schema"] == "netaudit/log/v1" for line in said)
    assert "2 changes in the history; this asks for none" in run_inside(*log, "--container", "web").stderr
    assert "no look has a container wbe (did you mean web?" in run_inside(*log, "--container", "wbe").stderr
    assert "+ ip filter/INPUT#80  -A INPUT" in run_inside(*log, "--rules").stdout
    assert "since the first" not in run_inside("blame", "filter/FORWARD#1", "--store", path).stdout
    assert "at the first look already: @1" in run_inside("blame", "filter/FORWARD#1", "--store", path).stdout
    for wrong in (
        ("blame", "nat/NOWHERE#1"),
        ("blame", "words"),
        ("bisect",),
        ("bisect", "--reaches", "internet", "of"),
        ("log", "--container", "wbe"),
    ):
        assert run_inside(*wrong, "--store", path).returncode == 2


def test_a_log_marks_what_opened_and_closed_as_a_diff_does(tmp_path: Path) -> None:
    path, host = tmp_path / "history.sqlite", one_port()[1]
    turns = [
        ("internet, lan:eth0", "pg:5432/tcp by 0.0.0.0:5432", "blocked", "ALLOWED, not for all"),
        ("lan:eth0", "web:80/tcp by 0.0.0.0:8080", "ALLOWED", "ALLOWED, not for all"),
        ("internet, lan:eth0", "db:3306/tcp by 0.0.0.0:3306", "ALLOWED", "blocked"),
        ("lan:eth0", "cache:6379/tcp by 0.0.0.0:6379", "blocked", "MAY"),
    ]
    at = "2026-11-28T12:00:00Z"
    objects = tuple(LoggedRule("added", "nftables", "inet", "mine", "x", "", kind) for kind in ("chain", "set", "set"))
    told = replace(_change(80, at), exposure=tuple(LoggedExposure(*one, outside=True) for one in turns), rules=objects)
    with closing(make_history(path)) as history:
        history.add(replace(host, taken_at="2026-11-28T11:00:00Z"), Origin.WATCH)
        history.add(replace(dropping(host), taken_at=at), Origin.WATCH, (told,))
    said = run_inside("log", "--exposure", "--store", path).stdout
    assert re.findall(r"^      ([!?-]) ", said, re.MULTILINE) == ["!", "-", "-", "?"]
    words = " ".join(said.split())
    assert "1 opened: internet and 1 other zone → pg:5432/tcp" in words
    assert "2 closed: lan:eth0 → web:80/tcp" in words
    assert "1 chain, 2 sets" in words
    blamed = run_inside("blame", "filter/FORWARD#1", "--store", path).stdout
    assert blamed.startswith(f"in the look @2 of {at}; what changed since is not in it\n\n")
    assert f"look @2 of {at} has no rule" in " ".join(
        run_inside("blame", "nat/NOWHERE#1", "--store", path).stderr.split()
    )


_ANSWERS = {
    ("log",): "^@1001  2026-11-28T04:40:00Z",
    ("log", "--container", "c3"): "^@",
    ("blame", "filter/INPUT#15"): "since 2026-11-28T04:35:00Z: @996",
    ("bisect", "--reaches", "internet", "web:80"): "^not so at @700, .* so at @701",
}
