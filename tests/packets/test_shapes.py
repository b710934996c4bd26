"""Jumps in hostile shapes: every command's work grows with the rules, whatever ways there are through them.

What is counted is calls of functions, so a busy machine changes nothing.
"""

from collections.abc import Callable, Iterator, Mapping
from cProfile import Profile
from datetime import date
from math import log2

import pytest
from sampling import SWEEP, sampled
from synthetic.shapes import HOSTS, IPTABLES, SHAPES, Edge, bases_host, iptables_host, nft_host, rules_alone

import netaudit
from netaudit.api.rules import shipped_catalog
from netaudit.attribute import attribute_snapshot
from netaudit.attribute.attribution import AttributedSnapshot
from netaudit.attribute.explain.explanation import explain
from netaudit.attribute.exposure.compute import ComputeExposure, with_exposure
from netaudit.attribute.services import Services
from netaudit.audit.finding import Audit
from netaudit.audit.run import Plan, run
from netaudit.audit.view.view import HostView
from netaudit.catalog import load_checks, load_services
from netaudit.model.exposure import Outcome
from netaudit.model.facts import Facts
from netaudit.model.reason import ReasonKind, kinds_of
from netaudit.packets.host.zones import ZoneChoice
from netaudit.packets.shadowing.analysis import ShadowAnalysis
from netaudit.packets.values.steps import Trace
from netaudit.parse import parse_snapshot
from netaudit.report.page.render import render_snapshot_html
from netaudit.store import load

_MOST = 2.6  # times the work for twice the rules: n·log n with something to spare, and no n²
_SIZES = (30, 60, 120, 240)[: 2 + SWEEP]
_LARGER = (200, 400, 800)[: 1 + SWEEP]  # of traces, whose bound on what is asked again is 2,048 rules and some
_CATALOG, _TODAY = shipped_catalog(), date(2026, 11, 27)
_ALWAYS = ComputeExposure.ALWAYS
_PUBLISHED = "192.0.2.10:8080/tcp"
# `make check` runs what grew fastest once; `make test` runs every shape.
_ALL_SHAPES = sampled(SHAPES, ("diamond",))


def work(done: Callable[[], object]) -> int:
    """Count the calls that something takes."""
    profile = Profile()
    profile.runcall(done)
    return sum(entry.callcount for entry in profile.getstats())


def _stages(facts: Facts) -> Iterator[tuple[str, int]]:
    """Count what each stage of a report takes, one after the other."""
    snapshot = parse_snapshot(facts)
    shown: list[AttributedSnapshot] = []
    found: list[Audit] = []
    yield "show", work(lambda: shown.append(attribute_snapshot(snapshot, _CATALOG)))
    yield "exposure", work(lambda: shown.append(with_exposure(shown[0], snapshot, _CATALOG, ZoneChoice())))
    view = HostView(snapshot, shown[1], Services(load_services()))
    yield "audit", work(lambda: found.append(run(view, Plan(load_checks(), _TODAY))))
    yield "report", work(lambda: render_snapshot_html(shown[1], found[0]))


def assert_linear(rows: Mapping[int, Mapping[str, int]]) -> None:
    """Hold the mean growth against the bound: a shape costs more at once where jumps begin to be left out."""
    first, last = min(rows), max(rows)
    doublings = log2(last / first)
    grown = {name: (rows[last][name] / rows[first][name]) ** (1 / doublings) for name in rows[first]}
    assert {name: round(times, 2) for name, times in grown.items() if times > _MOST} == {}, rows


@pytest.mark.matrix
@pytest.mark.parametrize("shape", SHAPES)
def test_the_work_of_show_exposure_audit_and_report_grows_with_the_rules(shape: str) -> None:
    assert_linear({size: dict(_stages(iptables_host(SHAPES[shape](size)))) for size in _SIZES})


@pytest.mark.matrix
@pytest.mark.parametrize("host", [one for one in HOSTS if one != "iptables"])
@pytest.mark.parametrize("shape", ["diamond, asking", "ring of diamonds"])
def test_it_does_so_where_jumps_are_gotos_and_where_packets_are_marked_between_them(shape: str, host: str) -> None:
    assert_linear({size: dict(_stages(HOSTS[host](SHAPES[shape](size)))) for size in _SIZES[-3:]})


@pytest.mark.matrix
def test_it_does_so_with_many_base_chains() -> None:
    assert_linear({size: dict(_stages(bases_host(size))) for size in _SIZES[:3]})


@pytest.mark.matrix
@pytest.mark.parametrize("shape", SHAPES)
def test_the_work_of_diff_and_explain_grows_with_the_rules(shape: str) -> None:
    before, rows = load(IPTABLES), {}
    for size in _SIZES:
        facts = iptables_host(SHAPES[shape](size))
        snapshot = parse_snapshot(facts)
        rows[size] = {
            "diff": work(lambda: netaudit.compare(before, facts, _ALWAYS)),  # noqa: B023 (done at once)
            "explain": work(lambda: explain("filter/FORWARD", snapshot, _CATALOG)),  # noqa: B023
        }
    assert_linear(rows)


