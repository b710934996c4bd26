"""Plans judged from recordings: the host before and after stand for what a prediction says."""

from functools import cache

import msgspec

import netaudit
from netaudit.audit.plan_auditor import judge_plan
from netaudit.audit.planned import JudgedPlan
from netaudit.model.engine_request import EngineRequest
from netaudit.model.facts import Facts
from netaudit.model.plan import AssumptionKind, Refusal, Symbol, SymbolKind, assume
from netaudit.parse import parse_snapshots
from netaudit.plan.pitfalls import find_pitfalls
from netaudit.plan.planned import Planned
from pages.hosts import HOSTILE, RECORDINGS

TWO_PORTS = RECORDINGS / "28.5.2-iptables-nft" / "two-host-ports"


@cache
def small() -> JudgedPlan:
    """Plan a container that publishes a port twice, of which the command wanted one on loopback."""
    command = ("docker", "run", "-p", "target=80,published=8080,host_ip=127.0.0.1", "busybox:local")
    return _judged(command, "web", netaudit.load(TWO_PORTS / "00"), netaudit.load(TWO_PORTS / "01"))


@cache
def hostile() -> JudgedPlan:
    """Plan a command all of whose words steer terminals, pages and logs."""
    command = ("docker", "run", "-p", f"target=80,host_ip={HOSTILE}", HOSTILE)
    return _judged(command, HOSTILE, netaudit.load(TWO_PORTS / "00"), netaudit.load(TWO_PORTS / "01"))


def _judged(command: tuple[str, ...], name: str, earlier: Facts, later: Facts) -> JudgedPlan:
    before, after = parse_snapshots(earlier, msgspec.structs.replace(later, digest=""))
    create = EngineRequest("POST", "/v1.51/containers/create", (("name", name),), {"Image": name})
    planned = Planned(
        before=before,
        after=after,
        title=" ".join(command),
        command=command,
        output=name,
        requests=(create,),
        refused=(Refusal(create, 409, f"Conflict. The container name {name} is already in use"),),
        symbols=(Symbol(f"host port of {name}", SymbolKind.HOST_PORT, "32768-60999", "32768"),),
        assumptions=(
            assume(AssumptionKind.ADDRESSES_IN_USE, network="bridge"),
            assume(AssumptionKind.STAYS_UP, container=name),
        ),
        pitfalls=find_pitfalls(command),
    )
    return judge_plan(planned, netaudit.load_auditor())
