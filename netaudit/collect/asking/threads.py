"""Threads that no signal is delivered to: each signal of the process is the main thread's, which may wait for it."""

import signal
import threading


def start(thread: threading.Thread) -> None:
    """Start a thread with every signal blocked: it has what blocked the thread that starts it."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    try:
        thread.start()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
