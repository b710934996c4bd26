"""nft's constants -> JSON: numbers, addresses, ranges, prefixes, durations."""

import re

from netaudit.parse.nftables.formats import Json, NftFormat
from netaudit.parse.nftables.text.tokens import Kind, NotNftError, Token

_NUMBER = re.compile(r"\d{1,19}|0x[0-9a-fA-F]{1,32}")
_ADDRESS = r"(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-fA-F]*:[0-9a-fA-F:]*(?:\d{1,3}(?:\.\d{1,3}){3})?)"
_PREFIX = re.compile(rf"({_ADDRESS})/(\d{{1,3}})")
_RANGE = re.compile(rf"({_ADDRESS}|\d+|0x[0-9a-fA-F]+)-({_ADDRESS}|\d+|0x[0-9a-fA-F]+)")
_DURATION = re.compile(r"(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+)s)?(?:(\d+)ms)?")
_MILLISECONDS = (604_800_000, 86_400_000, 3_600_000, 60_000, 1000, 1)
_EXISTS = {"exists": True, "missing": False}


def read_constant(token: Token, form: NftFormat = NftFormat.PLAIN) -> Json:
    """Read one word: a number, a range, a prefix, a name. Raises NotNftError for a name that nothing defines."""
    word = token.text
    if token.kind is Kind.TEXT:
        return word
    if word.startswith("$"):
        raise NotNftError
    if form is NftFormat.DURATION and (seconds := read_duration(word)) is not None:
        return seconds
    return _EXISTS.get(word, _plain(word))


def _plain(word: str) -> Json:
    if _NUMBER.fullmatch(word):
        return _end(word)
    if prefix := _PREFIX.fullmatch(word):
        return {"prefix": {"addr": prefix[1], "len": int(prefix[2])}}
    if span := _RANGE.fullmatch(word):
        return {"range": [_end(span[1]), _end(span[2])]}
    return word


def _end(word: str) -> Json:
    return int(word, 0 if word.startswith("0x") else 10) if _NUMBER.fullmatch(word) else word


def read_duration(word: str) -> int | None:
    """Read `1m30s`, `23h59m53s816ms` or `90` as seconds; None for anything else."""
    found = read_milliseconds(word)
    return None if found is None else found // 1000


def read_milliseconds(word: str) -> int | None:
    """Read `100ms`, `1m30s` or `90`, which are seconds, as milliseconds; None for anything else."""
    if word.isdecimal() and len(word) < 12:
        return int(word) * 1000
    found = _DURATION.fullmatch(word) if word else None
    if found is None or len(word) > 60:
        return None
    return sum(int(count) * unit for count, unit in zip(found.groups(), _MILLISECONDS, strict=True) if count)
