"""The sentences of a policy -> entries. docs/policy.md has the grammar; errors name the word and its column.

entry    = sentence [ "over" ( "ipv4" | "ipv6" ) ]
sentence = subjects "can" "reach" [ "only" ] targets
         | subjects "cannot" "reach" targets [ "but" targets ]
         | "only" subjects "can" "reach" targets
         | "nothing" "reaches" targets [ "but" subjects ]
         | "networks" names "are" "isolated" [ "but" subjects ]
subjects = subject { "," subject }            "and" and "or" are read as ","
targets  = target { "," target }
target   = subject [ ":" port [ "-" port ] ] [ "/" ( "tcp" | "udp" | "sctp" ) ]
subject  = "internet" | "lan" [ ":" interface ] [ "(" cidr ")" ] | cidr | "host" | "anything"
         | ( "container" | "service" | "project" | "network" ) ":" name | "label" ":" key [ "=" value ] | name
"""

import re
from ipaddress import ip_network
from typing import NoReturn

import msgspec

from netaudit.model.netfilter.family import Family
from netaudit.policy.entry import Entry, Form, Subject, SubjectKind, Target

LONGEST = 4096  # characters of a sentence
_FAMILIES = {"ipv4": Family.IP, "ipv6": Family.IP6}
_PREFIXES = {
    kind.value: kind
    for kind in (
        SubjectKind.CONTAINER,
        SubjectKind.SERVICE,
        SubjectKind.PROJECT,
        SubjectKind.NETWORK,
        SubjectKind.LABEL,
    )
}
_SENDERS = frozenset({SubjectKind.INTERNET, SubjectKind.LAN, SubjectKind.CIDR})
_KEYWORDS = frozenset({
    "and", "are", "but", "can", "cannot", "isolated", "networks", "nothing", "only", "or", "over", "reach", "reaches",
})  # fmt: skip
_WORD = re.compile(r"[^\s,]+|,")
_PORTS = re.compile(r"(?P<subject>.*?)(?::(?P<first>[0-9]{1,5})(?:-(?P<last>[0-9]{1,5}))?)?(?:/(?P<protocol>[a-z]+))?")
_ZONE = re.compile(r"(?P<zone>lan|internet)(?::(?P<name>[^()]+))?(?:\((?P<cidr>[^()]*)\))?")
_NAME = re.compile(r"[\w.*?][\w.*?@-]*")
_PROTOCOLS = ("tcp", "udp", "sctp")
_HINT = "docs/policy.md has the sentences"


class SentenceError(ValueError):
    """A sentence that cannot be read; `column` is where, from 1."""

    def __init__(self, message: str, column: int) -> None:
        super().__init__(message)
        self.column = column


def parse_entry(text: str) -> Entry:
    """Read one sentence. Raises SentenceError, which names the word that is wrong."""
    if len(text) > LONGEST:
        raise SentenceError(f"a sentence of more than {LONGEST} characters", LONGEST)
    words = _Words(text)
    entry = _Reader(words).sentence()
    if words.take("over"):
        word = words.next("ipv4 or ipv6")
        if word not in _FAMILIES:
            words.refuse_last("is neither ipv4 nor ipv6")
        entry = msgspec.structs.replace(entry, family=_FAMILIES[word])
    if words.more():
        words.next("")
        words.refuse_last("is more than the sentence takes")
    return entry


