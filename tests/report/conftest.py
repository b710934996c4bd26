"""Attributed values from real recordings, edited where a test needs a host that is worse off; and golden files."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec
import pytest

from netaudit.api.rules import shipped_catalog
from netaudit.attribute import attribute_diff, attribute_snapshot
from netaudit.attribute.attribution import AttributedDiff, AttributedSnapshot
from netaudit.attribute.signatures.signature import Catalog
from netaudit.model.snapshot import Snapshot
from netaudit.parse import parse_snapshot
from netaudit.store import digest, load

TESTS = Path(__file__).parent.parent
ONE_PORT = "29.0.0-iptables-nft/default-one-port"
Edit = Callable[[str], str]
Edits = Mapping[str, Edit]
MakeDiff = Callable[..., AttributedDiff]
MakeSnapshot = Callable[..., AttributedSnapshot]


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    return shipped_catalog()


def parse(scenario: str, step: str, edits: Edits | None = None) -> Snapshot:
    facts = load(TESTS / "recordings" / scenario / step)
    files = {name: _edit(name, data, edits or {}) for name, data in facts.files.items()}
    taken_at = f"2026-01-02T03:04:{step}Z"
    named = msgspec.structs.replace(facts, files=files, host="shop.example", taken_at=taken_at, digest=digest(files))
    return parse_snapshot(named)


def _edit(name: str, data: bytes, edits: Edits) -> bytes:
    if name not in edits:
        return data
    return edits[name](data.decode(errors="surrogateescape")).encode(errors="surrogateescape")


@pytest.fixture
def make_diff(catalog: Catalog) -> MakeDiff:
    def make(
        scenario: str = ONE_PORT, before: str = "00", after: str = "01", edits: Edits | None = None
    ) -> AttributedDiff:
        return attribute_diff(parse(scenario, before), parse(scenario, after, edits), catalog)

    return make


@pytest.fixture
def make_snapshot(catalog: Catalog) -> MakeSnapshot:
    def make(scenario: str = ONE_PORT, step: str = "01", edits: Edits | None = None) -> AttributedSnapshot:
        return attribute_snapshot(parse(scenario, step, edits), catalog)

    return make


@pytest.fixture
def without_drop() -> Edits:
    """The rule that drops packets to unpublished ports is gone, and someone has written one of their own."""

    def edit(text: str) -> str:
        head, _, tail = text.replace("[0:0] -A DOCKER ! -i docker0 -o docker0 -j DROP\n", "").partition("*filter")
        return head + "*filter" + tail.replace("COMMIT", "[3:180] -A INPUT -s 192.0.2.7/32 -j DROP\nCOMMIT", 1)

    return {"iptables-save.txt": edit}


HOSTILE_NAME = "<img src=x onerror=alert(1)>\"'``|[a](http://x.example) @all #12 \x1b[31m\u202egnp\r\n</code></details>"
HOSTILE_COMMENT = '</script><script>alert(1)</script> ```|\u202e" https://x.example'


@pytest.fixture
def hostile_name() -> str:
    return HOSTILE_NAME


@pytest.fixture
def hostile() -> Edits:
    """A container and a rule's comment that try to be HTML, Markdown and escape sequences."""

    def rename(text: str) -> str:
        containers = json.loads(text)
        for container in containers:
            container["Name"] = "/" + HOSTILE_NAME
        return json.dumps(containers)

    def comment(text: str) -> str:
        head, _, tail = text.partition("*filter")
        rule = f'[0:0] -A INPUT -m comment --comment "{HOSTILE_COMMENT}" -j DROP\nCOMMIT'
        return head + "*filter" + tail.replace("COMMIT", rule, 1)

    return {"docker-containers.json": rename, "iptables-save.txt": comment}
