"""Policy files, and the command that holds them."""

import datetime as dt
import json
import subprocess
from contextlib import chdir
from pathlib import Path

import jsonschema
import pytest
from programs import run_inside

from netaudit.catalog.policy import load_policy, policy_schema
from netaudit.errors import ConfigError

WEB = Path(__file__).parents[1] / "recordings" / "28.5.2-iptables-nft" / "default-one-port" / "01"
GOOD = """\
policy:
  - internet can reach only web:80/tcp
  # a comment
  - say: lan can reach web
    why: the office prints there
    owner: office
    until: 2099-01-31
"""


def _file(folder: Path, text: str) -> Path:
    path = folder / "netaudit-policy.yaml"
    path.write_text(text)
    return path


def test_an_entry_is_a_sentence_or_has_one(tmp_path: Path) -> None:
    policy = load_policy(_file(tmp_path, GOOD))
    assert [(one.line, one.text) for one in policy.entries] == [
        (2, "internet can reach only web:80/tcp"),
        (4, "lan can reach web"),
    ]
    second = policy.entries[1]
    assert (second.why, second.owner, second.until) == ("the office prints there", "office", dt.date(2099, 1, 31))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("policy:\n  - web can reach db\n  - web can raech db\n", r":3: character 9 of the sentence: `raech`"),
        ("policy: []\n", ":1: .*length >= 1"),
        ("polcy:\n  - web can reach db\n", ":1: .*unknown field `polcy`"),
        ("policy:\n  - say: web can reach db\n    unti: 2027-01-01\n", ":3: .*unknown field `unti`"),
        ("policy:\n  - say: web can reach db\n    until: soon\n", ":3: .*RFC3339"),
        ("policy: [1]\n", ":1: .*Expected"),
        ("policy: &a [*a]\n", ":1: not YAML"),
        ("- web can reach db\n", "Expected `object`"),
        ("\tpolicy", "not YAML"),
    ],
)
def test_what_is_no_policy_is_refused_with_its_place(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said) as caught:
        load_policy(_file(tmp_path, text))
    assert str(tmp_path / "netaudit-policy.yaml") in str(caught.value)


def test_the_schema_takes_what_is_read() -> None:
    jsonschema.Draft202012Validator.check_schema(policy_schema())
    validator = jsonschema.Draft202012Validator(policy_schema())
    entry = {"say": "lan can reach web", "until": "2099-01-31"}
    assert validator.is_valid({"policy": ["internet can reach web", entry]})
    assert not validator.is_valid({"policy": [{"why": "no sentence"}]})
    assert not validator.is_valid({"policies": []})


def _assert(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    with chdir(folder):
        return run_inside("assert", WEB, *words)


@pytest.mark.parametrize(
    ("sentence", "code"),
    [
        ("internet can reach web", 0),
        ("internet cannot reach web", 1),
        ("internet cannot reach wbe", 1),
    ],
)
def test_the_exit_code_is_a_gate(tmp_path: Path, sentence: str, code: int) -> None:
    _file(tmp_path, f"policy: [{sentence}]\n")
    done = _assert(tmp_path)
    assert done.returncode == code, done.stderr
    assert sentence in done.stdout


def test_a_missing_policy_is_a_usage_error_with_what_to_do(tmp_path: Path) -> None:
    done = _assert(tmp_path)
    assert done.returncode == 2
    assert "netaudit-policy.yaml" in done.stderr
    assert "--suggest" in done.stderr


@pytest.mark.matrix
def test_what_is_suggested_is_a_policy_that_holds(tmp_path: Path) -> None:
    done = _assert(tmp_path, "--suggest", "-o", "netaudit-policy.yaml")
    assert done.returncode == 0, done.stderr
    assert json.loads(_assert(tmp_path, "-f", "json").stdout)["schema"] == "netaudit/assert/v1"
    assert _assert(tmp_path).returncode == 0


@pytest.mark.matrix
def test_the_rules_that_an_entry_rests_on_are_printed(tmp_path: Path) -> None:
    _file(tmp_path, "policy:\n  - internet can reach web over ipv4\n")
    assert "filter/DOCKER#1" in _assert(tmp_path, "--explain", "2").stdout
    assert "entries begin on lines 2" in _assert(tmp_path, "--explain", "3").stderr
