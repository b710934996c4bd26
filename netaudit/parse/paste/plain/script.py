"""A shell script that calls iptables -> its calls in one form, with what its variables are said to be.

Nothing is run: a variable that is assigned a word, once, stands for it; what only a shell could tell stays as it is.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping

from netaudit.parse.iptables.console import split_commands

_ASSIGNED = re.compile(
    r"\s*(?:(?:export|readonly|local)\s+)?([A-Za-z_]\w{0,63})=(\"[^\"]*\"|'[^']*'|`[^`]*`|\$\([^()]*\)|[^\s;#]*)\s*(?:[;#].*)?$"
)
# What gives a variable a value, anywhere on a line.
_SET = re.compile(
    r"(?<![\w$.-])(?P<assigned>[A-Za-z_]\w{0,63})\+?=|\bfor\s+(?P<each>[A-Za-z_]\w{0,63})\s+in\b"
    r"|\bread\s+(?:-\w+\s+)*(?P<typed>[A-Za-z_]\w{0,63}(?: [A-Za-z_]\w{0,63}){0,8})|\$\{(?P<default>\w{1,64}):?="
)
_PROGRAM = re.compile(r"(?:\S*/|.*\s)?(ip6?tables)(?:-nft|-legacy)?(?:\s+(?:-w|--wait)(?:\s+\d+)?)?$")
_CALLED_SO = re.compile(r"(?:IPT(?:ABLES)?|FW)[46]?|IP6T(?:ABLES)?", re.IGNORECASE)
_VARIABLE = re.compile(r"\$(?:\{(\w{1,64})\}|(\w{1,64}))")
_CALL = re.compile(
    r"\s*(?:(?:do|then|else|[\w*|-]{1,40}\))\s+)?(?:(sudo)\s+)?(?:-\w+\s+)*(?:\S*/)?(ip6?tables(?:-nft|-legacy)?)\s+((?:(?:-w|--wait)(?:\s+\d+)?\s+|-v\s+)*)"
    r"(?:(?:-t|--table)[\s=]+(\w+)\s+)?(?:(?:-w|--wait)(?:\s+\d+)?\s+)?"
    r"(?:(-[APNIDR]|--append|--policy|--new-chain|--new|--insert|--delete|--replace)\s+(\S.*)"
    r"|(-[FX]|--flush|--delete-chain)(?:\s+(\S.*))?)$"
)
_VERBS = {
    "--append": "-A",
    "--policy": "-P",
    "--new-chain": "-N",
    "--new": "-N",
    "--insert": "-I",
    "--delete": "-D",
    "--replace": "-R",
    "--flush": "-F",
    "--delete-chain": "-X",
}
_LATER = re.compile(r"(?:^|\s)(?:-t|--table)[\s=]+(\w+)(?=\s|$)")
_SINGLE = re.compile(r"'([^'\"]*)'")
_MOST_JOINED = 16  # lines that a backslash makes one
_LONGEST = 1000
_LONGEST_VALUE = 256  # variables may be made of variables: each is twice as long as the one before


def calls_made_plain(lines: list[str]) -> list[str]:
    """Return the lines, those that call iptables in the form `iptables -t TABLE -A CHAIN …`."""
    if not any(" -" in line and ("tables" in line or "$" in line) for line in lines):
        return lines
    lines = _continued(lines)
    values = _values(lines)
    return [_plain(_filled(line, values)) or line for line in lines]


def _continued(lines: list[str]) -> list[str]:
    """Put the end of a call, where a backslash breaks it, on its first line."""
    found = list(lines)
    for at, line in enumerate(lines):
        if (
            not line.rstrip().endswith("\\")
            or len(line) > _LONGEST
            or not (_CALL.match(line) or _VARIABLE.match(line.lstrip()))
        ):
            continue
        pieces = [line.rstrip()[:-1].rstrip()]
        for below in range(at + 1, min(at + _MOST_JOINED, len(lines))):
            goes_on = lines[below].rstrip().endswith("\\")
            pieces.append(lines[below].strip().removesuffix("\\").strip())
            found[below] = ""
            if not goes_on:
                break
        found[at] = " ".join(pieces)
    return found


def _values(lines: Iterable[str]) -> Mapping[str, str]:
    """Return what variables stand for: one that is assigned twice, or by a program, stands for no word."""
    said_so = [line for line in lines if len(line) <= _LONGEST and not line.lstrip().startswith("#")]
    assigned = [(found[1], found[2]) for line in said_so if "=" in line and (found := _ASSIGNED.match(line))]
    times = Counter(name for line in said_so for found in _SET.finditer(line) for name in _names(found))
    values: dict[str, str] = {}
    for name, value in assigned:
        said = _replaced(value.strip("\"'"), values)
        if len(said) > _LONGEST_VALUE:
            continue
        if program := _PROGRAM.match(said.strip("`$()")):
            values[name] = program[1]
        elif times[name] == 1 and said and not set("`$(") & set(said):
            values[name] = said
    return values


def _names(found: re.Match[str]) -> list[str]:
    return found[found.lastgroup or 0].split()


def _filled(line: str, values: Mapping[str, str]) -> str:
    """Return a line that calls iptables with what its variables stand for; any other line as it is."""
    if "$" not in line or len(line) > _LONGEST:
        return line
    filled = _replaced(line, values)
    filled = _VARIABLE.sub(lambda found: _program_of(found[1] or found[2]) or found[0], filled)
    return filled if "tables" in filled else line


def _program_of(name: str) -> str:
    """Return the program that a variable of such a name stands for, in whatever file it is assigned."""
    return ("ip6tables" if "6" in name else "iptables") if _CALLED_SO.fullmatch(name) else ""


def _replaced(text: str, values: Mapping[str, str]) -> str:
    return _VARIABLE.sub(lambda found: values.get(found[1] or found[2], found[0]), text)


def _plain(line: str) -> str:
    """Return the calls that make a rule, a chain or a policy in one form; "" for any other line."""
    if "tables" not in line or len(line) > _LONGEST:
        return ""
    made = [call for piece in split_commands(line) if (call := _CALL.match(piece))]
    return " ; ".join(map(_in_one_form, made))


def _in_one_form(call: re.Match[str]) -> str:
    sudo, program, _, table, verb, rest, takes, of = call.groups()
    verb = verb or takes
    said = _SINGLE.sub(r'"\1"', _without_tail(f" {rest or of or ''}").strip())
    if table is None and '"' not in said and (later := _LATER.search(said)):
        table, said = later[1], f"{said[: later.start()]}{said[later.end() :]}".strip()
    return (
        f"{'sudo ' if sudo else ''}{program} {f'-t {table} ' if table else ''}{_VERBS.get(verb, verb)} {said}".rstrip()
    )


def _without_tail(rest: str) -> str:
    """Take away what the shell keeps to itself: a remark, and where the answer goes."""
    quote = ""
    for at, char in enumerate(rest):
        if quote:
            quote = "" if char == quote else quote
        elif char in "\"'":
            quote = char
        elif char in "#>" and rest[:at].rstrip("12&").endswith((" ", "\t")):
            return rest[:at].rstrip("12&").rstrip()
    return rest.rstrip()
