"""A limit on how long a question may take as a whole, whatever it waits for."""

import ctypes
import queue
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from netaudit.collect.asking import threads

T = TypeVar("T")


class NoThreadError(OSError):
    """Nothing can be asked at the side: the system gives no more threads."""

    def __init__(self) -> None:
        super().__init__("no thread could be started: a limit of memory or of processes is reached")


class _StopError(BaseException):
    """Nobody waits for the answer any more."""


def within(seconds: float, question: Callable[[], T]) -> T:
    """Return the answer, or raise what the question raises; TimeoutError when it takes longer.

    requests limits the time between two bytes: an engine that sends one byte a second is never late for it. A question
    that is late is asked to stop, and does so with the next byte that it gets, or when it has waited long enough.
    Raises NoThreadError.
    """
    answers: queue.SimpleQueue[T | BaseException] = queue.SimpleQueue()
    thread = start_thread(lambda: _answer(question, answers))
    try:
        answer = answers.get(timeout=seconds)
    except queue.Empty:
        _stop(thread)
        raise TimeoutError from None
    if isinstance(answer, BaseException):
        raise answer
    return answer


def start_thread(work: Callable[[], None]) -> threading.Thread:
    """Start a thread that gets no signal and does not keep the process from ending. Raises NoThreadError."""
    thread = threading.Thread(target=work, daemon=True)
    try:
        threads.start(thread)
    except RuntimeError as error:  # "can't start new thread"
        raise NoThreadError from error
    return thread


def _answer(question: Callable[[], T], answers: "queue.SimpleQueue[T | BaseException]") -> None:
    with suppress(_StopError):
        try:
            answers.put(question())
        except BaseException as error:  # noqa: BLE001 (it is raised where the answer is awaited)
            answers.put(error)


def _stop(thread: threading.Thread) -> None:
    """Raise an error in another thread: without it, a stream without end would be read until the process ends."""
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident or 0), ctypes.py_object(_StopError))
