"""Run a command on the facts of a host, as it is printed; what netaudit cannot compute is None.

A command that would fail (there is no such rule) leaves the facts as they are: it closes nothing.
"""

import shlex

import msgspec

from netaudit.attribute.attribution import AttributedItem, AttributedSnapshot
from netaudit.audit.remedy.nft_script import run_script
from netaudit.audit.remedy.rules import edit_rules, read_rules, restore, with_files, write_rules
from netaudit.audit.remedy.save_text import SaveText, write_words
from netaudit.audit.remedy.switches import set_switch
from netaudit.model.facts import IPTABLES_SOURCES, Facts
from netaudit.model.netfilter.family import Family
from netaudit.model.netfilter.ruleset import IPTABLES_BACKENDS, Backend

_FAMILIES = {"iptables": Family.IP, "ip6tables": Family.IP6}
_BACKENDS = {"legacy": Backend.IPTABLES_LEGACY, "nft": Backend.IPTABLES_NFT}


class _Call(msgspec.Struct, frozen=True):
    """A call of iptables: `verb` is A, I, D, R or P; `words` are what stands behind the chain and the number."""

    table: str
    verb: str
    chain: str
    number: int | None
    words: list[str]

    @property
    def text(self) -> str:
        """The rule as iptables-save prints it."""
        return write_words(["-A", self.chain, *self.words])


def run_command(facts: Facts, text: str, shown: AttributedSnapshot) -> Facts | None:
    """Return the facts after a command; `shown` is what is known of the rules before."""
    match shlex.split(text):
        case ["modprobe", _]:
            after: Facts | None = facts  # the switch that comes with it is set by the next command
        case ["sysctl", "-w", *settings]:
            after = _switched(facts, settings)
        case ["nft", script]:
            after = run_script(facts, script)
        case ["systemctl", "restart", "docker"]:
            after = _restored(facts, shown, "")
        case ["docker", "restart", container]:
            after = _restored(facts, shown, container)
        case [program, *words] if program.partition("-")[0] in _FAMILIES:
            after = _iptables(facts, program, words)
        case _:
            after = None
    return after


def _switched(facts: Facts, settings: list[str]) -> Facts:
    for setting in settings:
        name, _, value = setting.partition("=")
        facts = set_switch(facts, name, value)
    return facts


def _restored(facts: Facts, shown: AttributedSnapshot, container: str) -> Facts | None:
    """Return facts in which Docker has written its missing rules again: of one container, or all."""
    return edit_rules(facts, [(one.item, restore) for one in shown.missing if _is_restored(one, container)])


def _is_restored(one: AttributedItem, container: str) -> bool:
    if not container:
        return one.attribution.maker == "docker"
    return any(cause.container is not None and cause.container.name == container for cause in one.attribution.causes)


def _iptables(facts: Facts, program: str, words: list[str]) -> Facts | None:
    name, _, backend = program.partition("-")
    source = IPTABLES_SOURCES[_backend(facts, _FAMILIES[name], backend), _FAMILIES[name]]
    call = _read(words)
    if call is None:
        return None
    text = read_rules(facts, source)
    _call(text, call)
    return with_files(facts, {source: write_rules(text)})


def _backend(facts: Facts, family: Family, named: str) -> Backend:
    """Return the backend of a program; one that is not named is that of which the host has rules."""
    if named:
        return _BACKENDS[named]
    used = [one for one in IPTABLES_BACKENDS if b"\n*" in b"\n" + facts.files.get(IPTABLES_SOURCES[one, family], b"")]
    return used[0] if used else Backend.IPTABLES_NFT


def _read(words: list[str]) -> _Call | None:
    table, rest = (words[1], words[2:]) if words[:1] == ["-t"] and len(words) > 1 else ("filter", words)
    if len(rest) < 2 or rest[0] not in ("-A", "-I", "-D", "-R", "-P"):
        return None
    verb, chain, *spec = rest
    number = int(spec[0]) if spec and spec[0].isdecimal() and verb != "-A" else None
    return _Call(table, verb[1], chain, number, spec[number is not None :])


def _call(text: SaveText, call: _Call) -> bool:
    """Edit the rules; return whether iptables would have succeeded."""
    match call.verb, call.number:
        case "P", _:
            return text.set_policy(call.table, call.chain, call.words[0])
        case "D", None:
            return text.delete(call.table, call.text)
        case "D", int(number):
            return text.delete_at(call.table, call.chain, number)
        case "R", int(number):
            return text.replace_at(call.table, number, call.text)
        case "I", number:
            return text.insert(call.table, call.text, number or 1)
        case _:
            text.append(call.table, call.text)
            return True
