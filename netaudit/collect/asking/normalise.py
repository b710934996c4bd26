"""Leave out of an answer what changes although nobody changed the host."""

from netaudit.collect.asking.answer import Answer, Answered
from netaudit.model.history.noise import without_noise


def stable_part(answer: Answer) -> object:
    """Return the part of an answer that stays the same while nobody changes the host."""
    match answer:
        case Answered(source, data):
            return source, without_noise(source, data)
        case _:
            return answer
