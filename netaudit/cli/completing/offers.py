"""The words that typer asks for: each function takes the unfinished word and gives what it may become.

A word is offered only where a shell takes it as it is: a recording may call a container `$(reboot)`, zsh evaluates what
is offered, and bash puts it on the command line.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import islice

_PLAIN = re.compile(r"[A-Za-z0-9@][A-Za-z0-9_.:/#@-]*", re.ASCII)
_MOST = 500  # words


def containers(incomplete: str) -> list[str]:
    """Offer names of containers."""
    from netaudit.cli.completing.known import containers_now

    return _offered((name for name, _ in containers_now()), incomplete)


def projects(incomplete: str) -> list[str]:
    """Offer names of Compose projects."""
    from netaudit.cli.completing.known import containers_now

    return _offered((project for _, project in containers_now()), incomplete)


def zones(incomplete: str) -> list[str]:
    """Offer zones, as policies name them."""
    return _offered(_zones(), incomplete)


def targets(incomplete: str) -> list[str]:
    """Offer containers as `trace --to` names them; the port follows."""
    from netaudit.cli.completing.known import containers_now

    return _offered((f"container:{name}:" for name, _ in containers_now()), incomplete)


def checks(incomplete: str) -> list[str]:
    """Offer ids of checks."""
    from netaudit.catalog import check_ids

    return _offered(check_ids(), incomplete)


def rules(incomplete: str) -> list[str]:
    """Offer rules, as reports name them."""
    return _offered(_rules(), incomplete)


def subjects(incomplete: str) -> list[str]:
    """Offer what `explain` explains: containers, networks, rules, checks, words of reports."""
    return _offered(_subjects(), incomplete)


def recordings(incomplete: str) -> list[str]:
    """Offer looks of the history where the word begins with @; else the shell offers files."""
    from netaudit.cli.completing.known import list_references

    return (
        _offered(("@now", "@last", "@yesterday", *list_references()), incomplete) if incomplete.startswith("@") else []
    )


def _zones() -> Iterator[str]:
    from netaudit.cli.completing.known import containers_now, snapshot_now

    yield from ("internet", "lan", "host")
    yield from (f"container:{name}" for name, _ in containers_now())
    if snapshot := snapshot_now():
        links = (one for one in snapshot.host.interfaces if one.addresses and not one.master and one.kind != "bridge")
        yield from (f"lan:{one.name}" for one in links if one.name != "lo")
        yield from (f"network:{one.name}" for one in (snapshot.inventory.networks if snapshot.inventory else ()))


def _rules() -> Iterator[str]:
    from netaudit.cli.completing.known import snapshot_now
    from netaudit.diff import items
    from netaudit.model.netfilter.ruleset import ObjectKind

    if snapshot := snapshot_now():
        yield from (one.where for one in items(snapshot.ruleset) if one.object is ObjectKind.RULE)


def _subjects() -> Iterator[str]:
    from netaudit.catalog import check_ids
    from netaudit.cli.completing.known import containers_now, snapshot_now
    from netaudit.report.terminal.explain.glossary import ALL_WORDS

    yield from (name for name, _ in containers_now())
    if (snapshot := snapshot_now()) and snapshot.inventory:
        yield from (one.name for one in snapshot.inventory.networks)
    yield from _rules()
    yield from check_ids()
    yield from ALL_WORDS


def _offered(words: Iterable[str], incomplete: str) -> list[str]:
    """Return the words that begin as what was typed does, each once, and at most so many."""
    fitting = (word for word in words if word.startswith(incomplete) and _PLAIN.fullmatch(word))
    return list(islice(dict.fromkeys(fitting), _MOST))
