"""What results are printed as; nothing else is imported here, for the command line lists these before it starts."""

from enum import StrEnum


class Format(StrEnum):
    """What a report is printed as."""

    TERMINAL = "terminal"
    JSON = "json"
    MARKDOWN = "markdown"
    HTML = "html"
    CSV = "csv"
    SVG = "svg"
    DOT = "dot"


class AuditFormat(StrEnum):
    """What an audit is printed as."""

    TERMINAL = "terminal"
    JSON = "json"
    SARIF = "sarif"
    MARKDOWN = "markdown"
    GITHUB = "github"
    JUNIT = "junit"
    HTML = "html"
    CSV = "csv"
    JSONL = "jsonl"
    OPENMETRICS = "openmetrics"


class AssertFormat(StrEnum):
    """What a policy that was held against a host is printed as."""

    TERMINAL = "terminal"
    JSON = "json"
    SARIF = "sarif"
    MARKDOWN = "markdown"
    HTML = "html"
    JUNIT = "junit"


class TraceFormat(StrEnum):
    """What a packet's way is printed as."""

    TERMINAL = "terminal"
    JSON = "json"


class PlanFormat(StrEnum):
    """What a plan is printed as."""

    TERMINAL = "terminal"
    JSON = "json"
    MARKDOWN = "markdown"
    HTML = "html"
    SARIF = "sarif"
