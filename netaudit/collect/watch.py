"""Watch a host while somebody changes it."""

from contextlib import ExitStack
from typing import Self

from netaudit.collect.asking.options import Where
from netaudit.collect.docker.events import DockerListener
from netaudit.collect.kernel.process import ask_process
from netaudit.collect.netlink.commits import CommitListener
from netaudit.collect.netlink.handles import ask_handles
from netaudit.model.facts import Facts
from netaudit.model.netfilter.ruleset import ObjectKind
from netaudit.model.observation import Action, Handles, Observation, Place


class Watch:
    """A context manager that listens to the kernel and to Docker; made before the first recording.

    Tell it of each recording as soon as it is made; ask for what it saw when it has ended.
    """

    def __init__(self, where: Where) -> None:
        self._commits = CommitListener(ask_process)
        self._docker = DockerListener(where)
        self._recorded: list[tuple[int | None, Handles | None]] = []
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            stack.enter_context(self._commits)
            stack.enter_context(self._docker)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def recorded(self, facts: Facts) -> None:
        """Ask the kernel what it calls the rules that have just been recorded, as far as the answer can tell more."""
        self._recorded.append((facts.generation, ask_handles(facts.generation, self._made_since_first(facts))))

    def _made_since_first(self, facts: Facts) -> frozenset[Place] | None:
        """Name the chains in which rules were made since the first recording; None where that is not known."""
        commits = tuple(self._commits.commits)
        first = self._recorded[0][0] if self._recorded else None
        heard = commits[-1].generation if commits and not self._commits.blind else first
        if first is None or heard != facts.generation:
            return None
        made = (one for commit in commits for one in commit.touched if one.deed is Action.MADE)
        return frozenset(one.place for one in made if one.object is ObjectKind.RULE)

    def saw(self) -> Observation:
        """Return what was seen between the first recording and the last."""
        (first, before), *_, (last, after) = self._recorded
        known = first is not None and last is not None
        commits = (one for one in self._commits.commits if known and (first or 0) < one.generation <= (last or 0))
        return Observation(tuple(commits), tuple(self._docker.events), before, after, self._commits.blind)
