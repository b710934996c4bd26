"""Watch a host while somebody changes it."""

from contextlib import ExitStack
from typing import Self

from netaudit.collect.asking.options import Where
from netaudit.collect.docker.events import DockerListener
from netaudit.collect.netlink.commits import CommitListener
from netaudit.collect.netlink.handles import ask_handles
from netaudit.model.facts import Facts
from netaudit.model.observation import Handles, Observation


class Watch:
    """A context manager that listens to the kernel and to Docker; made before the first recording.

    Tell it of each recording as soon as it is made; ask for what it saw when it has ended.
    """

    def __init__(self, where: Where) -> None:
        self._commits = CommitListener()
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
        """Ask the kernel what it calls the rules that have just been recorded."""
        self._recorded.append((facts.generation, ask_handles(facts.generation)))

    def saw(self) -> Observation:
        """Return what was seen between the first recording and the last."""
        (first, before), *_, (last, after) = self._recorded
        known = first is not None and last is not None
        commits = (one for one in self._commits.commits if known and (first or 0) < one.generation <= (last or 0))
        return Observation(tuple(commits), tuple(self._docker.events), before, after, self._commits.blind)
