"""What a process did not live to tell, where the commits beside it leave no doubt.

A program such as ufw runs dozens of short commands, and some have ended before /proc can be asked. The kernel numbers
processes in their order: one between two of the same parent, whose commit is between theirs too, is that parent's; and
so is one right behind the command of a program that is known, in the same second. The engine's are left out: others
write while it does, and its events say more than numbers can.
"""

from collections.abc import Iterable

from msgspec.structs import replace

from netaudit.model.observation import Commit, Observation, Process, join_processes
from netaudit.timeline.programs import is_engine, program_of

_NEAR = 64  # numbers between the two: more, and others may have run meanwhile
_BEHIND = 16  # numbers behind one


def with_neighbours(observation: Observation) -> Observation:
    """Fill in the parents of processes that had ended before they could be asked."""
    commits = observation.commits
    before = list(_last_known(commits))
    after = list(_last_known(reversed(commits)))[::-1]
    return replace(observation, commits=tuple(map(_fill, commits, before, after)))


def _last_known(commits: Iterable[Commit]) -> Iterable[Commit | None]:
    """Give for each commit the nearest known one at its side."""
    known: Commit | None = None
    for one in commits:
        if one.process is not None and one.process.parent:
            known = one
        yield known


def _fill(commit: Commit, before: Commit | None, after: Commit | None) -> Commit:
    if commit.process is not None and (commit.process.parent or commit.process.unit):
        return commit
    if before is None or before.process is None or is_engine(before.process):
        return commit
    one = before.process
    if after is not None and after.process is not None and _is_between(commit, before, after):
        return _as_child(commit, one, after.process)
    near = before.at == commit.at and before.pid < commit.pid <= before.pid + _BEHIND
    return _as_child(commit, one, one) if near and program_of(one) else commit


def _is_between(commit: Commit, before: Commit, after: Commit) -> bool:
    one, other = before.process, after.process
    if one is None or other is None or not before.pid < commit.pid < after.pid <= before.pid + _NEAR:
        return False
    return one.parent == other.parent or program_of(one) == program_of(other) != ""


def _as_child(commit: Commit, one: Process, other: Process) -> Commit:
    """Give a process what its two neighbours have in common."""
    joined = join_processes((one, other)) or one
    return replace(commit, process=replace(joined, name=commit.name, pid=commit.pid))
