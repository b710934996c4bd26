"""Where in a recording's files a finding can be seen: what SARIF and annotations point at."""

import posixpath
from collections.abc import Mapping

import msgspec

from netaudit.audit.checks.subject_kind import CheckedKind
from netaudit.audit.finding import Finding
from netaudit.model.facts import Source, source_of_rules
from netaudit.model.netfilter.ruleset import Item

_FILES: Mapping[CheckedKind, tuple[Source, ...]] = {
    CheckedKind.DAEMON: (Source.DAEMON_JSON, Source.DOCKERD_ARGV, Source.DOCKER_INFO),
    CheckedKind.NETWORK: (Source.DOCKER_NETWORKS,),
    CheckedKind.CONTAINER: (Source.DOCKER_CONTAINERS,),
    CheckedKind.BINDING: (Source.DOCKER_CONTAINERS,),
    CheckedKind.EXPOSURE: (Source.DOCKER_CONTAINERS,),
    CheckedKind.CHANGE: (Source.DOCKER_CONTAINERS,),
    CheckedKind.HOST: (Source.SYSCTL,),
    CheckedKind.FIREWALL: (Source.IPTABLES_NFT, Source.IPTABLES_LEGACY),
}
_SHOWN_BY_RULES = (CheckedKind.RULE, CheckedKind.CHANGE, CheckedKind.FIREWALL)


class Location(msgspec.Struct, frozen=True):
    """A file of the recording, or one of the operator's, and the line in it.

    `outside`: it is not in the repository, and its path begins at the root of the file system, without the slash.
    """

    file: str
    line: int = 1
    recorded: bool = True
    outside: bool = False

    @property
    def named(self) -> str:
        """The file's path; absolute where it is not in the repository."""
        return f"/{self.file}" if self.outside else self.file

    def under(self, base: str) -> str:
        """Return the file's path, where recordings are in a folder."""
        return f"{base}{self.file}" if self.recorded else self.file


class Locator:
    """Finds lines; each file is split once."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._files = files
        self._lines: dict[str, dict[bytes, int]] = {}

    def locate(self, finding: Finding) -> Location:
        """Find the file that shows a finding's subject: its rule, its container, its daemon."""
        if finding.written:
            return Location(finding.written.file, max(finding.written.line, 1), recorded=False)
        rules = (*finding.evidence.rules, *finding.evidence.missing)
        if finding.subject_kind in _SHOWN_BY_RULES and rules:
            return self._rule(rules[0].item)
        file = self._first(_FILES.get(finding.subject_kind, ()))
        return Location(file, self._line(file, *_needles(finding)))

    def anywhere(self) -> Location:
        """Return a place for what is about no part of the host."""
        return Location(self._first(()))

    def _rule(self, item: Item) -> Location:
        file = self._first((source_of_rules(item.backend, item.family),))
        return Location(file, self._line(file, _bytes_of(item.text), _bytes_of(f"*{item.table}")))

    def _first(self, sources: tuple[Source, ...]) -> str:
        """Choose the first file that there is; any is better than none: a place must be in a real file."""
        wanted = (source for source in sources if source in self._files)
        return str(next(wanted, None) or next(iter(sorted(self._files)), "recording.json"))

    def _line(self, file: str, *needles: bytes) -> int:
        """Return the line of the first needle that the file has, 1 for none."""
        if file not in self._lines:
            numbered = enumerate(self._files.get(file, b"").split(b"\n"), 1)
            self._lines[file] = {_plain(line): number for number, line in reversed(list(numbered))}
        return next((self._lines[file][one] for one in needles if one in self._lines[file]), 1)


class OneFile(Locator):
    """Finds lines where the recording is one file itself: a text has its lines, a packed folder has none."""

    def __init__(self, name: str, files: Mapping[str, bytes]) -> None:
        """Take the file's own name."""
        super().__init__(files)
        self._name = name
        self._is_text = len(files) == 1

    def locate(self, finding: Finding) -> Location:
        """Point at the one file."""
        place = super().locate(finding)
        if not place.recorded:
            return place
        return Location(self._name, place.line if self._is_text else 1, recorded=False)

    def anywhere(self) -> Location:
        """Point at the one file."""
        return Location(self._name, recorded=False)


class FromRoot(Locator):
    """Names the files of another locator from the root of the repository, wherever netaudit runs."""

    def __init__(self, inner: Locator, base: str, root: str, here: str) -> None:
        """Take the locator, where its recording is, and two folders: the repository's, and the present one."""
        super().__init__({})
        self._inner = inner
        self._base = base
        self._root = root
        self._here = here

    def locate(self, finding: Finding) -> Location:
        """Find the place, and name it."""
        return self._named(self._inner.locate(finding))

    def anywhere(self) -> Location:
        """Return the inner locator's place, and name it."""
        return self._named(self._inner.anywhere())

    def _named(self, place: Location) -> Location:
        if place.recorded and not self._base:
            return place  # of this host: the files were never written
        path = posixpath.normpath(posixpath.join(self._here, place.under(self._base)))
        below = posixpath.join(self._root, "")
        if path.startswith(below):
            return Location(path.removeprefix(below), place.line, recorded=False)
        return Location(path.lstrip("/"), place.line, recorded=False, outside=True)


def _bytes_of(text: str) -> bytes:
    """Return a rule's text as its file has it; what no file can hold is found in none."""
    try:
        return text.encode(errors="surrogateescape")
    except UnicodeEncodeError:
        return text.encode(errors="replace")


def _plain(line: bytes) -> bytes:
    """Take off counters and indentation."""
    line = line.strip()
    if line.startswith(b":"):
        return line.partition(b" [")[0]
    return line.partition(b"] ")[2] if line.startswith(b"[") and b"] -A" in line else line


def _needles(finding: Finding) -> tuple[bytes, ...]:
    name = finding.subject.partition(" ")[2] if finding.subject_kind is CheckedKind.NETWORK else finding.container
    quoted = msgspec.json.encode(name.encode(errors="replace").decode()).decode()
    return (f'"Name": "/{quoted[1:-1]}",'.encode(), f'"Name": {quoted},'.encode(), b":FORWARD ACCEPT")
