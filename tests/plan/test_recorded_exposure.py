"""Who could reach what on a planned host is who can reach what on the recorded one, by the same rules."""

import pytest
from plan.recorded import RECORDINGS, exposures, planned, snapshot, steps
from sampling import sampled

_SCENARIOS = [
    "20.10.24-iptables-legacy/no-proxy-one-port",
    "20.10.24-iptables-nft/user-net-internal",
    "26.1.5-iptables-nft/two-nets",
    "28.5.2-iptables-nft/dual-stack",
    "28.5.2-iptables-nft/loopback-port",
    "28.5.2-iptables-nft/macvlan",
    "28.5.2-iptables-nft/routed-second-network",
    "28.5.2-iptables-nft/second-network",
    "28.5.2-iptables-nft/stop-start-kill",
    "29.0.0-iptables-nft/default-one-port",
    "29.0.0-nftables/default-one-port",
]


@pytest.mark.parametrize("scenario", sampled(_SCENARIOS, ["28.5.2-iptables-nft/loopback-port", _SCENARIOS[-1]]))
def test_a_planned_host_exposes_what_the_recorded_one_does(scenario: str) -> None:
    judged = [step for step in steps(RECORDINGS / scenario) if step.do.startswith("docker ")]
    assert judged
    for step in judged:
        assert exposures(planned(step)) == exposures(snapshot(step.after)), step
