"""Programs that do not outlive netaudit, even where it is killed and can clean up nothing."""

import ctypes
import signal

_LIBC = ctypes.CDLL(None)
_PR_SET_PDEATHSIG = 1


def die_with_parent() -> None:
    """Ask the kernel, in a program that is about to begin, to kill it when the thread that started it ends."""
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
