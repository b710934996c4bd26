"""`iptables -S` text -> tables: the rules as the commands that would make them, without their table's name."""

import re

from netaudit.errors import ParseError
from netaudit.model.netfilter.ruleset import Backend, Rule
from netaudit.parse.iptables.console import is_noise, read_command, split_commands
from netaudit.parse.iptables.lines import logical_lines
from netaudit.parse.iptables.rule import split_words
from netaudit.parse.iptables.sections import Section, Sections
from netaudit.parse.iptables.table_inference import BUILTIN
from netaudit.parse.reading.result import Loss, ParseResult

# `-P INPUT ACCEPT`, with -v also `-c 12 3456`; `-N DOCKER`; `-A …`, as `iptables -t nat -A …` too.
_POLICY = re.compile(r"(?:-P|--policy) (\S+) (\S+)(?: -c \d+ \d+)?\s*")
_NEW = re.compile(r"(?:-N|--new-chain) (\S+)\s*")
_RULE = re.compile(r"(?:-A|--append) (\S+)(?: .*)?", re.DOTALL)
_INSERTED = re.compile(r"-I (\S+)(?: (\d{1,6}))?(?: .*)?", re.DOTALL)  # of a script: `iptables -S` prints none
_CALL = re.compile(r"(?:sudo )?(?:/\S*/)?(ip6?tables\S* (?:-w )?(?:-t \S+ )?)(?=-[AINPDR] |-[FX](?: |$))")
_TAKES = re.compile(r"-[DRFX]\b")
_COMMANDED = Loss("what else is there: these are commands, and tell what they make")
_HINT = "give the untouched output of iptables-save, iptables -S or iptables -L -v"


def read_commands(text: str, *, backend: Backend, family: str, source: str) -> ParseResult:
    """Read what `iptables -S` prints. Raises ParseError, with the line, for anything else."""
    sections = Sections(family)
    refused: list[Loss] = []
    for number, line in logical_lines(text):
        if not line or (line[0] == "#" and read_command(line) is None):
            continue
        for one in calls_of(line):
            try:
                taken = _obey(sections, one)
            except IndexError:
                said = f"line {number}, a rule for a place that these commands do not make: {one[:60]}"
                refused.append(Loss(said, of_rules=True))
                continue
            if not taken:
                raise ParseError(
                    f"not a line that iptables -S prints: {one[:60]!r}", source=source, line=number, hint=_HINT
                )
    tables = list(sections.tables(backend))
    losses = [*(loss for _, losses in tables for loss in losses), *refused]
    losses += [_COMMANDED] if any(table.partly for table, _ in tables) else []
    return ParseResult(tuple(table for table, _ in tables), tuple(losses))


def calls_of(line: str) -> list[str]:
    """Return the calls that a line of a script holds, each by itself; any other line as it is."""
    if not (";" in line or "&&" in line or "||" in line) or not _CALL.match(line):
        return [line]
    return [call for one in split_commands(line) if _CALL.match(call := one.strip())] or [line]


def _obey(sections: Sections, line: str) -> bool:
    """Take a line, a call or not; False where neither is one. Raises IndexError as iptables refuses a position."""
    call = _CALL.match(line)
    command = read_command(call[1]) if call else None
    if call is None or command is None:
        return _take(sections, line)
    rest = line[call.end() :]
    if not _TAKES.match(rest):
        sections.call(command)
        return _take(sections, rest)
    if made := sections.made(command):
        _take_away(made, rest)
        return True
    return _take(sections, line)


def _take_away(section: Section, rest: str) -> None:
    """Flush or delete what calls before made. Raises IndexError for a rule that is not known to be one of theirs."""
    verb, *words = split_words(rest)
    names = words[:1] if words else [*section.rules]
    match verb:
        case "-F":
            for name in section.rules.keys() & {*names}:
                section.rules[name] = []
        case "-X":
            for name in names:
                if name in section.rules and name not in BUILTIN and not section.rules[name]:
                    del section.rules[name], section.policies[name]
        case _:
            _delete(section.rules.get(words[0] if words else "", []), _read_rule(rest).text if verb == "-D" else "")


def _delete(rules: list[Rule], text: str) -> None:
    """Delete the first rule that says this. Raises IndexError where there are rules and none does."""
    at = next((at for at, rule in enumerate(rules) if rule.text == text), None)
    if at is not None:
        del rules[at]
    elif rules:
        raise IndexError(text)


def _take(sections: Sections, line: str) -> bool:
    """Take a line; False where `iptables -S` does not print it. Raises IndexError."""
    if policy := _POLICY.fullmatch(line):
        sections.chain(policy[1], policy[2])
    elif new := _NEW.fullmatch(line):
        sections.chain(new[1], None)
    elif rule := _RULE.fullmatch(line):
        sections.rule(rule[1], _read_rule(line))
    elif inserted := _INSERTED.fullmatch(line):
        appended = line.replace(f" {inserted[2]} ", " ", 1) if inserted[2] else line
        sections.insert(inserted[1], _read_rule(appended), int(inserted[2] or 1))
    elif command := read_command(line):
        sections.command(command)
    else:
        return is_noise(line)
    return True


def _read_rule(line: str) -> Rule:
    """Read a rule; with -v its counters stand before the target, as `-c 12 3456`."""
    words = split_words(line)
    words[0] = "-A"
    for at in range(2, len(words) - 2):
        if words[at] == "-c" and words[at + 1].isdecimal() and words[at + 2].isdecimal():
            rest = words[:at] + words[at + 3 :]
            return Rule(" ".join(rest), _count(words[at + 1]), _count(words[at + 2]))
    return Rule(" ".join(words))


def _count(word: str) -> int:
    return int(word[:20])
