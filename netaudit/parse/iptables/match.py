"""The matches of a rule of iptables -> their meaning; what is not known is kept word for word."""

from collections.abc import Callable, Iterator, Sequence

from netaudit.model.netfilter.lists import NOT_RECORDED, AddressLists
from netaudit.model.netfilter.match import ALWAYS, Field, Match, Not, Sometimes, UnknownMatch, equal
from netaudit.parse.iptables.extensions import EXTENSIONS, negated, read_address, read_interface
from netaudit.parse.iptables.headers import HEADERS
from netaudit.parse.iptables.look_ups import UnrecordedError, read_recent, read_set
from netaudit.parse.iptables.rule import Option, print_options
from netaudit.parse.reading.constants import PROTOCOLS, number

_UNRECORDED = "what it looks at is not recorded"
_CONTENT = "what the set holds is not recorded"
_BY_CHANCE = frozenset(
    ("connbytes", "connlimit", "dstlimit", "hashlimit", "limit", "quota", "rateest", "statistic", "time")
)
_READERS = {**EXTENSIONS, **HEADERS}


def read_matches(options: Sequence[Option], family: str, lists: AddressLists = NOT_RECORDED) -> tuple[Match, ...]:
    """Say what a rule's matches mean, in order; those that always hold are left out."""
    matches = [_read_group(group, family, lists) for group in _groups(options)]
    return tuple(match for match in matches if match != ALWAYS)


def _groups(options: Sequence[Option]) -> Iterator[list[Option]]:
    """Take an extension's options together, beginning with its `-m`; iptables' own stand alone."""
    group: list[Option] = []
    for option in options:
        if group and (option.name == "-m" or option.name in _PLAIN):
            yield group
            group = []
        group.append(option)
    if group:
        yield group


def _read_group(group: Sequence[Option], family: str, lists: AddressLists) -> Match:
    first, *others = group
    try:
        if first.name in _PLAIN and not others:
            return negated(first, _PLAIN[first.name](first.arguments))
        if first.name == "-m":
            return _extension(first.arguments[0], others, family, lists)
    except UnrecordedError:
        return UnknownMatch(print_options(group), _CONTENT)
    except (ValueError, KeyError, IndexError):  # an extension or an option of one that is not in the table
        pass
    return UnknownMatch(print_options(group), _UNRECORDED)


def _extension(name: str, options: Sequence[Option], family: str, lists: AddressLists) -> Match:
    text = print_options((Option("-m", (name,)), *options))
    match name:
        case "set":
            return read_set(options, family, lists)
        case "recent":
            return read_recent(options, family, lists, text)
        case _ if name in _BY_CHANCE:
            return Sometimes(text)
        case _:
            return _READERS[name](options, family)


def _protocol(text: str) -> Match:
    wanted = number(text, {**PROTOCOLS, "all": 0})
    return equal(Field.PROTOCOL, wanted) if wanted else ALWAYS


_PLAIN: dict[str, Callable[[Sequence[str]], Match]] = {
    "-s": lambda words: read_address(Field.SADDR, words[0]),
    "-d": lambda words: read_address(Field.DADDR, words[0]),
    "-i": lambda words: read_interface(Field.IIF, words[0]),
    "-o": lambda words: read_interface(Field.OIF, words[0]),
    "-p": lambda words: _protocol(words[0]),
    "-f": lambda _words: Not(equal(Field.FRAGMENT, 0)),
}
