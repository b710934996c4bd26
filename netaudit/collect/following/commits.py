"""The commits to nf_tables, for as long as the host runs: each with its process, handed over look by look."""

import threading
from collections.abc import Callable

from netaudit.collect.kernel.process import ask_process
from netaudit.collect.netlink.commits import CommitListener
from netaudit.model.observation import Commit, Process

_MOST = 100_000  # commits between two looks; then the rest of them is not told apart any more


class CommitFollower(CommitListener):
    """A listener that looks at each process at once: it has ended a moment later."""

    def __init__(self, wake: Callable[[], None]) -> None:
        super().__init__()
        self._wake = wake
        self._lock = threading.Lock()

    def ask(self, pid: int, name: str) -> Process | None:
        """Look at the process while it is there."""
        return ask_process(pid, name)

    def keep(self, commit: Commit) -> None:
        """Keep a commit, and wake the watcher."""
        with self._lock:
            self.commits.append(commit)
            if len(self.commits) > _MOST:
                del self.commits[0]
                self.blind = "more was written between two looks than is kept"
        self._wake()

    def take(self, generation: int | None) -> tuple[tuple[Commit, ...], str]:
        """Hand over the commits up to a generation, and why some may be missing; later ones stay for the next look."""
        with self._lock:
            taken = tuple(one for one in self.commits if generation is None or one.generation <= generation)
            del self.commits[: len(taken)]
            blind = self.blind
            if self._thread and self._thread.is_alive():
                self.blind = ""
                self.forget_limits()
        return taken, blind
