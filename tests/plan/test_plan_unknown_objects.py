"""A plan needs what Docker has on the host: what is not known is not taken for nothing."""

from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest
from programs import RECORDINGS, run_inside

import netaudit
from netaudit.errors import PlanError
from netaudit.model.facts import Facts, Gap, GapReason, Source

HOST = RECORDINGS / "20.10.24-iptables-nft" / "default-one-port" / "00"


@dataclass(frozen=True)
class Lost:
    """A source that a recording lacks, and why."""

    source: Source
    reason: GapReason


def _without(lost: Lost) -> Facts:
    facts = netaudit.load(HOST)
    files = {name: data for name, data in facts.files.items() if name != lost.source}
    return msgspec.structs.replace(facts, files=files, gaps=(Gap(lost.source, lost.reason, "no such socket"),))


@pytest.mark.parametrize(
    "lost",
    [Lost(Source.DOCKER_CONTAINERS, GapReason.ABSENT), Lost(Source.DOCKER_NETWORKS, GapReason.CRASHED)],
    ids=lambda lost: lost.source,
)
def test_objects_that_are_not_known_are_named_with_their_reason(lost: Lost) -> None:
    with pytest.raises(PlanError, match=rf"{lost.source}: {lost.reason} \(no such socket\)"):
        netaudit.plan_command(_without(lost), ["docker", "run", "-p", "80:80", "nginx"])


def test_rules_alone_are_no_host_to_plan_dockers_commands_on(tmp_path: Path) -> None:
    rules = tmp_path / "rules.txt"
    rules.write_bytes(netaudit.load(HOST).files[Source.IPTABLES_NFT])
    for words in (("--", "docker", "run", "-p", "80:80", "nginx"), ("--engine", "29.0"), ("--backend", "nftables")):
        done = run_inside("plan", "--on", rules, *words)
        assert (done.returncode, done.stdout) == (3, "")
        assert "docker-containers.json: not recorded" in done.stderr
