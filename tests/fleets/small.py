"""A small fleet in which each named question has an answer that is known."""

import datetime as dt
import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path

from msgspec.structs import replace

import netaudit
from fleets.generate import RECORDINGS, START
from netaudit.fleet.executors.executor import Ended, Group, MakeTask
from netaudit.fleet.job import Orders
from netaudit.fleet.results.results import opened
from netaudit.fleet.work.audit import Summary, audit_fleet

TODAY = dt.date(2026, 11, 28)
EMPTY, OPEN = "28.5.2-iptables-nft/default-one-port/00", "28.5.2-iptables-nft/default-one-port/01"
POLICY = "policy: [nothing reaches web but lan]\n"
WAIVERS = """
[[waivers]]
check = "forged-senders-accepted"
subject = "*"
reason = "a lab"
owner = "ops"
until = 2026-12-10

[[waivers]]
check = "userland-proxy-on"
subject = "*"
reason = "old clients"
owner = "net"
until = 2027-12-31
"""
Edit = Callable[[str, str], str]  # a file's name and text -> its text


class InProcess:
    """Runs jobs in this process: what engines do beside that, their own tests say."""

    def run(self, make: MakeTask, groups: Iterable[Group]) -> Iterator[Ended]:
        """Give each job with its result."""
        task = make()
        return ((job, task(job)) for group in groups for job in group)


def audit_here(
    source: Path | str, results: Path, orders: Orders | None = None, since: dt.datetime | None = None
) -> Summary:
    """Audit a fleet in this process."""
    with opened(results) as found:
        return audit_fleet(
            str(source), found, InProcess(), orders or Orders(today=TODAY), since, lambda _done, _total: None
        )


def write(folder: Path, host: str, base: str, *edits: Edit, minutes: int = 0, host_name: str = "") -> Path:
    """Write a recording of a host, made from one of the lab's."""
    facts = _load(base)
    files = dict(facts.files)
    for edit in edits:
        files = {name: edit(name, data.decode()).encode() for name, data in files.items()}
    taken_at = (START + dt.timedelta(minutes=minutes)).isoformat().replace("+00:00", "Z")
    path = folder / host / f"{minutes:+06d}.tar.gz"
    path.parent.mkdir(parents=True, exist_ok=True)
    netaudit.save(replace(facts, files=files, host=host_name or host, taken_at=taken_at), path)
    return path


def database(_: str, text: str) -> str:
    """Turn the container's port 80 into PostgreSQL's."""
    return re.sub(r"\b80\b", "5432", text)


def of_compose(project: str, service: str) -> Edit:
    """Give the container the labels of a Compose project."""
    labels = f'"Labels": {{"com.docker.compose.project": "{project}", "com.docker.compose.service": "{service}"}},'

    def edit(name: str, text: str) -> str:
        return text.replace('"Config": {', f'"Config": {{{labels}', 1) if name == "docker-containers.json" else text

    return edit


def with_rule(rule: str) -> Edit:
    """Add a rule to DOCKER-USER."""
    jump = "-A FORWARD -j DOCKER-USER\n"

    def edit(name: str, text: str) -> str:
        return text.replace(jump, f"{jump}[0:0] -A DOCKER-USER {rule}\n", 1) if name == "iptables-save.txt" else text

    return edit


def make_small_fleet(folder: Path) -> None:
    """Write the recordings of thirteen hosts, and what is no recording."""
    write(folder, "db-1", EMPTY, minutes=-5)
    write(folder, "db-1", OPEN, database)
    for host in ("shop-1", "shop-2"):
        write(folder, host, OPEN, of_compose("shop", "web"), with_rule("-s 203.0.113.10/32 -j DROP"))
    write(folder, "shop-3", OPEN, of_compose("shop", "web"), database)
    write(folder, "own-1", OPEN, with_rule("-s 203.0.113.9/32 -j DROP"))
    write(folder, "old-1", "bad/loopback-on-engine-26/before")
    write(folder, "silent-1", EMPTY, minutes=-3 * 24 * 60)
    (folder / "torn-1.tar.gz").write_bytes(b"\x1f\x8b\x08 torn")


def small_orders(folder: Path) -> Orders:
    """Write a policy and waivers, and return orders that use them."""
    (folder / "policy.yaml").write_text(POLICY)
    (folder / "waivers.toml").write_text(WAIVERS)
    return Orders(
        today=TODAY, policy=str(folder / "policy.yaml"), waivers=(str(folder / "waivers.toml"),), rehearse="29.0"
    )


@cache
def _load(base: str) -> netaudit.Facts:
    return netaudit.load(RECORDINGS / base)
