"""One rule of today -> since when it is there, and the change that brought it."""

import re
from itertools import pairwise

import msgspec

from netaudit.diff import items
from netaudit.errors import SubjectError
from netaudit.history import History
from netaudit.model.history.change import LoggedRule
from netaudit.model.history.look import Look
from netaudit.model.netfilter.ruleset import Item
from netaudit.parse import parse_snapshot
from netaudit.timeline.log import Entry, changes_of

_RULE = re.compile(r"(?:(?P<family>[a-z0-9]+):)?(?P<table>[\w.-]+)/(?P<chain>[^#]+)(?:#(?P<position>\d{1,9}))?")


class Blamed(msgspec.Struct, frozen=True):
    """A rule and the line of the log that brought it; None where it was there at the first look already, `first`."""

    item: Item
    entry: Entry | None
    first: Look


def blame(history: History, subject: str, look: Look) -> tuple[Blamed, ...]:
    """Say of `nat/DOCKER#2`, or of each rule of a chain, how it came. Raises SubjectError."""
    open_items = {_key_of(one): one for one in _find(history, subject, look)}
    every = [one for one in history.list_all() if one.number <= look.number]
    found: dict[tuple[str, ...], Blamed] = {}
    for before, later in reversed(list(pairwise(every))):
        for place, change in reversed(list(enumerate(changes_of(history, before, later), 1))):
            for rule in change.rules:
                key = _key_of(rule)
                if rule.change in ("added", "altered") and key in open_items and key not in found:
                    found[key] = Blamed(open_items[key], Entry(later, place, change), every[0])
        if len(found) == len(open_items):
            break
    return tuple(found.get(key, Blamed(item, None, every[0])) for key, item in open_items.items())


def _find(history: History, subject: str, look: Look) -> list[Item]:
    wanted = _RULE.fullmatch(subject)
    if wanted is None:
        raise SubjectError(
            f"{subject} names no rule", hint="such as nat/DOCKER#2, ip6:filter/INPUT or filter/DOCKER-USER"
        )
    ruleset = parse_snapshot(history.facts(look.number)).ruleset
    parts = wanted.groupdict()
    found = [
        one
        for one in items(ruleset)
        if (one.table, one.chain) == (parts["table"], parts["chain"])
        and parts["family"] in (None, one.family)
        and (one.position is not None if parts["position"] is None else one.position == int(parts["position"]))
    ]
    if not found:
        raise SubjectError(
            f"look {look.number} has no rule {subject}", hint=f"`netaudit show @{look.number}` lists them"
        )
    return found


def _key_of(one: Item | LoggedRule) -> tuple[str, ...]:
    return str(one.backend), one.family, one.table, one.chain, one.text
