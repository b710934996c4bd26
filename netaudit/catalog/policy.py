"""A policy file -> a policy; errors name file, line and word. docs/policy.md describes it."""

import datetime as dt
import re
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from netaudit.bounded import PATIENCE, SMALL, UnfitError, read_any
from netaudit.catalog.document import Strict, convert
from netaudit.catalog.yaml_text import line_of_path, lines_of_items, parse_yaml
from netaudit.errors import CatalogError, ConfigError
from netaudit.policy.entry import Entry, Policy
from netaudit.policy.grammar import SentenceError, parse_entry

DEFAULT = "netaudit-policy.yaml"
MOST = 10_000  # entries
_HINT = "docs/policy.md describes policy files; `netaudit assert --suggest` writes the one that holds today"
_WORD = re.compile(r"(?<=[$\w\]]\.)\w+|(?<=\[)\d+(?=\])|(?<=unknown field `)[^`]+")  # of `$.policy[0].until: …`
_Text = Annotated[str, Meta(min_length=1)]


class PolicyEntry(Strict):
    """An entry with more than its sentence."""

    say: Annotated[_Text, Meta(description="The sentence.")]
    why: Annotated[str, Meta(description="Why it was decided.")] = ""
    owner: Annotated[str, Meta(description="Who answers for it.")] = ""
    until: Annotated[dt.date | None, Meta(description="Its last day.")] = None


class PolicyFile(Strict):
    """netaudit-policy.yaml: who may reach what; each entry is a sentence, or one with who answers for it."""

    policy: Annotated[list[_Text | PolicyEntry], Meta(min_length=1, max_length=MOST)]


def load_policy(path: Path) -> Policy:
    """Read a policy file. Raises ConfigError, which names the line and the word that is wrong."""
    try:
        data = read_any(path, SMALL, PATIENCE)
    except (OSError, UnfitError) as error:
        why = error.strerror if isinstance(error, OSError) else f"it {error}"
        raise ConfigError(f"cannot be read: {why}", file=str(path), hint=_HINT) from error
    try:
        raw = parse_yaml(data, str(path))
    except CatalogError as error:
        line, _, message = error.message.removeprefix(f"{path}:").partition(": ")
        place = int(line) if line.isdecimal() else 0
        message = message if place else error.message.removeprefix(f"{path}: ")
        raise ConfigError(message, file=str(path), line=place, hint=_HINT) from error
    try:
        document = convert(raw, PolicyFile, str(path))
    except CatalogError as error:
        message = error.message.removeprefix(f"{path}: ")
        place = line_of_path(data, _WORD.findall(message))
        raise ConfigError(message, file=str(path), line=place, hint=_HINT) from error
    lines = lines_of_items(data, "policy")
    entries = (_entry(one, line, path) for one, line in zip(document.policy, lines, strict=True))
    return Policy(tuple(entries), str(path))


def policy_schema() -> dict[str, Any]:
    """Return the JSON Schema of a policy file."""
    schema = msgspec.json.schema(PolicyFile)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": DEFAULT, **schema}


def _entry(raw: str | PolicyEntry, line: int, path: Path) -> Entry:
    given = PolicyEntry(say=raw) if isinstance(raw, str) else raw
    try:
        entry = parse_entry(given.say)
    except SentenceError as error:
        message = f"character {error.column} of the sentence: {error}"
        raise ConfigError(message, file=str(path), line=line, hint=_HINT) from error
    return msgspec.structs.replace(entry, line=line, why=given.why, owner=given.owner, until=given.until)
