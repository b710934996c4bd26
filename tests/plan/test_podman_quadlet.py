"""Quadlet's files are planned as the commands that Podman's own generator makes of them."""

from pathlib import Path

import pytest

from netaudit.errors import PlanError, UsageError
from netaudit.standin.podman import check_podman
from netaudit.standin.quadlet import is_quadlet, quadlet_commands

# What `quadlet -dryrun` of Podman 5.4.2 prints for the two files below.
PRINTED = """---shop-network.service---
[X-Network]
Subnet=10.99.1.0/24

[Service]
ExecStart=/usr/bin/podman network create --ignore --subnet 10.99.1.0/24 systemd-shop
Type=oneshot

---web.service---
[X-Container]
Image=docker.io/library/nginx
PublishPort=8080:80

[Unit]
Requires=shop-network.service
After=shop-network.service

[Service]
ExecStop=/usr/bin/podman rm -v -f -i --cidfile=%t/%N.cid
ExecStart=/usr/bin/podman run --name systemd-%N --cidfile=%t/%N.cid --replace --rm --cgroups=split \
--network systemd-shop --sdnotify=conmon -d --publish 8080:80 docker.io/library/nginx

"""


def _generator(folder: Path, printed: str, complaint: str = "", code: int = 0, then: str = "") -> str:
    (folder / "printed").write_text(printed)
    program = folder / "quadlet"
    end = f"{then}\nexit {code}"
    program.write_text(
        f'#!/bin/sh\n[ "$1" = -dryrun ] || exit 9\necho "{complaint}" >&2\ncat {folder}/printed\n{end}\n'
    )
    program.chmod(0o755)
    (folder / "web.container").write_text("[Container]\nImage=docker.io/library/nginx\n")
    (folder / "shop.network").write_text("[Network]\nSubnet=10.99.1.0/24\n")
    return str(program)


def test_a_container_is_planned_with_the_networks_that_it_needs_and_replaces_the_one_before(tmp_path: Path) -> None:
    commands = quadlet_commands(tmp_path / "web.container", [_generator(tmp_path, PRINTED)])
    assert [" ".join(one) for one in commands] == [
        "podman network create --ignore --subnet 10.99.1.0/24 systemd-shop",
        "podman rm -f -i systemd-web",
        "podman run --name systemd-web --network systemd-shop -d --publish 8080:80 docker.io/library/nginx",
    ]
    assert [check_podman(one).subcommand for one in commands] == ["create", "rm", "run"]


def test_a_network_is_planned_by_itself(tmp_path: Path) -> None:
    commands = quadlet_commands(tmp_path / "shop.network", [_generator(tmp_path, PRINTED)])
    assert [" ".join(one) for one in commands] == ["podman network create --ignore --subnet 10.99.1.0/24 systemd-shop"]


def test_what_the_generator_refuses_or_does_not_know_is_an_error(tmp_path: Path) -> None:
    refusing = _generator(tmp_path, "", "quadlet-generator: converting web.container: unsupported key Prot", code=1)
    with pytest.raises(PlanError, match="unsupported key Prot"):
        quadlet_commands(tmp_path / "web.container", [refusing])
    with pytest.raises(PlanError, match="makes no unit of"):
        quadlet_commands(tmp_path / "shop.network", [_generator(tmp_path, "---web.service---\n")])
    with pytest.raises(UsageError, match="there is no such file"):
        quadlet_commands(tmp_path / "other.container", [refusing])
    with pytest.raises(UsageError, match="is not installed"):
        quadlet_commands(tmp_path / "web.container", [])


def test_an_error_of_another_file_in_the_folder_does_not_stand_in_the_way(tmp_path: Path) -> None:
    generator = _generator(tmp_path, PRINTED, "converting other.container: an error; web.container is loaded", code=1)
    assert len(quadlet_commands(tmp_path / "web.container", [generator])) == 3


def test_the_generator_is_shut_in_and_can_write_nothing(tmp_path: Path) -> None:
    generator = _generator(tmp_path, PRINTED, then=f"echo x > {tmp_path}/written")
    assert len(quadlet_commands(tmp_path / "web.container", [generator])) == 3
    assert not (tmp_path / "written").exists()


@pytest.mark.parametrize("stream", [1, 2])
def test_what_it_prints_is_read_within_bounds(tmp_path: Path, stream: int) -> None:
    generator = _generator(tmp_path, PRINTED, then=f"exec cat /dev/zero >&{stream}")
    with pytest.raises(PlanError, match="holds more than 1 MiB"):
        quadlet_commands(tmp_path / "web.container", [generator])


def test_a_command_that_cannot_be_read_is_an_error_and_an_empty_one_is_none(tmp_path: Path) -> None:
    def planned(line: str) -> list[tuple[str, ...]]:
        generator = _generator(tmp_path, f"---web.service---\nExecStart={line}\n")
        return quadlet_commands(tmp_path / "web.container", [generator])

    assert planned("") == []
    assert planned("/usr/bin/podman run --name=web --replace x") == [
        ("podman", "rm", "-f", "-i", "web"),
        ("podman", "run", "--name=web", "x"),
    ]
    assert planned("/usr/bin/podman run --replace x --name") == [("podman", "run", "x", "--name")]
    with pytest.raises(PlanError, match=r"web\.service has a command that cannot be read: No closing quotation"):
        planned("/usr/bin/podman run 'x")


def test_only_files_of_quadlets_are_taken_for_such() -> None:
    assert is_quadlet(["etc/web.container"])
    assert not is_quadlet(["podman", "run", "x.container"])
    assert not is_quadlet(["web.volume"])
