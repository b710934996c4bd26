"""rules/checks/ID.yaml -> checks: expressions compiled, names and examples checked; anything invalid is refused."""

import errno
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import msgspec

from netaudit.audit.checks.check import Check, Example
from netaudit.audit.checks.condition import Condition, FactTypes
from netaudit.audit.checks.remedy import CommandTemplate, Fix, Remedy
from netaudit.audit.checks.subject_kind import CheckedKind
from netaudit.audit.checks.topic import Topic
from netaudit.audit.checks.wording import Wording
from netaudit.audit.subjects import FACTS
from netaudit.audit.subjects.fact import fact_types
from netaudit.bounded import special_kind
from netaudit.catalog.document import Strict, convert, is_compiled, parse_yaml, read_data, read_yaml, rules_folder
from netaudit.errors import CatalogError, NetauditError
from netaudit.model.severity import FindingConfidence, Severity

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

_ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_HINT = "docs/checks.md shows what a check may hold, and the facts that each kind of subject has"
_FOLDER_HINT = "name a folder that holds ID.yaml files and little else"
_MOST_ENTRIES = 1000  # of a folder of checks; netaudit ships 48


class _Remedy(Strict):
    do: str
    run: list[str] = msgspec.field(default_factory=list)
    when: str = ""
    use: str = ""
    fix: Fix = Fix.NONE


class _SharedRemedy(Strict):
    when: str
    run: list[str]
    where: str = ""  # what the sentence of the check ends in


class _SharedRemedies(Strict):
    remedies: dict[str, list[_SharedRemedy]]


class _Check(Strict):
    summary: str
    severity: Severity
    confidence: FindingConfidence
    subject: CheckedKind
    condition: str
    finding: str
    rationale: str
    remediation: str | list[_Remedy]
    flagged: list[dict[str, Any]]
    clean: list[dict[str, Any]]
    references: list[str] = msgspec.field(default_factory=list)
    graver: dict[Severity, str] = msgspec.field(default_factory=dict)
    decided_by: list[str] | None = None
    permissible: bool = False
    fix: Fix = Fix.NONE
    topic: Topic = Topic.HYGIENE
    title: str = ""
    aside: str = ""


def load_checks() -> tuple[Check, ...]:
    """Load the checks that netaudit ships, in the order of their ids."""
    return load_checks_from(rules_folder() / "checks")


def load_checks_from(folder: "Traversable") -> tuple[Check, ...]:
    """Load every YAML file of a folder. Raises CatalogError, with file, line and key, for the first invalid thing."""
    return tuple(_Loader(file).load() for file in _files(folder))


def _files(folder: "Traversable") -> "list[Traversable]":
    """List the YAML files of a folder. Raises CatalogError for what holds more than checks and what explains them."""
    try:
        entries = list(islice(folder.iterdir(), _MOST_ENTRIES + 1))
    except OSError as error:
        why = {errno.ENOENT: "no such folder of checks", errno.ENOTDIR: "is a file, not a folder of checks"}
        message = why.get(error.errno or 0, f"cannot be read: {error.strerror}")
        raise CatalogError(message, file=str(folder), hint=_FOLDER_HINT) from error
    except ValueError as error:
        raise CatalogError("has a NUL character in its name", file=str(folder), hint=_FOLDER_HINT) from error
    if len(entries) > _MOST_ENTRIES:
        raise CatalogError(f"holds more than {_MOST_ENTRIES} entries", file=str(folder), hint=_FOLDER_HINT)
    for one in entries:
        if isinstance(one, Path) and (kind := special_kind(one)):
            raise CatalogError(f"is {kind}, not a regular file", file=str(one), hint=_FOLDER_HINT)
    return sorted((one for one in entries if one.name.endswith(".yaml")), key=lambda one: one.name)


def check_ids() -> tuple[str, ...]:
    """List the ids of the checks that netaudit ships, and read none of them."""
    return tuple(file.name.removesuffix(".yaml") for file in _files(rules_folder() / "checks"))


def find_check(name: str) -> Check | None:
    """Load the one check of an id that netaudit ships; None where there is none."""
    file = rules_folder() / "checks" / f"{name}.yaml"
    return _Loader(file).load() if _ID.fullmatch(name) and file.is_file() else None


@cache
def _shared_remedies() -> Mapping[str, list[_SharedRemedy]]:
    return read_yaml(rules_folder() / "remedies.yaml", _SharedRemedies).remedies


