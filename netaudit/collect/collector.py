"""Ask every source of this host once."""

import os
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from netaudit.collect.answer import Answer, Said, Unused
from netaudit.collect.daemon import ask_daemon
from netaudit.collect.docker import ask_docker
from netaudit.collect.host import ask_host
from netaudit.collect.iptables import ask_legacy_backend, ask_nft_backend, outputs_by_family
from netaudit.collect.nftables import ask_native_tables, ask_outline
from netaudit.collect.where import Where
from netaudit.model.facts import Facts, Gap

HERE = Where()


def collect(where: Where = HERE) -> Facts:
    """Collect the facts of this host, now; what cannot be seen is a gap. The store computes the digest."""
    taken_at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return _facts(_ask_all(where), taken_at)


def _ask_all(where: Where) -> Iterator[Answer]:
    outline = ask_outline(where)
    saved = list(ask_nft_backend(where, outline))
    yield from ask_native_tables(where, outline, outputs_by_family(saved))
    yield from saved
    yield from ask_legacy_backend(where)
    yield from ask_docker(where)
    yield from ask_daemon(where)
    yield from ask_host(where)


def _facts(answers: Iterable[Answer], taken_at: str) -> Facts:
    files: dict[str, bytes] = {}
    gaps: list[Gap] = []
    unused: list[str] = []
    for answer in answers:
        match answer:
            case Said(source, data):
                files[source] = data
            case Unused(source):
                unused.append(source)
            case Gap():
                gaps.append(answer)
    return Facts(files=files, gaps=tuple(gaps), unused=tuple(unused), host=os.uname().nodename, taken_at=taken_at)
