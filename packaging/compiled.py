"""Compile rules/ and templates/ while the wheel is built: a file of JSON each, by digests of what was compiled.

Reading 143 files of YAML takes a seventh of the processor time of a small audit, compiling nine templates a quarter
of a small report's. netaudit/catalog/document.py and netaudit/report/templating/loader.py read what is made here,
and compile what is not in it.
"""

import json
import sys
import tempfile
from hashlib import sha256
from pathlib import Path
from typing import Any

import yaml
from hatchling.builders.hooks.plugin.interface import BuildHookInterface


def compile_rules(folder: Path) -> dict[str, Any]:
    """Return the value of each YAML file below a folder, by the SHA-256 of its bytes."""
    files = sorted(folder.rglob("*.yaml"))
    return {sha256(data).hexdigest(): yaml.safe_load(data) for data in (file.read_bytes() for file in files)}


def compile_templates(root: Path) -> dict[str, Any]:
    """Return the Python of each template of a checkout, as netaudit's own environments have jinja2 write it."""
    sys.path.insert(0, str(root))
    try:
        import jinja2  # noqa: PLC0415 (an editable wheel needs neither)

        from netaudit.report.templating.environment import environment_of  # noqa: PLC0415
        from netaudit.report.templating.loader import key_of, read  # noqa: PLC0415
    finally:
        sys.path.remove(str(root))
    folder = root / "templates"
    names = [file.relative_to(folder).as_posix() for file in sorted(folder.rglob("*.j2"))]
    texts = {name: read(name) for name in names if not name.startswith("examples/")}
    found = {key_of(name, text): environment_of(name).compile(text, name, raw=True) for name, text in texts.items()}
    return {"jinja2": jinja2.__version__, "templates": found}


class Compiled(BuildHookInterface):  # type: ignore[type-arg]
    """Puts rules/compiled.json and templates/compiled.json into a wheel; an editable one reads its checkout."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile, before the wheel is built."""
        if version == "editable":
            return
        root = Path(self.root)
        self._folder = tempfile.TemporaryDirectory()
        for name, content in (("rules", compile_rules(root / "rules")), ("templates", compile_templates(root))):
            compiled = Path(self._folder.name) / f"{name}.json"
            compiled.write_text(json.dumps(content, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")
            build_data["force_include"][str(compiled)] = f"netaudit/{name}/compiled.json"

    def finalize(self, version: str, _build_data: dict[str, Any], _artifact_path: str) -> None:
        """Remove what was made for the wheel, when it is built."""
        if version != "editable":
            self._folder.cleanup()
