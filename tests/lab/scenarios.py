"""The scenario matrix (docker-rules.md, section 5): all of it that these engines can run, and why the rest is not."""

from collections.abc import Iterator

from lab.engine import BACKENDS, VERSIONS
from lab.scenario import Scenario
from lab.scenarios_daemon import DAEMONS
from lab.scenarios_networks import NETWORKS
from lab.scenarios_ports import PORTS

SCENARIOS: tuple[Scenario, ...] = (*PORTS, *NETWORKS, *DAEMONS)

# Rows of the matrix that no scenario covers.
NOT_RUN = {
    18: "this kernel has no SCTP",
    19: "this kernel has no SCTP",
    58: "--bridge-accept-fwmark came with engine 29, which Debian does not package",
    62: "a firewalld reload beside an engine: recorded with the other makers, in tests/recordings/makers",
    65: "the nftables backend came with engine 29, which Debian does not package: recordings only",
    73: "`docker build` fetches its front end from a registry, and the lab has none",
    74: "a rootless daemon writes nothing into the host's namespace",
    76: "start and stop while recording: a race, not a recording",
}


def runs() -> Iterator[tuple[Scenario, str, str]]:
    """List every scenario with every version and backend that it runs on."""
    for scenario in SCENARIOS:
        for version in VERSIONS:
            yield from ((scenario, version, backend) for backend in BACKENDS if scenario.runs_on(version, backend))
