"""The commands that findings print, run as they are printed: by a shell, on a replica of the host's rules.

What no replica can run is left to others: it has no dockerd and no systemd, and not every kernel has every module.
"""

import shlex
from collections.abc import Sequence

from netaudit.errors import NoReplicaError, PlanError
from netaudit.model.facts import RULE_SOURCES, Facts, Source
from netaudit.replica.programs import PROGRAMS, WRITABLE, program_of
from netaudit.replica.try_command import try_command

_APART = frozenset({"&&", "||", ";", "|", "&"})  # what stands between two commands of a shell
_HIDING = ("\n", "`", "$(", "<(", ">(")  # by these a shell runs what no word names
_RULES = {source: b'"rule"' if source is Source.NFT_RULESET else b"-A " for source in RULE_SOURCES}
_MOST = 5_000  # rules: each line loads all of them, and a host has dozens of remedies
_ABLE = PROGRAMS - {"sh", "bash", "dash", *WRITABLE}


class RemedyRunner:
    """Runs lines of a shell on replicas of hosts: of recordings, or of this host; each line once for each host."""

    def __init__(self, *, elsewhere: bool, timeout: float = 60.0) -> None:
        self._elsewhere, self._timeout = elsewhere, timeout
        self._known: dict[tuple[int, str], Facts | None] = {}
        self._able = True
        self.failures: list[str] = []  # what programs said of lines that failed

    @property
    def lines(self) -> int:
        """Count the lines that were run."""
        return sum(one is not None for one in self._known.values())

    def run(self, facts: Facts, line: str) -> Facts | None:
        """Return the facts after a line; None where no replica can run it, or where it fails on one."""
        key = (id(facts), line)
        if key not in self._known:
            able = self._able and _is_able(line) and _count_rules(facts) <= _MOST
            self._known[key] = self._run(facts, line) if able else None
        return self._known[key]

    def _run(self, facts: Facts, line: str) -> Facts | None:
        try:
            tried = try_command(facts, ["sh", "-c", line], timeout=self._timeout, elsewhere=self._elsewhere)
        except NoReplicaError:
            self._able = False
            return None
        except PlanError as error:  # of the command, or of what this kernel lacks
            self.failures.append(f"{line}: {error.message}")
            return None
        return tried.after if tried.before.gaps == facts.gaps else None  # what was lost may be what decides


def _is_able(line: str) -> bool:
    """Tell whether all programs of a line can be run in a replica; a line that starts others unnamed cannot."""
    if any(mark in line for mark in _HIDING):
        return False
    try:
        return all(program_of(words) in _ABLE for words in _commands(line))
    except ValueError:  # a quote is left open
        return False


def _count_rules(facts: Facts) -> int:
    """Count the rules of a host, without reading them."""
    return sum(facts.files.get(source, b"").count(_RULES[source]) for source in RULE_SOURCES)


def _commands(line: str) -> list[Sequence[str]]:
    """List the commands of a line, by their words."""
    found: list[list[str]] = [[]]
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    lexer.commenters = ""  # to a shell a # within a word is no comment
    for word in lexer:
        if word in _APART:
            found.append([])
        else:
            found[-1].append(word)
    return [*found]
