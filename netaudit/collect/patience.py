"""A limit on how long a question may take as a whole, whatever it waits for."""

import queue
import threading
from collections.abc import Callable
from typing import TypeVar

from netaudit.collect import threads

T = TypeVar("T")


def within(seconds: float, question: Callable[[], T]) -> T:
    """Return the answer, or raise what the question raises; TimeoutError when it takes longer.

    requests limits the time between two bytes: an engine that sends one byte a second is never late for it. A question
    that is late is left to itself in its thread, and ends with the process.
    """
    answers: queue.SimpleQueue[T | BaseException] = queue.SimpleQueue()
    threads.start(threading.Thread(target=_answer, args=(question, answers), daemon=True))
    try:
        answer = answers.get(timeout=seconds)
    except queue.Empty:
        raise TimeoutError from None
    if isinstance(answer, BaseException):
        raise answer
    return answer


def _answer(question: Callable[[], T], answers: "queue.SimpleQueue[T | BaseException]") -> None:
    try:
        answers.put(question())
    except BaseException as error:  # noqa: BLE001 (it is raised where the answer is awaited)
        answers.put(error)