class _Loader:
    """Reads one file, and knows where in it something is wrong."""

    def __init__(self, file: "Traversable") -> None:
        self._file = file
        self._name = str(file) if isinstance(file, Path) else file.name
        self._data = read_data(file)
        self._is_compiled = is_compiled(self._data)
        self._raw = self._read()
        self._facts: FactTypes = fact_types(FACTS[self._raw.subject])

    def load(self) -> Check:
        """Build the check."""
        raw = self._raw
        name = self._file.name.removesuffix(".yaml")
        if not _ID.fullmatch(name):
            raise CatalogError(f"a check's file is named by its id, in kebab-case: {name}", file=self._name, hint=_HINT)
        return Check(
            id=name,
            summary=raw.summary.strip(),
            severity=raw.severity,
            confidence=raw.confidence,
            subject=raw.subject,
            condition=self._condition("condition", raw.condition),
            finding=self._wording("finding", raw.finding),
            rationale=raw.rationale.strip(),
            remedies=tuple(self._remedies(raw.remediation)),
            references=tuple(raw.references),
            examples=(*self._examples("flagged", raw.flagged), *self._examples("clean", raw.clean)),
            graver=tuple((severity, self._condition("graver", text)) for severity, text in raw.graver.items()),
            decided_by=None if raw.decided_by is None else tuple(raw.decided_by),
            permissible=raw.permissible,
            file=self._name,
            topic=raw.topic,
            title=self._wording("title", raw.title) if raw.title else None,
            aside=self._wording("aside", raw.aside) if raw.aside else None,
        )

    def _read(self) -> _Check:
        try:
            return convert(parse_yaml(self._data, self._file.name), _Check, self._file.name)
        except CatalogError as error:
            where, _, message = error.message.partition(": ")
            line = where.removeprefix(self._file.name)
            if line:  # no YAML at all
                raise CatalogError(message, file=f"{self._name}{line}", hint=_HINT) from error
            key, _, rest = message.partition(": ")
            top = re.match(r"\$\.([\w-]+)", key)
            if top:
                self._refuse(top[1], rest, key.removeprefix("$."))
            unknown = re.search(r"unknown field `([^`]+)`", message)
            if unknown:
                self._refuse(unknown[1], message)
            raise CatalogError(message, file=self._name, hint=_HINT) from error

    def _condition(self, key: str, text: str) -> Condition:
        try:
            condition = Condition(text, self._facts)
            if not self._is_compiled:
                condition.require_valid()
        except NetauditError as error:
            self._refuse(key, error.message)
        return condition

    def _wording(self, key: str, text: str) -> Wording:
        try:
            return Wording(text.strip(), dict(self._facts))
        except NetauditError as error:
            self._refuse(key, error.message)

    def _remedies(self, given: str | list[_Remedy]) -> Iterator[Remedy]:
        """Return the remedies; a sentence alone is the only one."""
        if not given:
            self._refuse("remediation", "says nothing")
        for one in [_Remedy(given, fix=self._raw.fix)] if isinstance(given, str) else self._expanded(given):
            when = self._condition("remediation", one.when) if one.when else None
            yield Remedy(self._wording("remediation", one.do), tuple(self._commands(one.run)), when, one.fix)

    def _expanded(self, given: Iterable[_Remedy]) -> Iterator[_Remedy]:
        """Put the remedies that are the same for many checks in the place of their name."""
        shared = _shared_remedies()
        for one in given:
            if one.use and one.use not in shared:
                self._refuse("remediation", f"unknown remedy {one.use}; known: {', '.join(shared)}")
            for part in shared[one.use] if one.use else ():
                yield _Remedy(f"{one.do}{part.where}", part.run, part.when)
            if not one.use:
                yield one

    def _commands(self, run: list[str]) -> Iterator[CommandTemplate]:
        for text in run:
            try:
                yield CommandTemplate(text.strip(), dict(self._facts))
            except NetauditError as error:
                self._refuse("remediation", error.message)

    def _examples(self, key: str, examples: list[dict[str, Any]]) -> Iterator[Example]:
        if not examples:
            self._refuse(key, "needs at least one example")
        types: Mapping[str, Any] = dict(self._facts)
        for facts in examples:
            for name, value in facts.items():
                self._check_fact(key, types, name, value)
            yield Example(facts, flagged=key == "flagged")

    def _check_fact(self, key: str, types: Mapping[str, Any], name: str, value: object) -> None:
        if name not in types:
            self._refuse(key, f"unknown fact {name}; known here: {', '.join(types)}")
        try:
            msgspec.convert(value, types[name], strict=True)
        except msgspec.ValidationError as error:
            self._refuse(key, f"fact {name}: {error}")

    def _refuse(self, key: str, message: str, path: str = "") -> NoReturn:
        from netaudit.catalog.yaml_text import line_of  # noqa: PLC0415 (late: PyYAML, for what is wrong alone)

        line = line_of(self._data, key)
        where = f"{self._name}:{line}" if line else self._name
        raise CatalogError(message, file=where, key=path or key, hint=_HINT)
