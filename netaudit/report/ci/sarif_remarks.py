"""What a plan says beside its findings, as results of SARIF: what its command does not do, and what is refused."""

from collections.abc import Iterator
from hashlib import sha256
from typing import Any

from netaudit.audit.planned import JudgedPlan
from netaudit.report.ci.location import Location
from netaudit.report.ci.sarif_results import location
from netaudit.report.text.plan.words import describe_pitfall, describe_refusal
from netaudit.report.text.sanitize import sarif_text

_RULES = (
    ("command-does-not-do-what-it-says", "The command does not do what it says.", "8.0"),
    ("engine-would-refuse", "The engine would refuse what the command asks for.", "5.0"),
)


def remark_rules() -> list[dict[str, Any]]:
    """Describe the two rules that are no checks."""
    return [
        {
            "id": name,
            "shortDescription": {"text": text},
            "defaultConfiguration": {"level": "error"},
            "properties": {"tags": ["docker"], "precision": "high", "security-severity": score},
        }
        for name, text, score in _RULES
    ]


def remarks(plan: JudgedPlan, first: int, place: Location, base: str) -> Iterator[dict[str, Any]]:
    """Print what the command says and does not do, then what is refused; `first` is the number of the first rule."""
    said = [(0, describe_pitfall(one)) for one in plan.planned.pitfalls]
    said += [(1, describe_refusal(one)) for one in plan.planned.refused]
    for number, text in said:
        name = _RULES[number][0]
        hashed = sha256(f"{name}\n{text}".encode(errors="surrogateescape")).hexdigest()[:32]
        yield {
            "ruleId": name,
            "ruleIndex": first + number,
            "level": "error",
            "message": {"text": sarif_text(text)},
            "locations": [location(place, place.under(base))],
            "partialFingerprints": {"netaudit/v1": hashed, "primaryLocationLineHash": f"{hashed}:1"},
        }
