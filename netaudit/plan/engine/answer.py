"""What an engine answers to a request."""

from enum import StrEnum

import msgspec

from netaudit.model.engine_request import Json


class Delivery(StrEnum):
    """How an answer is sent."""

    WHOLE = "whole"
    LINES = "lines"  # a list of objects, each on a line of its own, as progress is told
    STAYS_OPEN = "stays-open"  # nothing is sent, and the connection is kept: events that never come
    HIJACKED = "hijacked"  # the connection becomes the container's input and output, which end at once


class Answer(msgspec.Struct, frozen=True):
    """An answer: its status and its body, None where it has none."""

    status: int = 200
    body: Json = None
    delivery: Delivery = Delivery.WHOLE


class EngineRefusal(Exception):  # noqa: N818 (dockerd refuses; the planned engine does not fail)
    """The engine refuses a request, with a status and a message as dockerd words it."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