class _Words:
    """The words of a sentence, read from left to right."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._words = [(found.group(), found.start() + 1) for found in _WORD.finditer(text)]
        self._at = 0

    def more(self) -> bool:
        """Tell whether words are left."""
        return self._at < len(self._words)

    def take(self, word: str) -> bool:
        """Read a word if it is the next one."""
        found = self.more() and self._words[self._at][0] == word
        self._at += found
        return found

    def next(self, expected: str) -> str:
        """Read the next word."""
        if not self.more():
            raise SentenceError(f"the sentence ends where {expected} is needed", len(self.text) + 1)
        self._at += 1
        return self._words[self._at - 1][0]

    def expect(self, *words: str) -> None:
        """Read these words, and no others."""
        for word in words:
            if self.next(f"`{word}`") != word:
                self.refuse_last(f"stands where `{word}` is needed")

    def refuse_last(self, why: str) -> NoReturn:
        """Raise SentenceError about the last word that was read."""
        word, column = self._words[self._at - 1]
        raise SentenceError(f"`{word}` {why}", column)


class _Reader:
    """Reads what a sentence is made of, from its words."""

    def __init__(self, words: _Words) -> None:
        self._words, self._text = words, words.text

    def sentence(self) -> Entry:
        """Read a sentence by its first words."""
        if self._words.take("nothing"):
            self._words.expect("reaches")
            targets = self._reached()
            return Entry(text=self._text, form=Form.NOTHING, targets=targets, exceptions=self._but_subjects())
        if self._words.take("networks"):
            return self._isolated()
        if self._words.take("only"):
            subjects = self._subjects()
            self._words.expect("can", "reach")
            return Entry(text=self._text, form=Form.ONLY, subjects=subjects, targets=self._reached())
        return self._about(self._subjects())

    def _about(self, subjects: tuple[Subject, ...]) -> Entry:
        if self._words.take("cannot"):
            self._words.expect("reach")
            targets = self._reached()
            but = self._reached() if self._words.take("but") else ()
            return Entry(text=self._text, form=Form.CANNOT, subjects=subjects, targets=targets, exceptions=but)
        if not self._words.take("can"):
            self._words.next("`can reach` or `cannot reach`")
            self._words.refuse_last("stands where `can reach` or `cannot reach` is needed")
        self._words.expect("reach")
        form = Form.CAN_ONLY if self._words.take("only") else Form.CAN
        return Entry(text=self._text, form=form, subjects=subjects, targets=self._reached())

    def _isolated(self) -> Entry:
        subjects = self._subjects()
        for one in subjects:
            if one.kind is not SubjectKind.NAME and one.kind is not SubjectKind.NETWORK:
                raise SentenceError(f"`{one}` is not the name of a network", 1)
        if len(subjects) == 1:
            raise SentenceError("one network alone is not isolated from anything: name two or more", 1)
        self._words.expect("are", "isolated")
        networks = tuple(Subject(SubjectKind.NETWORK, one.name) for one in subjects)
        return Entry(text=self._text, form=Form.ISOLATED, subjects=networks, exceptions=self._but_subjects())

    def _but_subjects(self) -> tuple[Target, ...]:
        return tuple(Target(one) for one in self._subjects()) if self._words.take("but") else ()

    def _subjects(self) -> tuple[Subject, ...]:
        targets = self._targets()
        for one in targets:
            if one.ports or one.protocol:
                raise SentenceError(f"`{one}` has a port, and senders have none: name the port of a target", 1)
        return tuple(one.subject for one in targets)

    def _reached(self) -> tuple[Target, ...]:
        targets = self._targets()
        for one in targets:
            if one.subject.kind in _SENDERS:
                raise SentenceError(f"`{one}` only sends: what can be reached is a container or the host", 1)
        return targets

    def _targets(self) -> tuple[Target, ...]:
        found = [self._target()]
        while any(self._words.take(word) for word in (",", "and", "or")):
            found.append(self._target())
        return tuple(found)

    def _target(self) -> Target:
        word = self._words.next("a name")
        if word in _KEYWORDS or word == ",":
            self._words.refuse_last("stands where a name is needed")
        if cidr := _cidr(word):
            return Target(Subject(SubjectKind.CIDR, within=cidr))
        parts = _PORTS.fullmatch(word)
        if parts and parts["protocol"] not in (None, *_PROTOCOLS) and word.startswith("label:"):
            return Target(self._subject(word))  # the keys of labels have slashes
        if not parts:
            self._words.refuse_last("is not a name, nor a name with a port")
        if parts["protocol"] and parts["protocol"] not in _PROTOCOLS:
            self._words.refuse_last(f"ends in a protocol that is not one of {', '.join(_PROTOCOLS)}")
        return Target(
            self._subject(parts["subject"]), self._ports(parts["first"], parts["last"]), parts["protocol"] or ""
        )

    def _ports(self, first: str | None, last: str | None) -> tuple[int, int] | None:
        if first is None:
            return None
        ports = int(first), int(last or first)
        if not 1 <= ports[0] <= ports[1] <= 65535:
            self._words.refuse_last("has no port from 1 to 65535, or a range that ends before it begins")
        return ports

    def _subject(self, word: str) -> Subject:
        if word in ("host", "anything"):
            return Subject(SubjectKind(word))
        if zone := _ZONE.fullmatch(word):
            return self._zone(zone)
        prefix, colon, name = word.partition(":")
        if prefix in _PREFIXES and colon:
            if not name:
                self._words.refuse_last(f"names no {prefix}")
            return Subject(_PREFIXES[prefix], name)
        if not _NAME.fullmatch(word):
            kinds = ", ".join(f"{one}:" for one in _PREFIXES)
            self._words.refuse_last(f"is not a name; what is before a colon is one of {kinds} lan:")
        return Subject(SubjectKind.NAME, word)

    def _zone(self, zone: re.Match[str]) -> Subject:
        kind, within = SubjectKind(zone["zone"]), ""
        if zone["name"] and kind is SubjectKind.INTERNET:
            self._words.refuse_last("names an interface; only `lan` has one")
        if zone["cidr"] is not None:
            within = _cidr(zone["cidr"])
            if not within:
                self._words.refuse_last("has no network such as 10.0.0.0/8 in its parentheses")
        return Subject(kind, zone["name"] or "", within)


def _cidr(word: str) -> str:
    """Return a network as it is usually written, "" for anything else."""
    if not re.fullmatch(r"[0-9A-Fa-f:.]+(/[0-9]+)?", word) or not re.search(r"[:.]", word):
        return ""
    try:
        return str(ip_network(word, strict=False))
    except ValueError:
        return ""
