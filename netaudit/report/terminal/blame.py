"""How a rule came, for a terminal."""

from collections.abc import Iterable, Iterator

from netaudit.model.history.change import LoggedChange
from netaudit.model.history.look import Look
from netaudit.model.netfilter.ruleset import Item
from netaudit.report.terminal.style import Style
from netaudit.report.terminal.wrapping import wrap
from netaudit.report.text.history.log import describe_reason_of, describe_writer
from netaudit.report.text.sanitize import terminal_text

_Blamed = tuple[Item, tuple[Look, LoggedChange] | None, Look]


def render_blamed(blamed: Iterable[_Blamed], look: Look, style: Style) -> str:
    """Say which look the rules are of, then write each rule, and below it the change that brought it."""
    said = f"in the look @{look.number} of {look.until}; what changed since is not in it"
    lines = [*wrap(said, style.width), "", *(line for one in blamed for line in _lines(one, style))]
    return "".join(f"{line}\n" for line in lines)


def _lines(blamed: _Blamed, style: Style) -> Iterator[str]:
    item, brought, first = blamed
    yield from wrap(terminal_text(f"{item.family} {item.where}  {item.text}"), style.width, rest="    ")
    for sentence in _sentences(brought, first):
        yield from wrap(terminal_text(sentence), style.width, first="    ", rest="      ")


def _sentences(brought: tuple[Look, LoggedChange] | None, first: Look) -> Iterator[str]:
    if brought is None:
        yield f"was there at the first look already: @{first.number}, {first.taken_at}"
        return
    look, change = brought
    if change.exact:
        yield f"since {change.at}: @{look.number}"
    else:
        yield f"since some time between {change.since} and {change.at}, two looks at this host: @{look.number}"
    yield describe_reason_of(change.cause)
    yield describe_writer(change) or "writer not known: nobody watched between these two looks"
