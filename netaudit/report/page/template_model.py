"""What a template of the user's own sees: the JSON document of the report, and the verdict in sentences.

docs/template-model.md describes it; version 1: fields are added, never changed.
"""

from typing import Any

import msgspec

from netaudit.attribute.attribution import AttributedDiff, AttributedSnapshot
from netaudit.release import RELEASE
from netaudit.report.json.diff import diff_document
from netaudit.report.json.show import show_document
from netaudit.report.page.first.summary import judge_diff, judge_snapshot
from netaudit.report.templating.sandbox import TemplateModel
from netaudit.report.text.sanitize import visible
from netaudit.report.text.sentence import Foreign, Sentence

MODEL = "netaudit/template/v1"


def model_of(shown: AttributedDiff | AttributedSnapshot) -> TemplateModel:
    """Return what a template sees of a diff or a snapshot."""
    match shown:
        case AttributedDiff():
            return _model(judge_diff(shown), diff_document(shown))
        case AttributedSnapshot():
            return _model(judge_snapshot(shown), show_document(shown))


def _model(verdict: tuple[Sentence, ...], document: msgspec.Struct) -> TemplateModel:
    sentences = tuple("".join(p.text if isinstance(p, Foreign) else p for p in one.parts) for one in verdict)
    return TemplateModel(MODEL, RELEASE, tuple(map(visible, sentences)), _visible(msgspec.to_builtins(document)))


def _visible(value: Any) -> Any:  # noqa: ANN401 (any JSON value)
    """Make every text visible: whatever a template does with it, it prints no character that steers."""
    match value:
        case str():
            return visible(value)
        case dict():
            return {key: _visible(part) for key, part in value.items()}
        case list() | tuple():
            return [_visible(part) for part in value]
        case _:
            return value
