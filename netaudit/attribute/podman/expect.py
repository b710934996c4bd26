"""Podman's part of an inventory x signatures -> the rules that netavark ought to have written."""

from netaudit.attribute.expected.daemon_options import Options
from netaudit.attribute.expected.expect import Expectation, fill
from netaudit.attribute.expected.selection import Selection
from netaudit.attribute.podman.subjects import PodmanSubjects
from netaudit.attribute.signatures.signature import Catalog
from netaudit.model.docker import Inventory
from netaudit.model.netfilter.ruleset import IPTABLES_BACKENDS, Backend, Ruleset, Table

PODMAN = "podman"
TABLE = "netavark"
CHAINS = "NETAVARK"


def expect_podman(inventory: Inventory, ruleset: Ruleset, catalog: Catalog) -> Expectation:
    """Compute what ought to be there; `inventory` is Podman's part.

    A rootless Podman writes into network namespaces of its users: nothing is expected on the host.
    """
    options = Options(netavark_backend(ruleset), {}, iptables=True, ip6tables=True, maker=PODMAN)
    selection = Selection(inventory, options, catalog)
    rootless = inventory.podman is not None and inventory.podman.rootless
    subjects = () if rootless else PodmanSubjects(inventory, options.backend).all()
    return Expectation(options, fill(subjects, selection), partial=inventory.partial)


def netavark_backend(ruleset: Ruleset) -> Backend:
    """Return the backend that netavark writes to: where its chains are, else the one that it has without a setting."""
    counts = dict.fromkeys((Backend.NFTABLES, *IPTABLES_BACKENDS), 0)
    for table in ruleset.tables:
        if table.backend in counts:
            counts[table.backend] += _size(table)
    return max(counts, key=lambda backend: counts[backend])


def _size(table: Table) -> int:
    """Count the chains and rules of netavark's in a table."""
    if table.backend is Backend.NFTABLES:
        own = list(table.chains) if table.name == TABLE else []
    else:
        own = [chain for chain in table.chains if chain.name.startswith(CHAINS)]
    return sum(1 + len(chain.rules) for chain in own)
