"""What is explained from a host: findings, addresses, ports, what has a name there; then the word of that name."""

import re
from collections.abc import Iterable, Iterator
from ipaddress import ip_address
from pathlib import Path

import msgspec

from netaudit.api.choice import Choice, is_row
from netaudit.api.hosts import show_snapshot
from netaudit.attribute.attribution import AttributedExposure, AttributedSnapshot
from netaudit.attribute.explain import explanation as explaining
from netaudit.attribute.explain.places import explain_address, explain_port
from netaudit.attribute.exposure.compute import ComputeExposure
from netaudit.attribute.services import Services
from netaudit.catalog import check_ids, load_catalog, load_services
from netaudit.cli.explaining.found import explain_finding, explain_findings_of, is_id
from netaudit.cli.explaining.words import explain_checks, find_checks
from netaudit.errors import NetauditError, SubjectError
from netaudit.model.exposure import Exposure
from netaudit.model.facts import Facts
from netaudit.model.host import Ip
from netaudit.model.snapshot import Snapshot
from netaudit.parse import parse_snapshot
from netaudit.report.terminal.explain.chains import describe_presence, look_up_chain
from netaudit.report.terminal.explain.explanation import render_explanations
from netaudit.report.terminal.explain.glossary import ALL_WORDS, look_up, render_word
from netaudit.report.terminal.explain.places import render_address, render_port
from netaudit.report.terminal.style import Style

_PORT = re.compile(r"(?P<port>\d{1,5})(?:/(?P<protocol>tcp|udp|sctp))?", re.IGNORECASE)
_LAST_PORT = 65535


def explain_on_host(subject: str, facts: Facts, snapshot: Path | None, style: Style) -> str:
    """Explain what is on the host, then the word or check that has the same name. Raises SubjectError for nothing."""
    if checks := find_checks(subject):
        return f"{explain_findings_of(checks, facts, style)}\n{explain_checks(checks, style.width)}"
    if found := explain_finding(subject, facts, style):
        return found
    host = parse_snapshot(facts)
    place = "\n".join(_place(subject, host, style))
    try:
        named = _named(subject, host, style.width)
    except SubjectError as error:
        if not place:
            raise _of_an_id(subject, snapshot, error) from error
        named = ""
    return "\n".join(filter(None, (place, named)))


def _place(subject: str, host: Snapshot, style: Style) -> Iterator[str]:
    """Explain an address, or a port; nothing where it is neither."""
    if address := _address(subject):
        shown = show_snapshot(host, ComputeExposure.ALWAYS)
        explained = explain_address(address, host, shown)
        rows = (one for one in shown.exposure or () if explained.is_reached_by(one.exposure.destination))
        yield render_address(explained, _only(shown, rows), style)
    elif (found := _PORT.fullmatch(subject)) and 0 < int(found["port"]) <= _LAST_PORT:
        port, protocol = int(found["port"]), (found["protocol"] or "").lower()
        shown = show_snapshot(host, ComputeExposure.ALWAYS)
        rows = (one for one in shown.exposure or () if _is_at(port, protocol, one.exposure))
        services = Services(load_services())
        service = services.amplifier(port) if protocol == "udp" else services.sensitive(port, "")
        yield render_port(explain_port(port, protocol, host), service, _only(shown, rows), style)


def _is_at(port: int, protocol: str, one: Exposure) -> bool:
    """Tell whether a row is about a port, and not about all that a container has."""
    there = one.destination
    return not there.has_every_port and protocol in ("", there.protocol) and is_row(one, Choice(ports=(port,)))


def _only(shown: AttributedSnapshot, rows: Iterable[AttributedExposure]) -> AttributedSnapshot:
    return msgspec.structs.replace(shown, exposure=tuple(rows))


def _address(subject: str) -> Ip | None:
    try:
        return ip_address(subject.strip("[]"))
    except ValueError:
        return None


def _named(subject: str, host: Snapshot, width: int) -> str:
    """Explain what has a name on the host, and the word of a report that has the same name."""
    meaning = look_up(subject)
    said = render_word(meaning, width) if meaning else ""
    try:
        found = explaining.explain(subject, host, load_catalog(), (*check_ids(), *ALL_WORDS))
    except SubjectError:
        if not said:
            raise
        there = describe_presence(subject, host) if look_up_chain(subject) else ""
        return render_word(f"{meaning}\n  {there}", width) if there else said
    return "\n".join(filter(None, (said, render_explanations(found, width))))


def _of_an_id(subject: str, snapshot: Path | None, error: NetauditError) -> NetauditError:
    """Say what to do with the ID of a finding that this host does not have."""
    if not is_id(subject):
        return error
    said = f"{subject} looks like the ID of a finding, and no finding {'here' if snapshot else 'of this host'} has it"
    other = "another recording" if snapshot else "the recording"
    return SubjectError(said, hint=f"name {other} that it came from: netaudit explain {subject} SNAPSHOT")
