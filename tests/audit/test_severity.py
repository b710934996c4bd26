"""The severities that a configuration and the command line name are those that checks have."""

from typing import get_args

from netaudit.catalog.config import Bar, Sureness
from netaudit.model.severity import FailOn, FindingConfidence, Severity


def test_an_audit_fails_from_any_severity_on_or_never() -> None:
    assert [str(one) for one in FailOn] == ["none", *map(str, Severity)]
    assert list(get_args(Bar)) == [str(one) for one in FailOn]


def test_a_configuration_names_every_confidence() -> None:
    assert list(get_args(Sureness)) == [str(one) for one in FindingConfidence]
