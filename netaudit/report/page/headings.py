"""What the parts of a page are called: of one host, of changes, of a plan, of two hosts that are compared."""

import msgspec

from netaudit.attribute.attribution import AttributedDiff
from netaudit.report.text.unseen import Tense, tense_of


class Headings(msgspec.Struct, frozen=True):
    """The headings of a page, and the sentences for parts that are empty."""

    reach: str = "Who can reach what"
    unreached: str = "No published port, container address or listener was found."
    outside: str = "Nothing is open to the Internet or the LAN."
    changes: str = ""
    found: str = "Findings"
    nothing_found: str = "No check found anything."
    inside: str = ""  # what became of the rows inside the host
    afterwards: str = ""


_OF_CHANGES = {
    Tense.HAPPENED: Headings(
        reach="Who can reach what, now",
        unreached="Nobody can reach anything that was out of reach before, and nothing went out of reach.",
        outside="Nothing changed for the Internet and the LAN.",
        changes="What changed, and why",
        found="New findings",
        nothing_found="Nothing new was found.",
        inside="changed",
        afterwards="Afterwards ",
    ),
    Tense.PLANNED: Headings(
        reach="Who could reach what",
        unreached="Nobody could reach anything that is out of reach now, and nothing would go out of reach.",
        outside="Nothing would change for the Internet and the LAN.",
        changes="What would change, and why",
        found="Findings that it would bring",
        nothing_found="It would bring no finding.",
        inside="would change",
        afterwards="It would leave ",
    ),
    Tense.COMPARED: Headings(
        reach="Who can reach what on {after}, where that is not so on {before}",
        unreached="The same can be reached on both.",
        outside="For the Internet and the LAN the two do not differ.",
        changes="What differs",
        found="Found on {after} alone",
        nothing_found="Nothing was found on {after} alone.",
        inside="differ",
        afterwards="{after} has ",
    ),
}
ONE_HOST = Headings()


def headings_of(diff: AttributedDiff, tense: Tense = Tense.HAPPENED) -> Headings:
    """Return the headings of a page of changes."""
    words = _OF_CHANGES[tense_of(diff, tense)]
    hosts = {"before": diff.before.host, "after": diff.after.host}
    return Headings(**{name: getattr(words, name).format_map(hosts) for name in words.__struct_fields__})
