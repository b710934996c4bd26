"""Hostile YAML is an error with file and line: no traceback, no bomb, no number that cannot be printed."""

from pathlib import Path

import pytest

from netaudit.catalog.document import load_yaml
from netaudit.errors import CatalogError

HOSTILE = {
    "deep-flow": b"a: " + b"[" * 100_000,
    "deep-closed": b"a: " + b"[" * 900 + b"]" * 900,
    "deep-block": b"\n".join(b" " * at + b"a:" for at in range(900)),
    "deep-dashes": b"- " * 5000,
    "number": b"a: " + b"1" * 10_000,
    "number-with-bars": b"a: " + b"1_" * 10_000,
    "number-in-base-60": b"a: " + b"1" * 5000 + b":20",
    "number-in-hex": b"a: 0x" + b"f" * 100_000,
    "number-of-65-bits": b"a: 0x1ffffffffffffffff",
    "month": b"a: 2026-13-45",
    "hour": b"a: 2026-01-01T99:99:99Z",
    "year": b"a: 0000-01-01",
    "zone": b"a: 2026-01-01T00:00:00+99:99",
    "tag-of-python": b'a: !!python/object/apply:os.system ["true"]',
    "no-int": b"a: !!int x",
    "empty-int": b'a: !!int ""',
    "no-bool": b"a: !!bool x",
    "no-float": b"a: !!float x",
    "no-timestamp": b"a: !!timestamp x",
    "no-map": b"a: !!map [1]",
    "no-set": b"a: !!set [1]",
    "merge": b"a: &x {b: 1}\nc:\n  <<: *x",
    "laughs": b"a: &a [x,x,x]\nb: &b [*a,*a,*a]\nc: &c [*b,*b,*b]",
    "alias": b"a: &a x\nb: *a",
    "of-itself": b"a: &a [*a]",
    "nul": b'a: "\x00"',
    "no-utf8": b"a: \xff\xfe",
    "list-as-key": b"? [a]\n: b",
    "two-documents": b"a: 1\n---\nb: 2",
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_yaml_is_an_error_that_names_the_file(kind: str, tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_bytes(HOSTILE[kind])
    with pytest.raises(CatalogError) as caught:
        load_yaml(tmp_path / "x.yaml")
    assert caught.value.message.startswith("x.yaml")
    assert len(str(caught.value)) < 500
