"""What Docker's client printed of a pasted text -> files of a recording: containers, networks, the engine's version."""

import re
from bisect import bisect_left
from collections.abc import Mapping, Sequence

import msgspec

from netaudit.model.facts import Gap, GapReason, Source
from netaudit.parse.paste.docker_rows import objects_of, once_each, published_by, rows_of
from netaudit.parse.paste.split import Parts
from netaudit.parse.paste.topics import Topic

_VERSION = re.compile(r"\s*(?:Server Version|Version):\s+v?(\d+\.\d+[\w.+-]*)")
_NEAR = 2  # lines below a heading: what stands there may be a row that is not read as one
_MANY = "which may not hold every one"


def docker_files(parts: Parts, name: str) -> tuple[dict[str, bytes], list[Gap]]:
    """Return what Docker's client printed as the files of a recording; `name` is the text's."""
    containers, networks, rulesets = objects_of(part.value for part in parts.json)
    listed = [*rows_of(parts.others.get(Topic.DOCKER_PS, {}))]
    asked = published_by(parts.others.get(Topic.DOCKER_PORT, {}).values())
    shown = sorted(row["Id"] for row in listed if row["Name"] != f"/{row['Id']}")
    ports = [one for one in asked if not _begins_one(one["Id"], shown)]
    inspected = sorted(filter(None, (str(one["Id"]) for one in containers)))
    names = {str(one.get("Name", "")) for one in containers} - {"", "/"}
    rows = [
        row
        for row in once_each([*ports, *listed])
        if row["Name"] not in names and not _begins_one(row["Id"], inspected)
    ]
    files: dict[str, bytes] = {}
    gaps: list[Gap] = []
    for source, found in ((Source.DOCKER_CONTAINERS, [*containers, *rows]), (Source.DOCKER_NETWORKS, networks)):
        if found or (source is Source.DOCKER_CONTAINERS and _is_empty_list(parts)):
            files[source] = msgspec.json.encode(found)
            gaps.append(Gap(source, GapReason.PARTIAL, f"read from {name}, {_MANY}"))
    if rulesets and Topic.NFT not in parts.others:
        files[Source.NFT_RULESET] = msgspec.json.encode(rulesets[0])
    if version := _engine(parts.others.get(Topic.ENGINE, {})):
        files[Source.DOCKER_VERSION] = msgspec.json.encode({"Server": {"Version": version}})
    return files, gaps


def _is_empty_list(parts: Parts) -> bool:
    """Tell whether `docker ps` printed its heading and nothing below: then no container runs."""
    shown = parts.others.get(Topic.DOCKER_PS, {})
    last = max(shown, default=0)
    return bool(shown) and not any(last < one.line <= last + _NEAR for one in parts.skipped)


def _begins_one(identity: str, known: Sequence[str]) -> bool:
    """Tell whether an identity is the begin of a known one; these are sorted."""
    at = bisect_left(known, identity)
    return at < len(known) and known[at].startswith(identity)


def _engine(lines: Mapping[int, str]) -> str:
    """Return the engine's version: what stands below `Server`, not the client's."""
    server = False
    for line in lines.values():
        server = (server or line.lstrip().startswith("Server")) and not line.lstrip().startswith("Client:")
        if server and (found := _VERSION.match(line)):
            return found[1]
    return ""
