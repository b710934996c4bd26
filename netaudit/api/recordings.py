"""This host, or a recording on disk <-> facts."""

import os
from pathlib import Path

from netaudit.model.facts import Facts

StrPath = str | os.PathLike[str]


def record(docker_host: str | None = None, timeout: float = 60.0) -> Facts:
    """Read this host. Nothing is changed, not even by looking; what cannot be seen is a gap.

    `docker_host` is Docker's API, such as unix:///run/docker.sock; None: DOCKER_HOST, or Docker's context.
    `timeout` is how many seconds each program and API call may take.

        facts = netaudit.record()
        for gap in facts.gaps:
            print(gap.source, gap.reason)
    """
    from netaudit.collect.asking.options import Where  # noqa: PLC0415 (late: the rest of this module reads files alone)
    from netaudit.collect.collector import collect  # noqa: PLC0415 (late, as above)

    return collect(Where(docker_host=docker_host, timeout=timeout))


def load(path: StrPath, *others: StrPath) -> Facts:
    """Read a recording: a folder, a tar, or what iptables-save or nft printed. Raises RecordingError.

    Several files are of one host, and read as one: a listing, and what `docker ps` printed.

    >>> facts = netaudit.load("after")
    >>> facts.gaps
    ()
    """
    from netaudit.store import load as read  # noqa: PLC0415 (late, as above)
    from netaudit.store import load_together  # noqa: PLC0415 (late, as above)

    return load_together([Path(path), *map(Path, others)]) if others else read(Path(path))


def save(facts: Facts, path: StrPath) -> Facts:
    """Write a recording whole or not at all; return the facts with their digest. Raises OutputError.

    The name says the form: `.tar`, `.tar.gz` and the like are archives, anything else is a folder.

    >>> saved = netaudit.save(netaudit.load("after"), "copy.tar.gz")
    >>> netaudit.load("copy.tar.gz") == saved
    True
    """
    from netaudit.store import save as write  # noqa: PLC0415 (late, as above)

    return write(facts, Path(path))
