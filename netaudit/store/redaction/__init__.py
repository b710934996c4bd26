"""Facts -> facts that tell the same story of nobody: addresses, names and texts replaced, by a key kept apart.

Two recordings that were redacted with one key still compare, and attribution still proves what it proved: subnets
hold what they held, br-ID still names its network, and the order of networks' names, which decides over gateways,
stays. What is not known to be harmless is replaced or left away.

    addresses  prefix-preserving; loopback, link-local, multicast and masks stay
    names      pseudonyms for names, ids, interfaces, MAC addresses and free text
    text       any text that a program printed
    rules      iptables and nftables
    docker     Docker's JSON and the daemon's options
    host       interfaces, routes, sockets, sysctls
    key        the key's file
"""

import re
from collections.abc import Callable, Iterator, Mapping

import msgspec

from netaudit.model.docker import Inventory
from netaudit.model.facts import Facts, Gap, Source
from netaudit.parse import IPTABLES_SOURCES, read_inside, read_source
from netaudit.parse.docker import parse_inventory
from netaudit.parse.reading import Reading
from netaudit.store.index import digest
from netaudit.store.redaction.docker import (
    redact_arguments,
    redact_containers,
    redact_daemon_json,
    redact_info,
    redact_networks,
    redact_version,
)
from netaudit.store.redaction.host import redact_ip_json, redact_sockets, redact_sysctls
from netaudit.store.redaction.key import load_key
from netaudit.store.redaction.rules import print_redacted, redact_nft
from netaudit.store.redaction.text import Redactor

__all__ = ["load_key", "redact"]

_REDACTIONS: Mapping[Source, Callable[[bytes, Redactor, Source], bytes]] = {
    Source.NFT_RULESET: redact_nft,
    Source.DOCKER_VERSION: redact_version,
    Source.DOCKER_INFO: redact_info,
    Source.DOCKERD_ARGV: redact_arguments,
    Source.DAEMON_JSON: redact_daemon_json,
    Source.DOCKER_NETWORKS: redact_networks,
    Source.DOCKER_CONTAINERS: redact_containers,
    Source.IP_ADDR: redact_ip_json,
    Source.IP_ROUTE: redact_ip_json,
    Source.IP6_ROUTE: redact_ip_json,
    Source.SOCKETS: redact_sockets,
    Source.SYSCTL: redact_sysctls,
}
_NAMES = re.compile(r" of |: ")  # what stands behind these words in a gap is a name, or somebody's text


def redact(facts: Facts, key: bytes) -> Facts:
    """Replace what tells whose host it was. Raises ParseError for damaged facts: what is not read is not given away."""
    redactor = Redactor(key)
    inventory = parse_inventory(facts)
    readings = _readings(facts, inventory)
    files = {
        **_redact_rules(readings, redactor),
        **{str(source): redact_one(facts.files[source], redactor, source) for source, redact_one in _others(facts)},
        **_redact_inside(facts, redactor),
    }
    lost = (gap for source, reading in readings.items() for gap in reading.gaps(source))
    return msgspec.structs.replace(
        facts,
        files=files,
        gaps=(
            *(Gap(gap.source, gap.reason) for gap in facts.gaps),
            *(Gap(gap.source, gap.reason, _NAMES.split(gap.detail)[0]) for gap in lost),
        ),
        host=redactor.names.pseudonym("host", facts.host) if facts.host else "",
        digest=digest(files),
    )


def _readings(facts: Facts, inventory: Inventory | None = None) -> dict[Source, Reading]:
    there = (source for source in IPTABLES_SOURCES if source in facts.files)
    return {source: read_source(facts, source, inventory=inventory) for source in there}


def _redact_rules(readings: Mapping[Source, Reading], redactor: Redactor) -> dict[str, bytes]:
    return {str(source): print_redacted(reading.tables, redactor) for source, reading in readings.items()}


def _redact_inside(facts: Facts, redactor: Redactor) -> dict[str, bytes]:
    """Redact the rules inside containers as those of the host."""
    if Source.INSIDE not in facts.files:
        return {}
    hidden = {
        redactor.names.id(container): {name: text.decode(errors="replace") for name, text in files.items()}
        for container, inside in read_inside(facts)
        for files in [_redact_namespace(inside, redactor)]
    }
    return {str(Source.INSIDE): msgspec.json.encode(hidden)}


def _redact_namespace(inside: Facts, redactor: Redactor) -> dict[str, bytes]:
    files = _redact_rules(_readings(inside), redactor)
    if Source.NFT_RULESET in inside.files:
        files[str(Source.NFT_RULESET)] = redact_nft(inside.files[Source.NFT_RULESET], redactor, Source.NFT_RULESET)
    return files


def _others(facts: Facts) -> Iterator[tuple[Source, Callable[[bytes, Redactor, Source], bytes]]]:
    return ((source, redact_one) for source, redact_one in _REDACTIONS.items() if source in facts.files)