@pytest.mark.matrix
@pytest.mark.parametrize("host", sampled(("iptables", "nft, vmap"), ("iptables",)))
@pytest.mark.parametrize("shape", sampled((one for one in SHAPES if "undecided" not in one), ("ring of diamonds",)))
def test_the_work_of_a_trace_grows_with_the_rules(shape: str, host: str) -> None:
    hosts = {size: HOSTS[host](SHAPES[shape](size)) for size in _LARGER}
    assert_linear({size: {"trace": work(lambda: _trace(facts))} for size, facts in hosts.items()})  # noqa: B023


@pytest.mark.matrix
@pytest.mark.parametrize("shape", sampled((one for one in SHAPES if "undecided" in one), ("ring, undecided",)))
def test_a_trace_through_ways_that_are_all_in_doubt_has_a_bound(shape: str) -> None:
    assert work(lambda: _trace(iptables_host(SHAPES[shape](120)))) < 6_000_000


def _trace(facts: Facts) -> Trace:
    return netaudit.trace(facts, "internet", _PUBLISHED).journey.trace


@pytest.mark.parametrize("shape", ["diamond", "ring of diamonds"])
def test_what_rules_alone_open_is_found_in_work_that_grows_with_them(shape: str) -> None:
    hosts = {size: rules_alone(SHAPES[shape](size)) for size in (30, 60, 120)}
    assert_linear({size: {"exposure": work(lambda: netaudit.expose(facts))} for size, facts in hosts.items()})  # noqa: B023 (done at once)


def test_rules_alone_may_have_lines_of_chains_of_any_length() -> None:
    assert netaudit.expose(rules_alone(SHAPES["line"](3000))).exposure


def test_a_diamond_of_depth_14_is_traced_to_its_end_and_the_trace_says_what_it_leaves_out() -> None:
    trace = _trace(iptables_host(SHAPES["diamond"](3 * 14)))
    assert trace.outcome is Outcome.ALLOWED
    assert len(trace.steps) < 10_000  # a kernel meets 7 million rules here
    assert ReasonKind.MANY_JUMPS_NOT_WRITTEN in {one.kind for one in trace.notes}


def test_a_small_diamond_is_written_whole() -> None:
    trace = _trace(iptables_host(SHAPES["diamond"](3 * 3)))
    at_hook = [one for one in trace.steps if one.item and one.item.chain == "C2"]
    assert len(at_hook) == 27  # 3·3 visits, three jumps each
    assert trace.notes == ()


@pytest.mark.parametrize("shape", ["ring", "ring of diamonds", "selves", "pair"])
def test_what_becomes_of_a_packet_that_is_led_in_a_circle_is_undecided(shape: str) -> None:
    facts = iptables_host(SHAPES[shape](12))
    trace = _trace(facts)
    assert trace.outcome is Outcome.MAY
    assert ReasonKind.ENDLESS_JUMPS in {one.kind for one in trace.doubts}
    cells = netaudit.expose(facts).exposure or ()
    published = next(one.exposure for one in cells if one.exposure.destination.binding)
    assert published.outcome is Outcome.MAY
    assert ReasonKind.ENDLESS_JUMPS in kinds_of(published.reason)


def test_a_circle_that_no_base_chain_leads_into_changes_nothing() -> None:
    chains = {"C0": [Edge("", "udp")], "A": [Edge("A"), Edge("A")]}
    assert _trace(iptables_host(chains)).outcome is Outcome.ALLOWED
    assert _trace(nft_host(chains)).outcome is not Outcome.BLOCKED


def test_a_line_that_iptables_legacy_takes_and_nft_does_not_is_followed() -> None:
    assert _trace(iptables_host(SHAPES["line"](40))).outcome is Outcome.ALLOWED
    assert _trace(iptables_host(SHAPES["line"](100))).outcome is Outcome.MAY


@pytest.mark.parametrize("shape", _ALL_SHAPES)
def test_shadows_of_every_chain_are_found_in_work_that_grows_with_the_rules(shape: str) -> None:
    assert_linear({size: {"shadows": work(lambda: _shadows(shape, size))} for size in _SIZES})  # noqa: B023


def _shadows(shape: str, size: int) -> int:
    facts = iptables_host(SHAPES[shape](size))
    program = parse_snapshot(facts).program
    found = [ShadowAnalysis(table) for table in program.tables]
    return sum(
        len(one.of(chain)) for one, table in zip(found, program.tables, strict=True) for chain in table.chains.values()
    )
