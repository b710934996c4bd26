"""One rule as iptables-save prints it <-> its options; `print_rule(parse_rule(text)) == text` for any text.

Nothing has to be understood for that: a word that netaudit does not know is the argument of the option before
it, kept word for word, quotes and all.
"""

import re
from collections.abc import Iterable, Iterator

import msgspec


class Option(msgspec.Struct, frozen=True):
    """One option with its arguments, raw: `! -i docker0`, `--dport 80`.

    `module` is the `-m` extension it stands under, "" for iptables' own. `name` is "" for stray words.
    `inner`: the `!` that negates it stands behind its name (`-i ! docker0`), as iptables before 1.4.3 printed it.
    """

    name: str
    arguments: tuple[str, ...] = ()
    negated: bool = False
    module: str = ""
    inner: bool = False


class ParsedRule(msgspec.Struct, frozen=True):
    """A rule's chain, its matches in order, and its target (`-j`, or `-g` where `goto`) with the target's options.

    `target` is "" for a rule that only counts. Text that is no rule has chain "" and one nameless option.
    """

    chain: str
    matches: tuple[Option, ...] = ()
    target: str = ""
    goto: bool = False
    target_options: tuple[Option, ...] = ()


def parse_rule(text: str) -> ParsedRule:
    """Read `-A CHAIN …`; never fails, what is unknown is kept."""
    words = split_words(text)
    if len(words) < 2 or words[0] != "-A" or not words[1]:
        return ParsedRule("", (Option("", tuple(words)),))
    body = words[2:]
    cut = next((at for at in range(len(body) - 1) if body[at] in ("-j", "-g") and body[at + 1]), None)
    if cut is None:
        return ParsedRule(words[1], tuple(_options(body)))
    return ParsedRule(
        chain=words[1],
        matches=tuple(_options(body[:cut])),
        target=body[cut + 1],
        goto=body[cut] == "-g",
        target_options=tuple(_options(body[cut + 2 :])),
    )


def print_rule(rule: ParsedRule) -> str:
    """Return back the text that `parse_rule` read."""
    words = list(_words(rule.matches))
    if rule.chain:
        words = ["-A", rule.chain, *words]
    if rule.target:
        words += ["-g" if rule.goto else "-j", rule.target, *_words(rule.target_options)]
    return " ".join(words)


def print_options(options: Iterable[Option]) -> str:
    """Return back the text of some options."""
    return " ".join(_words(options))


def split_words(text: str) -> list[str]:
    """Split at single spaces outside double quotes; joining with single spaces gives the text back."""
    if '"' not in text:  # nearly all rules; character by character it takes thirty times as long
        return text.split(" ")
    words: list[str] = []
    start = 0
    quoted = escaped = False
    for at, char in enumerate(text):
        if escaped:
            escaped = False
        elif char == "\\":
            escaped = quoted
        elif char == '"':
            quoted = not quoted
        elif char == " " and not quoted:
            words.append(text[start:at])
            start = at + 1
    return [*words, text[start:]]


def unquote(word: str) -> str:
    """Return the value of an option: without its quotes, escapes undone."""
    if len(word) >= 2 and word[0] == word[-1] == '"':
        return re.sub(r"\\(.)", r"\1", word[1:-1], flags=re.DOTALL)
    return word


def _options(words: list[str]) -> Iterator[Option]:
    """Group words into options: a word that begins with a dash opens one, `!` before it negates it."""
    module = ""
    for negated, name, arguments in _groups(words):
        if name == "-m" and arguments:
            module = arguments[0]
        inner = name != "" and not negated and len(arguments) > 1 and arguments[0] == "!"
        yield Option(name, arguments[inner:], negated or inner, module, inner)


def _groups(words: list[str]) -> Iterator[tuple[bool, str, tuple[str, ...]]]:
    starts = [at for at, word in enumerate(words) if len(word) > 1 and word[0] == "-"]
    first = starts[0] - _negations(words, starts[0]) if starts else len(words)
    if first > 0:
        yield False, "", tuple(words[:first])
    for at, start in enumerate(starts, 1):
        end = starts[at] - _negations(words, starts[at]) if at < len(starts) else len(words)
        yield bool(_negations(words, start)), words[start], tuple(words[start + 1 : end])


def _negations(words: list[str], at: int) -> int:
    """Count the `!` directly before an option: 0 or 1."""
    return int(at > 0 and words[at - 1] == "!")


def _words(options: Iterable[Option]) -> Iterator[str]:
    for option in options:
        if option.negated and not option.inner:
            yield "!"
        if option.name:
            yield option.name
        if option.inner:
            yield "!"
        yield from option.arguments
