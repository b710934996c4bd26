"""The catalog -> the names that makers of rules give, which say nothing of whose host it is.

A name that a maker makes of its own words and somebody's (`f2b-JAIL`, `CNI-HASH`) keeps the maker's words alone.
"""

import re
from collections.abc import Callable, Iterable, Mapping

from netaudit.attribute.signatures.signature import Catalog, Owned
from netaudit.attribute.signatures.template import Template
from netaudit.model.netfilter.ruleset import BUILTIN_CHAINS
from netaudit.store.redaction.names import Names
from netaudit.store.redaction.words import HOOKS, IPTABLES_TABLES, OF_MAKERS

_BUILTIN = frozenset(name for chains in BUILTIN_CHAINS.values() for name in chains) | HOOKS
_TARGET = re.compile(r"(?:-[jg]|jump|goto) ([^\s{}]+)(?: |$)")
_SET = re.compile(r"--match-set ([^\s{}]+) ")
_COMMENT = re.compile(r'comment "([^"{}]+)"')
_HOLED_COMMENT = re.compile(r'--comment "([^"]*\{[^"]*)"')
_TRIES = 8  # to find a pseudonym that the maker could have written; all but the first are unlikely

# Name of a template's hole, what it holds -> what stands for that; None where none is known.
Fill = Callable[[str, str], str | None]


class Known:
    """What a catalog knows."""

    def __init__(self, catalog: Catalog) -> None:
        signatures = catalog.signatures
        texts = [one.text.text for one in signatures]
        own = [one for one in signatures if not one.chain.holes]
        self._tables = IPTABLES_TABLES | {one.table for one in signatures}
        self._chains = (
            _BUILTIN | {one.chain.text for one in own} | {name for text in texts for name in _find(_TARGET, text)}
        )
        self._sets = {name for text in texts for name in _find(_SET, text)}
        self._comments = {name for text in texts for name in _find(_COMMENT, text)}
        self._holed_comments = [Template(found) for text in texts for found in _find(_HOLED_COMMENT, text)]
        holed = (one for one in signatures if one.chain.holes and one.chain.text.strip("{}") not in one.chain.holes)
        self._templates: dict[str, dict[str, Template]] = {}
        for one in holed:
            self._templates.setdefault(one.table, {})[one.chain.text] = one.chain
        self._constants = [one.text for one in signatures if "--u32" in one.text.text or "--bytecode" in one.text.text]
        self._owned = catalog.owned
        self._words = {owned.id: _words_of(owned) for owned in catalog.owned}
        self._hidden: dict[tuple[str, str], str | None] = {}

    def table(self, name: str, names: Names) -> str | None:
        """Return a table's name as it may stay; None where it says whose it is."""
        return name if name in self._tables else self._as_maker(name, _by_table, names)

    def inner(self, name: str, table: str, names: Names, fill: Fill) -> str | None:
        """Return the name of a chain, a set or an object of a table as it may stay; None where it says whose it is."""
        if name in self._chains:
            return name
        key = (name, table)
        if key not in self._hidden:
            found = (_filled(template, name, fill) for template in self._templates.get(table, {}).values())
            filled = next((one for one in found if one is not None), None)
            self._hidden[key] = filled or self._of_maker(name, table, names)
        return self._hidden[key]

    def set_name(self, name: str, rule: str, names: Names) -> str | None:
        """Return a set's name as a rule of iptables may still name it; None where it says whose it is."""
        return name if name in self._sets else self._within(name, rule, names)

    def comment(self, text: str, rule: str, names: Names, fill: Fill) -> str | None:
        """Return the comment of a rule as it may stay; None where somebody typed it."""
        if text in self._comments:
            return text
        filled = (_filled(template, text, fill) for template in self._holed_comments)
        return next((one for one in filled if one is not None), None) or self._within(text, rule, names)

    def constants(self, rule: str, fill: Fill) -> str | None:
        """Return a rule whose constants a maker computes, for what they stand for; None for any other rule."""
        found = (_filled(template, rule, fill) for template in self._constants)
        return next((one for one in found if one is not None), None)

    def _within(self, text: str, rule: str, names: Names) -> str | None:
        found = [owned for owned in self._owned if owned.text and owned.text.fullmatch(rule)]
        return _join(text, self._all_words(found), names) if found else None

    def _of_maker(self, name: str, table: str, names: Names) -> str | None:
        owned = [one for one in self._owned if one.table and one.table.fullmatch(table)]
        if owned:
            makers = {one.maker for one in owned}
            return _join(name, self._all_words(one for one in self._owned if one.maker in makers), names)
        return self._as_maker(name, _by_chain, names)

    def _as_maker(self, name: str, by: Callable[[Owned], re.Pattern[str] | None], names: Names) -> str | None:
        """Hide a name so that what recognised it still does."""
        patterns = [(pattern, owned) for owned in self._owned if (pattern := by(owned))]
        found = [owned for pattern, owned in patterns if pattern.fullmatch(name)]
        if not found:
            return None
        words = self._all_words(found)
        tried = (_join(name, words, names, "+" * times) for times in range(_TRIES))
        return next((one for one in tried if [o for p, o in patterns if p.fullmatch(one)] == found), None)

    def _all_words(self, owned: Iterable[Owned]) -> frozenset[str]:
        return OF_MAKERS.union(*(self._words[one.id] for one in owned))


def own_words(name: str, names: Names) -> str:
    """Keep the words in a name that all makers use, such as names of hooks, and replace the others."""
    return _join(name, OF_MAKERS, names)


def _find(pattern: re.Pattern[str], text: str) -> list[str]:
    return pattern.findall(text)


def _by_table(owned: Owned) -> re.Pattern[str] | None:
    return owned.table


def _by_chain(owned: Owned) -> re.Pattern[str] | None:
    return owned.chain


def _words_of(owned: Owned) -> frozenset[str]:
    """List the words that stand literally in a maker's patterns; `ufw6?` are two."""
    patterns = (one.pattern for one in (owned.chain, owned.table, owned.text) if one)
    found: set[str] = set()
    for pattern in patterns:
        for word in re.findall(r"\w+\??", re.sub(r"\[[^\]]*\]|\\[dSwDWs]", " ", pattern)):
            for part in word.split("_"):
                found |= {part[:-1], part[:-2]} if part.endswith("?") else {part}
    return frozenset(found)


def _join(name: str, words: frozenset[str], names: Names, salt: str = "") -> str:
    """Keep a name's known words and its punctuation, and replace the others."""
    parts = re.split(r"([^A-Za-z0-9]+)", name)
    return "".join(_part(part, words, names, salt) for part in parts)


def _part(part: str, words: frozenset[str], names: Names, salt: str) -> str:
    if not part or part in words or (part.isdigit() and part.isascii() and len(part) == 1):
        return part
    if not part.isalnum() or not part.isascii():
        return re.sub(r"[^-_.:() ]", "-", part)
    return names.token(part + salt)[: len(part)]


def _filled(template: Template, text: str, fill: Fill) -> str | None:
    values = template.unify(text)
    if values is None:
        return None
    hidden: Mapping[str, str | None] = {hole: fill(hole, value) for hole, value in values.items()}
    known = {hole: value for hole, value in hidden.items() if value is not None}
    return template.fill(known) if len(known) == len(hidden) else None
