"""What names a host, and what does not."""

import re
import subprocess

import pytest

from netaudit.collect.remote.script import recording_script
from netaudit.collect.remote.ssh import Remote, parse_remote
from netaudit.errors import UsageError


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("ssh://web", ["--", "web"]),
        ("ssh://root@web.example:22", ["-p", "22", "--", "root@web.example"]),
        ("ssh://ops@[2001:db8::1]:2222/", ["-p", "2222", "--", "ops@2001:db8::1"]),
    ],
)
def test_a_url_becomes_a_command(url: str, target: list[str]) -> None:
    assert parse_remote(url).command() == ["ssh", "-T", *target, "sh -s -- -"]


@pytest.mark.parametrize(
    "url",
    ["web", "ssh://", "ssh://-oProxyCommand=x", "ssh://-l@web", "ssh://web;reboot", "ssh://web/path", "http://web"],
)
def test_what_names_no_host_is_refused(url: str) -> None:
    with pytest.raises(UsageError, match="names no host"):
        parse_remote(url)


def test_a_host_is_named_with_its_port() -> None:
    assert [str(Remote("web")), str(Remote("web", port="22"))] == ["web", "web-22"]


@pytest.mark.parametrize("shell", [["dash"], ["busybox", "sh"]], ids=["dash", "busybox"])
def test_the_script_is_one_that_small_shells_can_read_and_refuses_what_it_does_not_know(shell: list[str]) -> None:
    script = recording_script()
    done = subprocess.run([*shell, "-s"], input=script, text=True, capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("usage: sh record.sh FOLDER | -")
    assert not re.findall(r"@[A-Z]+@", script)


def test_the_script_prints_no_secret_and_never_the_whole_of_what_is_kept_in_part_only() -> None:
    script = recording_script()
    assert not [word for word in ("Env", '"Cmd"', '"Entrypoint"') if word in script]
    assert 'range $k3, $i3 := index $v2 "Labels"' in script
    assert not re.findall(r'json \(index \$\w* "(?:Labels|Mounts)"\)', script)
