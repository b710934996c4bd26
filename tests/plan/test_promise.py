"""What happened is held against the plan: each difference is one, and a symbol stands for one value."""

import json
from pathlib import Path

from programs import RECORDINGS, run_inside

import netaudit
from netaudit.api.plan_files import read_plan
from netaudit.api.promises import is_of, keep_promise
from netaudit.plan.promise import DeviationKind, PromisedChange, hold_promise
from netaudit.report.text.plan.deviations import describe_deviation

_PLACE = ("rule", "iptables-nft", "ip", "filter")


def _added(text: str, position: int = 1, chain: str = "FORWARD", reason: str = "") -> PromisedChange:
    return PromisedChange("added", *_PLACE, chain, position, text, reason)


def _kinds(planned: list[PromisedChange], happened: list[PromisedChange]) -> list[tuple[DeviationKind, str]]:
    return [(one.kind, one.change.text) for one in hold_promise(planned, happened)]


def test_what_came_as_planned_is_no_difference() -> None:
    planned = [_added("-A FORWARD -o {bridge of a} -j DOCKER"), _added("-A FORWARD -i {bridge of a} -j ACCEPT", 2)]
    happened = [_added("-A FORWARD -i br-0123456789ab -j ACCEPT", 2), _added("-A FORWARD -o br-0123456789ab -j DOCKER")]
    assert _kinds(planned, happened) == []


def test_a_symbol_stands_for_one_value_in_texts_and_in_chains() -> None:
    planned = [_added("-o {bridge of a}"), _added("jump", chain="in__{bridge of a}")]
    assert _kinds(planned, [_added("-o br-1"), _added("jump", chain="in__br-1")]) == []
    assert _kinds(planned, [_added("-o br-1"), _added("jump", chain="in__br-2")]) == [
        (DeviationKind.DID_NOT_HAPPEN, "jump"),
        (DeviationKind.NOT_PLANNED, "jump"),
    ]


def test_symbols_are_bound_by_what_fits_alone_before_what_fits_several() -> None:
    planned = [_added("-o {bridge of a}"), _added("-o {bridge of b}", 2), _added("-s 10.0.0.0/24 -o {bridge of b}", 3)]
    happened = [_added("-o br-2", 2), _added("-o br-1"), _added("-s 10.0.0.0/24 -o br-2", 3)]
    assert _kinds(planned, happened) == []


def test_another_text_another_position_and_what_was_not_planned_are_told() -> None:
    planned = [_added("-A X -j DROP", 1), _added("-A Y -j DROP", 2, reason="the order")]
    happened = [_added("-A Y -j DROP", 1), _added("-A Z -j ACCEPT", 2)]
    assert _kinds(planned, happened) == [
        (DeviationKind.DID_NOT_HAPPEN, "-A X -j DROP"),
        (DeviationKind.OTHER_POSITION, "-A Y -j DROP"),
        (DeviationKind.NOT_PLANNED, "-A Z -j ACCEPT"),
    ]


def _plan_file(folder: Path, **change: object) -> Path:
    """Write the recorded diff of `docker run -p 8080:80` as if it were the plan of it."""
    one_port = RECORDINGS / "20.10.24-iptables-nft" / "default-one-port"
    diff = netaudit.compare(netaudit.load(one_port / "00"), netaudit.load(one_port / "01"))
    document = json.loads(netaudit.render(diff, netaudit.Format.JSON))
    document |= {"schema": "netaudit/plan/v1", "command": ["docker", "run"]}
    document["changes"][0] |= change
    place = folder / "plan.json"
    place.write_text(json.dumps(document))
    return place


def test_a_plan_file_is_held_against_a_diff(tmp_path: Path) -> None:
    one_port = RECORDINGS / "20.10.24-iptables-nft" / "default-one-port"
    diff = netaudit.compare(netaudit.load(one_port / "00"), netaudit.load(one_port / "01"))
    plan = read_plan(_plan_file(tmp_path))
    assert (is_of(plan, ["docker", "run"]), is_of(plan, ["docker", "start"])) == (True, False)
    assert keep_promise(plan, diff) == ()
    other = keep_promise(read_plan(_plan_file(tmp_path, text="-A DOCKER -j DROP")), diff)
    told = [describe_deviation(one) for one in other]
    assert [one.partition(": added rule ip ")[0] for one in told] == ["planned, and did not happen", "not planned"]


def test_what_is_no_plan_is_refused_before_the_command_runs(tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text('{"schema": "netaudit/diff/v1"}')
    ran = tmp_path / "ran"
    done = run_inside("run", "--planned", tmp_path / "plan.json", "--", "touch", ran)
    assert (done.returncode, ran.exists()) == (2, False)
    assert "cannot read the plan in" in done.stderr
