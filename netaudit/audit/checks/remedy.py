"""What to do about a finding: remedies, and the commands of each as they are printed and as they are run.

A command is run by root in any shell. A value that only the operator can choose stands as `<TRUSTED_NET>`: the shell
takes it for a file to read from, finds none, and runs nothing; nft takes it for a mistake, and changes nothing.
"""

import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from itertools import product

import msgspec

from netaudit.audit.checks.condition import Condition
from netaudit.audit.checks.wording import Wording
from netaudit.errors import NetauditError

_HOLE = re.compile(r"\{([a-z_0-9]+)(\.\.\.)?\}")
_CHOICE = re.compile(r"<([A-Z][A-Z_0-9]*)>")
_PORTS = re.compile(r"\d+:\d+")  # as iptables writes a range
_NFT_WORD = re.compile(r"[\w.:/@-]+")
_NFT_RULE = re.compile(r"[^;#\n]+")  # of a text that cannot end its statement
_NFT_QUOTABLE = re.compile(r"[^\"\\\n]+")
_NFT = "nft "
AND = " && "
OR = "; or: "


class Fix(StrEnum):
    """What a remedy without commands changes, where netaudit can compute the resulting host."""

    NONE = ""
    REBIND_LOOPBACK = "rebind-loopback"  # the port binding gets the host address 127.0.0.1
    DELETE_RULE = "delete-rule"  # the rule is deleted
    RESTORE_MISSING = "restore-missing"  # the missing rules are written again
    ASK_ORIGINAL_PORT = "ask-original-port"  # the rule matches the port before translation
    GUARD_LOOPBACK = "guard-loopback"  # packets to 127.0.0.0/8 from the network are dropped
    DROP_FORWARD = "drop-forward"  # FORWARD's policy becomes DROP
    BRIDGE_NF_CALL = "bridge-nf-call"  # bridged packets meet iptables


class Command(msgspec.Struct, frozen=True):
    """One command as it is printed; `choices` names the values in it that the operator has to choose."""

    text: str
    choices: tuple[str, ...] = ()


class Advice(msgspec.Struct, frozen=True):
    """One way to close a finding, with the real names of its host."""

    do: str
    commands: tuple[Command, ...] = ()
    fix: Fix = Fix.NONE
    place: int = 0  # of its remedy in the check

    @property
    def line(self) -> str:
        """The commands as one line of a shell: what stands behind a command that fails is not run."""
        return AND.join(one.text for one in self.commands)

    @property
    def choices(self) -> tuple[str, ...]:
        """The values that the operator has to choose."""
        return tuple(dict.fromkeys(name for one in self.commands for name in one.choices))

    def __str__(self) -> str:
        """Return what to do, and how, in one line."""
        return f"{self.do}: {self.line}" if self.commands else self.do


class CommandTemplate:
    """A command whose holes are facts, checked when it is made.

    `{iptables}` is one word, quoted for the shell; a list makes one command for each value. `{spec...}` are all words
    of a list, and in a script of nft a text as it stands. A fact that is not known, or empty, stands as a value
    to choose: `{bridge}` as `<BRIDGE>`.
    """

    def __init__(self, text: str, known: Mapping[str, object]) -> None:
        """Raise NetauditError for a hole that is no fact."""
        self.text = text
        for name, _ in _HOLE.findall(text):
            if name not in known:
                raise NetauditError(f"unknown fact {{{name}}}", hint=f"known: {', '.join(known)}")

    def fill(self, facts: Mapping[str, object]) -> Iterator[Command]:
        """Return the command for each value of its lists."""
        is_nft = self.text.startswith(_NFT)
        holes = list(dict.fromkeys(_HOLE.findall(self.text)))
        for values in product(*(_values(facts.get(hole[0]), hole, is_nft) for hole in holes)):
            words = dict(zip(holes, values, strict=True))
            filled = _HOLE.sub(lambda found: words[found[1], found[2] or ""].text, self.text)  # noqa: B023 (run at once)
            text = _NFT + shlex.quote(filled.removeprefix(_NFT)) if is_nft else filled
            choices = (*_CHOICE.findall(self.text), *(name for one in values for name in one.choices))
            yield Command(text, tuple(dict.fromkeys(choices)))


class Remedy(msgspec.Struct, frozen=True):
    """One way to close a finding of a check; `when`: the subjects for which it is one, None for all."""

    do: Wording
    run: tuple[CommandTemplate, ...] = ()
    when: Condition | None = None
    fix: Fix = Fix.NONE

    def advise(self, facts: Mapping[str, object]) -> Advice:
        """Return it for one subject."""
        commands = (command for template in self.run for command in template.fill(facts))
        return Advice(self.do.fill(facts), tuple(dict.fromkeys(commands)), self.fix)


def in_one_line(advice: Iterable[Advice]) -> str:
    """Return all that can be done, the first choice first."""
    return OR.join(map(str, advice))


def _values(value: object, hole: tuple[str, str], is_nft: bool) -> list[Command]:  # noqa: FBT001 (of one command)
    """Return what a hole is filled with, once for each command."""
    name, spread = hole
    if value is None or value in ("", []):
        return [_choice(name)]
    if is_nft and spread and isinstance(value, str):
        return [Command(value) if _NFT_RULE.fullmatch(value) else _choice(name)]
    words = [_word(str(one), name, is_nft) for one in (value if isinstance(value, list) else [value])]
    return [Command(" ".join(one.text for one in words))] if spread else list(dict.fromkeys(words))


def _choice(name: str) -> Command:
    """Return what the operator has to fill in: the fact, as one value."""
    choice = name.removesuffix("s").upper()
    return Command(f"<{choice}>", (choice,))


def _word(value: str, name: str, is_nft: bool) -> Command:  # noqa: FBT001 (of one command)
    """Quote a value for a shell, where a lone `!` means nothing, or for nft, which knows no escapes."""
    if not is_nft:
        return Command(value if value == "!" else shlex.quote(value))
    if _PORTS.fullmatch(value):
        return Command(value.replace(":", "-"))
    if _NFT_WORD.fullmatch(value):
        return Command(value)
    return Command(f'"{value}"') if _NFT_QUOTABLE.fullmatch(value) else _choice(name)
