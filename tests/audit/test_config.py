"""netaudit.toml, waiver files and baselines: errors name file, line and key; the published schema is theirs."""

import datetime as dt
import json
import tomllib
from pathlib import Path

import jsonschema
import msgspec
import pytest

from netaudit.audit.checks.waiver import Waiver
from netaudit.catalog.config import (
    Config,
    check_names,
    config_schema,
    load_baseline,
    load_config,
    load_waivers,
)
from netaudit.errors import ConfigError

GOOD = """fail-on = "medium"
min-confidence = "high"
checks = ["checks"]
skip = ["userland-proxy-on"]

[sensitive-ports]
8081 = "adminer"

[[waivers]]
check = "host-network-container"
subject = "container exporter"
reason = "It measures the host."
owner = "ops@example.org"
until = 2027-01-31

[[waivers]]
check = "stale-rule"
subject = "*"
reason = "Until the upgrade."
owner = "ops@example.org"
until = 2027-01-31
"""


def _write(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "netaudit.toml"
    file.write_text(text)
    return file


def test_everything_that_it_may_hold_is_read(tmp_path: Path) -> None:
    file = _write(tmp_path, GOOD)
    config, waivers = load_config(file)
    assert (config.fail_on, config.checks, config.sensitive_ports) == ("medium", ["checks"], {"8081": "adminer"})
    assert waivers[1] == Waiver(
        "stale-rule", "*", "Until the upgrade.", "ops@example.org", dt.date(2027, 1, 31), place=f"{file}:16"
    )


def test_an_empty_file_is_the_defaults(tmp_path: Path) -> None:
    assert load_config(_write(tmp_path, "")) == (Config(), ())


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ('"medium"', '"grave"', ":1: fail-on: Invalid enum value 'grave'"),
        ("skip =", "skipped =", ":4: skipped: Object contains unknown field `skipped`"),
        ("8081 =", "web =", ":7: sensitive-ports.web: no port"),
        ('check = "stale-rule"', 'chek = "stale-rule"', ":17: waivers[1].chek"),
        ("until = 2027-01-31\n\n", "\n", ":9: waivers[0]: Object missing required field `until`"),
        (
            'owner = "ops@example.org"\nuntil = 2027-01-31\n\n',
            'owner = ""\nuntil = 2027-01-31\n\n',
            ":13: waivers[0].owner",
        ),
        ("until = 2027-01-31\n\n", 'until = "soon"\n\n', ":14: waivers[0].until: Invalid RFC3339"),
        ('"high"', "high", ":2: not TOML: Invalid value"),
    ],
)
def test_what_is_invalid_is_refused_with_file_line_and_key(tmp_path: Path, old: str, new: str, where: str) -> None:
    assert old in GOOD
    file = _write(tmp_path, GOOD.replace(old, new, 1))
    with pytest.raises(ConfigError) as caught:
        load_config(file)
    assert caught.value.message.startswith(f"{file}{where}")
    assert caught.value.exit_code == 2
    assert caught.value.hint


def test_a_file_of_waivers_holds_waivers_alone(tmp_path: Path) -> None:
    file = _write(tmp_path, GOOD[GOOD.index("[[waivers]]") :])
    assert [one.check for one in load_waivers(file)] == ["host-network-container", "stale-rule"]
    with pytest.raises(ConfigError, match=r"netaudit\.toml:1: fail-on: "):
        load_waivers(_write(tmp_path, GOOD))


def test_checks_that_there_are_not_are_refused_by_name(tmp_path: Path) -> None:
    file = _write(tmp_path, GOOD)
    config, waivers = load_config(file)
    known = {"userland-proxy-on": 1, "host-network-container": 1, "stale-rule": 1}
    check_names(known, config, waivers, str(file))
    with pytest.raises(ConfigError, match=r"netaudit\.toml:16: check: no such check: stale-rule"):
        check_names(
            {**known, "stale-rule": 0} and {key: 1 for key in known if key != "stale-rule"}, config, waivers, "x"
        )
    with pytest.raises(ConfigError, match="skip: no such check: userland-proxy-on"):
        check_names({}, config, (), str(file))


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"schema": "netaudit/show/v1", "findings": []}', "\xff"])
def test_what_is_no_baseline_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "b.json").write_text(text, encoding="latin-1")
    with pytest.raises(ConfigError, match=r"b\.json: "):
        load_baseline(tmp_path / "b.json")


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nowhere\.toml: cannot be read: No such file"):
        load_config(tmp_path / "nowhere.toml")


def test_the_schema_takes_what_the_reader_takes() -> None:
    validator = jsonschema.Draft202012Validator(config_schema())
    jsonschema.Draft202012Validator.check_schema(config_schema())
    assert list(validator.iter_errors(json.loads(msgspec.json.encode(tomllib.loads(GOOD))))) == []
    assert list(validator.iter_errors({"fail-on": "grave"}))
    assert list(validator.iter_errors({"colour": "red"}))
    assert list(validator.iter_errors({"waivers": [{"check": "a"}]}))
