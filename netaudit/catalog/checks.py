"""rules/checks/ID.yaml -> checks: expressions compiled, names and examples checked; anything invalid is refused."""

import re
from collections.abc import Iterator, Mapping
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, NoReturn

import msgspec

from netaudit.audit.check import Check, Confidence, Example, Fix, Severity
from netaudit.audit.condition import Condition, FactTypes
from netaudit.audit.services import Service
from netaudit.audit.subjects import FACTS
from netaudit.audit.subjects.fact import fact_types
from netaudit.audit.subjects.kind import SubjectKind
from netaudit.audit.wording import Wording
from netaudit.catalog.document import Strict, line_of, read_yaml, rules_folder
from netaudit.errors import CatalogError, NetauditError

_ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_HINT = "docs/checks.md shows what a check may hold, and the facts that each kind of subject has"


class _Check(Strict):
    summary: str
    severity: Severity
    confidence: Confidence
    subject: SubjectKind
    condition: str
    finding: str
    rationale: str
    remediation: str
    flagged: list[dict[str, Any]]
    clean: list[dict[str, Any]]
    references: list[str] = msgspec.field(default_factory=list)
    graver: dict[Severity, str] = msgspec.field(default_factory=dict)
    decided_by: list[str] | None = None
    fix: Fix = Fix.NONE


class _Services(Strict):
    services: list[Service]


def load_checks() -> tuple[Check, ...]:
    """Load the checks that netaudit ships, in the order of their ids."""
    return load_checks_from(rules_folder() / "checks")


def load_checks_from(folder: Traversable) -> tuple[Check, ...]:
    """Load every YAML file of a folder. Raises CatalogError, with file, line and key, for the first invalid thing."""
    if not folder.is_dir():
        raise CatalogError("no such folder of checks", file=str(folder), hint="name a folder that holds ID.yaml files")
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".yaml")), key=lambda file: file.name)
    return tuple(_Loader(file).load() for file in files)


def find_check(name: str) -> Check | None:
    """Load the one check of an id that netaudit ships; None where there is none."""
    file = rules_folder() / "checks" / f"{name}.yaml"
    return _Loader(file).load() if _ID.fullmatch(name) and file.is_file() else None


def load_services() -> tuple[Service, ...]:
    """Load the services that should not face a network."""
    return tuple(read_yaml(rules_folder() / "services.yaml", _Services).services)


class _Loader:
    """Reads one file, and knows where in it something is wrong."""

    def __init__(self, file: Traversable) -> None:
        self._file = file
        self._name = str(file) if isinstance(file, Path) else file.name
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
            remediation=self._wording("remediation", raw.remediation),
            references=tuple(raw.references),
            examples=(*self._examples("flagged", raw.flagged), *self._examples("clean", raw.clean)),
            graver=tuple((severity, self._condition("graver", text)) for severity, text in raw.graver.items()),
            decided_by=None if raw.decided_by is None else tuple(raw.decided_by),
            fix=raw.fix,
            file=self._name,
        )

    def _read(self) -> _Check:
        try:
            return read_yaml(self._file, _Check)
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
            return Condition(text, self._facts)
        except NetauditError as error:
            self._refuse(key, error.message)

    def _wording(self, key: str, text: str) -> Wording:
        try:
            return Wording(text.strip(), dict(self._facts))
        except NetauditError as error:
            self._refuse(key, error.message)

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
        line = line_of(self._file.read_bytes(), key)
        where = f"{self._name}:{line}" if line else self._name
        raise CatalogError(message, file=where, key=path or key, hint=_HINT)
