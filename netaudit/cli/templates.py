"""Print a report with a template of the user's own, in bounded time and memory."""

import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import msgspec

from netaudit.bounded import PATIENCE, SMALL, UnfitError, read_any
from netaudit.errors import OwnTemplateError

if TYPE_CHECKING:
    from netaudit.attribute.attribution import AttributedDiff, AttributedSnapshot
    from netaudit.cli.output import Output

_SECONDS = 30.0
_MEMORY = 2 << 30  # bytes beyond what is in use


class OwnTemplate(msgspec.Struct, frozen=True):
    """A template, read before anything long begins."""

    name: str
    source: str


def read_template(path: Path) -> OwnTemplate:
    """Read a template. Raises OwnTemplateError."""
    try:
        return OwnTemplate(path.name, read_any(path, SMALL, PATIENCE).decode())
    except UnfitError as error:
        hint = "give a file of 1 MiB at most, in UTF-8"
        raise OwnTemplateError(f"cannot read the template {path}: it {error}", hint=hint) from error
    except (OSError, UnicodeDecodeError) as error:
        raise OwnTemplateError(f"cannot read the template {path}: {error}", hint="give a file in UTF-8") from error


def print_with(template: OwnTemplate, shown: "AttributedDiff | AttributedSnapshot", output: "Output | None") -> None:
    """Render with the template and write it where it was asked for. Raises OwnTemplateError."""
    from netaudit.cli.output import write
    from netaudit.report.page.template_model import model_of
    from netaudit.report.templating.sandbox import render_with

    model = model_of(shown)
    with _bounded(template.name):
        text = render_with(template.source, template.name, model)
    write(text.encode(errors="replace"), output)


@contextmanager
def _bounded(name: str) -> Iterator[None]:
    def late(_number: int, _frame: object) -> NoReturn:
        raise OwnTemplateError(f"{name}: it ran for more than {_SECONDS:g} s", hint="is there an endless loop?")

    before = resource.getrlimit(resource.RLIMIT_AS)
    previous = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, _SECONDS)
    resource.setrlimit(resource.RLIMIT_AS, (_limit(before), before[1]))
    try:
        yield
    except MemoryError as error:
        raise OwnTemplateError(f"{name}: it needs too much memory", hint="print less") from error
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)


def _limit(before: tuple[int, int]) -> int:
    """Leave room above what is in use, within what was allowed anyway."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    wanted = pages * resource.getpagesize() + _MEMORY
    return min([wanted, *(limit for limit in before if limit != resource.RLIM_INFINITY)])
