"""A host on which nothing but counters moved is audited once, and each of its recordings has the rows of an audit."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from counted import calls_of
from msgspec.structs import replace
from sampling import sampled

import netaudit
from fleets.generate import RECORDINGS
from fleets.small import EMPTY, TODAY
from netaudit.fleet.job import Job, Orders
from netaudit.fleet.rows.audited import Named
from netaudit.fleet.rows.columns import unpack
from netaudit.fleet.tables.schema import Table
from netaudit.fleet.work.auditing import Auditing
from netaudit.fleet.work.unchanged import what_decides
from netaudit.model.facts import Facts, Gap, GapReason, Source

SAVED, NATIVE = "28.5.2-iptables-nft/default-one-port/01", "29.7.2-nftables/routed-second-network/01"
ORDERS = [Orders(today=TODAY), Orders(today=TODAY, rehearse="29.0")]
_LATER = "2026-11-28T06:05:00Z"


def _counted_on(facts: Facts) -> Facts:
    """Let every rule have met more, and the programs have printed later."""
    files = dict(facts.files)
    for name, data in files.items():
        counted = re.sub(rb"\[\d+:\d+\]", b"[17:1020]", data) if b"-save v" in data else data
        counted = re.sub(rb'"packets": ?\d+, ?"bytes": ?\d+', b'"packets": 17, "bytes": 1020', counted)
        files[name] = re.sub(rb"(?m)^(# .* on ).*$", rb"\1Sat Nov 28 06:05:00 2026", counted)
    return replace(facts, files=files, taken_at=_LATER)


def _with(facts: Facts, old: bytes, new: bytes) -> Facts:
    return replace(facts, files={name: data.replace(old, new) for name, data in facts.files.items()})


def _jobs(folder: Path, *hosts: Facts) -> list[Job]:
    jobs: list[Job] = []
    for number, facts in enumerate(hosts):
        netaudit.save(facts, folder / f"{number}")
        named = Named(f"r{number}", facts.host, None, str(folder / f"{number}"), "")
        jobs.append(Job(named, jobs[-1].named if jobs else None))
    return jobs


def _base(name: str) -> Facts:
    return netaudit.load(RECORDINGS / name)


@pytest.mark.parametrize("base", sampled([SAVED, NATIVE], [NATIVE]))
@pytest.mark.parametrize(
    "orders", [Orders(today=TODAY), Orders(today=TODAY, rehearse="29.0")], ids=["plain", "rehearsed"]
)
def test_a_recording_in_which_only_counters_moved_has_the_rows_of_its_own_audit(
    base: str, orders: Orders, tmp_path: Path
) -> None:
    first = _base(base)
    later = _counted_on(first)
    assert later.files != first.files
    jobs = _jobs(tmp_path, first, later, first)
    warm = Auditing(orders)
    for job in jobs:
        assert unpack(warm.do(job)) == unpack(Auditing(orders).do(job))


def test_a_host_that_changed_in_between_is_audited_again(tmp_path: Path) -> None:
    first, closed = _base(SAVED), _base("28.5.2-iptables-nft/default-one-port/00")
    jobs = _jobs(tmp_path, first, closed, first)
    warm = Auditing(Orders(today=TODAY))
    for job in jobs:
        rows = unpack(warm.do(job))
        assert rows == unpack(Auditing(Orders(today=TODAY)).do(job))
    assert rows[Table.CHANGES]


@pytest.mark.parametrize(
    "edit",
    [
        lambda one: replace(one, host="other"),
        lambda one: replace(one, partial=True),
        lambda one: replace(one, gaps=(Gap(Source.SOCKETS, GapReason.DENIED),)),
        lambda one: replace(one, unused=("nft-ruleset.json",)),
        lambda one: replace(one, files={**one.files, Source.SYSCTL: b"net.ipv4.ip_forward = 0\n"}),
        lambda one: replace(one, files={name: data.replace(b"8080", b"8081") for name, data in one.files.items()}),
        lambda one: replace(
            one, files={name: data.replace(b"DROP [", b"ACCEPT [") for name, data in one.files.items()}
        ),
    ],
)
def test_what_decides_is_all_but_counters_and_times(edit: Callable[[Facts], Facts]) -> None:
    facts = _base(SAVED)
    assert what_decides(edit(facts)) != what_decides(facts)
    assert what_decides(_counted_on(facts)) == what_decides(facts)
    assert what_decides(replace(facts, taken_at=_LATER, digest="")) == what_decides(facts)


def test_a_recording_in_which_only_counters_moved_is_little_work(tmp_path: Path) -> None:
    other, host = _base(EMPTY), _base(SAVED)
    loads, first, later = _jobs(tmp_path, other, host, _counted_on(host))
    warm = Auditing(Orders(today=TODAY))
    warm.do(loads)  # what is loaded once is loaded
    calls = [_calls(warm, job) for job in (Job(first.named), later)]
    assert calls[0] > 10 * calls[1], f"{calls[1]} calls, {calls[0]} for an audit"


def test_an_earlier_recording_in_which_only_counters_differ_is_read_and_not_audited(tmp_path: Path) -> None:
    other, earlier, host = _jobs(tmp_path, _base(EMPTY), _base(SAVED), _counted_on(_base(SAVED)))
    warm = Auditing(Orders(today=TODAY))
    for loads in (host, other):  # what is loaded once is loaded
        warm.do(Job(loads.named))
    alone = _calls(warm, Job(host.named))
    warm.do(other)
    assert host.before == earlier.named
    assert _calls(warm, host) < 1.1 * alone


def _calls(auditing: Auditing, job: Job) -> int:
    return calls_of(lambda: auditing.do(job))
