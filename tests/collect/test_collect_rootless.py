"""Rootless engines are found by the programs that join them to the host, and a namespace of nobody else is opened."""

import ctypes
import os
from pathlib import Path

import pytest

from netaudit.collect.asking.options import Where
from netaudit.collect.rootless.ask import rootless_gaps
from netaudit.collect.rootless.engines import Found, Joining, RootlessEngine, Seen, find_engines
from netaudit.collect.rootless.namespaces import opened, places
from netaudit.model.engines.kinds import Engine

HOST, INNER = "net:[1]", "net:[2]"
PODMAN = RootlessEngine(Engine.PODMAN, 1000, ("pasta.avx2",))


def _open_files() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def _seen(pid: int, name: str, *arguments: str, parent: int = 1, network: str = HOST, user: int = 1000) -> Seen:
    return Seen(pid, parent, user, name, (name, *arguments), network)


def test_pasta_and_slirp4netns_tell_of_podman_and_under_rootlesskit_of_docker() -> None:
    seen = (
        _seen(10, "rootlesskit"),
        _seen(11, "slirp4netns", parent=10),
        _seen(12, "pasta.avx2", user=1001),
        _seen(15, "conmon", user=1001, network=INNER),
        _seen(13, "pasta", user=1002, network=INNER),  # it joins what is no part of this host
        _seen(14, "bash", user=1003),
    )
    assert find_engines(seen, HOST) == Found(
        (
            RootlessEngine(Engine.DOCKER, 1000, ("rootlesskit", "slirp4netns")),
            RootlessEngine(Engine.PODMAN, 1001, ("pasta.avx2",)),
        )
    )


def test_a_program_that_joins_namespaces_is_podmans_only_where_a_process_or_its_file_says_so() -> None:
    file = "/run/user/1001/containers/networks/rootless-netns/rootless-netns"
    seen = (_seen(10, "pasta"), _seen(11, "slirp4netns", user=1001), _seen(12, "pasta", "--netns", file, user=1001))
    found = find_engines(seen, HOST)
    assert found == Found(
        (RootlessEngine(Engine.PODMAN, 1001, ("pasta", "slirp4netns")),), (Joining(1000, ("pasta",)),)
    )
    (said,) = (gap.detail for gap in rootless_gaps(Where(), Found(others=found.others), []))
    assert said.startswith("a program of user 1000 joins network namespaces to this host (pasta)")
    assert "Podman" not in said


def test_podmans_namespace_is_where_aardvark_is_else_at_the_path_that_pasta_was_given() -> None:
    file = "/run/user/1000/containers/networks/rootless-netns/rootless-netns"
    pasta, conmon = _seen(10, "pasta.avx2", "--netns", file), _seen(11, "conmon")
    aardvark = _seen(12, "aardvark-dns", network=INNER)
    assert list(places(PODMAN, (pasta, conmon, aardvark))) == ["/proc/12/ns/net", f"/proc/11/root{file}"]


def test_dockers_namespace_is_dockerds_own_or_the_one_that_it_was_detached_from() -> None:
    docker = RootlessEngine(Engine.DOCKER, 1000, ("rootlesskit",))
    expected = ["/proc/7/ns/net", "/proc/7/root/run/user/1000/dockerd-rootless/netns"]
    assert list(places(docker, (_seen(7, "dockerd", network=INNER), _seen(8, "dockerd", user=5)))) == expected


def test_neither_the_hosts_own_namespace_nor_a_plain_file_is_opened(tmp_path: Path) -> None:
    file = tmp_path / "rootless-netns"
    file.write_text("")
    plain = (_seen(9, "pasta", "--netns", str(file)), _seen(int(Path("/proc/self").readlink().name), "conmon"))
    own = (_seen(int(Path("/proc/self").readlink().name), "aardvark-dns"),)
    for seen in (plain, own):
        with opened([PODMAN], seen) as found:
            assert found == {}


def test_what_a_user_names_is_not_even_opened_unless_it_is_a_namespace(tmp_path: Path) -> None:
    """A device may act on being opened: inotify(7) tells of every opening but those of O_PATH."""
    file = tmp_path / "rootless-netns"
    file.write_text("")
    libc = ctypes.CDLL(None)
    watching = libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        assert libc.inotify_add_watch(watching, os.fsencode(file), 0x20) > 0  # IN_OPEN
        handles = _open_files()
        seen = (_seen(9, "pasta", "--netns", str(file)), _seen(os.getpid(), "conmon"))
        with opened([PODMAN], seen) as found:
            assert found == {}
        assert _open_files() == handles
        with pytest.raises(BlockingIOError):
            os.read(watching, 4096)
    finally:
        os.close(watching)


def test_the_namespace_of_a_user_is_opened_and_closed_at_the_end() -> None:
    owner = RootlessEngine(Engine.PODMAN, 0, ("pasta",))
    handles = _open_files()
    with opened([owner], (_seen(os.getpid(), "aardvark-dns", user=0),)) as found:
        assert {Path(place).samefile("/proc/self/ns/net") for place in found.values()} <= {True}
    assert _open_files() == handles


def test_the_gap_says_what_is_lacking_and_how_to_record_it(tmp_path: Path) -> None:
    where = Where(docker_host=f"unix://{tmp_path}/docker.sock")
    (gap,) = rootless_gaps(where, Found((PODMAN,)), [])
    assert gap.detail.startswith("Podman of user 1000 runs rootless (pasta.avx2): its containers and rules were not")
    assert gap.detail.endswith("netaudit record --inside --docker-host unix:///run/user/1000/podman/podman.sock")
    (half,) = rootless_gaps(where, Found((PODMAN,)), [PODMAN.name])
    assert "its containers were not recorded" in half.detail
