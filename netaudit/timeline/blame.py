"""One rule of today -> since when it is there, and the change that brought it."""

import re
from collections.abc import Mapping
from itertools import pairwise

import msgspec

from netaudit.diff import items
from netaudit.errors import SubjectError
from netaudit.history import History
from netaudit.model.history.change import LoggedRule
from netaudit.model.history.look import Look
from netaudit.model.netfilter.ruleset import Item, Ruleset
from netaudit.parse import parse_snapshot
from netaudit.timeline.log import Entry, changes_of

_PLACE = re.compile(
    r"(?:(?P<family>[a-z0-9]+):)?(?P<table>[\w.-]+)/(?P<chain>[^#\s]+)"
    r"(?:#(?P<position>\d{1,9})|\s+handle\s+(?P<handle>\d{1,9}))?"
)
_ONE_HOST = re.compile(r"(?<!\S)(?:(\d+(?:\.\d+){3})/32|([0-9a-f]*:[0-9a-f:.]*)/128)(?!\S)")


class Blamed(msgspec.Struct, frozen=True):
    """A rule and the line of the log that brought it; None where it was there at the first look already, `first`."""

    item: Item
    entry: Entry | None
    first: Look


def blame(history: History, subject: str, look: Look) -> tuple[Blamed, ...]:
    """Say of `nat/DOCKER#2`, of each rule of a chain, or of rules with a text how they came. Raises SubjectError."""
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
    ruleset = parse_snapshot(history.facts(look.number)).ruleset
    place = _PLACE.fullmatch(subject.strip())
    found = _at_place(ruleset, place.groupdict()) if place else []
    if not found and not (place and (place["position"] or place["handle"])):
        found = _with_words(ruleset, subject)
    if found:
        return found
    if not place and not any(one.isspace() for one in subject.strip()):
        raise SubjectError(
            f"{subject} names no rule",
            hint="such as nat/DOCKER#2, ip6:filter/INPUT, 'inet:filter/input handle 7', or words of a rule's text",
        )
    handles = "; rules of nft have handles, rules of iptables have numbers" if place and place["handle"] else ""
    raise SubjectError(
        f"look @{look.number} of {look.until} has no rule {subject}",
        hint=f"`netaudit show @{look.number}` lists them{handles}",
    )


def _at_place(ruleset: Ruleset, parts: Mapping[str, str | None]) -> list[Item]:
    """Find the rule with a position or a handle, or all rules of a chain."""
    handles = _handles(ruleset) if parts["handle"] else {}
    return [
        one
        for one in items(ruleset)
        if one.position is not None
        and (one.table, one.chain) == (parts["table"], parts["chain"])
        and parts["family"] in (None, one.family)
        and parts["position"] in (None, str(one.position))
        and parts["handle"] in (None, str(handles.get((one.backend, one.family, one.table, one.chain, one.position))))
    ]


def _handles(ruleset: Ruleset) -> Mapping[tuple[object, ...], int | None]:
    return {
        (*table.key, chain.name, at): rule.handle
        for table in ruleset.tables
        for chain in table.chains
        for at, rule in enumerate(chain.rules, 1)
    }


def _with_words(ruleset: Ruleset, subject: str) -> list[Item]:
    """Find the rules whose text is this one, or else has these words in it; an address is also its /32 or /128."""
    words = _plain(" ".join(subject.split()))
    rules = [(one, _plain(one.text)) for one in items(ruleset) if one.position is not None]
    whole = [one for one, text in rules if text == words]
    return whole or [one for one, text in rules if f" {words} " in f" {text} "]


def _plain(text: str) -> str:
    """Return a rule's text with the addresses of one host as nft prints them; iptables adds /32 and /128."""
    return _ONE_HOST.sub(lambda found: found[1] or found[2], text)


def _key_of(one: Item | LoggedRule) -> tuple[str, ...]:
    return str(one.backend), one.family, one.table, one.chain, one.text
