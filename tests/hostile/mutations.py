"""Change an example into something hostile: its structure, its lines and words, or its bytes."""

import random
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import msgspec

from hostile.pieces import BYTES, RARE_VALUES, VALUES, WORDS

Dice = random.Random
_RARELY = 0.01


def mutate(seed: bytes, dice: Dice) -> bytes:
    """Change an example in a way that suits it, or in one that does not."""
    ways: tuple[Callable[[bytes, Dice], bytes], ...] = (structure, structure, lines, noise) if _is_json(seed) else _TEXT
    return dice.choice(ways)(seed, dice)


def structure(seed: bytes, dice: Dice) -> bytes:
    """Change up to four places of JSON: drop, double, swap, rename, wrap, or another value."""
    value = msgspec.json.decode(seed)
    for _ in range(dice.randint(1, 4)):
        holder, key = _place(value, dice)
        if holder is None:
            return _value(dice)
        dice.choice(_CHANGES)(holder, key, dice)
    try:
        return msgspec.json.encode(value)
    except (RecursionError, UnicodeEncodeError):  # it was put into itself
        return _value(dice)


def lines(seed: bytes, dice: Dice) -> bytes:
    """Change a few lines: drop, double, move, cut, join; or change words of them."""
    parts = seed.split(b"\n")
    for _ in range(dice.randint(1, 4)):
        at = dice.randrange(len(parts)) if parts else 0
        dice.choice(_LINE_CHANGES)(parts, at, dice)
    return dice.choice((b"\n", b"\n", b"\n", b"\n", b"\n", b"\n", b"\r\n", b"\r", b"\n\x00")).join(parts)


def noise(seed: bytes, dice: Dice) -> bytes:
    """Change a few places: a piece put in, bytes taken away or doubled, bits turned."""
    data = bytearray(seed)
    for _ in range(dice.randint(1, 6)):
        at = dice.randint(0, len(data))
        end = min(len(data), at + dice.choice((0, 1, 1, 4, 40, 400)))
        match dice.randint(0, 3):
            case 0:
                data[at:end] = dice.choice(BYTES)
            case 1:
                data[at:at] = data[end : end + dice.randint(1, 60)]
            case 2 if at < len(data):
                data[at] ^= 1 << dice.randint(0, 7)
            case _:
                del data[at:end]
    return bytes(data)


_TEXT = (lines, lines, noise)


@lru_cache(maxsize=64)
def _is_json(seed: bytes) -> bool:
    try:
        return isinstance(msgspec.json.decode(seed), dict | list)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return False


def _value(dice: Dice) -> bytes:
    return dice.choice(RARE_VALUES if dice.random() < _RARELY else VALUES)


def _place(value: Any, dice: Dice) -> tuple[Any, Any]:
    """Find a place by going down at random; (None, None) where there is nothing to change."""
    holder, key = None, None
    while isinstance(value, dict | list) and value:
        holder, key = value, dice.choice(list(value)) if isinstance(value, dict) else dice.randrange(len(value))
        value = holder[key]
        if dice.random() < 0.1:
            break
    return holder, key


def _put(holder: Any, key: Any, dice: Dice) -> None:
    holder[key] = msgspec.Raw(_value(dice))


def _drop(holder: Any, key: Any, _: Dice) -> None:
    del holder[key]


def _double(holder: Any, key: Any, dice: Dice) -> None:
    if isinstance(holder, list):
        holder[key:key] = [holder[key]] * dice.choice((1, 2, 50))
    else:
        holder[f"{key}{dice.choice(('', ' ', '2', chr(0x202E)))}"] = holder[key]


def _swap(holder: Any, key: Any, dice: Dice) -> None:
    other = dice.choice(list(holder)) if isinstance(holder, dict) else dice.randrange(len(holder))
    holder[key], holder[other] = holder[other], holder[key]


def _wrap(holder: Any, key: Any, dice: Dice) -> None:
    one = holder[key]
    holder[key] = dice.choice(([one], {"": one}, [one, one], {str(key): one}, [[one]]))


def _unwrap(holder: Any, key: Any, dice: Dice) -> None:
    one = holder[key]
    if isinstance(one, dict | list) and one:
        holder[key] = dice.choice(list(one.values() if isinstance(one, dict) else one))


def _as_text(holder: Any, key: Any, dice: Dice) -> None:
    """Put a text in place of what is there, or change the one that is: cut, doubled, with something in it."""
    one = holder[key]
    if isinstance(one, str):
        at = dice.randint(0, len(one))
        word = dice.choice(WORDS).decode(errors="replace")
        holder[key] = dice.choice((one[:at], one[at:], one + one, one[:at] + word + one[at:], word, one.upper()))
    elif isinstance(one, int):
        holder[key] = dice.choice((str(one), -one, one + 1, one * 2**32 if abs(one) < 2**31 else 0, float(one)))


_CHANGES = (_put, _put, _put, _drop, _double, _swap, _wrap, _unwrap, _as_text, _as_text)


def _drop_line(parts: list[bytes], at: int, _: Dice) -> None:
    del parts[at : at + 1]


def _double_line(parts: list[bytes], at: int, dice: Dice) -> None:
    parts[at:at] = parts[at : at + 1] * dice.choice((1, 2, 50))


def _move_line(parts: list[bytes], at: int, dice: Dice) -> None:
    if parts:
        parts.insert(dice.randint(0, len(parts)), parts.pop(at))


def _join_line(parts: list[bytes], at: int, _: Dice) -> None:
    parts[at : at + 2] = [b" ".join(parts[at : at + 2])]


def _cut(parts: list[bytes], at: int, dice: Dice) -> None:
    if parts:
        del parts[at + 1 :]
        parts[at] = parts[at][: dice.randint(0, len(parts[at]))]


def _word(parts: list[bytes], at: int, dice: Dice) -> None:
    """Put a word in place of another, before it, or take one away or twice."""
    if not parts:
        return
    words = parts[at].split(b" ")
    number = dice.randrange(len(words))
    length = dice.choice((0, 1, 1, 1, 2))
    words[number : number + length] = dice.choice(([dice.choice(WORDS)], [dice.choice(WORDS)], words[number:], []))
    parts[at] = b" ".join(words)


def _half_word(parts: list[bytes], at: int, dice: Dice) -> None:
    """Put a word into another."""
    if parts:
        middle = dice.randint(0, len(parts[at]))
        parts[at] = parts[at][:middle] + dice.choice(WORDS) + parts[at][middle:]


_LINE_CHANGES = (_drop_line, _double_line, _move_line, _join_line, _cut, _word, _word, _word, _word, _half_word)
