"""Rootless engines are found by the programs that join them to the host, and a namespace of nobody else is opened."""

from pathlib import Path

from netaudit.collect.asking.options import Where
from netaudit.collect.rootless.ask import rootless_gaps
from netaudit.collect.rootless.engines import RootlessEngine, Seen, find_engines
from netaudit.collect.rootless.namespaces import opened, places
from netaudit.model.engines.kinds import Engine

HOST, INNER = "net:[1]", "net:[2]"
PODMAN = RootlessEngine(Engine.PODMAN, 1000, ("pasta.avx2",))


def _seen(pid: int, name: str, *arguments: str, parent: int = 1, network: str = HOST, user: int = 1000) -> Seen:
    return Seen(pid, parent, user, name, (name, *arguments), network)


def test_pasta_and_slirp4netns_tell_of_podman_and_under_rootlesskit_of_docker() -> None:
    seen = (
        _seen(10, "rootlesskit"),
        _seen(11, "slirp4netns", parent=10),
        _seen(12, "pasta.avx2", user=1001),
        _seen(13, "pasta", user=1002, network=INNER),  # it joins what is no part of this host
        _seen(14, "bash", user=1003),
    )
    assert find_engines(seen, HOST) == (
        RootlessEngine(Engine.DOCKER, 1000, ("rootlesskit", "slirp4netns")),
        RootlessEngine(Engine.PODMAN, 1001, ("pasta.avx2",)),
    )


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


def test_the_gap_says_what_is_lacking_and_how_to_record_it(tmp_path: Path) -> None:
    where = Where(docker_host=f"unix://{tmp_path}/docker.sock")
    (gap,) = rootless_gaps(where, [PODMAN], [])
    assert gap.detail.startswith("Podman of user 1000 runs rootless (pasta.avx2): its containers and rules were not")
    assert gap.detail.endswith("netaudit record --inside --docker-host unix:///run/user/1000/podman/podman.sock")
    (half,) = rootless_gaps(where, [PODMAN], [PODMAN.name])
    assert "its containers were not recorded" in half.detail
