"""Leave out of an answer what changes although nobody changed the host."""

import re

from netaudit.collect.asking.answer import Answer, Answered
from netaudit.model.facts import RULE_SOURCES, Source

# What changes by itself, or with each call: counters, comments with the time of day, handles, time-outs.
_SAVE_NOISE = re.compile(rb"^#.*\n|\[\d+:\d+\]", re.MULTILINE)
_NFT_NOISE = re.compile(rb'"(?:handle|packets|bytes|used|expires)": ?\d+')
# Lifetimes of addresses and routes, and the timers of bridges.
_IP_NOISE = re.compile(rb'"(?:\w+_life_time|\w+_timer|expires|age|used)": ?[\d.]+')
_ADDRESSES = (Source.IP_ADDR, Source.IP_ROUTE, Source.IP6_ROUTE)


def stable_part(answer: Answer) -> object:
    """Return the part of an answer that stays the same while nobody changes the host."""
    match answer:
        case Answered(source, data):
            return source, without_noise(source, data)
        case _:
            return answer


def without_noise(source: Source, data: bytes) -> bytes:
    """Return a file without counters, handles, timers and comments."""
    if source is Source.NFT_RULESET:
        return _NFT_NOISE.sub(b"", data)
    if source in RULE_SOURCES:
        return _SAVE_NOISE.sub(b"", data)
    if source in _ADDRESSES:
        return _IP_NOISE.sub(b"", data)
    return data
